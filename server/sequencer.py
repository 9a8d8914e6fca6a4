"""Give every entry its index in the log, after its commit, and keep the feed and the readers' intervals in that order.

One sequencer is active, by an advisory lock that ends with its connection. It takes waiting entries by the order of
their waiting rows and numbers them without a gap. A transaction that commits late is placed late: nothing is skipped,
nothing is reordered, and nothing depends on transaction ids. All of a step is one transaction; killed between two
steps, it left nothing half.
"""

from threading import Event

import psycopg
import structlog

from server.db import Connection, connect

_POLL_SECONDS = 0.015
_RECONNECT_SECONDS = 1.0
_AT_ONCE = 5_000
# Any number, the same in all processes of all nodes: one sequencer a database.
_ADVISORY_LOCK = 4_711_201

log = structlog.get_logger()


def run(database_url: str, *, stop: Event) -> None:
    """Place entries until `stop` is set; wait while another sequencer is active, come back when the database does."""
    while not stop.is_set():
        try:
            with connect(database_url, autocommit=True) as db:
                _serve(db, stop)
        except psycopg.OperationalError:
            log.warning("sequencer_lost_database")
            stop.wait(_RECONNECT_SECONDS)


def _serve(db: Connection, stop: Event) -> None:
    while not _is_ours(db):
        if stop.wait(_RECONNECT_SECONDS):
            return
    log.info("sequencer_started")
    while not stop.is_set():
        if place_waiting(db) == 0:
            stop.wait(_POLL_SECONDS)


def _is_ours(db: Connection) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY_LOCK]).fetchone()
    return row == (True,)


def place_waiting(db: Connection, *, most: int = _AT_ONCE) -> int:
    """Place up to `most` waiting entries in one transaction; return how many."""
    if db.execute("SELECT EXISTS (SELECT FROM unplaced)").fetchone() == (False,):
        return 0
    with db.transaction():
        placed = _place(db, most)
        if placed:
            _open_intervals(db)
    return placed


def _place(db: Connection, most: int) -> int:
    row = db.execute(
        """
        WITH head AS (
            SELECT epoch, size FROM log_head FOR UPDATE
        ), waiting AS (
            SELECT unplaced_id FROM unplaced ORDER BY unplaced_id LIMIT %(most)s
        ), taken AS (
            DELETE FROM unplaced USING waiting WHERE unplaced.unplaced_id = waiting.unplaced_id
            RETURNING unplaced.unplaced_id, unplaced.entry_id, unplaced.leaf
        ), numbered AS (
            SELECT head.epoch, head.size + row_number() OVER (ORDER BY taken.unplaced_id) - 1 AS index,
                   taken.entry_id, taken.leaf
              FROM taken
             CROSS JOIN head
        ), written AS (
            INSERT INTO placed (epoch, index, entry_id, leaf)
            SELECT epoch, index, entry_id, leaf FROM numbered
        ), fed AS (
            INSERT INTO feed (epoch, index, position, batch_id, audience_id, origin_id, kind)
            SELECT numbered.epoch, numbered.index, batch.entry_position, batch.batch_id, channel.audience_id,
                   channel.origin_id, channel.kind
              FROM numbered
              JOIN batch USING (entry_id)
              JOIN stream USING (stream_id)
              JOIN channel USING (channel_id)
            RETURNING index, audience_id
        ), opened AS (
            UPDATE audience
               SET opened_index = first.index
              FROM (SELECT audience_id, min(index) AS index FROM fed GROUP BY audience_id) AS first
             WHERE audience.audience_id = first.audience_id
               AND audience.opened_index IS NULL
        ), joined AS (
            UPDATE organisation
               SET active_from_index = change.index
              FROM (SELECT membership_change.organisation_id, min(numbered.index) AS index
                      FROM membership_change
                      JOIN numbered USING (entry_id)
                     GROUP BY membership_change.organisation_id) AS change
             WHERE organisation.organisation_id = change.organisation_id
               AND organisation.active_from_index IS NULL
        ), grown AS (
            UPDATE log_head SET size = log_head.size + (SELECT count(*) FROM taken)
        )
        SELECT count(*) FROM taken
        """,
        {"most": most},
    ).fetchone()
    return 0 if row is None else int(row[0])


def _open_intervals(db: Connection) -> None:
    """Open the intervals of readers and audiences that have both become known to the log, at the later of the two.

    An audience that narrows by sector is still open to the origin of its batches, for those alone.
    """
    db.execute(
        """
        INSERT INTO entitlement (organisation_id, audience_id, path, epoch, from_index, history)
        SELECT organisation.organisation_id, audience.audience_id,
               CASE WHEN audience.sectors = '{}' OR organisation.sector = ANY (audience.sectors)
                    THEN 'everyone' ELSE 'own' END,
               log_head.epoch,
               greatest(organisation.active_from_index, audience.opened_index),
               'all'
          FROM organisation
         CROSS JOIN audience
         CROSS JOIN log_head
         WHERE organisation.active_from_index IS NOT NULL
           AND audience.opened_index IS NOT NULL
           AND audience.tlp IN ('CLEAR', 'GREEN')
           AND NOT EXISTS (SELECT FROM entitlement
                            WHERE entitlement.organisation_id = organisation.organisation_id
                              AND entitlement.audience_id = audience.audience_id)
        """
    )
