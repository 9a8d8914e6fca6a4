"""Erase again, after a backup was put back, what the list beside the database says was erased since it was taken.

Each batch is a transaction with an entry of its own, as the first time. Killed between two, the rest is done the next
time; done twice, nothing is done. What a hold of the backup's covers stays marked, and goes when the hold is lifted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import psycopg

from crypto.encoding import to_base64url
from server.db import Connection
from server.epochs.erasures import ListedErasure
from server.retention import repeating_store, store
from server.retention.entering import new_entry_id, own_entry


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """How many lines were erased again, and how many could not be: they are held, or are not what they should be."""

    lines: int
    kept: int


def due_again(db: Connection, listed: Sequence[ListedErasure]) -> int:
    """Return how many lines are here that the list says were erased."""
    return sum(
        len(repeating_store.unerased_lines(db, origin=one.origin, jti=one.jti, leaves=one.leaves)) for one in listed
    )


def repeat(db: Connection, listed: Sequence[ListedErasure], *, node: str) -> Repeated:
    """Erase again what is listed and here; `db` is the owner's and commits by itself."""
    lines = kept = 0
    for one in listed:
        due = repeating_store.unerased_lines(db, origin=one.origin, jti=one.jti, leaves=one.leaves)
        if not due:
            continue
        if _erase(db, one, due, node=node):
            lines += len(due)
        else:
            kept += len(due)
    return Repeated(lines=lines, kept=kept)


def _erase(db: Connection, listed: ListedErasure, due: Sequence[repeating_store.UnerasedLine], *, node: str) -> bool:
    """Mark the lines and erase them; return whether they could be: marked they stay in any case."""
    reasons = dict(zip(listed.leaves, listed.reasons, strict=True))
    with db.transaction():
        repeating_store.mark_lines(db, due, reasons=[reasons[line.leaf] for line in due])
    entry = own_entry(
        entry_id=new_entry_id(),
        at=datetime.now(UTC),
        node=node,
        node_id=None,
        action="erase",
        target={
            "batch": f"{listed.origin}/{listed.jti}",
            "leaves_sha256": to_base64url(sha256(b"".join(line.leaf for line in due)).digest()),
            "reasons": dict(Counter(reasons[line.leaf] for line in due)),
        },
        records=len(due),
    )
    try:
        with db.transaction():
            store.erase_lines(
                db,
                batch_id=due[0].batch_id,
                positions=[line.position for line in due],
                entry_document=entry.document,
                entry_salt=entry.salt,
            )
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DataCorrupted):
        return False
    return True
