"""Ten writers at once, a group whose members change under them, and a sequencer that is killed again and again.

All that was acknowledged is in log and feed exactly once, readers end with what they may have, and no release stands in
the log after its end.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from tests.drills.nodes import DrillNode, wait_until
from tests.drills.sharing_log import assert_log_agrees
from tests.drills.sockets import SocketPartner
from tests.drills.wholeness import assert_whole
from tests.groups.building import a_group_batch
from tests.sharing.following import Follower
from tests.sharing.sharers import Group, found
from tests.signals import Batch, a_batch, a_revision, an_audience, signals

pytestmark = pytest.mark.drill

WRITERS, PUSHES, KILLS, CHANGES = 10, 12, 5, 9


@dataclass(frozen=True, kw_only=True)
class Release:
    """What an answer gave to a reader."""

    reader: str
    receipt: str
    jtis: list[str]


@dataclass(kw_only=True)
class Race:
    """What was acknowledged and released so far."""

    node: DrillNode
    acknowledged: list[str] = field(default_factory=list)
    released: list[Release] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def send(self, origin: SocketPartner, batch: Batch) -> None:
        """Push until the node has taken it; who stands in the way for long is told to come again."""

        def is_taken() -> bool:
            status = origin.push(batch.document).status
            assert status in (200, 201, 503)
            return status != 503

        wait_until(is_taken, seconds=60)
        self.acknowledged.append(batch.jti)

    def write(self, writer: SocketPartner, group: Group) -> None:
        for number in range(PUSHES):
            audience = group.audience if number % 2 else an_audience("GREEN")
            self.send(writer, a_batch(writer, signals(2), audience=audience))

    def change(self, group: Group, always: list[SocketPartner], sometimes: SocketPartner) -> None:
        """Take one organisation into the group and out again; at the end it is in."""
        owner = group.owner
        assert isinstance(owner, SocketPartner)
        for number in range(CHANGES):
            named = [owner, *always, *([] if number % 2 else [sometimes])]
            members = [
                {"organisation": each.name, "role": "member", "since": "2026-01-01"}
                for each in sorted(named, key=lambda each: each.name)
            ]
            group.revisions.append(a_revision(*group.revisions, members=members))
            self.send(owner, a_group_batch(owner, group.revisions[-1]))

    def read(self, reader: "Reader") -> None:
        while not self.is_over.wait(0.01):
            reader.pull()

    def kill(self) -> None:
        """Kill the sequencer with -9 as often as agreed, each time after some more was acknowledged."""
        for number in range(KILLS):
            enough = (number + 1) * WRITERS * PUSHES // (KILLS + 2)
            wait_until(lambda enough=enough: len(self.acknowledged) >= enough, seconds=120)
            self.node.sequencer.kill()
            self.node.sequencer.start()


@dataclass(kw_only=True)
class Reader(Follower):
    """A follower that remembers which answer gave what."""

    race: Race

    def answered_with(self, receipt: str, came: list[str]) -> None:
        if came:
            self.race.released.append(Release(reader=self.partner.name, receipt=receipt, jtis=came))


def test_what_ten_writers_were_told_stands_once_though_the_sequencer_is_killed(node):
    race = Race(node=node)
    writers = [node.join(f"writer-{number}.example") for number in range(WRITERS)]
    sometimes, outside = node.join("sometimes.example"), node.join("outside.example")
    group = found(writers[0], *writers[1:])
    race.acknowledged.append(group.batches[0].jti)
    readers = [Reader(partner=partner, race=race) for partner in (writers[1], sometimes, outside)]
    with ThreadPoolExecutor(WRITERS + len(readers) + 2) as threads:
        reading = [threads.submit(race.read, reader) for reader in readers]
        acting = [threads.submit(race.write, writer, group) for writer in writers]
        acting += [threads.submit(race.change, group, writers[1:], sometimes), threads.submit(race.kill)]
        try:
            for each in acting:
                each.result()
        finally:
            race.is_over.set()
        for each in reading:
            each.result()
    node.wait_placed()
    for reader in readers:
        reader.follow()
    node.wait_placed()
    with node.connect() as db:
        stored = assert_whole(db, node.simulated)
        to_everyone = {str(jti) for (jti,) in db.execute(_TO_EVERYONE)}
    assert sorted(batch.jti for batch in stored) == sorted(race.acknowledged)
    everything = set(race.acknowledged)
    assert [reader.jtis for reader in readers] == [everything, everything, to_everyone]
    assert_log_agrees(node.database, race.released)


_TO_EVERYONE = """
    SELECT batch.jti
      FROM feed
      JOIN batch USING (batch_id)
      JOIN audience USING (audience_id)
     WHERE audience.tlp = 'GREEN'
"""
