"""Speak SQL for retention: what is to be erased next, holds, groups whose time is over, who this node is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class DueBatch:
    """A batch with lines that are due and not held: their positions, rising, with the leaf and the reason of each."""

    batch_id: int
    origin: str
    jti: UUID
    positions: Sequence[int]
    leaves: Sequence[bytes]
    reasons: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ExpiredGroup:
    """A group that is written as live and whose time is over."""

    owner_id: int
    owner: str
    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A hold that stands; `record_id` None: all records of the origin."""

    origin: str
    record_id: UUID | None
    reason_token: str
    holder: str
    set_at: datetime


def next_due(db: Connection, *, but: Collection[int]) -> DueBatch | None:
    """Return the next batch with lines to erase, masked ones first, `but` not these; None when nothing is due."""
    with db.cursor(row_factory=class_row(DueBatch)) as rows:
        return rows.execute(
            """
            WITH ready AS NOT MATERIALIZED (
                SELECT erasure.batch_id, erasure.position, erasure.leaf, erasure.reason
                  FROM erasure
                 WHERE erasure.erased_at IS NULL
                   AND erasure.batch_id <> ALL (%(but)s::bigint[])
                   AND NOT EXISTS (SELECT FROM legal_hold
                                    WHERE legal_hold.origin_id = erasure.origin_id
                                      AND (legal_hold.record_id IS NULL OR legal_hold.record_id = erasure.record_id)
                                      AND legal_hold.lifted_at IS NULL)
            ), chosen AS (
                (SELECT batch_id, 0 AS rank FROM ready WHERE reason = 'legal' LIMIT 1)
                 UNION ALL
                (SELECT batch_id, 1 FROM ready LIMIT 1)
                 ORDER BY rank
                 LIMIT 1
            )
            SELECT batch.batch_id, organisation.name AS origin, batch.jti,
                   array_agg(ready.position ORDER BY ready.position) AS positions,
                   array_agg(ready.leaf ORDER BY ready.position) AS leaves,
                   array_agg(ready.reason ORDER BY ready.position) AS reasons
              FROM chosen
              JOIN batch USING (batch_id)
              JOIN organisation ON organisation.organisation_id = batch.origin_id
              JOIN ready USING (batch_id)
             GROUP BY batch.batch_id, organisation.name, batch.jti
            """,
            {"but": list(but)},
        ).fetchone()


def erase_lines(
    db: Connection, *, batch_id: int, positions: Sequence[int], entry_document: bytes, entry_salt: bytes
) -> bytes:
    """Put leaves in place of these lines and write the entry that tells of it; return the entry's leaf (32 bytes).

    Raises:
        psycopg.errors.InsufficientPrivilege: a line is not marked, is erased, or is held; or the entry says something
            else than what is done.
        psycopg.errors.DataCorrupted: the stored bytes are not those of their leaves.
    """
    row = db.execute(
        "SELECT erase_lines(%(batch_id)s, %(positions)s::integer[], %(document)s, %(salt)s)",
        {"batch_id": batch_id, "positions": list(positions), "document": entry_document, "salt": entry_salt},
    ).fetchone()
    if row is None:
        raise LookupError("a function has one row")
    leaf: bytes = row[0]
    return leaf


def node_id(db: Connection) -> int:
    """Return the number of the node's own organisation."""
    row = db.execute("SELECT organisation_id FROM node").fetchone()
    if row is None:
        raise LookupError("this database has no node")
    number: int = row[0]
    return number


def organisation_id(db: Connection, *, name: str) -> int | None:
    """Return the number of the organisation with this name, or None."""
    row = db.execute("SELECT organisation_id FROM organisation WHERE name = %(name)s", {"name": name}).fetchone()
    return None if row is None else int(row[0])


def lock_holds(db: Connection) -> None:
    """Wait for the erasures that are under way; none begins until this transaction ends."""
    db.execute("SELECT pg_advisory_xact_lock(4711203)")


def insert_hold(
    db: Connection,
    *,
    origin_id: int,
    record_id: UUID | None,
    reason_token: str,
    holder: str,
    now: datetime,
    entry_id: UUID,
) -> bool:
    """Insert a hold; return whether it is new."""
    row = db.execute(
        """
        INSERT INTO legal_hold (origin_id, record_id, reason_token, holder, set_at, set_by)
        VALUES (%(origin_id)s, %(record_id)s, %(reason_token)s, %(holder)s, %(now)s, %(entry_id)s)
            ON CONFLICT DO NOTHING
        RETURNING hold_id
        """,
        {
            "origin_id": origin_id,
            "record_id": record_id,
            "reason_token": reason_token,
            "holder": holder,
            "now": now,
            "entry_id": entry_id,
        },
    ).fetchone()
    return row is not None


def lift_hold(db: Connection, *, origin_id: int, record_id: UUID | None, now: datetime, entry_id: UUID) -> bool:
    """Lift the hold on exactly this record, or on exactly all of the origin's; return whether there was one."""
    row = db.execute(
        """
        UPDATE legal_hold
           SET lifted_at = %(now)s, lifted_by = %(entry_id)s
         WHERE origin_id = %(origin_id)s
           AND record_id IS NOT DISTINCT FROM %(record_id)s
           AND lifted_at IS NULL
        RETURNING hold_id
        """,
        {"origin_id": origin_id, "record_id": record_id, "now": now, "entry_id": entry_id},
    ).fetchone()
    return row is not None


def holds(db: Connection) -> list[Hold]:
    """Return the holds that stand, the oldest first."""
    with db.cursor(row_factory=class_row(Hold)) as rows:
        return rows.execute(
            """
            SELECT organisation.name AS origin, legal_hold.record_id, legal_hold.reason_token, legal_hold.holder,
                   legal_hold.set_at
              FROM legal_hold
              JOIN organisation ON organisation.organisation_id = legal_hold.origin_id
             WHERE legal_hold.lifted_at IS NULL
             ORDER BY legal_hold.hold_id
            """
        ).fetchall()


def expired_groups(db: Connection, *, now: datetime) -> list[ExpiredGroup]:
    """Return up to 100 groups that are written as live and whose time is over, the oldest first."""
    with db.cursor(row_factory=class_row(ExpiredGroup)) as rows:
        return rows.execute(
            """
            SELECT sharing_group.owner_id, organisation.name AS owner, sharing_group.group_id
              FROM sharing_group
              JOIN organisation ON organisation.organisation_id = sharing_group.owner_id
             WHERE sharing_group.is_live
               AND sharing_group.expires_at <= %(now)s
             ORDER BY sharing_group.expires_at, sharing_group.group_id
             LIMIT 100
            """,
            {"now": now},
        ).fetchall()


def is_still_expired(db: Connection, *, group: ExpiredGroup, now: datetime) -> bool:
    """Return whether it still is so, behind the lock of all acts that change access."""
    row = db.execute(
        """
        SELECT EXISTS (SELECT FROM sharing_group
                        WHERE owner_id = %(owner_id)s
                          AND group_id = %(group_id)s
                          AND is_live
                          AND expires_at <= %(now)s)
        """,
        {"owner_id": group.owner_id, "group_id": group.group_id, "now": now},
    ).fetchone()
    return row == (True,)


def due_entries(db: Connection, *, keep: timedelta, most: int) -> list[tuple[int, bytes]]:
    """Return index and leaf of up to `most` entries that may go, in the order of their indexes."""
    return db.execute(
        """
        WITH until AS (
            SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - %(keep)s::interval AS day
        )
        SELECT due.index, due.leaf
          FROM (SELECT trail_entry.index, trail_entry.leaf
                  FROM trail_entry, until
                 WHERE trail_entry.at < until.day
                   AND trail_entry.combination_id IS NOT NULL
                   AND may_forget(trail_entry.index, until.day)
                 ORDER BY trail_entry.at
                 LIMIT %(most)s) AS due
         ORDER BY due.index
        """,
        {"keep": keep, "most": most},
    ).fetchall()


def erase_entries(
    db: Connection, *, indexes: Sequence[int], keep: timedelta, entry_document: bytes, entry_salt: bytes
) -> bytes:
    """Remove text and salt of the entries at `indexes`, write the entry that tells of it; return its leaf (32 bytes).

    Raises:
        psycopg.errors.InsufficientPrivilege: one is not placed, not due or held, or the entry says something else.
        psycopg.errors.DataCorrupted: one does not make its leaf.
        psycopg.errors.InvalidParameterValue: `keep` is less than 90 days.
    """
    row = db.execute(
        "SELECT erase_entries(%(indexes)s::bigint[], %(keep)s, %(document)s, %(salt)s)",
        {"indexes": list(indexes), "keep": keep, "document": entry_document, "salt": entry_salt},
    ).fetchone()
    if row is None:
        raise LookupError("a function has one row")
    leaf: bytes = row[0]
    return leaf
