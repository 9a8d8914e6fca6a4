"""Speak SQL for erasures that are done again: which listed lines are here, and their marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class UnerasedLine:
    """A line that is here with its bytes: where it stands, whose it is, its leaf (32 bytes)."""

    batch_id: int
    position: int
    origin_id: int
    record_id: UUID
    leaf: bytes


def unerased_lines(db: Connection, *, origin: str, jti: UUID, leaves: Sequence[bytes]) -> list[UnerasedLine]:
    """Return the lines of the batch (origin, jti) with these leaves that are not erased, by position."""
    with db.cursor(row_factory=class_row(UnerasedLine)) as rows:
        return rows.execute(
            """
            SELECT record.batch_id, record.position, record.origin_id, record.record_id, record.leaf
              FROM organisation
              JOIN batch ON batch.origin_id = organisation.organisation_id
              JOIN record USING (batch_id)
             WHERE organisation.name = %(origin)s
               AND batch.jti = %(jti)s
               AND record.leaf = ANY (%(leaves)s)
               AND NOT EXISTS (SELECT FROM erasure
                                WHERE erasure.batch_id = record.batch_id
                                  AND erasure.position = record.position
                                  AND erasure.erased_at IS NOT NULL)
             ORDER BY record.position
            """,
            {"origin": origin, "jti": jti, "leaves": list(leaves)},
        ).fetchall()


def mark_lines(db: Connection, lines: Sequence[UnerasedLine], *, reasons: Sequence[str]) -> None:
    """Mark these lines to go, each for its reason, where they are not marked yet; the owner's alone."""
    db.execute(
        """
        INSERT INTO erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
        SELECT batch_id, position, origin_id, record_id, leaf, reason, now()
          FROM UNNEST(%(batch_ids)s::bigint[], %(positions)s::integer[], %(origin_ids)s::integer[],
                      %(record_ids)s::uuid[], %(leaves)s::bytea[], %(reasons)s::text[])
               AS line (batch_id, position, origin_id, record_id, leaf, reason)
            ON CONFLICT ON CONSTRAINT erasure_pk DO NOTHING
        """,
        {
            "batch_ids": [line.batch_id for line in lines],
            "positions": [line.position for line in lines],
            "origin_ids": [line.origin_id for line in lines],
            "record_ids": [line.record_id for line in lines],
            "leaves": [line.leaf for line in lines],
            "reasons": list(reasons),
        },
    )
