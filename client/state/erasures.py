"""Lines that came as `erased`: pending, explained, or withheld.

A leaf is pending until the last page of the feed that brought it. Then it is **withheld**, unless a revision of the
same origin that counts names it in `replaces`, or its batch has expired. Nothing is struck off for good but by expiry:
where the explaining batch is set aside with a stolen key, its leaves are withheld again.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime


def add_erased(
    db: sqlite3.Connection,
    *,
    origin: str,
    batch_id: int,
    leaves: Sequence[bytes],
    expires: datetime,
    feed_id: int | None,
) -> None:
    """Keep leaves whose bytes did not come by the feed `feed_id`; those whose bytes are here already are left out."""
    moment = int(expires.timestamp())
    db.executemany(
        """
        INSERT INTO erased (origin, leaf, batch_id, expires, feed_id)
        SELECT :origin, :leaf, :batch_id, :expires, :feed_id
         WHERE NOT EXISTS (SELECT 1 FROM revision WHERE batch_id = :batch_id AND leaf = :leaf)
        ON CONFLICT (origin, leaf) DO NOTHING
        """,
        [
            {"origin": origin, "leaf": leaf, "batch_id": batch_id, "expires": moment, "feed_id": feed_id}
            for leaf in leaves
        ],
    )


def add_replaced(db: sqlite3.Connection, *, origin: str, batch_id: int, leaves: Sequence[bytes]) -> None:
    """Keep that a line of this batch replaces these leaves."""
    db.executemany(
        "INSERT INTO replaced (origin, leaf, batch_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(origin, leaf, batch_id) for leaf in leaves],
    )


def settle(db: sqlite3.Connection, feed_id: int, *, now: datetime) -> None:
    """Say that all pages of a feed were read: what it left pending is pending no more."""
    db.execute("UPDATE erased SET feed_id = NULL WHERE feed_id = :feed_id", {"feed_id": feed_id})
    db.execute("DELETE FROM erased WHERE expires <= :now", {"now": int(now.timestamp())})


def withheld_by_origin(db: sqlite3.Connection, *, now: datetime) -> dict[str, int]:
    """Return how many lines of each origin were withheld."""
    rows = db.execute(
        """
        SELECT erased.origin, count(*) AS lines
          FROM erased
         WHERE erased.feed_id IS NULL AND erased.expires > :now
           AND NOT EXISTS (
                SELECT 1
                  FROM replaced JOIN batch ON batch.id = replaced.batch_id
                 WHERE replaced.origin = erased.origin AND replaced.leaf = erased.leaf AND batch.set_aside IS NULL)
         GROUP BY erased.origin
         ORDER BY erased.origin
        """,
        {"now": int(now.timestamp())},
    )
    return {row["origin"]: row["lines"] for row in rows}
