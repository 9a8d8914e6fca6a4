"""Batches that are held whole, to be judged again: their places count, their records do not yet."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HeldBatch:
    """A held document: by which feed it came, None where that is not known."""

    document: bytes
    feed_id: int | None


def hold(
    db: sqlite3.Connection,
    *,
    origin: str,
    jti: str,
    reason: str,
    document: bytes,
    stream: str,
    feed_id: int | None,
) -> None:
    """Hold a batch, whole, to be judged again later."""
    db.execute(
        """
        INSERT INTO held (origin, jti, reason, document, stream, feed_id)
        VALUES (:origin, :jti, :reason, :document, :stream, :feed_id)
        ON CONFLICT (origin, jti) DO UPDATE SET reason = excluded.reason
        """,
        {
            "origin": origin,
            "jti": jti,
            "reason": reason,
            "document": document,
            "stream": stream,
            "feed_id": feed_id,
        },
    )


def held_document(db: sqlite3.Connection, origin: str, jti: str) -> bytes | None:
    """Return the document that is held under this name."""
    row = db.execute(
        "SELECT document FROM held WHERE origin = :origin AND jti = :jti", {"origin": origin, "jti": jti}
    ).fetchone()
    return None if row is None else bytes(row["document"])


def held_batches(db: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return (id, origin) of what is held, in the order in which it came."""
    return [(row["id"], row["origin"]) for row in db.execute("SELECT id, origin FROM held ORDER BY id")]


def held_batch(db: sqlite3.Connection, held_id: int) -> HeldBatch | None:
    """Return what is held, None where another process has released it."""
    row = db.execute("SELECT document, feed_id FROM held WHERE id = :id", {"id": held_id}).fetchone()
    return None if row is None else HeldBatch(document=bytes(row["document"]), feed_id=row["feed_id"])


def keep_holding(db: sqlite3.Connection, held_id: int, reason: str) -> None:
    """Say why a document is held now."""
    db.execute("UPDATE held SET reason = :reason WHERE id = :id", {"reason": reason, "id": held_id})


def release(db: sqlite3.Connection, held_id: int) -> None:
    """Say that a held batch was judged."""
    db.execute("DELETE FROM held WHERE id = :id", {"id": held_id})
