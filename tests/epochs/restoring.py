"""A node whose database was lost after a backup was taken: what was before, what came after, and what is left of it."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner, Result

from server.commands.restoring import restore
from server.epochs.high_water import HighWater
from tests.conftest import Database, Template, a_database
from tests.epochs.test_high_water import signed
from tests.exchanges import place
from tests.partners import Partner, TestNode, a_node
from tests.signals import Batch, a_batch


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Yesterday's `database`, the `home` of today, what was signed; the batches of before and after the backup."""

    database: Database
    home: Path
    signed: HighWater
    kept: Sequence[Batch]
    lost: Sequence[Batch]
    cursor: str

    @contextlib.contextmanager
    def node(self) -> Iterator[TestNode]:
        """The node over what is left."""
        founded = a_node(self.database, home=self.home)
        yield founded
        founded.close()


def restored(lost: Lost, *options: str, answer: str | None = None) -> Result:
    """Run the command on what is left."""
    node = a_node(lost.database, home=lost.home)
    node.close()
    told = node.settings
    environment = {
        "HAVRE_NODE": told.node,
        "HAVRE_FEDERATION": told.federation,
        "HAVRE_ORIGIN_URL": told.origin_url,
        "HAVRE_HOME": str(lost.home),
        "DATABASE_URL": lost.database.app,
        "HAVRE_OWNER_DATABASE_URL": lost.database.owner,
    }
    return CliRunner().invoke(restore, list(options), env=environment, input=answer)


def pushed(partner: Partner, *records: Any) -> Batch:
    """A batch that the node has taken."""
    batch = a_batch(partner, list(records))
    answered = partner.push(batch.document)
    assert answered.status == 201, answered.body
    return batch


@contextlib.contextmanager
def yesterday(postgres: Any, database: Database) -> Iterator[Database]:
    """A copy of the database as it is now; nobody may be connected to it."""
    with a_database(postgres, Template(name=database.name, grown=database.grown)) as copied:
        yield copied


def rows(url: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What the owner sees."""
    with psycopg.connect(url) as db:
        return db.execute(query, parameters or None).fetchall()


__all__ = ["Lost", "a_node", "place", "pushed", "restored", "rows", "signed", "yesterday"]
