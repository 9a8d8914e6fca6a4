"""Partners with their SDKs, and a node whose database goes back to yesterday's: at once, and with a real restore."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.epochs import high_water
from tests.client.exchanging import PURPOSE, Member, World
from tests.conftest import Database
from tests.epochs.restoring import Lost, restored
from tests.exchanges import sign_head
from tests.partners import a_node


@dataclass(kw_only=True)
class Past:
    """A world whose node can go back to the moment when `back_up` was called."""

    postgres: Any
    world: World
    home: Path
    copies: Callable[[Database], Database]
    backup: Database | None = None
    members: dict[str, Member] = field(default_factory=dict)

    def join(self, name: str, **said: Any) -> Member:
        """Admit `name` and give it an SDK."""
        self.members[name] = self.world.join(name, **said)
        return self.members[name]

    def back_up(self) -> None:
        """Take a copy of the database as it is now."""
        sign_head(self.world.node, home=self.home)
        self.world.node.close()
        self.backup = self.copies(self.world.database)
        self._run_on(self.world.database)

    def go_back(self) -> None:
        """Lose the database, put the copy back, and open the next epoch."""
        assert self.backup is not None
        sign_head(self.world.node, home=self.home)
        last = high_water.read(self.home)
        assert last is not None
        self.world.node.close()
        left = Lost(database=self.backup, home=self.home, signed=last, kept=[], lost=[], cursor="")
        done = restored(left, "--yes")
        assert done.exit_code == 0, done.output
        self._run_on(self.backup)
        sign_head(self.world.node, home=self.home)

    def _run_on(self, database: Database) -> None:
        node = a_node(database, home=self.home)
        self.world.node, self.world.database = node, database
        for member in self.world.members:
            member.transport.node = node
            member.simulated.node = node


def pull(member: Member) -> list[Any]:
    """Pull with a new SDK over the member's state, and return the pages."""
    partner = member.sdk()
    pages = list(partner.pull(purpose=PURPOSE))
    partner.close()
    return pages


def push(member: Member, drafts: Any) -> Any:
    """Push with a new SDK, and let the sequencer place it."""
    partner = member.sdk()
    outcome = partner.push(drafts)
    partner.close()
    return outcome


def live(member: Member) -> list[bytes]:
    """The lines that are live in the member's state, sorted."""
    partner = member.sdk()
    lines = sorted(record.line for record in partner.live_records())
    partner.close()
    return lines


@contextlib.contextmanager
def a_past(postgres: Any, database: Database, folder: Path, copies: Callable[[Database], Database]) -> Iterator[Past]:
    """A founded node whose past can be copied."""
    home = folder / "node"
    home.mkdir()
    world = World(node=a_node(database, home=home), database=database, folder=folder)
    past = Past(postgres=postgres, world=world, home=home, copies=copies)
    yield past
    world.node.close()


__all__ = ["Past", "a_past", "live", "pull", "push"]
