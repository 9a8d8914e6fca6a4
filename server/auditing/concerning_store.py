"""Speak SQL for whom an act concerns besides whose it was: whose batches a pull held, whose records are judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.auditing.meaning import Pull
from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class AskedPull:
    """A pull whose origins are asked: whose, for which purpose, at which index of the log, and when it was judged."""

    index: int
    at: datetime
    organisation_id: int
    purpose: str
    pull: Pull


def about_of(db: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return whose records those of these acts concern that stored opinions."""
    rows = db.execute(
        """
        SELECT DISTINCT batch.entry_id, about.name
          FROM batch
          JOIN stream USING (stream_id)
          JOIN channel USING (channel_id)
          JOIN organisation AS about ON about.organisation_id = channel.about_id
         WHERE batch.entry_id = ANY (%(entry_ids)s)
        """,
        {"entry_ids": list(entry_ids)},
    )
    return dict(rows.fetchall())


def origins_in(db: Connection, asked: AskedPull) -> list[str]:
    """Return the organisations whose batches, or opinions about whose records, a pull held; by the feed's own rule.

    Intervals are taken as they stood at the pull's index: what ended before it gave it nothing. A restore moves feed
    and intervals to its new epoch at the same indexes, so a pull of any epoch is looked up in the present one.
    """
    pull = asked.pull
    rows = db.execute(
        """
        WITH named AS (
            SELECT organisation_id FROM organisation WHERE name = %(origin)s
        ), reached AS (
            SELECT feed.origin_id, feed.about_id, feed.kind, feed.audience_id,
                   feed.origin_id = %(reader)s OR feed.about_id IS NOT DISTINCT FROM %(reader)s AS is_own
              FROM feed
             WHERE feed.epoch = (SELECT epoch FROM log_head)
               AND feed.index BETWEEN %(first_m)s AND %(last_m)s
               AND (feed.index, feed.index, feed.position) >= (%(first_m)s, %(first_i)s, %(first_j)s)
               AND (feed.index, feed.index, feed.position) <= (%(last_m)s, %(last_i)s, %(last_j)s)
               AND (feed.origin_id = %(reader)s
                    OR feed.about_id = %(reader)s
                    OR (NOT %(only_own)s
                        AND EXISTS (SELECT FROM entitlement
                                      JOIN audience USING (audience_id)
                                     WHERE entitlement.organisation_id = %(reader)s
                                       AND entitlement.audience_id = feed.audience_id
                                       AND entitlement.epoch = feed.epoch
                                       AND entitlement.from_index <= feed.index
                                       AND (entitlement.until_index IS NULL OR entitlement.until_index > %(at_index)s)
                                       AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes)))))
            UNION ALL
            SELECT feed.origin_id, feed.about_id, feed.kind, feed.audience_id, false
              FROM entitlement AS past
              JOIN audience ON audience.audience_id = past.audience_id
              JOIN feed ON feed.audience_id = past.audience_id AND feed.epoch = past.epoch
             WHERE past.organisation_id = %(reader)s
               AND past.epoch = (SELECT epoch FROM log_head)
               AND past.from_index BETWEEN %(first_m)s AND %(last_m)s
               AND past.past_from < past.past_until
               AND EXISTS (SELECT FROM entitlement AS open
                            WHERE open.organisation_id = past.organisation_id
                              AND open.audience_id = past.audience_id
                              AND open.epoch = past.epoch
                              AND open.from_index <= past.from_index
                              AND (open.until_index IS NULL OR open.until_index > %(at_index)s))
               AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
               AND feed.index >= past.past_from
               AND feed.index < past.past_until
               AND (past.from_index, feed.index, feed.position) >= (%(first_m)s, %(first_i)s, %(first_j)s)
               AND (past.from_index, feed.index, feed.position) <= (%(last_m)s, %(last_i)s, %(last_j)s)
               AND feed.origin_id <> %(reader)s
               AND feed.about_id IS DISTINCT FROM %(reader)s
               AND NOT %(only_own)s
        ), lapsed AS (
            -- Access that had run out by the pull's time gave it nothing, though its end has a place only later.
            SELECT gone.audience_id
              FROM (SELECT DISTINCT audience_id FROM reached WHERE NOT is_own) AS gone
             CROSS JOIN LATERAL (
                   SELECT access_end.ends_at
                     FROM access_end
                     LEFT JOIN placed USING (entry_id)
                    WHERE access_end.audience_id = gone.audience_id
                      AND %(reader)s = ANY (access_end.organisations)
                      AND (access_end.entry_id IS NULL OR placed.index < %(at_index)s)
                    ORDER BY placed.index DESC NULLS LAST, access_end.access_end_id DESC
                    LIMIT 1
                  ) AS access
             WHERE access.ends_at <= %(at)s
        )
        SELECT name
          FROM organisation
         WHERE organisation_id IN (
               SELECT unnest(ARRAY[reached.origin_id, reached.about_id])
                 FROM reached
                WHERE (reached.is_own OR reached.audience_id NOT IN (SELECT lapsed.audience_id FROM lapsed))
                  AND (%(kind)s::text IS NULL OR reached.kind = %(kind)s)
                  AND (%(origin)s::text IS NULL OR reached.origin_id = (SELECT named.organisation_id FROM named))
                  -- Who may read its own alone and names no origin asks for what it stored itself.
                  AND (NOT %(only_own)s OR %(origin)s::text IS NOT NULL OR reached.origin_id = %(reader)s)
                  AND (%(own)s OR reached.origin_id <> %(reader)s))
        """,
        {
            "reader": asked.organisation_id,
            "purpose": asked.purpose,
            "at_index": asked.index,
            "at": asked.at,
            "first_m": pull.first[1],
            "first_i": pull.first[2],
            "first_j": pull.first[3],
            "last_m": pull.last[1],
            "last_i": pull.last[2],
            "last_j": pull.last[3],
            "kind": pull.kind,
            "origin": pull.origin,
            "own": pull.own,
            "only_own": pull.only_own,
        },
    )
    return [name for (name,) in rows]
