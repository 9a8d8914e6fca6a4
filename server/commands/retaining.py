"""`havre-node eraser|hold|release|holds`: remove what is due, and stop that where the law wants it kept."""

import re
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import rich_click as click

from server.commands.saying import say, settings_or_stop, stop
from server.db import connect
from server.logs import set_up_logs
from server.retention import erasing, holding, store
from server.settings import Settings

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_OPAQUE = "A token of up to 64 letters, digits and . _ : / -; it goes into the log: no names."


def _token(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if _TOKEN.fullmatch(value) is None:
        raise click.BadParameter(_OPAQUE)
    return value


_origin = click.option("--origin", required=True, help="The organisation whose records it is about.")
_record = click.option("--record", type=click.UUID, help="One record of it; without this, all.")
_reason = click.option("--reason-token", required=True, callback=_token, help=f"Names the matter. {_OPAQUE}")
_holder = click.option("--holder", required=True, callback=_token, help=f"Who does it. {_OPAQUE}")


@click.command()
def eraser() -> None:
    """Remove the bytes of lines and the text of entries that are due; of several, one is active, others wait."""
    settings = settings_or_stop()
    url = settings.eraser_database_url
    if not url:
        stop("HAVRE_ERASER_DATABASE_URL is not set: PostgreSQL, as role havre_eraser.")
    set_up_logs(process="eraser")
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_ignored: ending.set())
    keep_entries = timedelta(days=settings.entry_retention_days)
    erasing.run(url, node=settings.node, stop=ending, home=settings.home, keep_entries=keep_entries)


@click.command()
@_origin
@_record
@_reason
@_holder
def hold(*, origin: str, record: UUID | None, reason_token: str, holder: str) -> None:
    """Keep the bytes of one record, or of all of an origin's, until the hold is released."""
    held = holding.Held(origin=origin, record_id=record)
    try:
        receipt = _changed(holding.set_hold, held, reason_token=reason_token, holder=holder)
    except holding.NothingToDo:
        stop(f"A hold on {held} stands already.")
    say(f"{held} is held from now on; what was erased before is gone.", f"The log has it as {receipt}.")


@click.command()
@_origin
@_record
@_reason
@_holder
def release(*, origin: str, record: UUID | None, reason_token: str, holder: str) -> None:
    """Lift the hold on exactly this record, or on exactly all of the origin's."""
    held = holding.Held(origin=origin, record_id=record)
    try:
        receipt = _changed(holding.lift_hold, held, reason_token=reason_token, holder=holder)
    except holding.NothingToDo:
        stop(f"No hold on {held} stands: see havre-node holds.")
    say(f"{held} goes when it is due, unless another hold covers it.", f"The log has it as {receipt}.")


@click.command()
def holds() -> None:
    """List the holds that stand."""
    _, url = _as_owner()
    try:
        with connect(url, connect_timeout=10) as db:
            standing = store.holds(db)
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_OWNER_DATABASE_URL.")
    if not standing:
        say("No hold stands.")
    for one in standing:
        held = holding.Held(origin=one.origin, record_id=one.record_id)
        say(f"{held}  {one.reason_token}  by {one.holder}  since {one.set_at:%Y-%m-%dT%H:%M:%SZ}")


def _changed(change: Callable[..., str], held: holding.Held, *, reason_token: str, holder: str) -> str:
    """Set or lift a hold as the owner, and return the receipt of its entry; what is known to go wrong is told."""
    settings, url = _as_owner()
    try:
        with connect(url, connect_timeout=10) as db:
            return change(db, held, node=settings.node, reason_token=reason_token, holder=holder)
    except holding.UnknownOrigin:
        stop(f"No organisation {held.origin} was ever admitted here.")
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_OWNER_DATABASE_URL.")


def _as_owner() -> tuple[Settings, str]:
    settings = settings_or_stop()
    if not settings.owner_database_url:
        stop("HAVRE_OWNER_DATABASE_URL is not set: PostgreSQL, as role havre_owner.")
    return settings, settings.owner_database_url
