"""Open and close readers' intervals at the index of the entry whose act changed their access; the sequencer's alone.

| what may be had from | was open from | then |
|---|---|---|
| an index | nothing | an interval opens, and brings the past from there |
| nothing | an index | it closes |
| a lower index | a higher one | it stays, and another brings the past between the two |
| a higher index | a lower one | it closes, and one opens that brings the past from there |
| the same index | that index | the same, where an ending was to be feared: until now nothing of it was served |

One may have an audience from index 0 where a way to it has the whole history, else from where one joined the earliest
of its groups.
"""

from uuid import UUID

from server.db import Connection


def move_intervals(db: Connection, *, entry_id: UUID, epoch: int, index: int) -> None:
    """Do at `index` what the act of this entry changed: who joined and left, then whose intervals follow."""
    at = {"entry_id": entry_id, "epoch": epoch, "index": index}
    db.execute(
        """
        WITH change AS (
            DELETE FROM joining_change WHERE entry_id = %(entry_id)s
            RETURNING owner_id, group_id, organisation_id, is_member
        ), left_it AS (
            DELETE FROM group_joining
             USING change
             WHERE group_joining.owner_id = change.owner_id
               AND group_joining.group_id = change.group_id
               AND group_joining.organisation_id = change.organisation_id
               AND NOT change.is_member
        )
        INSERT INTO group_joining (owner_id, group_id, organisation_id, from_index)
        SELECT owner_id, group_id, organisation_id, %(index)s FROM change WHERE is_member
        """,
        at,
    )
    # One statement: each part sees the intervals as they were.
    db.execute(
        """
        WITH change AS (
            DELETE FROM access_change WHERE entry_id = %(entry_id)s
            RETURNING organisation_id, audience_id, history, reason
        ), wanted AS (
            SELECT change.organisation_id, change.audience_id, change.reason,
                   CASE change.history
                        WHEN 'all' THEN 0
                        WHEN 'from_joining' THEN coalesce(
                            (SELECT min(group_joining.from_index)
                               FROM audience_group
                               JOIN group_joining USING (owner_id, group_id)
                              WHERE audience_group.audience_id = change.audience_id
                                AND group_joining.organisation_id = change.organisation_id), %(index)s)
                   END AS floor
              FROM change
        ), compared AS (
            SELECT wanted.*, present.floor AS had
              FROM wanted
              LEFT JOIN entitlement AS present
                     ON present.organisation_id = wanted.organisation_id
                    AND present.audience_id = wanted.audience_id
                    AND present.epoch = %(epoch)s
                    AND present.until_index IS NULL
        ), moving AS (
            SELECT compared.*, floor < had AND reason IS NULL AS is_kept
              FROM compared
             -- While the change waited with its reason its readers were shown nothing of the audience, and went on.
             WHERE floor IS DISTINCT FROM had OR reason IS NOT NULL
        ), moved AS (
            UPDATE entitlement
               SET until_index = CASE WHEN moving.is_kept THEN NULL ELSE %(index)s END,
                   reason = CASE WHEN moving.is_kept THEN NULL ELSE moving.reason END,
                   floor = least(moving.floor, entitlement.floor)
              FROM moving
             WHERE entitlement.organisation_id = moving.organisation_id
               AND entitlement.audience_id = moving.audience_id
               AND entitlement.epoch = %(epoch)s
               AND entitlement.until_index IS NULL
            RETURNING true
        )
        INSERT INTO entitlement
            (organisation_id, audience_id, epoch, from_index, until_index, floor, past_from, past_until)
        SELECT organisation_id, audience_id, %(epoch)s, %(index)s,
               CASE WHEN is_kept THEN %(index)s END,
               floor, floor,
               CASE WHEN NOT EXISTS (SELECT FROM feed
                                      WHERE feed.audience_id = moving.audience_id
                                        AND feed.epoch = %(epoch)s
                                        AND feed.index >= moving.floor
                                        AND feed.index < %(index)s)
                    -- Nothing is placed there. Most audiences open with their first batch, and pages look for a past.
                    THEN floor
                    WHEN is_kept THEN had
                    ELSE %(index)s
               END
          FROM moving
         WHERE floor IS NOT NULL
           -- What closes is closed before another opens: one is open at a time.
           AND (SELECT count(*) FROM moved) >= 0
        """,
        at,
    )
