"""Count what is held: the numbers of `havre status`."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Holding:
    """How many live records of one kind and origin there are, by what is said of AI; None: the kind says nothing."""

    kind: str
    origin: str
    ai_status: str | None
    records: int


@dataclass(frozen=True, kw_only=True)
class FeedRead:
    """When the last good page of a feed was kept, None: never."""

    purpose: str
    filter: str
    read_at: datetime | None
    poll_after_seconds: int | None


@dataclass(frozen=True, kw_only=True)
class HeldBatches:
    """How many batches of an origin are held for one reason."""

    origin: str
    reason: str
    batches: int


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """How many receipts are kept, how many were never opened, and how many entries did not agree."""

    kept: int
    unopened: int
    disagreeing: int


def holdings(db: sqlite3.Connection, *, now: datetime) -> list[Holding]:
    """Return the live records, counted."""
    rows = db.execute(
        """
        SELECT batch.kind, revision.origin, revision.ai_status, count(*) AS records
          FROM revision JOIN batch ON batch.id = revision.batch_id
         WHERE revision.status = 'active' AND revision.line IS NOT NULL
           AND batch.set_aside IS NULL AND batch.expires > :now
           AND NOT EXISTS (
                SELECT 1
                  FROM revision AS later JOIN batch AS later_batch ON later_batch.id = later.batch_id
                 WHERE later.origin = revision.origin AND later.id = revision.id
                   AND later.revision > revision.revision AND later_batch.set_aside IS NULL)
         GROUP BY batch.kind, revision.origin, revision.ai_status
         ORDER BY batch.kind, revision.origin, revision.ai_status
        """,
        {"now": int(now.timestamp())},
    )
    return [Holding(**dict(row)) for row in rows]


def feeds_read(db: sqlite3.Connection) -> list[FeedRead]:
    """Return how far back the last page of each feed is."""
    rows = db.execute("SELECT purpose, filter, read_at, poll_after FROM feed ORDER BY purpose, filter")
    return [
        FeedRead(
            purpose=row["purpose"],
            filter=row["filter"],
            read_at=None if row["read_at"] is None else datetime.fromtimestamp(row["read_at"], tz=UTC),
            poll_after_seconds=row["poll_after"],
        )
        for row in rows
    ]


def held_by_origin(db: sqlite3.Connection) -> list[HeldBatches]:
    """Return what is held, counted by origin and reason."""
    rows = db.execute(
        "SELECT origin, reason, count(*) AS batches FROM held GROUP BY origin, reason ORDER BY origin, reason"
    )
    return [HeldBatches(**dict(row)) for row in rows]


def count_set_aside(db: sqlite3.Connection) -> int:
    """Return how many batches count for nobody because of a revoked key."""
    return int(db.execute("SELECT count(*) FROM batch WHERE set_aside IS NOT NULL").fetchone()[0])


def count_receipts(db: sqlite3.Connection) -> Receipts:
    """Return the receipts, counted."""
    row = db.execute(
        """
        SELECT count(*) AS kept, count(*) FILTER (WHERE opened_at IS NULL) AS unopened,
               count(*) FILTER (WHERE finding IS NOT NULL) AS disagreeing
          FROM receipt
        """
    ).fetchone()
    return Receipts(**dict(row))
