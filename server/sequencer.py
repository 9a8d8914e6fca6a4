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
ADVISORY_LOCK = 4_711_201

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
    if not _is_ours(db):
        log.info("sequencer_stood_by")
        while not _is_ours(db):
            if stop.wait(_RECONNECT_SECONDS):
                return
    log.info("sequencer_started")
    while not stop.is_set():
        if place_waiting(db) == 0:
            stop.wait(_POLL_SECONDS)


def _is_ours(db: Connection) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return row == (True,)


def place_waiting(db: Connection, *, most: int = _AT_ONCE) -> int:
    """Place up to `most` waiting entries in one transaction; return how many."""
    if db.execute("SELECT EXISTS (SELECT FROM unplaced)").fetchone() == (False,):
        return 0
    with db.transaction():
        epoch, size = _lock_head(db)
        placed, readers_or_audiences = _place(db, epoch=epoch, size=size, most=most)
        db.execute("UPDATE log_head SET size = %(size)s", {"size": size + placed})
        if readers_or_audiences:
            _open_intervals(db, size=size)
    return placed


def _lock_head(db: Connection) -> tuple[int, int]:
    row = db.execute("SELECT epoch, size FROM log_head FOR UPDATE").fetchone()
    if row is None:
        raise LookupError("this database has no log")
    return row[0], row[1]


def _place(db: Connection, *, epoch: int, size: int, most: int) -> tuple[int, int]:
    """Number waiting entries from `size` on, and do what their indexes decide.

    Return how many there were, and how many readers and audiences are new or changed.
    """
    row = db.execute(
        """
        WITH waiting AS (
            SELECT unplaced_id FROM unplaced ORDER BY unplaced_id LIMIT %(most)s
        ), taken AS (
            DELETE FROM unplaced USING waiting WHERE unplaced.unplaced_id = waiting.unplaced_id
            RETURNING unplaced.unplaced_id, unplaced.entry_id, unplaced.leaf
        ), numbered AS (
            SELECT %(size)s + row_number() OVER (ORDER BY unplaced_id) - 1 AS index, entry_id, leaf FROM taken
        ), written AS (
            INSERT INTO placed (epoch, index, entry_id, leaf)
            SELECT %(epoch)s, index, entry_id, leaf FROM numbered
        ), fed AS (
            INSERT INTO feed (epoch, index, position, batch_id, audience_id, origin_id, kind)
            SELECT %(epoch)s, numbered.index, batch.entry_position, batch.batch_id, channel.audience_id,
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
            RETURNING audience.audience_id
        ), joined AS (
            UPDATE organisation
               SET reader_from_index = change.index
              FROM (SELECT membership_change.organisation_id, max(numbered.index) AS index
                      FROM membership_change
                      JOIN numbered USING (entry_id)
                     GROUP BY membership_change.organisation_id) AS change
             WHERE organisation.organisation_id = change.organisation_id
            RETURNING organisation.organisation_id
        )
        SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM opened) + (SELECT count(*) FROM joined)
        """,
        {"epoch": epoch, "size": size, "most": most},
    ).fetchone()
    if row is None:
        raise LookupError("a query of counts has one row")
    return row[0], row[1]


def _open_intervals(db: Connection, *, size: int) -> None:
    """Open the intervals that are not open yet, each at the later of its reader's and its audience's index.

    None opens below `size`, where this step began: a reader may have read that far. A sector that was changed but whose
    entry still waits would open its audiences at the index of the reader's first joining, behind the reader's back.
    An audience that narrows by sector is still open to the origin of its batches, for those alone.
    """
    db.execute(
        """
        INSERT INTO entitlement (organisation_id, audience_id, path, epoch, from_index, history)
        SELECT way.organisation_id, way.audience_id, way.path, way.epoch, way.from_index, 'all'
          FROM (SELECT organisation.organisation_id, audience.audience_id, log_head.epoch,
                       CASE WHEN audience.sectors = '{}' OR organisation.sector = ANY (audience.sectors)
                            THEN 'everyone' ELSE 'own' END AS path,
                       greatest(organisation.reader_from_index, audience.opened_index, %(size)s) AS from_index
                  FROM organisation
                 CROSS JOIN audience
                 CROSS JOIN log_head
                 WHERE organisation.reader_from_index IS NOT NULL
                   AND audience.opened_index IS NOT NULL
                   AND audience.tlp IN ('CLEAR', 'GREEN')) AS way
         WHERE NOT EXISTS (SELECT FROM entitlement
                            WHERE entitlement.organisation_id = way.organisation_id
                              AND entitlement.audience_id = way.audience_id
                              AND entitlement.path = way.path
                              AND entitlement.epoch = way.epoch)
        """,
        {"size": size},
    )
