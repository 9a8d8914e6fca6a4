"""Streams that have ended for this partner: what came by them goes, that they ended stays."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from crypto.batches import StoredDocument, split_documents
from crypto.documents import BATCH, read_document


@dataclass(frozen=True, kw_only=True)
class EndedStream:
    """A stream that ended: whose it was, why, and how many records went with it."""

    stream: str
    origin: str | None
    kind: str | None
    reason: str
    records: int
    at: datetime


def is_never_ended(db: sqlite3.Connection, stream: str, *, organisation: str) -> bool:
    """Return whether a stream holds one's own batches, or batches about one's own records: these never end."""
    names = {"stream": stream, "organisation": organisation}
    query = """
        SELECT 1 FROM batch WHERE stream = :stream AND (origin = :organisation OR about = :organisation)
        UNION ALL
        SELECT 1 FROM held WHERE stream = :stream AND origin = :organisation
        LIMIT 1
    """
    if db.execute(query, names).fetchone() is not None:
        return True
    # A batch whose origin cannot be verified is held alone; whom it is about is part of its stream's name.
    row = db.execute("SELECT document FROM held WHERE stream = :stream LIMIT 1", names).fetchone()
    return row is not None and _about(bytes(row["document"])) == organisation


def _about(document: bytes) -> object:
    (stored,) = split_documents(document)
    assert isinstance(stored, StoredDocument)  # noqa: S101 - what was given to hold
    return read_document(stored.manifest, typ=BATCH).claims["about"]


def end_stream(db: sqlite3.Connection, feed_id: int, stream: str, *, reason: str, at: datetime) -> None:
    """Delete what came by a stream, let its chain in this feed start anywhere, and keep that it ended.

    Places stay: they hold no record, and convict a node that later signs another batch for one of them.
    """
    names = {"stream": stream, "feed_id": feed_id}
    is_read = db.execute("DELETE FROM stream_head WHERE feed_id = :feed_id AND stream = :stream", names).rowcount > 0
    known = db.execute(
        """
        SELECT batch.origin, batch.kind, count(DISTINCT revision.id) AS records
          FROM batch LEFT JOIN revision ON revision.batch_id = batch.id
         WHERE batch.stream = :stream
         GROUP BY batch.origin, batch.kind
        """,
        names,
    ).fetchone()
    is_held = db.execute("DELETE FROM held WHERE stream = :stream", names).rowcount > 0
    if known is None and not is_read and not is_held:
        return
    for statement in (
        """
        INSERT INTO touched (origin, id)
        SELECT revision.origin, revision.id FROM revision JOIN batch ON batch.id = revision.batch_id
         WHERE batch.stream = :stream AND EXISTS (SELECT 1 FROM hook)
        ON CONFLICT DO NOTHING
        """,
        "DELETE FROM erased WHERE batch_id IN (SELECT id FROM batch WHERE stream = :stream)",
        "DELETE FROM replaced WHERE batch_id IN (SELECT id FROM batch WHERE stream = :stream)",
        "DELETE FROM revision WHERE batch_id IN (SELECT id FROM batch WHERE stream = :stream)",
        "DELETE FROM batch WHERE stream = :stream",
    ):
        db.execute(statement, names)
    db.execute(
        """
        INSERT INTO ended_stream (stream, origin, kind, reason, records, ended_at)
        VALUES (:stream, :origin, :kind, :reason, :records, :at)
        ON CONFLICT (stream) DO UPDATE
            SET origin = coalesce(excluded.origin, origin), kind = coalesce(excluded.kind, kind),
                reason = excluded.reason, records = excluded.records, ended_at = excluded.ended_at, reopened_at = NULL
        """,
        {
            "stream": stream,
            "origin": None if known is None else known["origin"],
            "kind": None if known is None else known["kind"],
            "reason": reason,
            "records": 0 if known is None else known["records"],
            "at": int(at.timestamp()),
        },
    )


def reopen_stream(db: sqlite3.Connection, stream: str, *, seq: int, at: datetime) -> None:
    """Say that the batch `seq` of this stream came: if it had ended, it has opened again.

    Only from where it was first known here on. A node that ends a stream and goes on with its newest batch alone has
    taken all the others, and that is to be told.
    """
    db.execute(
        """
        UPDATE ended_stream SET reopened_at = :at
         WHERE stream = :stream
           AND reopened_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM place WHERE place.stream = :stream AND place.seq < :seq)
        """,
        {"stream": stream, "seq": seq, "at": int(at.timestamp())},
    )


def ended_streams(db: sqlite3.Connection) -> list[EndedStream]:
    """Return the streams that ended and did not open again from their beginning, the newest end first."""
    rows = db.execute(
        """
        SELECT stream, origin, kind, reason, records, ended_at
          FROM ended_stream
         WHERE reopened_at IS NULL
         ORDER BY ended_at DESC, stream
        """
    )
    return [
        EndedStream(
            stream=row["stream"],
            origin=row["origin"],
            kind=row["kind"],
            reason=row["reason"],
            records=row["records"],
            at=datetime.fromtimestamp(row["ended_at"], tz=UTC),
        )
        for row in rows
    ]
