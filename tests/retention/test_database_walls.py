"""Who may mark, who may erase, who may stop it: each role alone, and none more than its part."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import orjson
import psycopg
import pytest

from crypto.batches import record_leaf
from crypto.encoding import to_base64url
from server.db import connect
from server.retention import erasing, holding, marking, store
from server.retention.entering import new_entry_id, own_entry
from server.retention.holding import Held
from tests.partners import NODE_NAME
from tests.retention.conftest import pushed
from tests.signals import a_revision, a_signal, a_withdrawal, signals

DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def replaced(hotline, past):
    """A batch of three signals whose second was replaced 31 days ago."""
    records = signals(3)
    batch = pushed(hotline, *records)
    pushed(hotline, a_revision(records[1]))
    past.age(days=31)
    return batch


def _erase(past, batch, positions, **changes):
    """Try to erase these lines, as the eraser, with an entry that says so, changed by `changes`."""
    leaves = b"".join(record_leaf(batch.lines[position]) for position in positions)
    said = {
        "entry_id": new_entry_id(),
        "at": datetime.now(UTC),
        "node": NODE_NAME,
        "node_id": None,
        "action": "erase",
        "target": {
            "batch": f"hotline.example/{batch.jti}",
            "leaves_sha256": to_base64url(sha256(leaves).digest()),
            "reasons": {},
        },
        "records": len(positions),
    }
    entry = own_entry(**(said | changes))
    with connect(past.database.eraser) as db:
        store.erase_lines(
            db,
            batch_id=past.batch_id(batch.jti),
            positions=positions,
            entry_document=entry.document,
            entry_salt=entry.salt,
        )


def test_the_eraser_erases_what_is_marked(replaced, past):
    past.mark_due()
    _erase(past, replaced, [1])


def test_the_eraser_cannot_erase_what_is_not_marked_with_what_is(replaced, past):
    past.mark_due()
    with pytest.raises(DENIED):
        _erase(past, replaced, [0, 1])
    assert past.document(replaced.jti).lines == replaced.lines


@pytest.mark.parametrize("positions", ["{}", "{1,1}", "{3}", "{NULL}", None])
def test_the_eraser_cannot_erase_nothing_or_a_line_doubled_or_one_that_is_not_there(replaced, past, positions):
    past.mark_due()
    with psycopg.connect(past.database.eraser) as db, pytest.raises(DENIED):
        db.execute("SELECT erase_lines(%s, %s, '{}', '')", [past.batch_id(replaced.jti), positions])


def test_the_eraser_cannot_erase_a_line_twice(replaced, past):
    past.mark_due()
    _erase(past, replaced, [1])
    with pytest.raises(DENIED):
        _erase(past, replaced, [1])


@pytest.mark.parametrize(
    "lie",
    [
        {"action": "expire_group"},
        {"records": 2},
        {"node": "other.example"},
        {"target": {"batch": "hotline.example/0193d9d4-0000-7000-8000-000000000000", "leaves_sha256": ""}},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_the_eraser_cannot_enter_anything_else_than_it_does(replaced, past, lie):
    past.mark_due()
    with pytest.raises(DENIED):
        _erase(past, replaced, [1], **lie)
    assert past.document(replaced.jti).lines == replaced.lines


def test_a_line_whose_bytes_are_not_those_of_its_leaf_is_not_erased(replaced, past):
    past.mark_due()
    past.rows("UPDATE erasure SET leaf = sha256('other') RETURNING 1")
    with pytest.raises(erasing.ErasureRefused, match="DataCorrupted"):
        past.erase()


def test_a_document_that_was_altered_is_not_touched(replaced, past):
    past.mark_due()
    past.rows("UPDATE batch SET document = document || '\\x0a' WHERE jti = %s RETURNING 1", replaced.jti)
    with pytest.raises(erasing.ErasureRefused, match="DataCorrupted"):
        past.erase()


def test_the_eraser_reads_marks_holds_and_names_and_writes_nothing(database):
    assert _grants(database, "havre_eraser") == {
        "SELECT batch.batch_id",
        "SELECT batch.jti",
        "SELECT batch.origin_id",
        "SELECT organisation.name",
        "SELECT organisation.organisation_id",
        *(f"SELECT trail_entry.{name}" for name in ("index", "leaf", "at", "combination_id")),
        *(f"SELECT {name}" for name in ("checkpoint", "erasure", "legal_hold", "node", "tile")),
    }


@pytest.mark.parametrize("role", ["havre_app", "havre_worker", "havre_sequencer", "havre_auditor", "havre_eraser"])
def test_no_process_writes_marks_or_holds_by_itself_or_changes_a_batch(database, role):
    walled = re.compile(
        r"(UPDATE|DELETE|TRUNCATE) batch|(INSERT|UPDATE|DELETE|TRUNCATE) (erasure|legal_hold|retention)"
    )
    assert [grant for grant in _grants(database, role) if walled.match(grant)] == []


@pytest.mark.parametrize(
    ("function", "role"),
    [
        ("erase_lines(bigint, integer[], bytea, bytea)", "havre_eraser"),
        ("erase_entries(bigint[], interval, bytea, bytea)", "havre_eraser"),
        ("may_forget(bigint, timestamptz)", "havre_eraser"),
        ("mark_legal(integer, uuid[], timestamptz)", "havre_app"),
        ("mark_expired(interval, integer)", "havre_worker"),
        ("mark_replaced(interval, integer)", "havre_worker"),
    ],
)
def test_each_function_is_one_roles(database, function, role):
    with psycopg.connect(database.superuser) as db:
        allowed = db.execute(
            """
            SELECT rolname FROM pg_roles
             WHERE rolname ~ '^havre_' AND rolname <> 'havre_owner' AND has_function_privilege(rolname, %s, 'EXECUTE')
            """,
            [function],
        ).fetchall()
    assert allowed == [(role,)]


def _grants(database, role):
    """What `role` may do in tables, or only in some of their columns."""
    with psycopg.connect(database.superuser) as db:
        return {
            grant
            for (grant,) in db.execute(
                """
                WITH whole AS (
                    SELECT privilege_type AS act, table_name::text AS name FROM information_schema.role_table_grants
                     WHERE grantee = %(role)s
                )
                SELECT act || ' ' || name FROM whole
                 UNION
                SELECT privilege_type || ' ' || table_name || '.' || column_name
                  FROM information_schema.column_privileges
                 WHERE grantee = %(role)s AND (privilege_type, table_name) NOT IN (SELECT act, name FROM whole)
                """,
                {"role": role},
            )
        }


def test_not_even_the_owner_changes_a_batch_beside_the_function(replaced, database):
    with psycopg.connect(database.owner, autocommit=True) as db:
        for query in (
            "UPDATE batch SET document = ''",
            "UPDATE batch SET seq = 9",
            "DELETE FROM batch",
            "TRUNCATE batch",
        ):
            with pytest.raises(DENIED):
                db.execute(query)


def test_under_the_name_of_an_erasure_nothing_but_the_document_changes(replaced, past, database):
    with psycopg.connect(database.owner) as db:
        db.execute("SELECT set_config('havre.erasing', %s, true)", [str(past.batch_id(replaced.jti))])
        with pytest.raises(DENIED):
            db.execute("UPDATE batch SET expires_at = now()")


@pytest.mark.parametrize("function", ["mark_expired", "mark_replaced"])
def test_the_worker_cannot_mark_what_is_less_than_a_day_old(database, function):
    with psycopg.connect(database.worker) as db, pytest.raises(psycopg.errors.InvalidParameterValue):
        db.execute(f"SELECT {function}('23 hours', 1)")


def test_the_worker_cannot_mark_what_nobody_replaced(hotline, past):
    pushed(hotline, a_signal())
    past.age(days=31)
    past.mark_due(keep_days=1)
    assert past.rows("SELECT count(*) FROM erasure") == [(0,)]


def test_the_app_cannot_mark_what_no_act_of_its_own_withdraws(hotline, past, database):
    record = a_signal()
    pushed(hotline, record)
    with connect(database.app) as db, pytest.raises(DENIED):
        marking.mark_legal(db, origin_id=2, record_ids=[UUID(record["id"]).bytes], now=datetime.now(UTC))


def test_the_app_cannot_mark_by_a_withdrawal_that_is_already_entered(hotline, past, database):
    record = a_signal()
    pushed(hotline, record)
    pushed(hotline, a_withdrawal(record, reason="error"))
    with connect(database.app) as db, pytest.raises(DENIED):
        marking.mark_legal(db, origin_id=_origin(past), record_ids=[UUID(record["id"]).bytes], now=datetime.now(UTC))


def _origin(past):
    return past.rows("SELECT organisation_id FROM organisation WHERE name = 'hotline.example'")[0][0]


def _hold(past, record_id=None):
    with connect(past.database.owner) as db:
        return holding.set_hold(
            db,
            Held(origin="hotline.example", record_id=record_id),
            node=NODE_NAME,
            reason_token="case-17",
            holder="operator-1",
        )


def _lift(past, record_id=None):
    with connect(past.database.owner) as db:
        holding.lift_hold(
            db,
            Held(origin="hotline.example", record_id=record_id),
            node=NODE_NAME,
            reason_token="case-17",
            holder="operator-1",
        )


def _id(batch, position):
    return UUID(orjson.loads(batch.lines[position])["id"])


def test_a_held_record_stays(replaced, past):
    past.mark_due()
    _hold(past, _id(replaced, 1))
    assert past.erase() == []
    assert past.document(replaced.jti).lines == replaced.lines


def test_a_hold_on_all_of_an_origin_keeps_each_of_its_records(replaced, past):
    past.mark_due()
    _hold(past)
    assert past.erase() == []


def test_the_eraser_cannot_erase_what_is_held(replaced, past):
    past.mark_due()
    _hold(past, _id(replaced, 1))
    with pytest.raises(DENIED):
        _erase(past, replaced, [1])


def test_what_is_not_held_of_a_batch_goes(hotline, past):
    batch = pushed(hotline, *signals(3))
    past.age(days=365 + 31)
    past.mark_due()
    _hold(past, _id(batch, 1))
    past.erase()
    assert [type(line) is bytes for line in past.document(batch.jti).lines] == [False, True, False]


def test_what_was_held_goes_when_the_hold_is_lifted(replaced, past):
    past.mark_due()
    _hold(past, _id(replaced, 1))
    _lift(past, _id(replaced, 1))
    assert len(past.erase()) == 1


def test_a_record_stays_while_one_of_two_holds_stands(replaced, past):
    past.mark_due()
    _hold(past)
    _hold(past, _id(replaced, 1))
    _lift(past, _id(replaced, 1))
    assert past.erase() == []


def test_a_hold_and_its_release_are_entered(replaced, past):
    receipt = _hold(past)
    _lift(past)
    actions = past.rows("SELECT action FROM entry WHERE action IN ('hold', 'release') ORDER BY entry_id")
    assert actions == [("hold",), ("release",)]
    assert len(receipt) == 43


def test_a_hold_that_stands_cannot_be_set_again(replaced, past):
    _hold(past)
    with pytest.raises(holding.NothingToDo):
        _hold(past)


def test_no_hold_is_lifted_that_does_not_stand(replaced, past):
    with pytest.raises(holding.NothingToDo):
        _lift(past)


def test_a_hold_waits_for_the_erasure_that_is_under_way(replaced, past, database):
    past.mark_due()
    with connect(database.eraser) as erasing_db, connect(database.owner) as db:
        erasing_db.execute("SELECT pg_advisory_xact_lock_shared(4711203)")
        db.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            store.lock_holds(db)
