"""Speak SQL for exposure: which entries released which revisions, computed from places, intervals and what pulls say.

A pull of an organisation at index e released a batch iff all of these hold; the queries are this list.

1. The batch's place in that feed lies between the pull's first and last place. It is (i, i, j) where the batch is the
   reader's own, or about its records, or an interval that was open at e began by i; and (m, i, j) where an interval
   brought the past at m. An interval that closed at u < e gives nothing, and a past comes with the interval that was
   open at e and began by m.
2. Its kind and origin are those that the pull asked for; a key that may read only what is its own asks for its own.
3. Others' batches: the role may read them, the purpose is among the audience's, and access had not run out by the
   pull's time, as it stood by the last act before e.
4. It had not expired by the pull's time.

And a line of it: it was not masked by an act before e, and its bytes were there. Who reads a single record names it.

Where the log's order does not decide (`is_doubtful`), the digests that the entry holds do (`exposing`): bytes that the
eraser removed while the page was read, or access that ran out within the difference of two clocks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from server.access import ALLOWANCES, Permission
from server.db import Connection

# Longer than any page is read, and than any erasure takes.
ERASING = timedelta(minutes=10)
# As far as the clocks of a node's api and database may differ.
CLOCKS = timedelta(seconds=120)
# Roles that may read others' batches.
SEEING_ALL = sorted(ALLOWANCES[Permission.READ_FEED].roles)


@dataclass(frozen=True, kw_only=True)
class StoredRevision:
    """A revision that has its place: its batch's id, origin's time, and index in the log."""

    revision: int
    kind: str
    batch: UUID
    accepted_at: datetime
    index: int
    is_withdrawal: bool


@dataclass(frozen=True, kw_only=True)
class StoredRelease:
    """A revision of a record that an entry gave to an organisation; `keyid` and `role` are the caller's.

    `lapsing` says that access to it ran out about then; `erased_index` that its bytes went about then, by that entry.
    """

    origin: str
    record_id: UUID
    revision: int
    kind: str
    organisation: str
    role: str
    keyid: str
    purpose: str
    action: str
    at: datetime
    index: int
    leaf: bytes
    batch_id: int
    lapsing: bool
    erased_index: int | None

    @property
    def is_doubtful(self) -> bool:
        """Return whether the log's order alone does not say if it was released."""
        return self.lapsing or self.erased_index is not None


def indexed_until(db: Connection) -> int:
    """Return below which index of the log every entry can be told of."""
    row = db.execute("SELECT next_index FROM trail_progress").fetchone()
    return 0 if row is None else int(row[0])


def organisation_id(db: Connection, name: str) -> int | None:
    """Return the number of the organisation with this name, or None."""
    row = db.execute("SELECT organisation_id FROM organisation WHERE name = %(name)s", {"name": name}).fetchone()
    return None if row is None else int(row[0])


def are_all_told(db: Connection, *, from_index: int) -> bool:
    """Return whether no entry from `from_index` on has lost its text: what such a one released is not known."""
    row = db.execute(
        """
        SELECT NOT EXISTS (SELECT FROM trail_posting
                             JOIN trail_scope USING (scope_id)
                            WHERE trail_scope.organisation IS NULL
                              AND trail_posting.combination_id = 0
                              AND trail_posting.index >= %(from_index)s)
        """,
        {"from_index": from_index},
    ).fetchone()
    return row == (True,)


def revisions_of(db: Connection, *, origin: str, record_id: UUID) -> list[StoredRevision]:
    """Return the placed revisions of a record, the oldest first; none where it is not known."""
    with db.cursor(row_factory=class_row(StoredRevision)) as rows:
        return rows.execute(
            """
            SELECT record.revision, feed.kind, batch.jti AS batch, batch.accepted_at, feed.index,
                   record.is_withdrawn AS is_withdrawal
              FROM organisation
              JOIN record ON record.origin_id = organisation.organisation_id
              JOIN batch USING (batch_id)
              JOIN feed USING (batch_id)
             WHERE organisation.name = %(origin)s
               AND record.record_id = %(record_id)s
             ORDER BY record.revision
            """,
            {"origin": origin, "record_id": record_id},
        ).fetchall()


def releases_of_record(
    db: Connection, *, origin: str, record_id: UUID, after: int, until: int, most: int
) -> list[StoredRelease]:
    """Return up to `most` releases of a record, by entries later than `after` and below `until`, in their order."""
    with db.cursor(row_factory=class_row(StoredRelease)) as rows:
        return rows.execute(
            """
            WITH revised AS MATERIALIZED (
                SELECT record.revision, record.batch_id, batch.expires_at, audience.purposes, feed.epoch,
                       feed.index AS i, feed.position AS j, feed.audience_id, feed.origin_id, feed.about_id, feed.kind,
                       erasure.reason = 'legal' AS is_legal, masking.index AS masked_index,
                       erasing.index AS erased_index, erasure.erased_at
                  FROM organisation
                  JOIN record ON record.origin_id = organisation.organisation_id
                  JOIN batch USING (batch_id)
                  JOIN feed USING (batch_id)
                  JOIN audience USING (audience_id)
                  LEFT JOIN erasure ON erasure.batch_id = record.batch_id AND erasure.position = record.position
                  LEFT JOIN placed AS masking ON masking.entry_id = erasure.masked_by
                  LEFT JOIN placed AS erasing ON erasing.entry_id = erasure.entry_id
                 WHERE organisation.name = %(origin)s
                   AND record.record_id = %(record_id)s
            ), way AS (
                SELECT revised.*, revised.origin_id AS reader_id, revised.i AS m, NULL::bigint AS until_index,
                       true AS is_own
                  FROM revised
                 UNION ALL
                SELECT revised.*, revised.about_id, revised.i, NULL, true
                  FROM revised
                 WHERE revised.about_id IS NOT NULL
                 UNION ALL
                SELECT revised.*, held.organisation_id, revised.i, held.until_index, false
                  FROM revised
                 CROSS JOIN organisation AS reader
                  JOIN entitlement AS held
                    ON held.organisation_id = reader.organisation_id
                   AND held.audience_id = revised.audience_id
                   AND held.epoch = revised.epoch
                 WHERE reader.organisation_id <> revised.origin_id
                   AND reader.organisation_id IS DISTINCT FROM revised.about_id
                   AND held.from_index <= revised.i
                   AND (held.until_index IS NULL OR held.until_index > revised.i)
                 UNION ALL
                SELECT revised.*, past.organisation_id, past.from_index, open.until_index, false
                  FROM revised
                 CROSS JOIN organisation AS reader
                  JOIN entitlement AS past
                    ON past.organisation_id = reader.organisation_id
                   AND past.audience_id = revised.audience_id
                   AND past.epoch = revised.epoch
                  JOIN entitlement AS open
                    ON open.organisation_id = past.organisation_id
                   AND open.audience_id = past.audience_id
                   AND open.epoch = past.epoch
                 WHERE reader.organisation_id <> revised.origin_id
                   AND reader.organisation_id IS DISTINCT FROM revised.about_id
                   AND past.past_from <= revised.i
                   AND past.past_until > revised.i
                   AND open.from_index <= past.from_index
                   AND (open.until_index IS NULL OR open.until_index > past.from_index)
            ), pulled AS (
                SELECT way.*, pull.index, pull.at, pull.leaf, pull.combination_id, access.ends_at
                  FROM way
                 CROSS JOIN LATERAL (
                       SELECT trail_entry.*
                         FROM trail_entry
                        WHERE places @> ((way.reader_id::bigint << 40) + way.m)
                          AND first_place[2] <> last_place[2]
                        UNION ALL
                       SELECT trail_entry.*
                         FROM trail_entry
                        WHERE int8range((lower(places) >> 40 << 40) + first_place[3],
                                        (lower(places) >> 40 << 40) + last_place[3], '[]')
                              @> ((way.reader_id::bigint << 40) + way.i)
                          -- That this is `way.m` too is said below: said here, the index would not be found.
                          AND first_place[2] = last_place[2]
                          AND places IS NOT NULL
                      ) AS pull
                  JOIN trail_combination AS said USING (combination_id)
                  LEFT JOIN LATERAL (
                       SELECT access_end.ends_at
                         FROM access_end
                         LEFT JOIN placed USING (entry_id)
                        WHERE access_end.audience_id = way.audience_id
                          AND way.reader_id = ANY (access_end.organisations)
                          AND (access_end.entry_id IS NULL OR placed.index < pull.index)
                        ORDER BY placed.index DESC NULLS LAST, access_end.access_end_id DESC
                        LIMIT 1
                      ) AS access ON NOT way.is_own
                 WHERE said.action = 'read_feed'
                   AND said.decision = 'allowed'
                   AND (way.m, way.i, way.j) >= (pull.first_place[2], pull.first_place[3], pull.first_place[4])
                   AND (way.m, way.i, way.j) <= (pull.last_place[2], pull.last_place[3], pull.last_place[4])
                   AND (way.until_index IS NULL OR way.until_index > pull.index)
                   AND (pull.filter_kind IS NULL OR pull.filter_kind = way.kind)
                   AND (pull.filter_origin_id IS NULL OR pull.filter_origin_id = way.origin_id)
                   AND (pull.filter_origin_id IS NOT NULL
                        OR said.role = ANY (%(seeing_all)s)
                        OR way.origin_id = way.reader_id)
                   AND (pull.filter_own OR way.origin_id <> way.reader_id)
                   AND (way.is_own
                        OR (said.role = ANY (%(seeing_all)s)
                            AND (way.purposes = '{}' OR said.purpose = ANY (way.purposes))))
                   AND (access.ends_at IS NULL OR access.ends_at > pull.at)
                   AND way.expires_at > pull.at
                   AND pull.index > %(after)s
                   AND pull.index < %(until)s
            ), released AS (
                SELECT pulled.index, pulled.at, pulled.leaf, pulled.combination_id, pulled.revision, pulled.kind,
                       pulled.batch_id,
                       coalesce(pulled.ends_at <= pulled.at + %(clocks)s::interval, false) AS lapsing,
                       CASE WHEN NOT pulled.is_legal AND pulled.erased_index < pulled.index
                            THEN pulled.erased_index END AS erased_index
                  FROM pulled
                 WHERE CASE WHEN pulled.is_legal
                            THEN pulled.masked_index IS NULL OR pulled.masked_index > pulled.index
                            ELSE pulled.erased_index IS NULL
                                 OR pulled.erased_index > pulled.index
                                 OR pulled.erased_at > pulled.at - %(erasing)s::interval
                       END
                 UNION ALL
                SELECT reading.index, reading.at, reading.leaf, reading.combination_id, revised.revision, revised.kind,
                       revised.batch_id, false, NULL
                  FROM revised
                  JOIN trail_record ON trail_record.origin = %(origin)s AND trail_record.record_id = %(record_id)s
                  JOIN trail_entry AS reading USING (index)
                  JOIN trail_combination AS said USING (combination_id)
                 WHERE said.action = 'read_record'
                   AND said.decision = 'allowed'
                   AND (reading.last_place[3], reading.last_place[4]) = (revised.i, revised.j)
                   AND reading.index > %(after)s
                   AND reading.index < %(until)s
            )
            SELECT %(origin)s::text AS origin, %(record_id)s::uuid AS record_id, released.revision, released.kind,
                   said.organisation, said.role, said.keyid, said.purpose, said.action, released.at, released.index,
                   released.leaf, released.batch_id, released.lapsing, released.erased_index
              FROM released
              JOIN trail_combination AS said USING (combination_id)
             ORDER BY released.index, released.revision
             LIMIT %(most)s
            """,
            {
                "origin": origin,
                "record_id": record_id,
                "after": after,
                "until": until,
                "most": most,
                "seeing_all": SEEING_ALL,
                "clocks": CLOCKS,
                "erasing": ERASING,
            },
        ).fetchall()
