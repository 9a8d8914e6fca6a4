"""Speak SQL for pages that were served: their batches, lines and digests, by the list in `exposing_store`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from server.auditing.exposing_store import CLOCKS, ERASING, SEEING_ALL, StoredRelease
from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class Given:
    """A batch that a page of `index` held, at its place in that feed; digests are 32 bytes.

    `expires_at` is the batch's, `ends_at` that of access to it (None: without an end). `masked_sha256` is what the page
    gave where lines of it were masked, made of what `masked_stored_sha256` is the digest of.
    """

    index: int
    at: datetime
    m: int
    i: int
    j: int
    batch_id: int
    origin: str
    kind: str
    record_count: int
    manifest_sha256: bytes
    head_sha256: bytes
    document_sha256: bytes
    masked_sha256: bytes | None
    masked_stored_sha256: bytes | None
    expires_at: datetime
    ends_at: datetime | None


def batches_of(db: Connection, *, indexes: Sequence[int]) -> list[Given]:
    """Return the batches that the pulls with these indexes held, by index and place, expired ones too.

    Access that had run out by the pull's time is left out; whatever ran out within a difference of clocks is not.
    """
    with db.cursor(row_factory=class_row(Given), binary=True) as rows:
        return rows.execute(
            """
            WITH pull AS MATERIALIZED (
                SELECT trail_entry.*, said.organisation_id AS reader_id, said.purpose,
                       said.role = ANY (%(seeing_all)s) AS sees_all
                  FROM trail_entry
                  JOIN trail_combination AS said USING (combination_id)
                 WHERE trail_entry.index = ANY (%(indexes)s)
                   AND trail_entry.places IS NOT NULL
                   AND said.action = 'read_feed'
                   AND said.decision = 'allowed'
            ), come AS (
                SELECT pull.index, feed.index AS m, feed.index AS i, feed.position AS j, feed.batch_id,
                       feed.audience_id, feed.origin_id, feed.kind,
                       feed.origin_id = pull.reader_id OR feed.about_id IS NOT DISTINCT FROM pull.reader_id AS is_own
                  FROM pull
                  JOIN feed ON feed.epoch = (SELECT log_head.epoch FROM log_head)
                           AND feed.index BETWEEN pull.first_place[2] AND pull.last_place[2]
                 WHERE (feed.index, feed.index, feed.position)
                       >= (pull.first_place[2], pull.first_place[3], pull.first_place[4])
                   AND (feed.index, feed.index, feed.position)
                       <= (pull.last_place[2], pull.last_place[3], pull.last_place[4])
                   AND (pull.filter_own OR feed.origin_id <> pull.reader_id)
                   AND (feed.origin_id = pull.reader_id
                        OR feed.about_id = pull.reader_id
                        OR EXISTS (SELECT FROM entitlement
                                    WHERE entitlement.organisation_id = pull.reader_id
                                      AND entitlement.audience_id = feed.audience_id
                                      AND entitlement.epoch = feed.epoch
                                      AND entitlement.from_index <= feed.index
                                      AND (entitlement.until_index IS NULL OR entitlement.until_index > pull.index)))
                 UNION ALL
                SELECT pull.index, past.from_index, feed.index, feed.position, feed.batch_id, feed.audience_id,
                       feed.origin_id, feed.kind, false
                  FROM pull
                  JOIN entitlement AS past ON past.organisation_id = pull.reader_id
                  JOIN feed ON feed.audience_id = past.audience_id AND feed.epoch = past.epoch
                 WHERE past.from_index BETWEEN pull.first_place[2] AND pull.last_place[2]
                   AND past.past_from < past.past_until
                   AND feed.index >= past.past_from
                   AND feed.index < past.past_until
                   AND (past.from_index, feed.index, feed.position)
                       >= (pull.first_place[2], pull.first_place[3], pull.first_place[4])
                   AND (past.from_index, feed.index, feed.position)
                       <= (pull.last_place[2], pull.last_place[3], pull.last_place[4])
                   AND feed.origin_id <> pull.reader_id
                   AND feed.about_id IS DISTINCT FROM pull.reader_id
                   AND EXISTS (SELECT FROM entitlement AS open
                                WHERE open.organisation_id = past.organisation_id
                                  AND open.audience_id = past.audience_id
                                  AND open.epoch = past.epoch
                                  AND open.from_index <= past.from_index
                                  AND (open.until_index IS NULL OR open.until_index > pull.index))
            )
            SELECT come.index, pull.at, come.m, come.i, come.j, come.batch_id, origin.name AS origin, come.kind,
                   batch.record_count, batch.manifest_sha256, batch.head_sha256, batch.document_sha256,
                   served_masked.document_sha256 AS masked_sha256,
                   served_masked.stored_sha256 AS masked_stored_sha256, batch.expires_at,
                   nullif(access.ends_at, 'infinity') AS ends_at
              FROM come
              JOIN pull USING (index)
              JOIN batch USING (batch_id)
              JOIN audience USING (audience_id)
              JOIN organisation AS origin ON origin.organisation_id = come.origin_id
              LEFT JOIN served_masked ON served_masked.entry_id = pull.entry_id
                                     AND served_masked.batch_id = come.batch_id
              LEFT JOIN LATERAL (
                   SELECT access_end.ends_at
                     FROM access_end
                     LEFT JOIN placed USING (entry_id)
                    WHERE access_end.audience_id = come.audience_id
                      AND pull.reader_id = ANY (access_end.organisations)
                      AND (access_end.entry_id IS NULL OR placed.index < come.index)
                    ORDER BY placed.index DESC NULLS LAST, access_end.access_end_id DESC
                    LIMIT 1
                  ) AS access ON NOT come.is_own
             WHERE (pull.filter_kind IS NULL OR pull.filter_kind = come.kind)
               AND (pull.filter_origin_id IS NULL OR pull.filter_origin_id = come.origin_id)
               AND (pull.filter_origin_id IS NOT NULL OR pull.sees_all OR come.origin_id = pull.reader_id)
               AND (come.is_own
                    OR (pull.sees_all
                        AND (audience.purposes = '{}' OR pull.purpose = ANY (audience.purposes))))
               AND (access.ends_at IS NULL OR access.ends_at > pull.at)
             ORDER BY come.index, come.m, come.i, come.j
            """,
            {"indexes": list(indexes), "seeing_all": SEEING_ALL},
        ).fetchall()


@dataclass(frozen=True, kw_only=True)
class Past:
    """What a stored document was until an erasure, whose entry has this index (None: no place yet); 32 bytes."""

    batch_id: int
    index: int | None
    erased_at: datetime
    document_sha256: bytes


def pasts_of(db: Connection, *, batch_ids: Sequence[int]) -> list[Past]:
    """Return the pasts of these batches' documents, the oldest first."""
    with db.cursor(row_factory=class_row(Past), binary=True) as rows:
        return rows.execute(
            """
            SELECT document_past.batch_id, erasing.index, document_past.erased_at, document_past.document_sha256
              FROM document_past
             CROSS JOIN LATERAL (
                   SELECT erasure.entry_id
                     FROM erasure
                    WHERE erasure.batch_id = document_past.batch_id
                      AND erasure.erased_at = document_past.erased_at
                    LIMIT 1
                  ) AS telling
              LEFT JOIN placed AS erasing USING (entry_id)
             WHERE document_past.batch_id = ANY (%(batch_ids)s)
             ORDER BY document_past.erased_at
            """,
            {"batch_ids": list(batch_ids)},
        ).fetchall()


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the entry of a pull says of it: `served` in base64url; None where its text is gone, or it released none."""

    index: int
    leaf: bytes
    at: datetime
    organisation: str
    served: str | None


def told_of(db: Connection, *, index: int) -> Told | None:
    """Return what the entry at `index` says; None where it is no allowed pull that held anything."""
    with db.cursor(row_factory=class_row(Told)) as rows:
        return rows.execute(
            """
            SELECT trail_entry.index, trail_entry.leaf, trail_entry.at, said.organisation,
                   convert_from(entry.document, 'UTF8')::jsonb ->> 'served' AS served
              FROM trail_entry
              JOIN trail_combination AS said USING (combination_id)
              JOIN entry USING (entry_id)
             WHERE trail_entry.index = %(index)s
               AND trail_entry.places IS NOT NULL
               AND said.action = 'read_feed'
               AND said.decision = 'allowed'
            """,
            {"index": index},
        ).fetchone()


@dataclass(frozen=True, kw_only=True)
class Releasing:
    """An entry that released something to an organisation, and how many records it says."""

    index: int
    action: str
    records: int


def releasing_entries(
    db: Connection,
    *,
    organisation: str,
    purpose: str | None,
    since: datetime | None,
    until_at: datetime | None,
    from_index: int,
    until: int,
    most: int,
) -> list[Releasing]:
    """Return up to `most` entries that released something to `organisation`, from `from_index` on, in their order."""
    with db.cursor(row_factory=class_row(Releasing)) as rows:
        return rows.execute(
            """
            SELECT one.index, said.action, one.records
              FROM trail_combination AS said
             CROSS JOIN LATERAL (
                   SELECT trail_entry.index, trail_entry.records
                     FROM trail_entry
                    WHERE trail_entry.combination_id = said.combination_id
                      AND trail_entry.first_place IS NOT NULL
                      AND trail_entry.index >= %(from_index)s
                      AND trail_entry.index < %(until)s
                      AND (%(since)s::timestamptz IS NULL OR trail_entry.at >= %(since)s)
                      AND (%(until_at)s::timestamptz IS NULL OR trail_entry.at < %(until_at)s)
                    ORDER BY trail_entry.index
                    LIMIT %(most)s
                  ) AS one
             WHERE said.organisation = %(organisation)s
               AND said.organisation_id IS NOT NULL
               AND said.action IN ('read_feed', 'read_record')
               AND said.decision = 'allowed'
               AND (%(purpose)s::text IS NULL OR said.purpose = %(purpose)s)
             ORDER BY one.index
             LIMIT %(most)s
            """,
            {
                "organisation": organisation,
                "purpose": purpose,
                "since": since,
                "until_at": until_at,
                "from_index": from_index,
                "until": until,
                "most": most,
            },
        ).fetchall()


@dataclass(frozen=True, kw_only=True)
class StoredLine(StoredRelease):
    """A release with where it stands on its page: the batch's place, and the line's number in it."""

    m: int
    i: int
    j: int
    line: int


def lines_of(db: Connection, *, given: Sequence[Given]) -> list[StoredLine]:
    """Return the lines that came with these batches (at least one), by index, place and line."""
    with db.cursor(row_factory=class_row(StoredLine), binary=True) as rows:
        return rows.execute(
            """
            SELECT origin.name AS origin, record.record_id, record.revision, given.kind, said.organisation, said.role,
                   said.keyid, said.purpose, said.action, pull.at, pull.index, pull.leaf, record.batch_id,
                   coalesce(given.ends_at <= pull.at + %(clocks)s::interval, false) AS lapsing,
                   CASE WHEN erasure.reason <> 'legal' AND erasing.index < pull.index
                        THEN erasing.index END AS erased_index,
                   given.m, given.i, given.j, record.position AS line
              FROM UNNEST(%(indexes)s::bigint[], %(ms)s::bigint[], %(is)s::bigint[], %(js)s::integer[],
                          %(batches)s::bigint[], %(kinds)s::text[], %(ends)s::timestamptz[])
                   AS given (index, m, i, j, batch_id, kind, ends_at)
              JOIN trail_entry AS pull USING (index)
              JOIN trail_combination AS said USING (combination_id)
              -- Mostly they lie together, and are found by where: there is no index on single batches.
              JOIN record ON record.batch_id = given.batch_id AND record.batch_id BETWEEN %(first)s AND %(last)s
              JOIN organisation AS origin ON origin.organisation_id = record.origin_id
              LEFT JOIN erasure ON erasure.batch_id = record.batch_id AND erasure.position = record.position
              LEFT JOIN placed AS masking ON masking.entry_id = erasure.masked_by
              LEFT JOIN placed AS erasing ON erasing.entry_id = erasure.entry_id
             WHERE CASE WHEN erasure.reason = 'legal' THEN masking.index IS NULL OR masking.index > pull.index
                        ELSE erasing.index IS NULL
                             OR erasing.index > pull.index
                             OR erasure.erased_at > pull.at - %(erasing)s::interval
                   END
             ORDER BY pull.index, given.m, given.i, given.j, record.position
            """,
            {
                "first": min(one.batch_id for one in given),
                "last": max(one.batch_id for one in given),
                "indexes": [one.index for one in given],
                "ms": [one.m for one in given],
                "is": [one.i for one in given],
                "js": [one.j for one in given],
                "batches": [one.batch_id for one in given],
                "kinds": [one.kind for one in given],
                "ends": [one.ends_at for one in given],
                "clocks": CLOCKS,
                "erasing": ERASING,
            },
        ).fetchall()


def single_lines(db: Connection, *, indexes: Sequence[int]) -> list[StoredLine]:
    """Return what the entries at these indexes released that read one record each."""
    with db.cursor(row_factory=class_row(StoredLine), binary=True) as rows:
        return rows.execute(
            """
            SELECT trail_record.origin, record.record_id, record.revision, feed.kind, said.organisation, said.role,
                   said.keyid, said.purpose, said.action, reading.at, reading.index, reading.leaf, record.batch_id,
                   false AS lapsing, NULL::bigint AS erased_index, feed.index AS m, feed.index AS i,
                   feed.position AS j, record.position AS line
              FROM trail_entry AS reading
              JOIN trail_combination AS said USING (combination_id)
              JOIN trail_record USING (index)
              JOIN organisation AS origin ON origin.name = trail_record.origin
              JOIN feed ON feed.epoch = (SELECT log_head.epoch FROM log_head)
                       AND feed.index = reading.last_place[3]
                       AND feed.position = reading.last_place[4]
              JOIN record ON record.origin_id = origin.organisation_id
                         AND record.record_id = trail_record.record_id
                         AND record.batch_id = feed.batch_id
             WHERE reading.index = ANY (%(indexes)s)
               AND said.action = 'read_record'
               AND said.decision = 'allowed'
             ORDER BY reading.index
            """,
            {"indexes": list(indexes)},
        ).fetchall()
