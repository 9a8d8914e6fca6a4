"""Batches and the revisions of their records; which of them are live.

A record is live when its newest revision is `active`, its batch has not expired and was not set aside. Revisions of a
batch that was set aside (its key turned out to be stolen) count as if they had never come, so older ones stand again.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class KnownBatch:
    """A verified batch as it is kept; `set_aside` says why its records do not count, None: they do.

    `audience` is JSON text, as the manifest has it.
    """

    origin: str
    jti: str
    kind: str
    manifest: str
    accepted: str
    record_key: str
    node_key: str
    at: datetime
    expires: datetime
    stream: str
    audience: str
    about: str | None
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
        INSERT INTO batch (origin, jti, kind, manifest, accepted, record_key, node_key, at, expires, set_aside,
                           stream, audience, about)
        VALUES (:origin, :jti, :kind, :manifest, :accepted, :record_key, :node_key, :at, :expires, :set_aside,
                :stream, :audience, :about)
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
            "stream": batch.stream,
            "audience": batch.audience,
            "about": batch.about,
        },
    ).fetchone()
    return int(row["id"])


def place_anew(db: sqlite3.Connection, batch_id: int, batch: KnownBatch) -> None:
    """Say where a batch stands in a newer epoch of the node's log."""
    db.execute(
        "UPDATE batch SET accepted = :accepted, node_key = :node_key, at = :at, stream = :stream WHERE id = :id",
        {
            "accepted": batch.accepted,
            "node_key": batch.node_key,
            "at": int(batch.at.timestamp()),
            "stream": batch.stream,
            "id": batch_id,
        },
    )


def acceptance_of(db: sqlite3.Connection, batch_id: int) -> str:
    """Return the acceptance of a batch."""
    return str(db.execute("SELECT accepted FROM batch WHERE id = :id", {"id": batch_id}).fetchone()["accepted"])


def revision_at(db: sqlite3.Connection, origin: str, record_id: str, revision: int) -> tuple[bytes, int] | None:
    """Return leaf and batch of one revision, whether its batch was set aside or not."""
    row = db.execute(
        "SELECT leaf, batch_id FROM revision WHERE origin = :origin AND id = :id AND revision = :revision",
        {"origin": origin, "id": record_id, "revision": revision},
    ).fetchone()
    return None if row is None else (bytes(row["leaf"]), int(row["batch_id"]))


def replace_revision(db: sqlite3.Connection, row: Row) -> None:
    """Put another revision of the same number in place of one that the node has lost with an older epoch."""
    origin, record_id, revision, leaf, status, batch_id, line = row
    db.execute(
        """
        UPDATE revision SET leaf = :leaf, status = :status, batch_id = :batch_id, line = :line
         WHERE origin = :origin AND id = :id AND revision = :revision
        """,
        {
            "leaf": leaf,
            "status": status,
            "batch_id": batch_id,
            "line": line,
            "origin": origin,
            "id": record_id,
            "revision": revision,
        },
    )


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


def batch_of_revision(db: sqlite3.Connection, batch_id: int) -> tuple[str, int]:
    """Return the manifest of a batch and the second at which it expires."""
    row = db.execute("SELECT manifest, expires FROM batch WHERE id = :id", {"id": batch_id}).fetchone()
    return row["manifest"], row["expires"]


def drop_lines(db: sqlite3.Connection, origin: str, leaves: Sequence[bytes], record_id: str) -> None:
    """Drop the bytes of these revisions of a record; their leaves stay, to recognise them."""
    db.executemany(
        "UPDATE revision SET line = NULL WHERE origin = ? AND id = ? AND leaf = ?",
        [(origin, record_id, leaf) for leaf in leaves],
    )
