"""Readers, a sequencer and an eraser in threads, while groups change and end and batches expire by the clock itself.

What races with what is left to chance: a page that is read while a member leaves, a line is masked, bytes go, access
runs out or is prolonged. What the readers got is noted as in `exposure_world`, and judged at the end.
"""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Self

import psycopg

from server.retention.ending import end_expired_groups
from tests.drills.exposure_world import ExposureWorld
from tests.drills.sharing_world import HISTORIES, Signal
from tests.exchanges import place
from tests.groups.building import a_group_batch, members
from tests.partners import DAY, NODE_NAME, moment, now_seconds
from tests.sharing.sharers import Group, found
from tests.signals import a_batch, a_revision, a_signal, a_withdrawal

# Long enough to be read, short enough to run out while the others read.
SOON_SECONDS = 3
LATER = 300 * DAY


class ExposureCrowd:
    """Everybody of a world at once, until it is left."""

    def __init__(self, world: ExposureWorld, *, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(len(world.partners) * 2 + 2)
        readers = [self._reader(number % len(world.partners)) for number in range(len(world.partners) * 2)]
        self._running = [
            self._threads.submit(self._repeat, act, seed + number)
            for number, act in enumerate([*readers, self._place, self._erase])
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads.shutdown()
        for thread in self._running:
            thread.result()

    def act_for(self, seconds: float) -> None:
        """Let owners and origins act for that long."""
        acts = [self._found, self._regroup, self._regroup, self._share, self._share, self._share]
        acts += [self._revise, self._withdraw, self._withdraw, self._find_ended]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._chance.choice(acts)()

    def _repeat(self, act: Callable[[random.Random], None], seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        while not self._stop.wait(chance.random() * 0.02):
            act(chance)

    def _reader(self, who: int) -> Callable[[random.Random], None]:
        def read(chance: random.Random) -> None:
            if chance.random() < 0.9:
                self._world.pull(who, chance)
            else:
                self._world.read(who, chance)

        return read

    def _place(self, chance: random.Random) -> None:
        place(self._world.node, most=chance.choice([1, 3, 5_000]))

    def _erase(self, chance: random.Random) -> None:
        self._world.erase(chance)

    # Owners and origins ---------------------------------------------------------------------------------------

    def _found(self) -> None:
        if len(self._world.groups) > 8:
            return
        owner, *others = self._chance.sample(self._world.partners, 3)
        soon = self._chance.random() < 0.5
        expires = moment(now_seconds() + (SOON_SECONDS if soon else LATER))
        group = found(owner, *others, history=self._chance.choice(HISTORIES), expires=expires)
        self._world.know(group.batches[-1])
        self._world.groups.append(group)

    def _regroup(self) -> None:
        """Revise a group's members, and prolong one that runs out soon, if it has not."""
        if not self._world.groups:
            return
        group = self._chance.choice(self._world.groups)
        names = [one.name for one in self._chance.sample(self._world.partners, self._chance.randrange(4))]
        revised = a_revision(
            *group.revisions, members=members(group.owner.name, *(n for n in names if n != group.owner.name))
        )
        if self._chance.random() < 0.2:
            self._world.groups.remove(group)
            revised = a_withdrawal(*group.revisions)
        self._push_group(group, revised)

    def _push_group(self, group: Group, revised: dict) -> None:
        is_soon = group.batches[-1].claims["expires"] < moment(now_seconds() + DAY)
        expires = moment(now_seconds() + (SOON_SECONDS if is_soon else LATER))
        if self._world.push(group.owner, a_group_batch(group.owner, revised, expires=expires), may=None):
            group.revisions.append(revised)

    def _share(self) -> None:
        origin, record = self._chance.choice(self._world.partners), a_signal()
        audience = self._world.audience(self._chance)
        expires = {"expires": moment(now_seconds() + SOON_SECONDS)} if self._chance.random() < 0.3 else {}
        batch = a_batch(origin, [record, a_signal()], audience=audience, **expires)
        if self._world.push(origin, batch, may=None):
            self._world.revisions[record["id"]] = [record]
            self._world.signals.append(Signal(origin=origin, record=record, audience=audience, jti=batch.jti))

    def _revise(self) -> None:
        if self._world.signals:
            self._world.revise(self._chance.choice(self._world.signals))

    def _withdraw(self) -> None:
        if self._world.signals:
            self._world.withdraw(self._chance.choice(self._world.signals), "legal")

    def _find_ended(self) -> None:
        with psycopg.connect(self._world.database.worker) as db:
            end_expired_groups(db, node=NODE_NAME, now=datetime.now(UTC))
