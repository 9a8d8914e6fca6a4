"""Entries get dense indexes after their commit; nothing is skipped, doubled, or left half."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from server import sequencer
from server.db import connect
from tests.exchanges import changed, place, pull_all, rows_of
from tests.partners import Partner
from tests.signals import a_batch, an_audience, signals

BULK = 20_000


def indexes(database) -> list[int]:
    with psycopg.connect(database.owner) as db:
        return [index for (index,) in db.execute("SELECT index FROM placed ORDER BY index").fetchall()]


def waiting(database) -> int:
    with psycopg.connect(database.owner) as db:
        row = db.execute("SELECT count(*) FROM unplaced").fetchone()
    assert row is not None
    return int(row[0])


def log_size(database) -> int:
    with psycopg.connect(database.owner) as db:
        row = db.execute("SELECT size FROM log_head").fetchone()
    assert row is not None
    return int(row[0])


def enter(db: psycopg.Connection, number: int) -> None:
    """Write a waiting entry as the api does, without an exchange."""
    db.execute(
        """
        WITH entering AS MATERIALIZED (
            SELECT gen_random_uuid() AS entry_id, sha256(convert_to('leaf ' || n, 'UTF8')) AS leaf
              FROM generate_series(%(first)s::integer, %(last)s::integer) AS n
        ), written AS (
            INSERT INTO entry (entry_id, at, keyid, action, decision, leaf, salt, p, document)
            SELECT entry_id, now(), 'k', 'read_whoami', 'allowed', leaf, sha256('salt'), sha256('p'), 'd' FROM entering
        )
        INSERT INTO unplaced (entry_id, leaf) SELECT entry_id, leaf FROM entering
        """,
        {"first": number, "last": number},
    )


def test_indexes_are_dense_from_zero(node, database, hotline) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    place(node)
    assert indexes(database) == list(range(log_size(database)))


@pytest.mark.parametrize("most", [1, 2, 3, 1_000])
def test_steps_of_any_size_give_the_same_log(node, database, hotline, most) -> None:
    for _ in range(3):
        hotline.get("/v1/whoami")
    with psycopg.connect(database.owner) as db:
        leaves = [leaf for (leaf,) in db.execute("SELECT leaf FROM unplaced ORDER BY unplaced_id").fetchall()]
    while place(node, most=most):
        pass
    with psycopg.connect(database.owner) as db:
        placed = [leaf for (leaf,) in db.execute("SELECT leaf FROM placed ORDER BY index").fetchall()]
    assert placed == leaves


def test_nothing_waiting_is_nothing_done(node, database) -> None:
    place(node)
    before = rows_of(database.owner)
    assert place(node) == 0
    assert changed(before, rows_of(database.owner)) == set()


def test_a_late_commit_is_placed_later_and_never_skipped(node, database, hotline) -> None:
    place(node)
    with psycopg.connect(database.app) as late, psycopg.connect(database.app) as early:
        enter(late, 1)
        enter(early, 2)
        early.commit()
        assert place(node) == 1
        late.commit()
        assert place(node) == 1
    with psycopg.connect(database.owner) as db:
        order = db.execute(
            """
            SELECT placed.leaf = sha256('leaf 2')
              FROM placed
              JOIN entry USING (entry_id)
             WHERE entry.document = 'd'
             ORDER BY index
            """
        ).fetchall()
    assert order == [(True,), (False,)]
    assert indexes(database) == list(range(log_size(database)))


def test_a_batch_that_commits_late_reaches_a_reader_that_is_already_beyond(node, database, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    # Acts that open an audience take turns; these two go side by side.
    for tlp in ("CLEAR", "GREEN"):
        assert hotline.push(a_batch(hotline, signals(3), audience=an_audience(tlp)).document).status == 201
    place(node)
    beyond = pull_all(platform).pages[-1].next
    slow = a_batch(hotline, signals(1), audience=an_audience("CLEAR"))
    with psycopg.connect(database.owner) as db:
        db.execute(
            """
            CREATE FUNCTION sleep_before_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$
            """
        )
        db.execute(
            """
            CREATE CONSTRAINT TRIGGER sleep_before_commit AFTER INSERT ON batch DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.record_count = 1) EXECUTE FUNCTION sleep_before_commit()
            """
        )
    with ThreadPoolExecutor(1) as thread:
        pushing = thread.submit(hotline.push, slow.document)
        time.sleep(0.4)
        quick = a_batch(platform, signals(2))
        assert platform.push(quick.document).status == 201
        place(node)
        reading = pull_all(platform, after=beyond)
        assert reading.jtis == [quick.jti]
        assert pushing.result().status == 201
    place(node)
    assert pull_all(platform, after=reading.pages[-1].next).jtis == [slow.jti]
    assert pull_all(platform, after=beyond).jtis == [quick.jti, slow.jti]


def test_an_entry_that_was_rolled_back_is_never_placed(node, database) -> None:
    place(node)
    with psycopg.connect(database.app) as db:
        enter(db, 1)
        db.rollback()
        enter(db, 2)
        db.commit()
    assert place(node) == 1
    assert indexes(database) == list(range(log_size(database)))


# Between which two statements of a step the sequencer's connection is lost: when this table is written.
@pytest.mark.parametrize("table", ["placed", "feed", "log_head", "entitlement"])
def test_a_sequencer_that_is_killed_leaves_nothing_half(node, database, hotline, table) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    before = rows_of(database.owner)
    with psycopg.connect(database.superuser) as db:
        db.execute(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NEW; END $$
            """
        )
        db.execute(f"CREATE TRIGGER die AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION die()")
    with pytest.raises(psycopg.OperationalError):
        place(node)
    assert changed(before, rows_of(database.owner)) == set()
    with psycopg.connect(database.superuser) as db:
        db.execute("DROP FUNCTION die CASCADE")
    place(node)
    assert indexes(database) == list(range(log_size(database)))
    assert len(pull_all(hotline).jtis) == 1


def test_of_two_sequencers_one_is_active_and_the_other_takes_over(database, node, hotline) -> None:
    stops = [threading.Event(), threading.Event()]
    runs = [threading.Thread(target=sequencer.run, args=[database.sequencer], kwargs={"stop": stop}) for stop in stops]
    for run in runs:
        run.start()
    try:
        _until_nothing_waits(database)
        with psycopg.connect(database.superuser) as db:
            held = db.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
                "WHERE locktype = 'advisory' AND granted AND datname = current_database()"
            ).fetchone()
        assert held == (1,)
        stops[0].set()
        runs[0].join()
        hotline.push(a_batch(hotline, signals(1)).document)
        _until_nothing_waits(database)
    finally:
        for stop, run in zip(stops, runs, strict=True):
            stop.set()
            run.join()
    assert indexes(database) == list(range(log_size(database)))


def test_a_sequencer_that_loses_its_connection_comes_back(database, node, hotline) -> None:
    stop = threading.Event()
    run = threading.Thread(target=sequencer.run, args=[database.sequencer], kwargs={"stop": stop})
    run.start()
    try:
        _until_nothing_waits(database)
        with psycopg.connect(database.superuser) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'havre_sequencer'"
                " AND datname = current_database()"
            )
        hotline.push(a_batch(hotline, signals(1)).document)
        _until_nothing_waits(database)
    finally:
        stop.set()
        run.join()
    assert indexes(database) == list(range(log_size(database)))


def test_two_steps_at_once_give_no_index_twice(node, database, hotline) -> None:
    with psycopg.connect(database.app) as db:
        for number in range(200):
            enter(db, number)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: place(node, most=20), range(16)))
    while place(node):
        pass
    assert indexes(database) == list(range(log_size(database)))


def test_twenty_thousand_waiting_entries_are_drained_in_order(database, node) -> None:
    place(node)
    with psycopg.connect(database.owner) as db:
        db.execute(
            """
            WITH written AS (
                INSERT INTO entry (entry_id, at, keyid, action, decision, leaf, salt, p, document)
                SELECT gen_random_uuid(), now(), 'k', 'read_whoami', 'allowed',
                       sha256(convert_to('leaf ' || n, 'UTF8')), sha256('salt'), sha256('p'), 'd'
                  FROM generate_series(1, %(most)s) AS n
                RETURNING entry_id, leaf
            )
            INSERT INTO unplaced (entry_id, leaf) SELECT entry_id, leaf FROM written
            """,
            {"most": BULK},
        )
    before, begun = log_size(database), time.monotonic()
    with connect(database.sequencer, autocommit=True) as db:
        while sequencer.place_waiting(db):
            pass
    assert time.monotonic() - begun < 20
    assert waiting(database) == 0
    assert indexes(database) == list(range(before + BULK))


def test_ten_writers_on_one_stream_and_a_running_sequencer_skip_nothing(database, node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    stop = threading.Event()
    run = threading.Thread(target=sequencer.run, args=[database.sequencer], kwargs={"stop": stop})
    run.start()

    def write(_: int) -> str:
        batch = a_batch(hotline, signals(1))
        assert hotline.push(batch.document).status == 201
        return batch.jti

    try:
        with ThreadPoolExecutor(10) as threads:
            pushed = list(threads.map(write, range(40)))
        _until_nothing_waits(database)
    finally:
        stop.set()
        run.join()
    assert sorted(_read(platform)) == sorted(pushed)


def _read(partner: Partner) -> list[str]:
    return pull_all(partner, limit=3).jtis


def _until_nothing_waits(database) -> None:
    deadline = time.monotonic() + 15
    while waiting(database):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_steps_are_short_while_an_entry_that_changes_access_waits(node, database, hotline) -> None:
    place(node)
    with connect(database.sequencer, autocommit=True) as db:
        usual = sequencer._at_once(db)
        assert hotline.push(a_batch(hotline, signals(1)).document).status == 201
        assert sequencer._at_once(db) < usual
        place(node)
        assert sequencer._at_once(db) == usual
