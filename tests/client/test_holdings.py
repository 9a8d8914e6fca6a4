"""Asking what is held, by content, AI fields and terms; what `status` says; older state files."""

import sqlite3

import pytest

from client.failures import NotConfigured
from client.state.opening import State
from client.state.tables import FIRST_VERSION, TABLES
from client.state.upgrades import VERSION
from tests.client.scripted import PURPOSE
from tests.client.test_kinds import a_group, an_incident, an_opinion, itself
from tests.signals import a_revision, a_signal, a_withdrawal, an_audience, signals

SYNTHETIC = {"status": "confirmed", "kind": "fully_synthetic"}


@pytest.fixture
def hotline(scripted):
    return scripted.join("hotline.example", sector="hotline")


@pytest.fixture
def reader(scripted, hotline):
    with scripted.sdk(scripted.join("platform.example", sector="platform")) as sdk:
        yield sdk


def pull(reader):
    return list(reader.pull(purpose=PURPOSE))


def ids(reader, **selected):
    return {one.id for one in reader.records(**selected)}


def test_records_are_found_by_what_is_said_of_ai_also_in_incidents(scripted, hotline, reader):
    signal, incident = a_signal(ai=SYNTHETIC), an_incident() | {"ai": SYNTHETIC}
    scripted.page(scripted.place(hotline, [signal, a_signal()]), scripted.place(hotline, [incident], kind="incident"))
    pull(reader)
    assert (
        ids(reader, ai_status="confirmed") == ids(reader, ai_kind="fully_synthetic") == {signal["id"], incident["id"]}
    )
    assert ids(reader, kind="signal", ai_status="confirmed") == {signal["id"]}


def test_a_hash_is_found_by_its_value_through_the_index(scripted, hotline, reader):
    signal = a_signal()
    scripted.page(scripted.place(hotline, [signal, *signals(3)]))
    pull(reader)
    assert ids(reader, value=signal["value"]) == {signal["id"]}
    plan = reader.state.db.execute("EXPLAIN QUERY PLAN SELECT 1 FROM revision WHERE value = 'x'").fetchone()["detail"]
    assert "revision_by_value" in plan


def test_scheme_and_class_must_hold_for_one_classification(scripted, hotline, reader):
    said = {"assessed_by": "hotline", "assessed_at": "2026-11-20"}
    both = a_signal(
        classifications=[{"scheme": "iwf", "value": "A", **said}, {"scheme": "ncmec", "value": "B1", **said}]
    )
    scripted.page(scripted.place(hotline, [both]))
    pull(reader)
    assert ids(reader, scheme="ncmec", classification="B1") == {both["id"]}
    assert ids(reader, scheme="iwf", classification="B1") == set()


def test_records_are_found_by_the_terms_that_they_are_under(scripted, hotline, reader):
    group = a_group("hotline.example", "platform.example")
    name = f"hotline.example/{group['id']}"
    shared = a_signal()
    scripted.page(
        scripted.place(hotline, [group], kind="group", audience=itself("hotline.example", group)),
        scripted.place(hotline, [shared], audience=an_audience("AMBER", groups=[name], purposes=["detection"])),
        scripted.place(hotline, [an_opinion("ngo.example")], kind="opinion", about="ngo.example"),
    )
    pull(reader)
    assert ids(reader, group=name, kind="signal") == ids(reader, tlp="AMBER") == {shared["id"]}
    assert shared["id"] in ids(reader, purpose="detection")
    assert shared["id"] not in ids(reader, purpose="statistics")
    assert len(ids(reader, about="ngo.example")) == 1


def test_only_the_newest_revision_that_lives_is_asked(scripted, hotline, reader):
    first, gone = a_signal(), a_signal()
    later = a_revision(first, ai=SYNTHETIC)
    scripted.page(scripted.place(hotline, [first, gone]), scripted.place(hotline, [later, a_withdrawal(gone)]))
    pull(reader)
    assert ids(reader, ai_status="unassessed") == set()
    assert ids(reader) == {first["id"]}


def test_status_counts_what_is_held_by_kind_origin_and_ai(scripted, hotline, reader):
    scripted.page(
        scripted.place(hotline, [a_signal(ai=SYNTHETIC), *signals(2)]),
        scripted.place(hotline, [an_opinion("ngo.example")], kind="opinion", about="ngo.example"),
    )
    pull(reader)
    counted = [(one.kind, one.ai_status, one.records) for one in reader.status().holdings]
    assert counted == [("opinion", None, 1), ("signal", "confirmed", 1), ("signal", "unassessed", 2)]


def test_status_says_what_is_stale_and_what_waits(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, signals(1)))
    pull(reader)
    assert not reader.status().needs_attention
    scripted.clock.ahead = 3 * 86_400
    status = reader.status()
    assert [(one.age_seconds // 86_400, one.is_stale) for one in status.feeds] == [(3, True)]
    assert status.directory.is_expired
    assert status.needs_attention
    assert (status.unsent, status.changes_waiting, status.receipts.unopened) == (0, 0, status.receipts.kept)


def test_status_names_each_origin_whose_statement_runs_out(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, signals(1)))
    pull(reader)
    assert reader.status().statements == []
    scripted.clock.ahead = 80 * 86_400
    assert "hotline.example" in {one.organisation for one in reader.status().statements}


def an_older_file(path):
    path.touch(mode=0o600)
    db = sqlite3.connect(path)
    for table in TABLES:
        db.execute(table)
    db.execute(f"PRAGMA user_version = {FIRST_VERSION}")
    return db


def test_a_state_file_of_the_first_version_is_filled_in_and_used(scripted, hotline, reader, tmp_path):
    audience = an_audience("AMBER", organisations=["platform.example"])
    record = a_signal(ai=SYNTHETIC)
    batch = scripted.place(hotline, [record], audience=audience)
    scripted.page(batch)
    pull(reader)
    path = tmp_path / "older.sqlite"
    older = an_older_file(path)
    columns = "id, origin, jti, kind, manifest, accepted, record_key, node_key, at, expires, set_aside"
    row = reader.state.db.execute(f"SELECT {columns} FROM batch").fetchone()  # noqa: S608 - a constant of this test
    older.execute(f"INSERT INTO batch ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row))  # noqa: S608 - same
    columns = "origin, id, revision, leaf, status, batch_id, line"
    row = reader.state.db.execute(f"SELECT {columns} FROM revision").fetchone()  # noqa: S608 - same
    older.execute(f"INSERT INTO revision ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row))  # noqa: S608 - same
    older.commit()
    older.close()
    state = State(path)
    assert state.db.execute("SELECT stream, audience FROM batch").fetchone()["stream"] == batch.stream
    assert state.db.execute("SELECT ai_status FROM revision").fetchone()["ai_status"] == "confirmed"
    assert state.db.execute("PRAGMA user_version").fetchone()[0] == VERSION
    state.close()


def test_a_state_file_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "later.sqlite"
    db = an_older_file(path)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(NotConfigured, match="state_version"):
        State(path)
