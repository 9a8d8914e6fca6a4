"""The database goes away and comes back under load: api and sequencer recover by themselves, and nothing is lost."""

import contextlib
import threading
import time

import pytest

from tests.drills.batches import CLEAR, GREEN, a_push
from tests.drills.nodes import wait_until
from tests.drills.reader import Reader
from tests.drills.sockets import NoAnswer
from tests.drills.wholeness import assert_whole
from tests.partners import an_id

pytestmark = pytest.mark.drill

RECOVERY_SECONDS = 6
# A pool that waits twice as long after each attempt would come back after twice this time.
AWAY_SECONDS = 18


class Load:
    """Writers that push without rest until `stop`, and what they were told."""

    def __init__(self, node) -> None:
        self.writers = [node.join(f"w-{an_id()[-12:]}.example") for _ in range(3)]
        self.acknowledged: list[str] = []
        self.statuses: set[int] = set()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=[writer, audience])
            for writer in self.writers
            for audience in (GREEN, CLEAR)
        ]

    def _write(self, writer, audience) -> None:
        while not self._stop.is_set():
            push = a_push(writer, an_id(), audience=audience)
            with contextlib.suppress(*NoAnswer):
                answered = writer.push(push.document)
                self.statuses.add(answered.status)
                if answered.status == 201:
                    self.acknowledged.append(push.jti)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_ignored) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def restart_fast(node) -> None:
    node.postgres.stop()
    node.restart_database()


def kill_and_restart(node) -> None:
    node.kill_database()
    node.restart_database()


def kill_and_stay_away(node) -> None:
    node.kill_database()
    time.sleep(AWAY_SECONDS)
    node.restart_database()


def is_admitting(node) -> bool:
    return node.simulated.organisation.get("/v1/whoami").status == 200


@pytest.mark.parametrize("interrupt", [restart_fast, kill_and_restart, kill_and_stay_away])
def test_api_and_sequencer_come_back_by_themselves_and_no_acknowledged_act_is_lost(killable, interrupt):
    # The pool of this process is as old as the last database.
    wait_until(lambda: is_admitting(killable), what="for the pool of the test")
    asking = killable.join(f"r-{an_id()[-12:]}.example")
    processes = killable.api.pids, killable.sequencer.pids
    with Load(killable) as load:
        time.sleep(1)
        interrupt(killable)
        recovered = killable.wait_serving(asking)
        reached = len(load.acknowledged)
        time.sleep(1)
    assert recovered < RECOVERY_SECONDS
    assert len(load.acknowledged) > reached > 0
    # Nothing but "come again" meanwhile.
    assert load.statuses == {201, 503}
    assert (killable.api.pids, killable.sequencer.pids) == processes
    killable.wait_placed(seconds=10)
    with killable.connect() as db:
        stored = [batch.jti for batch in assert_whole(db, killable.simulated)]
    assert set(load.acknowledged) <= set(stored)
    origins = getattr(killable, "origins", {}) | {writer.name: writer for writer in load.writers}
    killable.origins = origins
    reader = Reader(partner=asking, origins=origins)
    reader.catch_up()
    assert [jti for _, jti in reader.batches] == stored
