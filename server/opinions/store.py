"""Speak SQL for opinions: whether their records can be seen, which place each holds, and how many say what.

A batch of 4,096 opinions is asked about and stored in a handful of statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from server.batches import packing
from server.db import Connection
from server.errors import Busy


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The opinions of a batch as columns in the order of its lines: their places in it, their ids, their subjects.

    All subjects are records of the one organisation `about_id`.
    """

    about_id: int
    positions: packing.IntegerArray
    ids: packing.UuidArray
    subjects: packing.UuidArray
    revisions: packing.BigintArray


@dataclass(frozen=True, kw_only=True)
class Opinions:
    """Whose opinions they are, to whom and until when; `verdicts` in the order of the batch's lines."""

    opiner_id: int
    audience_id: int
    expires_at: datetime
    verdicts: Sequence[str]


def asked(
    *,
    about_id: int,
    positions: Sequence[int],
    ids: Sequence[bytes],
    subjects: Sequence[bytes],
    revisions: Sequence[int],
) -> Asked:
    """Return the columns; ids and subjects are 16 bytes each."""
    return Asked(
        about_id=about_id,
        positions=packing.integers(positions),
        ids=packing.uuids(ids),
        subjects=packing.uuids(subjects),
        revisions=packing.bigints(revisions),
    )


def visible_records(db: Connection, asked: Asked, *, reader_id: int, now: datetime) -> dict[int, int]:
    """Return the audience of each record that the reader may have in the revision asked for, by the line's position.

    What is expired cannot be had. Purposes do not narrow: who may have a record for one purpose may opine on it.
    """
    return dict(
        db.execute(
            """
            -- Many records, few batches: who may have a batch is asked once each.
            WITH found AS MATERIALIZED (
                SELECT asked.position, record.batch_id
                  FROM UNNEST(%(positions)s, %(subjects)s, %(revisions)s) AS asked (position, record_id, revision)
                 CROSS JOIN LATERAL (
                       SELECT batch_id
                         FROM record
                        WHERE record.origin_id = %(about_id)s
                          AND record.record_id = asked.record_id
                          AND record.revision = asked.revision
                        LIMIT 1
                      ) AS record
            ), seen AS MATERIALIZED (
                SELECT feed.batch_id, feed.audience_id
                  FROM (SELECT DISTINCT batch_id FROM found) AS held
                  JOIN batch USING (batch_id)
                  JOIN feed USING (batch_id)
                 WHERE batch.expires_at > %(now)s
                   AND (feed.about_id = %(reader_id)s
                        OR EXISTS (SELECT
                                     FROM entitlement
                                     JOIN audience_access USING (organisation_id, audience_id)
                                    WHERE entitlement.organisation_id = %(reader_id)s
                                      AND entitlement.audience_id = feed.audience_id
                                      AND entitlement.epoch = feed.epoch
                                      AND entitlement.until_index IS NULL
                                      AND entitlement.floor <= feed.index
                                      AND audience_access.ends_at > %(now)s
                                      -- An ending that no feed tells of yet.
                                      AND NOT EXISTS (SELECT FROM access_change
                                                       WHERE access_change.organisation_id = %(reader_id)s
                                                         AND access_change.audience_id = feed.audience_id
                                                         AND access_change.reason IS NOT NULL)))
            )
            SELECT found.position, seen.audience_id
              FROM found
              JOIN seen USING (batch_id)
            """,
            {
                "positions": asked.positions,
                "subjects": asked.subjects,
                "revisions": asked.revisions,
                "about_id": asked.about_id,
                "reader_id": reader_id,
                "now": now,
            },
        ).fetchall()
    )


def places_taken(db: Connection, asked: Asked, *, opiner_id: int, now: datetime) -> list[int]:
    """Return the positions of those whose record has another live opinion of the same organisation."""
    return [
        row[0]
        for row in db.execute(
            """
            SELECT asked.position
              FROM UNNEST(%(positions)s, %(ids)s, %(subjects)s) AS asked (position, record_id, about_record_id)
              JOIN opinion ON opinion.origin_id = %(opiner_id)s
                          AND opinion.about_origin_id = %(about_id)s
                          AND opinion.about_record_id = asked.about_record_id
             WHERE opinion.record_id <> asked.record_id
               AND opinion.expires_at > %(now)s
            """,
            {
                "positions": asked.positions,
                "ids": asked.ids,
                "subjects": asked.subjects,
                "opiner_id": opiner_id,
                "about_id": asked.about_id,
                "now": now,
            },
        )
    ]


def subjects(db: Connection, asked: Asked, *, opiner_id: int) -> dict[int, tuple[int, bytes]]:
    """Return what those that hold a place are about: the record's origin and its id (16 bytes), by position."""
    rows = db.execute(
        """
        SELECT asked.position, opinion.about_origin_id, uuid_send(opinion.about_record_id)
          FROM UNNEST(%(positions)s, %(ids)s) AS asked (position, record_id)
          JOIN opinion ON opinion.origin_id = %(opiner_id)s
                      AND opinion.record_id = asked.record_id
        """,
        {"positions": asked.positions, "ids": asked.ids, "opiner_id": opiner_id},
    )
    return {position: (about_id, about_record_id) for position, about_id, about_record_id in rows}


def remember(db: Connection, asked: Asked, opinions: Opinions, *, now: datetime) -> int:
    """Give each opinion its place, and return how many have it: a revision's own, a free one, or an expired one's.

    Raises:
        Busy: another batch gave one of these records a place at the same moment.
    """
    try:
        return db.execute(
            """
            INSERT INTO opinion
                (origin_id, about_origin_id, about_record_id, record_id, verdict, audience_id, expires_at)
            SELECT %(opiner_id)s, %(about_id)s, given.about_record_id, given.record_id, given.verdict,
                   %(audience_id)s, %(expires_at)s
              FROM UNNEST(%(ids)s, %(subjects)s, %(verdicts)s) AS given (record_id, about_record_id, verdict)
             -- Two batches that cross take their places in one order.
             ORDER BY given.about_record_id
            ON CONFLICT ON CONSTRAINT opinion_pk
            DO UPDATE SET record_id = EXCLUDED.record_id,
                          verdict = EXCLUDED.verdict,
                          audience_id = EXCLUDED.audience_id,
                          expires_at = EXCLUDED.expires_at
             WHERE opinion.record_id = EXCLUDED.record_id
                OR opinion.expires_at <= %(now)s
            """,
            {
                "opiner_id": opinions.opiner_id,
                "about_id": asked.about_id,
                "ids": asked.ids,
                "subjects": asked.subjects,
                "verdicts": packing.texts(opinions.verdicts),
                "audience_id": opinions.audience_id,
                "expires_at": opinions.expires_at,
                "now": now,
            },
        ).rowcount
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "opinion_record_once":
            raise Busy from error
        raise


def forget(db: Connection, *, opiner_id: int, ids: Sequence[bytes]) -> None:
    """Let withdrawn opinions give up their places."""
    db.execute(
        "DELETE FROM opinion WHERE origin_id = %(opiner_id)s AND record_id = ANY (%(ids)s)",
        {"opiner_id": opiner_id, "ids": packing.uuids(ids)},
    )


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who asks for counts, and why; `only_own`: about its own records alone."""

    organisation_id: int
    purpose: str
    only_own: bool


def is_visible(db: Connection, reader: Reader, *, origin: str, record_id: UUID, now: datetime) -> bool:
    """Return whether the reader may have any revision of the record that has not expired."""
    row = db.execute(
        """
        SELECT EXISTS (
            SELECT
              FROM organisation AS origin
              JOIN record ON record.origin_id = origin.organisation_id
              JOIN batch USING (batch_id)
              JOIN feed USING (batch_id)
              JOIN audience USING (audience_id)
             WHERE origin.name = %(origin)s
               AND record.record_id = %(record_id)s
               AND batch.expires_at > %(now)s
               AND (feed.origin_id = %(reader)s
                    OR (NOT %(only_own)s
                        AND (feed.about_id = %(reader)s
                             OR ((audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
                                 AND EXISTS (SELECT
                                               FROM entitlement
                                               JOIN audience_access USING (organisation_id, audience_id)
                                              WHERE entitlement.organisation_id = %(reader)s
                                                AND entitlement.audience_id = feed.audience_id
                                                AND entitlement.epoch = feed.epoch
                                                AND entitlement.until_index IS NULL
                                                AND entitlement.floor <= feed.index
                                                AND audience_access.ends_at > %(now)s
                                                -- An ending that no feed tells of yet.
                                                AND NOT EXISTS (SELECT FROM access_change
                                                                 WHERE access_change.organisation_id = %(reader)s
                                                                   AND access_change.audience_id = feed.audience_id
                                                                   AND access_change.reason IS NOT NULL))))))
        )
        """,
        {
            "reader": reader.organisation_id,
            "purpose": reader.purpose,
            "only_own": reader.only_own,
            "origin": origin,
            "record_id": record_id,
            "now": now,
        },
    ).fetchone()
    return row == (True,)


def counts(db: Connection, reader: Reader, *, origin: str, record_id: UUID, now: datetime) -> dict[str, int]:
    """Return how many live opinions on the record, of those that the reader may have, give each verdict."""
    return dict(
        db.execute(
            """
            SELECT opinion.verdict, count(*)
              FROM organisation AS origin
              JOIN opinion ON opinion.about_origin_id = origin.organisation_id
              JOIN audience USING (audience_id)
             WHERE origin.name = %(origin)s
               AND opinion.about_record_id = %(record_id)s
               AND opinion.expires_at > %(now)s
               -- What a stolen key has signed readers set aside, and so do we.
               AND NOT EXISTS (SELECT
                                 FROM record
                                 JOIN batch USING (batch_id)
                                 JOIN signing_key ON signing_key.thumbprint = batch.record_key
                                WHERE record.origin_id = opinion.origin_id
                                  AND record.record_id = opinion.record_id
                                  AND record.is_current
                                  AND signing_key.revoked_at <= batch.accepted_at)
               AND (opinion.origin_id = %(reader)s
                    OR opinion.about_origin_id = %(reader)s
                    OR ((audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
                        AND EXISTS (SELECT
                                      FROM record
                                      JOIN feed USING (batch_id)
                                      JOIN entitlement ON entitlement.audience_id = feed.audience_id
                                                      AND entitlement.epoch = feed.epoch
                                      JOIN audience_access
                                        ON audience_access.organisation_id = entitlement.organisation_id
                                       AND audience_access.audience_id = entitlement.audience_id
                                     WHERE record.origin_id = opinion.origin_id
                                       AND record.record_id = opinion.record_id
                                       AND record.is_current
                                       AND entitlement.organisation_id = %(reader)s
                                       AND entitlement.until_index IS NULL
                                       AND entitlement.floor <= feed.index
                                       AND audience_access.ends_at > %(now)s
                                       -- An ending that no feed tells of yet.
                                       AND NOT EXISTS (SELECT FROM access_change
                                                        WHERE access_change.organisation_id = %(reader)s
                                                          AND access_change.audience_id = feed.audience_id
                                                          AND access_change.reason IS NOT NULL))))
             GROUP BY opinion.verdict
            """,
            {
                "reader": reader.organisation_id,
                "purpose": reader.purpose,
                "origin": origin,
                "record_id": record_id,
                "now": now,
            },
        ).fetchall()
    )
