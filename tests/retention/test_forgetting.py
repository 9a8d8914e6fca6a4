"""What an entry says goes when its time is over; that it was there stays, and nobody can make it go sooner."""

from datetime import timedelta
from hashlib import sha256

import orjson
import psycopg
import pytest

from crypto.encoding import to_base64url
from crypto.entries import entry_leaf
from crypto.merkle import leaf_hash
from server.auditing.indexing import index_placed
from server.db import connect
from server.retention import forgetting, holding
from tests.exchanges import place
from tests.growing import grown_with
from tests.partners import NODE_NAME
from tests.retention.conftest import pushed
from tests.signals import a_signal

template = grown_with(hotline="hotline", platform="platform", place_all=True)
_KEEP = timedelta(days=100)


@pytest.fixture
def platform(node):
    return node.join("platform.example", sector="platform")


class Trail:
    """The node's log, and how its entries grow old."""

    def __init__(self, node, database, past) -> None:
        self.node, self.database, self.past = node, database, past

    def placed(self) -> None:
        while place(self.node):
            pass

    def age(self, *, days: int) -> None:
        """Let every entry that is there be so old, in the log and in what the indexer makes of it."""
        self.placed()
        with self.past.superuser() as db:
            db.execute("UPDATE entry SET at = at - make_interval(days => %s)", [days])
        self.index()

    def index(self) -> None:
        self.placed()
        with connect(self.database.worker, autocommit=True) as db:
            while index_placed(db):
                pass

    def forget(self, *, keep: timedelta = _KEEP) -> list[forgetting.Forgotten]:
        done = []
        with connect(self.database.eraser, autocommit=True) as db:
            while (one := forgetting.forget_next(db, node=NODE_NAME, keep=keep)) is not None:
                done.append(one)
        return done

    def rows(self, where: str = "true") -> list[tuple]:
        return self.past.rows(
            "SELECT placed.index, placed.leaf, entry.document, entry.salt, entry.p, entry.commitment"  # noqa: S608
            f" FROM placed JOIN entry USING (entry_id) WHERE {where} ORDER BY placed.index"
        )


@pytest.fixture
def trail(node, database, past) -> Trail:
    return Trail(node, database, past)


def _own_entries(trail: Trail) -> int:
    return trail.past.rows("SELECT count(*) FROM entry WHERE action IN ('erase', 'erase_entries', 'open_epoch')")[0][0]


def test_text_and_salt_go_and_every_leaf_is_still_proven(hotline, trail):
    pushed(hotline, a_signal())
    trail.age(days=150)
    before = trail.rows()
    (done,) = trail.forget()
    after = trail.rows("entry.erased_by IS NOT NULL")
    assert [index for index, *_ in after] == [index for index, *_ in before]
    assert done.count == len(before)
    for (_, leaf, document, salt, p, _), (_, kept_leaf, no_document, no_salt, kept_p, commitment) in zip(
        before, after, strict=True
    ):
        assert (kept_leaf, kept_p, no_document, no_salt) == (leaf, p, None, None)
        assert entry_leaf(salt=salt, entry=document, p=p) == leaf == leaf_hash(commitment + p)


def test_the_erasure_is_an_entry_that_names_every_leaf(hotline, trail):
    pushed(hotline, a_signal())
    trail.age(days=150)
    before = trail.rows()
    trail.forget()
    ((document,),) = trail.past.rows("SELECT document FROM entry WHERE action = 'erase_entries'")
    said = orjson.loads(document)
    assert said["records"] == len(before)
    assert orjson.loads(said["target"]) == {
        "entries": [[before[0][0], before[-1][0]]],
        "leaves_sha256": to_base64url(sha256(b"".join(leaf for _, leaf, *_ in before)).digest()),
    }


def test_what_is_searched_for_goes_with_the_text(hotline, trail):
    pushed(hotline, a_signal())
    trail.age(days=150)
    trail.forget()
    assert trail.past.rows("SELECT count(*) FROM trail_entry WHERE combination_id IS NOT NULL") == [(0,)]
    assert trail.past.rows("SELECT coalesce(sum(entries), 0) FROM trail_tally WHERE combination_id <> 0") == [(0,)]


def test_younger_entries_stay(hotline, trail):
    trail.age(days=150)
    pushed(hotline, a_signal())
    trail.index()
    young = trail.rows("entry.action = 'push_batch'")
    trail.forget()
    assert trail.rows("entry.action = 'push_batch'") == young
    assert young[0][2] is not None


def test_what_tells_of_an_erasure_is_never_erased(hotline, trail):
    trail.age(days=150)
    assert len(trail.forget()) == 1
    trail.age(days=300)
    assert trail.forget() == []
    assert _own_entries(trail) == 1


def test_a_hold_keeps_all_entries_that_concern_its_organisation(hotline, platform, trail, database):
    pushed(hotline, a_signal())
    pushed(platform, a_signal())
    trail.age(days=150)
    with connect(database.owner) as db:
        held = holding.Held(origin="hotline.example", record_id=None)
        holding.set_hold(db, held, node=NODE_NAME, reason_token="matter-1", holder="operator-1")
    trail.forget()
    pushes = trail.past.rows(
        "SELECT convert_from(document, 'UTF8')::jsonb ->> 'organisation', count(*)"
        " FROM entry WHERE action = 'push_batch' GROUP BY 1"
    )
    assert dict(pushes) == {"hotline.example": 1, None: 1}


def test_an_entry_that_does_not_make_its_leaf_is_kept_as_evidence(hotline, trail):
    pushed(hotline, a_signal())
    trail.age(days=150)
    altered = trail.past.rows(
        "UPDATE entry SET document = convert_to(replace(convert_from(document, 'UTF8'), 'allowed', 'refused'), 'UTF8')"
        " WHERE action = 'push_batch' RETURNING entry_id"
    )
    assert len(altered) == 1
    with pytest.raises(forgetting.ForgettingRefused, match="DataCorrupted"):
        trail.forget()
    assert trail.rows("entry.document IS NULL") == []


def test_the_eraser_cannot_shorten_the_time(trail, database):
    trail.age(days=60)
    with connect(database.eraser, autocommit=True) as db, pytest.raises(psycopg.errors.InvalidParameterValue):
        forgetting.forget_next(db, node=NODE_NAME, keep=timedelta(days=1))


def test_the_eraser_cannot_erase_what_is_not_due(trail, database, monkeypatch):
    trail.age(days=95)
    recent = [(index, leaf) for index, leaf, *_ in trail.rows()]
    monkeypatch.setattr(forgetting.store, "due_entries", lambda *_, **__: recent)
    with connect(database.eraser, autocommit=True) as db, pytest.raises(forgetting.ForgettingRefused):
        forgetting.forget_next(db, node=NODE_NAME, keep=_KEEP)


def _lie_about_times(database) -> None:
    """The indexer writes all lines of its index anew: of another action, and of long ago."""
    with connect(database.worker, autocommit=True) as db, db.transaction():
        lines = db.execute("SELECT index, entry_id, leaf FROM trail_entry").fetchall()
        db.execute("DELETE FROM trail_entry")
        for index, entry_id, leaf in lines:
            db.execute(
                """
                INSERT INTO trail_entry (index, entry_id, leaf, at, combination_id)
                SELECT %s, %s, %s, '2001-01-01Z', combination_id
                  FROM trail_combination
                 WHERE action NOT IN ('erase_entries', 'open_epoch')
                 LIMIT 1
                """,
                [index, entry_id, leaf],
            )
        if not db.execute("SELECT EXISTS (SELECT FROM trail_entry)").fetchone()[0]:
            raise AssertionError("there is a combination to lie with")


def test_the_indexer_cannot_make_young_entries_old(hotline, trail, database):
    """Else it alone could have the honest eraser remove what was done yesterday."""
    pushed(hotline, a_signal())
    trail.index()
    _lie_about_times(database)
    assert trail.forget() == []
    assert trail.rows("entry.document IS NULL") == []


def test_the_indexer_cannot_have_what_tells_of_an_erasure_erased(hotline, trail, database):
    trail.age(days=150)
    trail.forget()
    trail.age(days=300)
    pushed(hotline, a_signal())
    trail.index()
    _lie_about_times(database)
    assert trail.forget() == []
    assert _own_entries(trail) == 1


def test_ranges_that_run_backwards_name_nothing_more(trail, database, monkeypatch):
    """Their lengths would sum up to what is erased, and leaves be named that are not."""
    trail.age(days=150)
    count = len(trail.rows())
    own_entry = forgetting.own_entry
    said = {"entries": [[0, count + 2], [count + 9, count + 5]]}
    monkeypatch.setattr(forgetting, "own_entry", lambda **told: own_entry(**told | {"target": told["target"] | said}))
    with connect(database.eraser, autocommit=True) as db, pytest.raises(forgetting.ForgettingRefused):
        forgetting.forget_next(db, node=NODE_NAME, keep=_KEEP)


@pytest.mark.parametrize("lie", ["records", "target", "action"])
def test_the_eraser_cannot_enter_something_else_than_it_does(trail, database, monkeypatch, lie):
    trail.age(days=150)
    own_entry = forgetting.own_entry
    lies = {"records": {"records": 1}, "target": {"target": {"entries": [[0, 0]]}}, "action": {"action": "erase"}}
    monkeypatch.setattr(forgetting, "own_entry", lambda **said: own_entry(**said | lies[lie]))
    with connect(database.eraser, autocommit=True) as db, pytest.raises(forgetting.ForgettingRefused):
        forgetting.forget_next(db, node=NODE_NAME, keep=_KEEP)


@pytest.mark.parametrize("role", ["app", "worker", "eraser", "sequencer", "auditor", "owner"])
def test_no_role_can_change_or_remove_an_entry_by_itself(trail, database, role):
    trail.age(days=150)
    as_if_erased = (
        "UPDATE entry SET document = NULL, salt = NULL, commitment = sha256(salt || document), erased_by = entry_id,"
        " keyid = NULL, organisation_id = NULL, reason = NULL"
    )
    for query in (as_if_erased, "UPDATE entry SET document = 'x'", "DELETE FROM entry", "TRUNCATE entry"):
        with psycopg.connect(getattr(database, role)) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(query)


def test_ranges_hold_every_index_and_no_other():
    assert list(forgetting.ranges_of([0, 1, 2, 5, 7, 8])) == [(0, 2), (5, 5), (7, 8)]


def test_the_running_eraser_forgets_what_is_due(hotline, trail, database):
    pushed(hotline, a_signal())
    trail.age(days=150)
    rounds = forgetting.Rounds(node=NODE_NAME, keep=_KEEP)
    with connect(database.eraser, autocommit=True) as db:
        count = rounds.forget_due(db)
        assert count == trail.past.rows("SELECT count(*) FROM entry WHERE erased_by IS NOT NULL")[0][0] > 0
        # And looks again in an hour.
        assert rounds.forget_due(db) == 0
