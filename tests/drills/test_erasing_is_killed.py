"""Kill -9 of eraser or database at each named step of an erasure: it is done and entered, or it is not done."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
import pytest

from crypto.batches import Erased, record_leaf, split_documents
from tests.drills.nodes import DrillNode, Process, wait_until
from tests.drills.sockets import SocketPartner
from tests.drills.steps import LOCK, Step, at_commit, held
from tests.drills.wholeness import assert_whole
from tests.signals import Batch, a_batch, a_withdrawal, signals

pytestmark = pytest.mark.drill

# In the order in which the transaction of an erasure comes by.
ERASE_STEPS = [
    Step(table="batch", act="UPDATE"),
    Step(table="batch", when="AFTER", act="UPDATE"),
    Step(table="record", act="UPDATE"),
    Step(table="record", when="AFTER", act="UPDATE"),
    Step(table="entry"),
    Step(table="entry", when="AFTER"),
    Step(table="unplaced", when="AFTER"),
    Step(table="erasure", act="UPDATE"),
    Step(table="erasure", when="AFTER", act="UPDATE"),
    at_commit("batch", act="UPDATE"),
    at_commit("entry"),
]


@dataclass(kw_only=True)
class Field:
    """A node with a writer, and an eraser that is started for each erasure."""

    node: DrillNode
    writer: SocketPartner
    eraser: Process

    def withdrawn(self) -> Batch:
        """A batch of three signals whose second is withdrawn as legal; nobody has erased it yet."""
        records = signals(3)
        batch = a_batch(self.writer, records)
        for each in (batch, a_batch(self.writer, [a_withdrawal(records[1], reason="legal")])):
            assert self.writer.push(each.document).status == 201
        self.node.wait_placed()
        return batch

    def outcome(self, batch: Batch) -> tuple[bool, int]:
        """Whether the line is erased, and how many entries say so."""
        with self.node.connect() as db, db.transaction():
            # All of one moment: an eraser may be at work.
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            ((document,),) = _rows(db, "SELECT document FROM batch WHERE jti = %s", batch.jti)
            entries = _rows(db, "SELECT document FROM entry WHERE action = 'erase'")
            ((marked,),) = _rows(
                db, "SELECT erased_at IS NOT NULL FROM erasure WHERE leaf = %s", record_leaf(batch.lines[1])
            )
        (one,) = split_documents(document)
        is_erased = type(one.lines[1]) is Erased  # type: ignore[union-attr]  # what is stored is a document
        assert marked == is_erased
        said = [orjson.loads(orjson.loads(entry)["target"])["batch"] for (entry,) in entries]
        return is_erased, said.count(f"{self.writer.name}/{batch.jti}")

    def wait_left(self) -> None:
        """Wait until nobody works for the killed process any more."""
        with self.node.connect() as db:
            wait_until(
                lambda: _rows(db, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", LOCK) == [],
                what="for what the killed process left",
            )


def _rows(db: "psycopg.Connection[Any]", query: Any, *parameters: object) -> list[tuple[Any, ...]]:
    return db.execute(query, parameters or None).fetchall()


@pytest.fixture(scope="module")
def field_(killable) -> Iterator[Field]:
    eraser = Process(
        arguments=["-m", "server.cli", "eraser"],
        environment=killable.api.environment | {"HAVRE_ERASER_DATABASE_URL": killable.database.eraser},
        ready="eraser_(started|stood_by)",
    )
    yield Field(node=killable, writer=killable.join("writer.example"), eraser=eraser)
    eraser.stop()


@pytest.mark.parametrize("victim", ["eraser", "database"])
@pytest.mark.parametrize("step", ERASE_STEPS, ids=str)
def test_an_erasure_that_is_killed_is_done_and_entered_or_not_done(field_, step, victim):
    batch = field_.withdrawn()
    with held(field_.node.database, step) as hold:
        field_.eraser.start()
        hold.wait_reached()
        if victim == "eraser":
            field_.eraser.kill()
            hold.release()
        else:
            field_.node.kill_database()
            field_.eraser.kill()
            field_.node.restart_database()
    field_.node.wait_serving(field_.writer)
    field_.wait_left()
    assert field_.outcome(batch) in {(False, 0), (True, 1)}
    field_.eraser.start()
    wait_until(lambda: field_.outcome(batch)[0], what="for the eraser")
    assert field_.outcome(batch) == (True, 1)
    field_.eraser.stop()
    field_.node.wait_placed()
    with contextlib.closing(field_.node.connect()) as db:
        assert_whole(db, field_.node.simulated)
