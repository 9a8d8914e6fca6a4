"""Remove the bytes of lines that are due: one batch a transaction, with the entry that tells of it.

The eraser can name lines, and nothing else: what stands in their place, whether they are marked, due and not held, and
whether the entry says what is done, is the database's to judge. Killed between any two steps, an erasure is done and
entered, or it is not done.
"""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
import structlog

from crypto.encoding import to_base64url
from server.db import Connection, connect
from server.epochs import erasures
from server.epochs.erasures import ListedErasure
from server.retention import store
from server.retention.entering import new_entry_id, own_entry
from server.retention.forgetting import Rounds
from server.settings import ENTRY_RETENTION_DAYS

KEEP_ENTRIES = timedelta(days=ENTRY_RETENTION_DAYS)
_POLL_SECONDS = 2.0
_RECONNECT_SECONDS = 5.0
_REFUSED_SECONDS = 30.0
# Any number, the same in all processes of all nodes: one eraser a database.
ADVISORY_LOCK = 4_711_204

log = structlog.get_logger()


class ErasureRefused(Exception):
    """A hold came between, or the stored bytes are not those of their leaves: `reason` is the database's class."""

    def __init__(self, batch_id: int, reason: str) -> None:
        super().__init__(reason)
        self.batch_id = batch_id
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What one transaction has erased: of which batch which leaves (32 bytes each) for which reasons, and its entry.

    What is kept of erasures beside the database is written from this.
    """

    origin: str
    batch: UUID
    leaves: tuple[bytes, ...]
    reasons: tuple[str, ...]
    at: datetime
    entry_id: UUID
    entry_leaf: bytes

    @property
    def listed(self) -> ListedErasure:
        """Return it as the list beside the database has it."""
        return ListedErasure(
            at=self.at,
            entry_id=self.entry_id,
            origin=self.origin,
            jti=self.batch,
            leaves=self.leaves,
            reasons=self.reasons,
        )


@dataclass(kw_only=True)
class _Listing:
    """The list beside the database, and whether it has all that the database has erased."""

    home: Path | None
    is_complete: bool = False

    def complete(self, db: Connection) -> None:
        """Write what a kill between commit and list, or a full disk, has left out."""
        if self.home is not None and not self.is_complete:
            erasures.complete(db, self.home)
            self.is_complete = True

    def add(self, erased: Erased) -> None:
        """Write what was erased; where that fails the rest waits until the list is complete."""
        if self.home is not None:
            self.is_complete = False
            erasures.append(self.home, [erased.listed])
            self.is_complete = True


def run(
    database_url: str, *, node: str, stop: Event, home: Path | None = None, keep_entries: timedelta = KEEP_ENTRIES
) -> None:
    """Erase what is due until `stop` is set; wait while another eraser is active, come back when the database does.

    Which lines were erased is listed in `home` too; while the list cannot be written nothing is erased. Entries go when
    they are older than `keep_entries`: a backup that is put back brings none that would not be due again.
    """
    rounds = Rounds(node=node, keep=keep_entries)
    while not stop.is_set():
        try:
            with connect(database_url, autocommit=True, connect_timeout=10) as db:
                _serve(db, rounds, stop, home)
        except psycopg.OperationalError:
            log.warning("eraser_lost_database")
            stop.wait(_RECONNECT_SECONDS)


def _serve(db: Connection, rounds: Rounds, stop: Event, home: Path | None) -> None:
    if not _is_ours(db):
        log.info("eraser_stood_by")
        while not _is_ours(db):
            if stop.wait(_POLL_SECONDS):
                return
    log.info("eraser_started")
    # What is refused once does not keep the rest waiting.
    refused: set[int] = set()
    again_at = 0.0
    listing = _Listing(home=home)
    while not stop.is_set():
        if refused and time.monotonic() > again_at:
            refused.clear()
        try:
            listing.complete(db)
            erased = erase_next(db, node=rounds.node, but=refused)
            if erased is None:
                rounds.forget_due(db)
                stop.wait(_POLL_SECONDS)
            else:
                listing.add(erased)
        except (OSError, erasures.ErasuresDamaged) as error:
            log.error("erasures_not_listed", error=type(error).__name__)  # noqa: TRY400 - says all
            stop.wait(_REFUSED_SECONDS)
        except ErasureRefused as error:
            log.error("erasure_refused", batch_id=error.batch_id, error=error.reason)  # noqa: TRY400 - says all
            refused.add(error.batch_id)
            again_at = time.monotonic() + _REFUSED_SECONDS


def _is_ours(db: Connection) -> bool:
    return db.execute("SELECT pg_try_advisory_lock(%(lock)s)", {"lock": ADVISORY_LOCK}).fetchone() == (True,)


def erase_next(db: Connection, *, node: str, but: Collection[int] = ()) -> Erased | None:
    """Erase what is due of one batch, masked lines first, `but` not of these; return it, None when nothing is due.

    Raises:
        ErasureRefused: the database judged otherwise; nothing was erased.
    """
    due = store.next_due(db, but=but)
    if due is None:
        return None
    entry_id, now = new_entry_id(), datetime.now(UTC)
    entry = own_entry(
        entry_id=entry_id,
        at=now,
        node=node,
        node_id=None,
        action="erase",
        target={
            "batch": f"{due.origin}/{due.jti}",
            "leaves_sha256": to_base64url(sha256(b"".join(due.leaves)).digest()),
            "reasons": dict(Counter(due.reasons)),
        },
        records=len(due.positions),
    )
    try:
        with db.transaction():
            leaf = store.erase_lines(
                db,
                batch_id=due.batch_id,
                positions=due.positions,
                entry_document=entry.document,
                entry_salt=entry.salt,
            )
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DataCorrupted) as error:
        raise ErasureRefused(due.batch_id, type(error).__name__) from error
    log.info("lines_erased", count=len(due.positions))
    return Erased(
        origin=due.origin,
        batch=due.jti,
        leaves=tuple(due.leaves),
        reasons=tuple(due.reasons),
        at=now,
        entry_id=entry_id,
        entry_leaf=leaf,
    )
