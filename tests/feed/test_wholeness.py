"""Whatever happens between: each reader gets each batch it is entitled to exactly once, streams in their order.

Joins, pushes, steps of the sequencer and pulls follow each other at random; seeds make a failure repeatable.
"""

import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.exchanges import claims_in, jti_of, place, pull
from tests.partners import Partner, TestNode
from tests.signals import a_batch, an_audience, signals

SECTORS = ("ngo", "platform", "government")
AUDIENCES = (
    an_audience(),
    an_audience("CLEAR"),
    an_audience(sectors=["government", "ngo"]),
    an_audience(sectors=["platform"]),
    an_audience(purposes=["statistics"]),
    an_audience(purposes=["detection"], sectors=["ngo"]),
)
STEPS = 70


@dataclass(kw_only=True)
class Reader:
    """A member, whether it is a consumer, and what it has read so far for one purpose."""

    partner: Partner
    is_consumer: bool
    purpose: str
    cursor: str | None = None
    seen: list[str] = field(default_factory=list)
    chains: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def is_entitled(self, origin: str, audience: dict[str, Any]) -> bool:
        if origin == self.partner.name:
            return True
        fits_sector = not audience["sectors"] or self.partner.sector in audience["sectors"]
        fits_purpose = not audience["purposes"] or self.purpose in audience["purposes"]
        return self.is_consumer and fits_sector and fits_purpose

    def read(self, limit: int) -> bool:
        """Pull one page; return whether there is more."""
        page = pull(self.partner, purpose=self.purpose, limit=limit, after=self.cursor)
        self.cursor = page.next
        for document in page.documents:
            self.seen.append(jti_of(document))
            acceptance = claims_in(document.accepted)
            self.chains[acceptance["stream"]].append(acceptance["seq"])
        return page.more


@dataclass(kw_only=True)
class World:
    """A node with its members and everything that was pushed: (jti, origin, audience)."""

    node: TestNode
    chance: random.Random
    readers: list[Reader] = field(default_factory=list)
    pushed: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def join(self) -> None:
        number = len(self.readers)
        is_consumer = self.chance.random() < 0.8
        roles = ["consumer", "contributor"] if is_consumer else ["contributor"]
        partner = self.node.join(f"member-{number}.example", sector=self.chance.choice(SECTORS), roles=roles)
        purpose = self.chance.choice(["detection", "statistics"])
        self.readers.append(Reader(partner=partner, is_consumer=is_consumer, purpose=purpose))

    def push(self) -> None:
        origin = self.chance.choice(self.readers).partner
        batch = a_batch(origin, signals(self.chance.randint(1, 4)), audience=self.chance.choice(AUDIENCES))
        assert origin.push(batch.document).status == 201
        self.pushed.append((batch.jti, origin.name, batch.claims["audience"]))

    def step(self) -> None:
        place(self.node, most=self.chance.randint(1, 12))

    def pull(self) -> None:
        self.chance.choice(self.readers).read(self.chance.choice([1, 2, 3, 5, 50_000]))

    def finish(self) -> None:
        """Place everything, then let everyone read to the end."""
        while place(self.node):
            pass
        for reader in self.readers:
            while reader.read(self.chance.choice([1, 3, 50_000])):
                pass


@pytest.mark.parametrize("seed", range(5))
def test_every_reader_gets_every_entitled_batch_once_and_each_stream_in_order(node, seed) -> None:
    world = World(node=node, chance=random.Random(seed))  # noqa: S311 - repeatable, not secret
    begun = time.monotonic()
    world.join()
    for _ in range(STEPS):
        joins = 1 if len(world.readers) < 7 else 0
        act = world.chance.choices([world.join, world.push, world.step, world.pull], [joins, 5, 3, 4])[0]
        act()
        if time.monotonic() - begun > 15:
            break
    world.finish()
    for reader in world.readers:
        entitled = [jti for jti, origin, audience in world.pushed if reader.is_entitled(origin, audience)]
        assert sorted(reader.seen) == sorted(entitled)
        assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in reader.chains.values())
