"""Give every entry its index in the log, after its commit; keep feed and intervals in that order; sign the log's head.

One sequencer is active, by an advisory lock that ends with its connection. It takes waiting entries by the order of
their waiting rows and numbers them without a gap. A transaction that commits late is placed late: nothing is skipped,
nothing is reordered, and nothing depends on transaction ids. All of a step is one transaction; killed between two
steps, it left nothing half. Between steps, at most twice a second, what was placed is integrated and signed.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
import structlog

from crypto.keys import PrivateKey
from server.db import Connection, connect
from server.epochs import high_water
from server.epochs.watching import Watch
from server.sharing.intervals import move_intervals
from server.tree.reading import StoredCheckpoint
from server.tree.signing import NoLogKey, Tree, TreeDiffers
from server.watching.placing import being_active
from server.watching.tracing import span
from server.wsgi import KeyFolder, NotFit

_POLL_SECONDS = 0.015
_RECONNECT_SECONDS = 1.0
_SIGN_EVERY_SECONDS = 0.5
# What keeps it from signing is not over in a moment, and is told each time.
_SIGN_AGAIN_SECONDS = 10.0
_AT_ONCE = 5_000
# Of entries that change access: each moves an interval for every organisation that it concerns, and others wait.
_CHANGING_AT_ONCE = 64
# Any number, the same in all processes of all nodes: one sequencer a database.
ADVISORY_LOCK = 4_711_201

log = structlog.get_logger()


def run(database_url: str, *, stop: Event, home: Path | None = None, log_name: str | None = None) -> None:
    """Place entries until `stop` is set; wait while another sequencer is active, come back when the database does.

    A database that is not the one whose log was signed, by the high-water in `home`, is left as it is. Heads of the log
    `log_name` (without its epoch) are signed by the log key in `home`; without a name none is.
    """
    while not stop.is_set():
        try:
            with connect(database_url, autocommit=True) as db:
                watch = None if home is None else Watch(home)
                signing = None if home is None or log_name is None else Signing(tree=tree_in(home, log_name=log_name))
                _serve(db, stop, watch, signing)
        except psycopg.OperationalError:
            log.warning("sequencer_lost_database")
            stop.wait(_RECONNECT_SECONDS)


def _serve(db: Connection, stop: Event, watch: Watch | None, signing: "Signing | None") -> None:
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
            if placed:
                placing.step(placed, seconds=time.perf_counter() - began_at)
            if signing is not None:
                signing.step(db, placed=placed)
            if not placed:
                stop.wait(_POLL_SECONDS)


def tree_in(home: Path, *, log_name: str) -> Tree:
    """Return the tree of this node's log, signed by the key in `home`, with the high-water kept there."""
    folder = KeyFolder(home=home)

    def find_key(thumbprint: str) -> PrivateKey | None:
        return next(iter(folder.find("log", [thumbprint])), None)

    def keep_high_water(db: Connection, signed: StoredCheckpoint) -> None:
        cluster = high_water.cluster_of(db)
        mark = high_water.HighWater(
            log=f"{log_name}/{signed.epoch}",
            size=signed.size,
            root=signed.root,
            checkpoint=signed.note,
            system_identifier=cluster.system_identifier,
            timeline=cluster.timeline,
        )
        _check_rises(home, mark)
        high_water.write(home, mark)

    return Tree(log_name=log_name, find_key=find_key, on_checkpoint=keep_high_water)


def _check_rises(home: Path, mark: high_water.HighWater) -> None:
    """Sign nothing below what is kept: another sequencer took over while this one slept, and has signed more.

    Raises:
        TreeDiffers: `high_water`.
    """
    try:
        kept = high_water.read(home)
    except high_water.HighWaterDamaged as error:
        raise TreeDiffers("high_water") from error
    if kept is not None and kept.log == mark.log and kept.size > mark.size:
        raise TreeDiffers("high_water")


@dataclass(kw_only=True)
class Signing:
    """When the next head is due. What cannot be signed is told to the operator, and tried again later."""

    tree: Tree
    _is_behind: bool = True
    _due_at: float = 0.0

    def step(self, db: Connection, *, placed: int) -> None:
        """Sign a head if something was placed since the last one, and that is half a second ago."""
        self._is_behind = self._is_behind or placed > 0
        if not self._is_behind or time.monotonic() < self._due_at:
            return
        try:
            with span("sequencer_head"):
                self._is_behind = self.tree.advance(db) is not None
        except TreeDiffers as failure:
            self._tell("tree_differs", what=failure.what)
        except NoLogKey:
            self._tell("log_key_missing")
        except NotFit as failure:
            self._tell("log_key_unfit", problems=failure.problems)
        except OSError as failure:
            self._tell("high_water_not_written", error=type(failure).__name__)
        else:
            self._due_at = time.monotonic() + _SIGN_EVERY_SECONDS

    def _tell(self, event: str, **facts: object) -> None:
        log.error(event, **facts)
        self._due_at = time.monotonic() + _SIGN_AGAIN_SECONDS


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
