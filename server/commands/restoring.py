"""`havre-node restore`: take a database that was put back from a backup, and open the next epoch of the log.

| step | killed after it |
|---|---|
| 1. nobody else is connected, and the sequencer's lock is ours | nothing has happened |
| 2. erasures are repeated, each in a transaction of its own | the rest is repeated the next time |
| 3. the epoch is opened, in one transaction | the next time only step 4 is left |
| 4. the high-water says so | the node serves |
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import rich_click as click

from server.commands.saying import say, settings_or_stop, stop
from server.db import Connection, connect
from server.epochs import erasures, high_water, opening
from server.epochs.erasures import ErasuresDamaged, ListedErasure
from server.epochs.high_water import HighWater, HighWaterDamaged
from server.epochs.opening import Opening, OtherLog
from server.migrating import ROLES
from server.retention import repeating
from server.retention.entering import new_entry_id, own_entry
from server.sequencer import ADVISORY_LOCK
from server.settings import Settings


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask: whoever says so has read what will be lost.")
def restore(*, yes: bool) -> None:
    """Take a database that was put back from a backup, and open the next epoch of the log."""
    settings = settings_or_stop()
    if not settings.owner_database_url:
        stop("HAVRE_OWNER_DATABASE_URL is not set: PostgreSQL, as role havre_owner.")
    try:
        listed, kept = erasures.read(settings.home), _kept(settings.home)
        with connect(settings.owner_database_url, autocommit=True, connect_timeout=10) as db:
            _be_alone(db)
            _restore(db, settings, listed, kept, is_agreed=yes)
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_OWNER_DATABASE_URL.")
    except psycopg.errors.UndefinedTable:
        stop("The database lacks tables of this release: run havre-node migrate first.")
    except OtherLog as error:
        stop(str(error))
    except ErasuresDamaged:
        stop(f"{settings.home / erasures.FILE} is damaged: what was erased would come back. Mend or move it first.")


def _restore(
    db: Connection, settings: Settings, listed: list[ListedErasure], kept: HighWater | None, *, is_agreed: bool
) -> None:
    if not high_water.judge(db, home=settings.home):
        say("Nothing to restore: the database has all that this node has signed.")
        return
    head = high_water.head_of(db)
    if head is None or head.node != settings.node:
        stop(f"The database is not that of {settings.node}.")
    if head.size and opening.is_opened_after(db, head, kept):
        high_water.write(settings.home, opening.new_high_water(db, head))
        say(f"The epoch {head.log} was opened before; now the high-water says so. Start the node.")
        return
    planned = opening.plan(db, head, kept)
    _tell(db, planned, erased=repeating.due_again(db, listed))
    if not is_agreed:
        click.confirm("Open the epoch?", abort=True)
    repeated = repeating.repeat(db, listed, node=settings.node)
    entry = own_entry(
        entry_id=new_entry_id(),
        at=datetime.now(UTC),
        node=settings.node,
        node_id=None,
        action=opening.ACTION,
        target=planned.target,
    )
    with db.transaction():
        opening.open_epoch(db, planned, entry)
    opened = replace(head, epoch=planned.epoch, size=head.size + 1)
    high_water.write(settings.home, opening.new_high_water(db, opened))
    say(f"The log is {opened.log} now, from entry {head.size} on. {repeated.lines} line(s) were erased again.")
    if repeated.kept:
        say(f"{repeated.kept} line(s) that were erased are here again and held: havre-node holds, then release.")
    say("Start the node, and do again what docs/operating.md, backup and restore, lists.")


def _tell(db: Connection, planned: Opening, *, erased: int) -> None:
    newest = opening.newest_entry_at(db)
    until = "nothing" if newest is None else f"everything until {newest:%Y-%m-%dT%H:%M:%SZ}"
    say(f"The database is that of {planned.head.log} with {planned.head.size} entries: {until}.")
    if planned.lost is None:
        say("How many were signed is not known: the high-water is gone or damaged.")
    else:
        say(f"{planned.lost} signed entries are lost, with what was done by them:")
    say(
        "  pushes since then (partners send those of the last 35 days again, by themselves),",
        "  statements, admissions, suspensions, lifted suspensions and holds since then (do them again),",
        "  and their lines of the access trail (receipts and checkpoints still prove that there were some).",
        f"{erased} line(s) that were erased since are here again; they are erased again now.",
        f"The next epoch is {replace(planned.head, epoch=planned.epoch).log}; this cannot be undone.",
    )


def _kept(home: Path) -> HighWater | None:
    try:
        return high_water.read(home)
    except HighWaterDamaged:
        return None


def _be_alone(db: Connection) -> None:
    """End the command where a process of the node is connected; else hold the sequencer's lock as long as `db`."""
    others = db.execute(
        """
        SELECT usename, count(*)
          FROM pg_stat_activity
         WHERE datname = current_database()
           AND pid <> pg_backend_pid()
           AND usename = ANY (%(roles)s)
         GROUP BY usename
         ORDER BY usename
        """,
        {"roles": list(ROLES)},
    ).fetchall()
    if others:
        told = ", ".join(f"{name} ({count})" for name, count in others)
        stop(f"Stop the node first: these are connected to its database: {told}.")
    if db.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone() != (True,):
        stop("Stop the sequencer first: it holds the log.")
