"""The journal of signed batches, and the records in them by their content.

A batch is journalled before it is sent. After a crash it is sent again as it is: the node knows its `jti` and answers
with the acceptance that it gave, or accepts it now.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Journalled:
    """A signed batch that waits for its acceptance; `items` are content digests, in line order (None: no content)."""

    jti: str
    document: bytes
    items: tuple[tuple[int, bytes], ...]


def journal_batch(
    db: sqlite3.Connection,
    *,
    jti: str,
    document: bytes,
    items: Sequence[tuple[bytes, str]],
    at: datetime,
) -> None:
    """Journal a signed batch; `items` are (content digest, record id) of its lines, in order."""
    db.execute(
        "INSERT INTO journal (jti, document, state, signed_at) VALUES (:jti, :document, 'signed', :at)",
        {"jti": jti, "document": document, "at": int(at.timestamp())},
    )
    db.executemany(
        """
        INSERT INTO item (digest, jti, line_index, record_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (digest) DO UPDATE SET jti = excluded.jti, line_index = excluded.line_index,
                                           record_id = excluded.record_id
        """,
        [(digest, jti, index, record_id) for index, (digest, record_id) in enumerate(items)],
    )


def unsent_batches(db: sqlite3.Connection) -> list[Journalled]:
    """Return the batches that were signed and have no answer yet, oldest first."""
    rows = db.execute("SELECT jti, document FROM journal WHERE state = 'signed' ORDER BY position").fetchall()
    return [Journalled(jti=row["jti"], document=row["document"], items=tuple(items_of(db, row["jti"]))) for row in rows]


def count_unsent(db: sqlite3.Connection) -> int:
    """Return how many records are in batches that were signed and have no answer yet."""
    query = "SELECT count(*) FROM item JOIN journal USING (jti) WHERE journal.state = 'signed'"
    return int(db.execute(query).fetchone()[0])


def items_of(db: sqlite3.Connection, jti: str) -> list[tuple[int, bytes]]:
    """Return (line index, content digest) of a batch's records."""
    rows = db.execute("SELECT line_index, digest FROM item WHERE jti = :jti ORDER BY line_index", {"jti": jti})
    return [(row["line_index"], row["digest"]) for row in rows]


def known_items(db: sqlite3.Connection, digests: Sequence[bytes], *, origin: str) -> set[bytes]:
    """Return which of these contents are in a batch that was journalled, not refused, and not set aside since."""
    query = """
        SELECT 1 FROM item
         WHERE digest = :digest AND NOT EXISTS (
               SELECT 1 FROM batch
                WHERE batch.origin = :origin AND batch.jti = item.jti AND batch.set_aside IS NOT NULL)
    """
    return {
        digest for digest in digests if db.execute(query, {"digest": digest, "origin": origin}).fetchone() is not None
    }


def record_of(db: sqlite3.Connection, digest: bytes) -> str | None:
    """Return the id of the record that was signed for this content."""
    row = db.execute("SELECT record_id FROM item WHERE digest = :digest", {"digest": digest}).fetchone()
    return None if row is None else str(row["record_id"])


def mark_accepted(db: sqlite3.Connection, jti: str, *, accepted: str) -> None:
    """Say that the node has placed a batch."""
    db.execute(
        "UPDATE journal SET state = 'accepted', accepted = :accepted WHERE jti = :jti",
        {"jti": jti, "accepted": accepted},
    )


def mark_refused(db: sqlite3.Connection, jti: str) -> None:
    """Say that the node has refused a batch, so that its records may be pushed again."""
    db.execute("UPDATE journal SET state = 'refused' WHERE jti = :jti", {"jti": jti})
    db.execute("DELETE FROM item WHERE jti = :jti", {"jti": jti})


def forget_item(db: sqlite3.Connection, record_id: str) -> None:
    """Let the content of a withdrawn record be shared anew."""
    db.execute("DELETE FROM item WHERE record_id = :record_id", {"record_id": record_id})
