"""Batches and the revisions of their records; which of them are live.

A record is live when its newest revision is `active`, its batch has not expired and was not set aside. Revisions of a
batch that was set aside (its key turned out to be stolen) count as if they had never come, so older ones stand again.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class KnownBatch:
    """A verified batch as it is kept; `set_aside` says why its records do not count, None: they do."""

    origin: str
    jti: str
    kind: str
    manifest: str
    accepted: str
    record_key: str
    node_key: str
    at: datetime
    expires: datetime
    set_aside: str | None = None


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One revision of a record; `line` is None when its bytes were dropped."""

    revision: int
    leaf: bytes
    status: str
    line: bytes | None
    batch_id: int
    is_set_aside: bool = False


@dataclass(frozen=True, kw_only=True)
class LiveRecord:
    """A live record: its exact line, and the manifest that says who may have it and until when."""

    origin: str
    id: str
    kind: str
    revision: int
    line: bytes
    manifest: str


Row = tuple[str, str, int, bytes, str, int, bytes]
"""(origin, id, revision, leaf, status, batch id, line) of a revision to keep."""


def batch_named(db: sqlite3.Connection, origin: str, jti: str) -> tuple[int, str] | None:
    """Return the id and the acceptance of the batch (origin, jti)."""
    row = db.execute(
        "SELECT id, accepted FROM batch WHERE origin = :origin AND jti = :jti", {"origin": origin, "jti": jti}
    ).fetchone()
    return None if row is None else (row["id"], row["accepted"])


def add_batch(db: sqlite3.Connection, batch: KnownBatch) -> int:
    """Keep a verified batch and return its id."""
    row = db.execute(
        """
        INSERT INTO batch (origin, jti, kind, manifest, accepted, record_key, node_key, at, expires, set_aside)
        VALUES (:origin, :jti, :kind, :manifest, :accepted, :record_key, :node_key, :at, :expires, :set_aside)
        RETURNING id
        """,
        {
            "origin": batch.origin,
            "jti": batch.jti,
            "kind": batch.kind,
            "manifest": batch.manifest,
            "accepted": batch.accepted,
            "record_key": batch.record_key,
            "node_key": batch.node_key,
            "at": int(batch.at.timestamp()),
            "expires": int(batch.expires.timestamp()),
            "set_aside": batch.set_aside,
        },
    ).fetchone()
    return int(row["id"])


def batches_signed_by(db: sqlite3.Connection, thumbprint: str, *, since: datetime) -> list[tuple[int, str, str]]:
    """Return (id, manifest, acceptance) of the batches that count and rest on this key at `since` or later."""
    rows = db.execute(
        """
        SELECT id, manifest, accepted FROM batch
         WHERE set_aside IS NULL AND record_key = :thumbprint AND at >= :since
        UNION
        SELECT id, manifest, accepted FROM batch
         WHERE set_aside IS NULL AND node_key = :thumbprint AND at >= :since
        """,
        {"thumbprint": thumbprint, "since": int(since.timestamp())},
    )
    return [(row["id"], row["manifest"], row["accepted"]) for row in rows]


def set_batch_aside(db: sqlite3.Connection, batch_id: int, reason: str) -> None:
    """Let the records of a batch count no more."""
    db.execute("UPDATE batch SET set_aside = :reason WHERE id = :id", {"reason": reason, "id": batch_id})


def add_revisions(db: sqlite3.Connection, rows: Sequence[Row]) -> int:
    """Keep revisions and return how many were new; one that is known, by (origin, id, revision), stays as it is."""
    before = db.total_changes
    db.executemany(
        """
        INSERT INTO revision (origin, id, revision, leaf, status, batch_id, line) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        rows,
    )
    return db.total_changes - before


def revisions_of(
    db: sqlite3.Connection, origin: str, record_id: str, *, with_set_aside: bool = False
) -> list[Revision]:
    """Return the known revisions of a record, oldest first; those of batches set aside only where asked for."""
    rows = db.execute(
        """
        SELECT revision.revision, revision.leaf, revision.status, revision.line, revision.batch_id,
               batch.set_aside IS NOT NULL AS is_set_aside
          FROM revision JOIN batch ON batch.id = revision.batch_id
         WHERE revision.origin = :origin AND revision.id = :id AND (:with_set_aside OR batch.set_aside IS NULL)
         ORDER BY revision.revision
        """,
        {"origin": origin, "id": record_id, "with_set_aside": with_set_aside},
    )
    return [Revision(**{**dict(row), "is_set_aside": bool(row["is_set_aside"])}) for row in rows]


def is_any_set_aside(db: sqlite3.Connection, origin: str) -> bool:
    """Return whether any batch of `origin` was set aside."""
    query = "SELECT 1 FROM batch WHERE origin = :origin AND set_aside IS NOT NULL LIMIT 1"
    return db.execute(query, {"origin": origin}).fetchone() is not None


def leaf_of(db: sqlite3.Connection, origin: str, record_id: str, revision: int) -> bytes | None:
    """Return the leaf of one revision, whether its batch was set aside or not."""
    row = db.execute(
        "SELECT leaf FROM revision WHERE origin = :origin AND id = :id AND revision = :revision",
        {"origin": origin, "id": record_id, "revision": revision},
    ).fetchone()
    return None if row is None else bytes(row["leaf"])


def batch_of_revision(db: sqlite3.Connection, batch_id: int) -> tuple[str, int]:
    """Return the manifest of a batch and the second at which it expires."""
    row = db.execute("SELECT manifest, expires FROM batch WHERE id = :id", {"id": batch_id}).fetchone()
    return row["manifest"], row["expires"]


def live_records(
    db: sqlite3.Connection,
    *,
    now: datetime,
    kind: str | None = None,
    origin: str | None = None,
    is_set_aside: bool = False,
) -> Iterator[LiveRecord]:
    """Yield the live records, in the order in which they came.

    With `is_set_aside` instead those that would be live, were it not for the revoked key of their batch.
    """
    rows = db.execute(
        """
        SELECT revision.origin, revision.id, batch.kind, revision.revision, revision.line, batch.manifest
          FROM revision JOIN batch ON batch.id = revision.batch_id
         WHERE revision.status = 'active' AND revision.line IS NOT NULL
           AND (batch.set_aside IS NOT NULL) = :is_set_aside AND batch.expires > :now
           AND (:kind IS NULL OR batch.kind = :kind)
           AND (:origin IS NULL OR revision.origin = :origin)
           AND NOT EXISTS (
                SELECT 1
                  FROM revision AS later JOIN batch AS later_batch ON later_batch.id = later.batch_id
                 WHERE later.origin = revision.origin AND later.id = revision.id
                   AND later.revision > revision.revision
                   AND (later_batch.set_aside IS NULL OR :is_set_aside))
         ORDER BY revision.rowid
        """,
        {"now": int(now.timestamp()), "kind": kind, "origin": origin, "is_set_aside": is_set_aside},
    )
    for row in rows:
        yield LiveRecord(**dict(row))


def drop_lines(db: sqlite3.Connection, origin: str, leaves: Sequence[bytes], record_id: str) -> None:
    """Drop the bytes of these revisions of a record; their leaves stay, to recognise them."""
    db.executemany(
        "UPDATE revision SET line = NULL WHERE origin = ? AND id = ? AND leaf = ?",
        [(origin, record_id, leaf) for leaf in leaves],
    )


def hold(db: sqlite3.Connection, *, origin: str, jti: str, reason: str, document: bytes) -> None:
    """Hold a batch, whole, to be judged again later."""
    db.execute(
        """
        INSERT INTO held (origin, jti, reason, document) VALUES (:origin, :jti, :reason, :document)
        ON CONFLICT (origin, jti) DO UPDATE SET reason = excluded.reason
        """,
        {"origin": origin, "jti": jti, "reason": reason, "document": document},
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


def held_bytes(db: sqlite3.Connection, held_id: int) -> bytes | None:
    """Return a held document, None where another process has released it."""
    row = db.execute("SELECT document FROM held WHERE id = :id", {"id": held_id}).fetchone()
    return None if row is None else bytes(row["document"])


def keep_holding(db: sqlite3.Connection, held_id: int, reason: str) -> None:
    """Say why a document is held now."""
    db.execute("UPDATE held SET reason = :reason WHERE id = :id", {"reason": reason, "id": held_id})


def release(db: sqlite3.Connection, held_id: int) -> None:
    """Say that a held batch was judged."""
    db.execute("DELETE FROM held WHERE id = :id", {"id": held_id})


def add_erased(db: sqlite3.Connection, origin: str, leaves: Sequence[bytes], *, expires: datetime) -> None:
    """Keep leaves whose bytes did not come; which of them were withheld is known when all pages are read."""
    moment = int(expires.timestamp())
    db.executemany(
        "INSERT INTO erased (origin, leaf, expires) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(origin, leaf, moment) for leaf in leaves],
    )


def explain_erased(db: sqlite3.Connection, origin: str, leaves: Sequence[bytes]) -> None:
    """Say that a later revision of the same origin replaces these leaves."""
    db.executemany("DELETE FROM erased WHERE origin = ? AND leaf = ?", [(origin, leaf) for leaf in leaves])


def pending_erased(db: sqlite3.Connection, *, now: datetime) -> list[tuple[str, bytes]]:
    """Return (origin, leaf) of what came erased and has not expired, and nothing explained yet."""
    db.execute("DELETE FROM erased WHERE expires <= :now", {"now": int(now.timestamp())})
    return [(row["origin"], row["leaf"]) for row in db.execute("SELECT origin, leaf FROM erased")]


def known_leaves(db: sqlite3.Connection, origin: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield (leaf, line) of all revisions of `origin`, the line of later revisions only; slow, and seldom needed."""
    rows = db.execute(
        "SELECT leaf, CASE WHEN revision > 1 THEN line END AS line FROM revision WHERE origin = :origin",
        {"origin": origin},
    )
    for row in rows:
        yield row["leaf"], row["line"]


def mark_withheld(db: sqlite3.Connection) -> int:
    """Count as withheld whatever is still unexplained, and return how many lines that is."""
    db.execute("UPDATE erased SET is_withheld = 1")
    return int(db.execute("SELECT count(*) FROM erased").fetchone()[0])
