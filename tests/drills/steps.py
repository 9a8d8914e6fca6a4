"""Hold a process at a named step of its transaction, by a trigger that the test installs; the product has no failpoint.

The trigger waits for an advisory lock that the test has. It is dropped again at the end, and so is what was held.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.conftest import Database
from tests.drills.nodes import wait_until

LOCK = 5_550_001


@dataclass(frozen=True, kw_only=True)
class Step:
    """A statement of a transaction, just before or just after it; or its commit."""

    table: str
    when: str = "BEFORE"
    act: str = "INSERT"
    at_commit: bool = False

    def __str__(self) -> str:
        return f"at commit of {self.table}" if self.at_commit else f"{self.when} {self.act} {self.table}".lower()


def at_commit(table: str, act: str = "INSERT") -> Step:
    return Step(table=table, when="AFTER", act=act, at_commit=True)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A step that is held; `release` lets everybody pass from then on."""

    db: "psycopg.Connection[Any]"
    watch: "psycopg.Connection[Any]"

    def is_reached(self) -> bool:
        return self.watch.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted)", [LOCK]
        ).fetchone() == (True,)

    def backend(self) -> int:
        """The process id of the database session that waits here."""
        row = self.watch.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [LOCK]
        ).fetchone()
        assert row is not None
        pid: int = row[0]
        return pid

    def has_ended(self) -> bool:
        """Whether the server has ended the session that watches."""
        with contextlib.suppress(psycopg.OperationalError):
            self.watch.execute("SELECT 1")
            return False
        return True

    def wait_reached(self) -> None:
        wait_until(self.is_reached, what="for the step")

    def release(self) -> None:
        # Where the database was killed, the lock has ended with it.
        with contextlib.suppress(psycopg.OperationalError):
            self.db.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def install(db: "psycopg.Connection[Any]", step: Step) -> None:
    """Install the trigger for `step`, as the owner."""
    db.execute(
        """
        CREATE OR REPLACE FUNCTION drill_hold() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(5550001);
            RETURN NEW;
        END $$
        """
    )
    if step.at_commit:
        statement = (
            "CREATE CONSTRAINT TRIGGER drill_hold {} {} ON {} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION drill_hold()"
        )
    else:
        statement = "CREATE TRIGGER drill_hold {} {} ON {} FOR EACH STATEMENT EXECUTE FUNCTION drill_hold()"
    db.execute(sql.SQL(statement).format(sql.SQL(step.when), sql.SQL(step.act), sql.Identifier(step.table)))


def uninstall(db: "psycopg.Connection[Any]", step: Step) -> None:
    db.execute(sql.SQL("DROP TRIGGER IF EXISTS drill_hold ON {}").format(sql.Identifier(step.table)))


@contextlib.contextmanager
def held(database: Database, step: Step) -> Iterator[Hold]:
    """Let whoever comes to `step` wait until `release`; the trigger goes when the block ends.

    A database that is killed inside the block is up again when it ends.
    """
    owner = psycopg.connect(database.owner, autocommit=True)
    watch = psycopg.connect(database.superuser, autocommit=True)
    hold = Hold(db=owner, watch=watch)
    try:
        owner.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        install(owner, step)
        yield hold
    finally:
        hold.release()
        owner.close()
        watch.close()
        with psycopg.connect(database.owner, autocommit=True) as again:
            uninstall(again, step)
