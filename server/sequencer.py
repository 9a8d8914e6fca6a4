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
        placed, readers_or_audiences, moved = _place(db, epoch=epoch, size=size, most=most)
        db.execute("UPDATE log_head SET size = %(size)s", {"size": size + placed})
        if moved:
            _close_intervals(db, moved)
        if readers_or_audiences:
            _open_intervals(db)
    return placed


def _lock_head(db: Connection) -> tuple[int, int]:
    row = db.execute("SELECT epoch, size FROM log_head FOR UPDATE").fetchone()
    if row is None:
        raise LookupError("this database has no log")
    return row[0], row[1]


def _place(db: Connection, *, epoch: int, size: int, most: int) -> tuple[int, int, list[int]]:
    """Number waiting entries from `size` on, and do what their indexes decide.

    Return how many there were, how many readers and audiences are new or changed, and the readers that have moved to
    another sector.
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
               SET reader_from_index = change.index,
                   reader_sector = change.sector
              FROM (SELECT DISTINCT ON (membership_change.organisation_id)
                           membership_change.organisation_id, membership_change.sector, numbered.index
                      FROM membership_change
                      JOIN numbered USING (entry_id)
                     ORDER BY membership_change.organisation_id, numbered.index DESC) AS change
             WHERE organisation.organisation_id = change.organisation_id
            RETURNING organisation.organisation_id
        ), moved AS (
            SELECT DISTINCT membership_change.organisation_id
              FROM membership_change
              JOIN numbered USING (entry_id)
             WHERE membership_change.is_move
        )
        SELECT (SELECT count(*) FROM taken),
               (SELECT count(*) FROM opened) + (SELECT count(*) FROM joined),
               ARRAY (SELECT organisation_id FROM moved)
        """,
        {"epoch": epoch, "size": size, "most": most},
    ).fetchone()
    if row is None:
        raise LookupError("a query of counts has one row")
    return row[0], row[1], row[2]


def _close_intervals(db: Connection, moved: list[int]) -> None:
    """Close, where they moved, the intervals by sector of readers that have moved to another one.

    Also those that fit both: what was hidden from a page while the move was on its way must come again, and it comes
    with the whole past of an interval that opens anew.
    """
    db.execute(
        """
        UPDATE entitlement
           SET until_index = organisation.reader_from_index
          FROM organisation, audience
         WHERE entitlement.organisation_id = organisation.organisation_id
           AND entitlement.audience_id = audience.audience_id
           AND entitlement.until_index IS NULL
           AND audience.sectors <> '{}'
           AND organisation.organisation_id = ANY (%(moved)s)
        """,
        {"moved": moved},
    )


def _open_intervals(db: Connection) -> None:
    """Open the intervals that readers should have and have not, each at the later of reader's and audience's index.

    The sector is the one that the log has placed, not the one that is committed: none opens behind a reader's back.
    """
    db.execute(
        """
        INSERT INTO entitlement (organisation_id, audience_id, epoch, from_index, history)
        SELECT organisation.organisation_id, audience.audience_id, log_head.epoch,
               greatest(organisation.reader_from_index, audience.opened_index), 'all'
          FROM organisation
         CROSS JOIN audience
         CROSS JOIN log_head
         WHERE organisation.reader_from_index IS NOT NULL
           AND audience.opened_index IS NOT NULL
           AND audience.tlp IN ('CLEAR', 'GREEN')
           AND (audience.sectors = '{}' OR organisation.reader_sector = ANY (audience.sectors))
           AND NOT EXISTS (SELECT FROM entitlement
                            WHERE entitlement.organisation_id = organisation.organisation_id
                              AND entitlement.audience_id = audience.audience_id
                              AND entitlement.epoch = log_head.epoch
                              AND entitlement.until_index IS NULL)
        """
    )
