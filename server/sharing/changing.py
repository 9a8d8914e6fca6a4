"""Decide who may have others' batches of an audience, in the transaction of the act that changes it.

`audience_access` says it as committed: an ending bites at once. What an act changed in it is also written under the
act's entry, and the sequencer opens and closes intervals by that, at the entry's index: so every feed moves at one
place of the log.

All acts that change access take one lock before they read: none decides by what another is about to change. They are
rare: a new audience, a revision of a group, an admission, a move to another sector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server.db import Connection

EndedReason = Literal["left_group", "group_withdrawn", "group_expired", "sector_changed"]
# Any number, the same in all processes.
_LOCK = 4_711_202
# A statement compares that many in a second or two, and may take 30.
_PAIRS_AT_ONCE = 100_000
# A page that is being built when the end of access changes is judged by a moment no later than this after it began.
_PAGES_IN_FLIGHT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """The act that changes access: its entry, and the reason that is told to those who lose by it."""

    entry_id: UUID
    reason: EndedReason | None
    now: datetime


def lock_access(db: Connection) -> None:
    """Take turns with every other act that changes access, until this transaction ends.

    Raises:
        psycopg.errors.LockNotAvailable: whoever is before us took longer than the connection waits.
    """
    db.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


def open_audience(db: Connection, *, entry_id: UUID, audience_id: int, now: datetime) -> None:
    """Give a new audience to whom its terms entitle; its names are written."""
    lock_access(db)
    _reconsider(
        db,
        organisation_ids=None,
        audience_ids=[audience_id],
        left=[],
        cause=Cause(entry_id=entry_id, reason=None, now=now),
    )


def reconsider_organisation(db: Connection, *, organisation_id: int, cause: Cause) -> None:
    """Give an organisation what its sector and its memberships entitle it to, and take what they do not."""
    lock_access(db)
    _reconsider(db, organisation_ids=[organisation_id], audience_ids=None, left=[], cause=cause)


def reconsider_audiences(
    db: Connection,
    *,
    audience_ids: Sequence[int],
    organisation_ids: Sequence[int],
    left: Sequence[int],
    cause: Cause,
) -> None:
    """Do the same for these organisations and audiences, because a group that they name has changed; the lock is held.

    The organisations `left` it: since when they may have something can change though they still may. In steps: how
    many audiences name a group is up to its members, and none of them must be able to make its change last too long.
    """
    if not audience_ids:
        return
    step = max(1, _PAIRS_AT_ONCE // len(audience_ids))
    for start in range(0, len(organisation_ids), step):
        _reconsider(
            db,
            organisation_ids=organisation_ids[start : start + step],
            audience_ids=audience_ids,
            left=left,
            cause=cause,
        )


def _reconsider(
    db: Connection,
    *,
    organisation_ids: Sequence[int] | None,
    audience_ids: Sequence[int] | None,
    left: Sequence[int],
    cause: Cause,
) -> None:
    """Compare what is right with what is written, and write the difference and its traces.

    Until when access stands is kept for each act too (`access_end`): what a page released is computed from it later.

    Among several ways to an audience one with the whole history counts before one from joining on. Access ends by
    itself with the last way that has the whole history; of those from joining on with the first, because since when one
    may have something can change with it: what is left is given again when that group is found expired.
    """
    db.execute(
        """
        WITH audiences AS (
            SELECT audience_id, tlp, sectors FROM audience
             WHERE %(audience_ids)s::integer[] IS NULL OR audience_id = ANY (%(audience_ids)s)
        ), organisations AS (
            SELECT organisation_id, sector FROM organisation
             WHERE %(organisation_ids)s::integer[] IS NULL OR organisation_id = ANY (%(organisation_ids)s)
        ), way AS (
            SELECT organisation_id, audience_id, 'all' AS history, 'infinity'::timestamptz AS ends_at
              FROM audiences
             CROSS JOIN organisations
             WHERE audiences.tlp IN ('CLEAR', 'GREEN')
             UNION ALL
            SELECT audience_organisation.organisation_id, audience_organisation.audience_id, 'all', 'infinity'
              FROM audience_organisation
             UNION ALL
            SELECT group_member.organisation_id, audience_group.audience_id, sharing_group.history,
                   sharing_group.expires_at
              FROM audience_group
              JOIN sharing_group USING (owner_id, group_id)
              JOIN group_member USING (owner_id, group_id)
             WHERE sharing_group.is_live
               AND sharing_group.expires_at > %(now)s
        ), rightful AS (
            SELECT way.organisation_id, way.audience_id,
                   CASE WHEN bool_or(way.history = 'all') THEN 'all' ELSE 'from_joining' END AS history,
                   coalesce(max(way.ends_at) FILTER (WHERE way.history = 'all'), min(way.ends_at)) AS ends_at
              FROM way
              JOIN audiences USING (audience_id)
              JOIN organisations USING (organisation_id)
             WHERE audiences.sectors = '{}' OR organisations.sector = ANY (audiences.sectors)
             GROUP BY way.organisation_id, way.audience_id
        ), present AS (
            SELECT audience_access.*
              FROM audience_access
              JOIN audiences USING (audience_id)
              JOIN organisations USING (organisation_id)
        ), given AS (
            INSERT INTO audience_access (organisation_id, audience_id, history, ends_at)
            SELECT organisation_id, audience_id, history, ends_at FROM rightful
            ON CONFLICT ON CONSTRAINT audience_access_pk
            DO UPDATE SET history = EXCLUDED.history, ends_at = EXCLUDED.ends_at
             WHERE (audience_access.history, audience_access.ends_at) <> (EXCLUDED.history, EXCLUDED.ends_at)
        ), taken AS (
            DELETE FROM audience_access
             USING present
             WHERE audience_access.organisation_id = present.organisation_id
               AND audience_access.audience_id = present.audience_id
               AND NOT EXISTS (SELECT FROM rightful
                                WHERE rightful.organisation_id = present.organisation_id
                                  AND rightful.audience_id = present.audience_id)
        ), ending AS (
            SELECT organisation_id, audience_id, rightful.ends_at, present.ends_at AS ended_at
              FROM rightful
              LEFT JOIN present USING (organisation_id, audience_id)
             WHERE rightful.ends_at <> coalesce(present.ends_at, 'infinity')
        ), ends AS (
            INSERT INTO access_end (entry_id, audience_id, ends_at, organisations)
            SELECT %(entry_id)s, audience_id, ends_at, array_agg(organisation_id ORDER BY organisation_id)
              FROM ending
             GROUP BY audience_id, ends_at
        ), changed AS (
            SELECT organisation_id, audience_id, rightful.history,
                   -- What had run out was not served, and readers have gone past it: it begins anew.
                   CASE WHEN present.ends_at <= %(now)s THEN 'group_expired'
                        -- From joining on, what was open before may be closed now.
                        WHEN present.history = 'all' OR present.history = rightful.history THEN %(reason)s END AS reason
              FROM rightful
              LEFT JOIN present USING (organisation_id, audience_id)
             WHERE rightful.history IS DISTINCT FROM present.history
                OR present.ends_at <= %(now)s
                OR (rightful.history = 'from_joining' AND organisation_id = ANY (%(left)s))
             UNION ALL
            SELECT organisation_id, audience_id, NULL, %(reason)s
              FROM present
              LEFT JOIN rightful USING (organisation_id, audience_id)
             WHERE rightful.history IS NULL
        ), told AS (
            INSERT INTO access_change (entry_id, organisation_id, audience_id, history, reason)
            SELECT %(entry_id)s, organisation_id, audience_id, history, reason FROM changed
        )
        UPDATE organisation
           SET entitlement_version = entitlement_version + 1
         WHERE organisation_id IN (
               SELECT organisation_id FROM changed WHERE reason IS NOT NULL
                UNION ALL
               -- A page may be under way that the end it saw leaves out or lets in: it is built again, so that the
               -- log's order says by which end each page was judged.
               SELECT organisation_id FROM ending
                WHERE ended_at IS NOT NULL
                  AND least(ends_at, ended_at) <= %(in_flight_until)s
               )
        """,
        {
            "organisation_ids": None if organisation_ids is None else list(organisation_ids),
            "audience_ids": None if audience_ids is None else list(audience_ids),
            "left": list(left),
            "entry_id": cause.entry_id,
            "reason": cause.reason,
            "now": cause.now,
            "in_flight_until": cause.now + _PAGES_IN_FLIGHT,
        },
    )
