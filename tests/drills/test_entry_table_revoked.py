"""No entry, no answer, under load; and it heals by itself. (Each endpoint without entries: `tests/sweeps`.)"""

import threading

import psycopg
import pytest

from tests.drills.batches import a_push
from tests.drills.wholeness import assert_whole
from tests.partners import an_id

REVOKE = "REVOKE INSERT ON entry FROM havre_app"
GRANT = "GRANT INSERT ON entry TO havre_app"


@pytest.mark.drill
def test_entries_revoked_under_load_lose_nothing_that_was_acknowledged_and_it_heals_without_a_restart(node):
    writers = [node.join(f"writer-{number}.example") for number in range(4)]
    # A process that starts without the right to write entries serves nothing, and ends.
    node.wait_serving(writers[0])
    acknowledged: list[str] = []
    statuses: set[int] = set()
    stop = threading.Event()

    def write(writer) -> None:
        while not stop.is_set():
            push = a_push(writer, an_id())
            answered = writer.push(push.document)
            statuses.add(answered.status)
            if answered.status == 201:
                acknowledged.append(push.jti)

    threads = [threading.Thread(target=write, args=[writer]) for writer in writers]
    for thread in threads:
        thread.start()
    with psycopg.connect(node.database.owner, autocommit=True) as owner:
        for _ in range(5):
            stop.wait(0.3)
            owner.execute(REVOKE)
            stop.wait(0.3)
            owner.execute(GRANT)
    stop.wait(0.3)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert statuses == {201, 503}
    # At once, by the same processes.
    assert writers[0].push(a_push(writers[0], "afterwards").document).status == 201
    node.wait_placed()
    with node.connect() as db:
        stored = {batch.jti for batch in assert_whole(db, node.simulated)}
    assert set(acknowledged) < stored
