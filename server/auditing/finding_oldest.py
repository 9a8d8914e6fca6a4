"""Speak SQL for what is found oldest first; `finding_newest` is its mirror. A query is read where it runs.

Each looks at a bounded number of rows, however many entries the log has.
"""

from collections.abc import Sequence
from uuid import UUID

from server.auditing.choosing import Chosen
from server.db import Connection


def walk(db: Connection, chosen: Chosen, *, after: int | None, looked: int) -> list[tuple[int, bool]]:
    """Return the next `looked` indexes of the scope within the bounds, and whether each is what was asked for."""
    return db.execute(
        """
        SELECT index, (%(kinds)s::integer[] IS NULL OR combination_id = ANY (%(kinds)s))
                      AND at >= %(since)s AND at < %(until)s
          FROM trail_posting
         WHERE scope_id = %(scope_id)s
           AND index >= %(first)s
           AND index <= %(last)s
           AND index > %(after)s
         ORDER BY index
         LIMIT %(looked)s
        """,
        _asked(chosen, after, most=0) | {"looked": looked},
    ).fetchall()


def from_lists(db: Connection, chosen: Chosen, *, after: int | None, most: int) -> list[int]:
    """Return the next `most` indexes of the chosen combinations.

    They can only come from the `most` lists whose next entries are the oldest, and from no further on than the last
    of these. Bounds and order are of a whole list, so that it is read by nothing but its own index.
    """
    rows = db.execute(
        """
        WITH head AS (
            SELECT kind.combination_id, next.index
              FROM unnest(%(kinds)s::integer[]) AS kind (combination_id)
             CROSS JOIN LATERAL (
                   SELECT trail_posting.index
                     FROM trail_posting
                    WHERE trail_posting.scope_id = %(scope_id)s
                      AND (trail_posting.combination_id, trail_posting.index)
                          >= (kind.combination_id, greatest(%(first)s, %(after)s + 1)::bigint)
                      AND (trail_posting.combination_id, trail_posting.index)
                          <= (kind.combination_id, %(last)s::bigint)
                      AND trail_posting.at >= %(since)s
                      AND trail_posting.at < %(until)s
                    ORDER BY trail_posting.combination_id, trail_posting.index
                    LIMIT 1
                  ) AS next
             ORDER BY next.index
             LIMIT %(most)s
        )
        SELECT found.index
          FROM head
         CROSS JOIN LATERAL (
               SELECT trail_posting.index
                 FROM trail_posting
                WHERE trail_posting.scope_id = %(scope_id)s
                  AND (trail_posting.combination_id, trail_posting.index) >= (head.combination_id, head.index)
                  AND (trail_posting.combination_id, trail_posting.index)
                      <= (head.combination_id,
                          CASE WHEN (SELECT count(*) FROM head) < %(most)s THEN %(last)s
                               ELSE (SELECT max(last.index) FROM head AS last) END::bigint)
                  AND trail_posting.at >= %(since)s
                  AND trail_posting.at < %(until)s
                ORDER BY trail_posting.combination_id, trail_posting.index
                LIMIT %(most)s
              ) AS found
         ORDER BY found.index
         LIMIT %(most)s
        """,
        _asked(chosen, after, most=most),
    )
    return [index for (index,) in rows]


def naming_record(db: Connection, *, origin: str, record_id: UUID, after: int | None, looked: int) -> list[int]:
    """Return the next `looked` indexes of acts that stored, read, judged or erased a record, whoever's they are."""
    rows = db.execute(
        """
        WITH stored AS (
            SELECT record.batch_id, record.position
              FROM organisation
              JOIN record ON record.origin_id = organisation.organisation_id
             WHERE organisation.name = %(origin)s
               AND record.record_id = %(record_id)s
        ), judging AS (
            SELECT record.batch_id
              FROM organisation
              JOIN opinion ON opinion.about_origin_id = organisation.organisation_id
              JOIN record ON record.origin_id = opinion.origin_id AND record.record_id = opinion.record_id
             WHERE organisation.name = %(origin)s
               AND opinion.about_record_id = %(record_id)s
        ), act AS (
            SELECT batch.entry_id FROM batch WHERE batch.batch_id IN (SELECT batch_id FROM stored)
             UNION
            SELECT batch.entry_id FROM batch WHERE batch.batch_id IN (SELECT batch_id FROM judging)
             UNION
            SELECT erasure.entry_id FROM stored JOIN erasure USING (batch_id, position)
        ), found AS (
            SELECT placed.index FROM act JOIN placed USING (entry_id)
             UNION
            (SELECT trail_record.index
               FROM trail_record
              WHERE trail_record.origin = %(origin)s
                AND trail_record.record_id = %(record_id)s
                AND trail_record.index > %(after)s
              ORDER BY trail_record.index
              LIMIT %(looked)s)
        )
        SELECT index FROM found WHERE index > %(after)s ORDER BY index LIMIT %(looked)s
        """,
        {"origin": origin, "record_id": record_id, "after": -1 if after is None else after, "looked": looked},
    )
    return [index for (index,) in rows]


def sorted_so(indexes: Sequence[int]) -> list[int]:
    """Return `indexes` in this order."""
    return sorted(indexes)


def _asked(chosen: Chosen, after: int | None, *, most: int) -> dict[str, object]:
    return {
        "scope_id": chosen.scope_id,
        "kinds": chosen.kinds,
        "first": chosen.first,
        "last": chosen.last,
        "since": chosen.since,
        "until": chosen.until,
        "after": -1 if after is None else after,
        "most": most,
    }
