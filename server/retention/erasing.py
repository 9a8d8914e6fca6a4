"""Remove the bytes of lines that are due: one batch a transaction, with the entry that tells of it.

The eraser can name lines, and nothing else: what stands in their place, whether they are marked, due and not held, and
whether the entry says what is done, is the database's to judge. Killed between any two steps, an erasure is done and
entered, or it is not done.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from threading import Event
from uuid import UUID

import psycopg
import structlog

from crypto.encoding import to_base64url
from server.db import Connection, connect
from server.retention import store
from server.retention.entering import new_entry_id, own_entry

_POLL_SECONDS = 2.0
_RECONNECT_SECONDS = 5.0
_REFUSED_SECONDS = 30.0

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What one transaction has erased: of which batch which leaves (32 bytes each), and the leaf of its entry.

    What is kept of erasures beside the database is written from this.
    """

    origin: str
    batch: UUID
    leaves: tuple[bytes, ...]
    entry_leaf: bytes


def run(database_url: str, *, node: str, stop: Event) -> None:
    """Erase what is due until `stop` is set; come back when the database does."""
    while not stop.is_set():
        try:
            with connect(database_url, autocommit=True, connect_timeout=10) as db:
                log.info("eraser_started")
                while not stop.is_set():
                    if erase_next(db, node=node) is None:
                        stop.wait(_POLL_SECONDS)
        except psycopg.OperationalError:
            log.warning("eraser_lost_database")
            stop.wait(_RECONNECT_SECONDS)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DataCorrupted) as error:
            # A hold that came between is seen the next time; all else is for the operator, and nothing was erased.
            log.error("erasure_refused", error=type(error).__name__)  # noqa: TRY400 - no text of the database is logged
            stop.wait(_REFUSED_SECONDS)


def erase_next(db: Connection, *, node: str) -> Erased | None:
    """Erase what is due of one batch, masked lines first; return what it was, None when nothing is due.

    Raises:
        psycopg.errors.InsufficientPrivilege: a hold came between.
    """
    due = store.next_due(db)
    if due is None:
        return None
    entry = own_entry(
        entry_id=new_entry_id(),
        at=datetime.now(UTC),
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
    with db.transaction():
        leaf = store.erase_lines(
            db,
            batch_id=due.batch_id,
            positions=due.positions,
            entry_document=entry.document,
            entry_salt=entry.salt,
        )
    log.info("lines_erased", count=len(due.positions))
    return Erased(origin=due.origin, batch=due.jti, leaves=tuple(due.leaves), entry_leaf=leaf)
