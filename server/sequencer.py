"""Give every entry its index in the log, after its commit, and keep the feed and the readers' intervals in that order.

One sequencer is active, by an advisory lock that ends with its connection. It takes waiting entries by the order of
their waiting rows and numbers them without a gap. A transaction that commits late is placed late: nothing is skipped,
nothing is reordered, and nothing depends on transaction ids. All of a step is one transaction; killed between two
steps, it left nothing half.
"""

import time
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
import structlog

from server.db import Connection, connect
from server.epochs.watching import Watch
from server.sharing.intervals import move_intervals
from server.watching.placing import being_active
from server.watching.tracing import span

_POLL_SECONDS = 0.015
_RECONNECT_SECONDS = 1.0
_AT_ONCE = 5_000
# Of entries that change access: each moves an interval for every organisation that it concerns, and others wait.
_CHANGING_AT_ONCE = 64
# Any number, the same in all processes of all nodes: one sequencer a database.
ADVISORY_LOCK = 4_711_201

log = structlog.get_logger()


def run(database_url: str, *, stop: Event, home: Path | None = None) -> None:
    """Place entries until `stop` is set; wait while another sequencer is active, come back when the database does.

    A database that is not the one whose log was signed, by the high-water in `home`, is left as it is.
    """
    while not stop.is_set():
        try:
            with connect(database_url, autocommit=True) as db:
                _serve(db, stop, None if home is None else Watch(home))
        except psycopg.OperationalError:
            log.warning("sequencer_lost_database")
            stop.wait(_RECONNECT_SECONDS)


def _serve(db: Connection, stop: Event, watch: Watch | None) -> None:
    if not _is_ours(db):
        log.info("sequencer_stood_by")
        while not _is_ours(db):
            if stop.wait(_RECONNECT_SECONDS):
                return
    log.info("sequencer_started")
    with being_active() as placing:
        while not stop.is_set():
            if watch is not None and watch.look_again(db):
                stop.wait(_RECONNECT_SECONDS)
                continue
            began_at = time.perf_counter()
            placed = place_waiting(db, most=_at_once(db))
            if placed == 0:
                stop.wait(_POLL_SECONDS)
            else:
                placing.step(placed, seconds=time.perf_counter() - began_at)


def _at_once(db: Connection) -> int:
    """Return how many entries one step takes: few while some change access, so that what waits behind them is seen."""
    is_changing = db.execute("SELECT EXISTS (SELECT FROM access_change)").fetchone()
    return _CHANGING_AT_ONCE if is_changing == (True,) else _AT_ONCE


def _is_ours(db: Connection) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return row == (True,)


def place_waiting(db: Connection, *, most: int = _AT_ONCE) -> int:
    """Place up to `most` waiting entries in one transaction; return how many."""
    if db.execute("SELECT EXISTS (SELECT FROM unplaced)").fetchone() == (False,):
        return 0
    with span("sequencer_step"), db.transaction():
        epoch, size = _lock_head(db)
        placed, changing = _place(db, epoch=epoch, size=size, most=most)
        db.execute("UPDATE log_head SET size = %(size)s", {"size": size + placed})
        for index, entry_id in changing:
            move_intervals(db, entry_id=entry_id, epoch=epoch, index=index)
    return placed


def _lock_head(db: Connection) -> tuple[int, int]:
    row = db.execute("SELECT epoch, size FROM log_head FOR UPDATE").fetchone()
    if row is None:
        raise LookupError("this database has no log")
    return row[0], row[1]


def _place(db: Connection, *, epoch: int, size: int, most: int) -> tuple[int, list[tuple[int, UUID]]]:
    """Number waiting entries from `size` on, and put their batches into the feed.

    Return how many there were, and index and id of those whose acts changed access, in their order.
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
            INSERT INTO feed (epoch, index, position, batch_id, audience_id, origin_id, about_id, kind)
            SELECT %(epoch)s, numbered.index, batch.entry_position, batch.batch_id, channel.audience_id,
                   channel.origin_id, channel.about_id, channel.kind
              FROM numbered
              JOIN batch USING (entry_id)
              JOIN stream USING (stream_id)
              JOIN channel USING (channel_id)
        ), changing AS (
            SELECT index, entry_id
              FROM numbered
             WHERE EXISTS (SELECT FROM access_change WHERE access_change.entry_id = numbered.entry_id)
                OR EXISTS (SELECT FROM joining_change WHERE joining_change.entry_id = numbered.entry_id)
        )
        SELECT (SELECT count(*) FROM taken),
               ARRAY (SELECT index FROM changing ORDER BY index),
               ARRAY (SELECT entry_id FROM changing ORDER BY index)
        """,
        {"epoch": epoch, "size": size, "most": most},
    ).fetchone()
    if row is None:
        raise LookupError("a query of counts has one row")
    return row[0], list(zip(row[1], row[2], strict=True))
