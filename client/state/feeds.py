"""Cursors, stream heads and places: how far each feed was read, and what convicts a node that signs one place twice."""

import sqlite3
from datetime import UTC, datetime

from crypto.batches import ChainHead


def feed_of(db: sqlite3.Connection, *, purpose: str, filter_text: str) -> tuple[int, str | None]:
    """Return the id and the cursor of the feed with this purpose and filter; it is made when first asked for."""
    names = {"purpose": purpose, "filter": filter_text}
    db.execute("INSERT INTO feed (purpose, filter) VALUES (:purpose, :filter) ON CONFLICT DO NOTHING", names)
    row = db.execute("SELECT id, cursor FROM feed WHERE purpose = :purpose AND filter = :filter", names).fetchone()
    return row["id"], row["cursor"]


def cursor_of(db: sqlite3.Connection, feed_id: int) -> str | None:
    """Return the cursor of a feed."""
    row = db.execute("SELECT cursor FROM feed WHERE id = :id", {"id": feed_id}).fetchone()
    return None if row["cursor"] is None else str(row["cursor"])


def move_cursor(db: sqlite3.Connection, feed_id: int, cursor: str | None) -> None:
    """Say that a feed was read up to `cursor`."""
    db.execute("UPDATE feed SET cursor = :cursor WHERE id = :id", {"cursor": cursor, "id": feed_id})


def note_read(db: sqlite3.Connection, feed_id: int, *, at: datetime, poll_after_seconds: int) -> None:
    """Say that a page of a feed was kept at `at`, and when the node wants to be asked again."""
    db.execute(
        "UPDATE feed SET read_at = :at, poll_after = :poll_after WHERE id = :id",
        {"at": int(at.timestamp()), "poll_after": poll_after_seconds, "id": feed_id},
    )


def head_of(db: sqlite3.Connection, feed_id: int, stream: str) -> ChainHead | None:
    """Return the newest batch of `stream` that came by this feed since it began, or began again."""
    row = db.execute(
        """
        SELECT stream, seq, acceptance_sha256, statement_seq, at
          FROM stream_head
         WHERE feed_id = :feed_id AND stream = :stream
        """,
        {"feed_id": feed_id, "stream": stream},
    ).fetchone()
    if row is None:
        return None
    return ChainHead(
        stream=row["stream"],
        seq=row["seq"],
        acceptance_sha256=row["acceptance_sha256"],
        statement_seq=row["statement_seq"],
        at=datetime.fromtimestamp(row["at"], tz=UTC),
    )


def move_head(db: sqlite3.Connection, feed_id: int, head: ChainHead) -> None:
    """Say that `head` is the newest batch of its stream in this feed."""
    db.execute(
        """
        INSERT INTO stream_head (feed_id, stream, seq, acceptance_sha256, statement_seq, at)
        VALUES (:feed_id, :stream, :seq, :acceptance_sha256, :statement_seq, :at)
        ON CONFLICT (feed_id, stream) DO UPDATE
            SET seq = excluded.seq, acceptance_sha256 = excluded.acceptance_sha256,
                statement_seq = excluded.statement_seq, at = excluded.at
        """,
        {
            "feed_id": feed_id,
            "stream": head.stream,
            "seq": head.seq,
            "acceptance_sha256": head.acceptance_sha256,
            "statement_seq": head.statement_seq,
            "at": int(head.at.timestamp()),
        },
    )


def place_in(db: sqlite3.Connection, stream: str, seq: int) -> tuple[str, str | None] | None:
    """Return the acceptance digest and its `prev` that we saw at this place of a stream, by whatever way."""
    row = db.execute(
        "SELECT acceptance_sha256, prev FROM place WHERE stream = :stream AND seq = :seq",
        {"stream": stream, "seq": seq},
    ).fetchone()
    return None if row is None else (row["acceptance_sha256"], row["prev"])


def keep_place(db: sqlite3.Connection, *, stream: str, seq: int, acceptance_sha256: str, prev: str | None) -> None:
    """Keep what a node signed for one place."""
    db.execute(
        """
        INSERT INTO place (stream, seq, acceptance_sha256, prev) VALUES (:stream, :seq, :acceptance_sha256, :prev)
        ON CONFLICT DO NOTHING
        """,
        {"stream": stream, "seq": seq, "acceptance_sha256": acceptance_sha256, "prev": prev},
    )
