"""Ten writers, one of whom sleeps before its commit, and a reader that follows: nothing skipped, doubled or reordered.

The test first proves that commits were out of the order of ids; without that it would prove nothing.
"""

import threading

import psycopg
import pytest

from tests.drills.batches import CLEAR, GREEN, a_push
from tests.drills.reader import Reader
from tests.drills.wholeness import assert_whole

BATCHES_OF_EACH = 12
# At its commit the slow push has its entry's and its waiting row's ids already: everybody else overtakes it.
SLEEPS_AT_COMMIT = """
    CREATE FUNCTION drill_sleep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.keyid LIKE 'slow.example/%' THEN PERFORM pg_sleep(1.5); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER drill_sleep AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION drill_sleep();
"""
WATCHES_PLACING = """
    CREATE TABLE drill_seen (seen_id bigint GENERATED ALWAYS AS IDENTITY, unplaced_id bigint, entry_id uuid);
    GRANT INSERT ON drill_seen TO havre_sequencer;
    CREATE FUNCTION drill_watch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO drill_seen (unplaced_id, entry_id) VALUES (OLD.unplaced_id, OLD.entry_id);
        RETURN OLD;
    END $$;
    CREATE TRIGGER drill_watch BEFORE DELETE ON unplaced FOR EACH ROW EXECUTE FUNCTION drill_watch();
"""


def opened(writers) -> list[tuple[str, str]]:
    """Open both streams of each: pushes that open one take turns on purpose, and this is about those that do not."""
    pushes = [
        (writer, a_push(writer, f"{audience['tlp']} first", audience=audience))
        for writer in writers
        for audience in (GREEN, CLEAR)
    ]
    for writer, push in pushes:
        assert writer.push(push.document).status == 201
    return [(push.origin, push.jti) for _, push in pushes]


@pytest.mark.drill
def test_a_late_commit_is_placed_late_and_nothing_is_skipped_doubled_or_reordered(node):
    names = ["slow.example", *(f"writer-{number}.example" for number in range(1, 5))]
    writers = [node.join(name) for name in names]
    reading = node.join("reader.example")
    acknowledged = opened(writers)
    with psycopg.connect(node.database.owner, autocommit=True) as owner:
        owner.execute(SLEEPS_AT_COMMIT)
        owner.execute(WATCHES_PLACING)
    failures: list[object] = []
    done = threading.Event()

    def write(writer, audience) -> None:
        for number in range(1 if writer.name == "slow.example" else BATCHES_OF_EACH):
            push = a_push(writer, f"{audience['tlp']} {number}", audience=audience)
            answered = writer.push(push.document)
            if answered.status == 201:
                acknowledged.append((push.origin, push.jti))
            else:
                failures.append((answered.status, answered.body))

    reader = Reader(partner=reading, origins={writer.name: writer for writer in writers})

    def follow() -> None:
        try:
            while not done.is_set():
                reader.pull(limit=3)
        except BaseException as error:  # noqa: BLE001 - a failure in a thread must reach the test
            failures.append(error)

    # Two streams of each of five organisations: ten writers.
    threads = [
        threading.Thread(target=write, args=[writer, audience]) for writer in writers for audience in (GREEN, CLEAR)
    ]
    following = threading.Thread(target=follow)
    following.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    node.wait_placed()
    done.set()
    following.join(60)
    assert failures == []
    assert len(acknowledged) == 10 + 2 + 8 * BATCHES_OF_EACH

    with node.connect() as db:
        ((overtaken,),) = db.execute(
            """
            SELECT count(*)
              FROM drill_seen AS later
              JOIN drill_seen AS earlier ON earlier.seen_id < later.seen_id AND earlier.unplaced_id > later.unplaced_id
            """
        ).fetchall()
        ((slow_ids_first,),) = db.execute(
            """
            SELECT count(*)
              FROM placed AS slow
              JOIN entry USING (entry_id)
              JOIN placed AS quick ON quick.index < slow.index AND quick.entry_id > slow.entry_id
             WHERE entry.keyid LIKE 'slow.example/%' AND entry.action = 'push_batch'
            """
        ).fetchall()
        assert overtaken > 0, "no id was committed out of order: this run proves nothing"
        assert slow_ids_first > 0
        stored = assert_whole(db, node.simulated)

    reader.catch_up(limit=3)
    assert sorted(reader.batches) == sorted(acknowledged)
    assert reader.batches == [(batch.origin, batch.jti) for batch in stored]
    newcomer = Reader(partner=reading, origins=reader.origins)
    newcomer.catch_up()
    assert newcomer.batches == reader.batches
