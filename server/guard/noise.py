"""Count what gets no entry of its own, and enter the counts once a minute, one entry for each key and reason.

- Counted are: what no known key signed, by its reason alone; and what a known key sent beyond its rate.
- The entry says `noise`, `refused`, the reason, and in `records` how many; all that would be of one request is null.
- Counting waits for nothing. A thread begins with the first count and ends when its minute is written and nothing else
  was counted; where the database does not take them, they wait for the next minute.
- At most 256 counts of keys are kept a process; what is beyond them is counted under no key.
- An orderly end writes what is counted. A killed process loses what it counted since the last minute, and no more.
"""

import atexit
import secrets
import time
import weakref
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Final
from uuid import UUID

import psycopg
import structlog

from crypto.identifiers import uuid7
from server.db import Connection, Pool
from server.errors import NotReady
from server.trail.entries import Told, write_entry
from server.web.exchange import EntryFacts, Node

ACTION: Final = "noise"
_KEYS_AT_MOST = 256
_MINUTE_SECONDS = 60.0
# A pool that was closed ends the thread this soon.
_LOOK_SECONDS = 5.0
_LAST_WAIT_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A known key and its organisation; `organisation_id` is None of one that was never admitted."""

    organisation: str
    organisation_id: int | None
    keyid: str


_Counted = tuple[Sender | None, str]


class Noise:
    """What one process has counted since the last minute."""

    def __init__(self, node: Node, pool: Pool) -> None:
        self._node = node
        self._pool = pool
        self._lock = Lock()
        self._counts: Counter[_Counted] = Counter()
        self._thread: Thread | None = None
        self._end = Event()
        _all.add(self)

    def count(self, reason: str, sender: Sender | None = None) -> None:
        """Count one request that was refused for `reason`, a constant token."""
        with self._lock:
            counted = (sender, reason)
            if sender is not None and counted not in self._counts and self._keys() >= _KEYS_AT_MOST:
                counted = (None, reason)
            self._counts[counted] += 1
            if self._thread is None and not self._end.is_set():
                self._thread = Thread(target=self._write_each_minute, name="noise", daemon=True)
                self._thread.start()

    def pending(self) -> dict[_Counted, int]:
        """Return what is counted and not written yet."""
        with self._lock:
            return dict(self._counts)

    def write(self, *, wait_seconds: float | None = None) -> int:
        """Write one entry for each key and reason counted so far; return how many were written."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        written = 0
        try:
            while counts:
                counted, number = next(iter(counts.items()))
                with self._pool.connection(wait_seconds) as db:
                    self._write_one(db, counted, number)
                del counts[counted]
                written += 1
        except (psycopg.Error, NotReady) as error:
            # The text of a database error may hold values.
            log.warning("noise_not_entered", error=type(error).__name__, waiting=len(counts))
            with self._lock:
                self._counts += counts
        return written

    @property
    def is_open(self) -> bool:
        """Return whether there still is a database to write to."""
        return not self._pool.closed

    def end(self) -> None:
        """Write what is counted, for the last time."""
        self._end.set()
        if self.is_open:
            self.write(wait_seconds=_LAST_WAIT_SECONDS)

    def _keys(self) -> int:
        return sum(sender is not None for sender, _ in self._counts)

    def _write_one(self, db: Connection, counted: _Counted, number: int) -> None:
        sender, reason = counted
        told = Told(
            request_id=_new_id(),
            at=datetime.now(UTC),
            organisation=None if sender is None else sender.organisation,
            organisation_id=None if sender is None else sender.organisation_id,
            keyid=None if sender is None else sender.keyid,
            role=None,
            action=ACTION,
            purpose=None,
            reason=reason,
            target=None,
            signature_base=None,
            signature=None,
            response_status=None,
            response_digest=None,
        )
        write_entry(db, self._node, told, EntryFacts(records=number), salt=secrets.token_bytes(32))

    def _write_each_minute(self) -> None:
        while not self._pool.closed:
            self._wait_a_minute()
            if self._pool.closed or self._end.is_set():
                return
            self.write()
            with self._lock:
                if not self._counts:
                    self._thread = None
                    return

    def _wait_a_minute(self) -> None:
        until = time.monotonic() + _MINUTE_SECONDS
        while (remaining := until - time.monotonic()) > 0 and not self._pool.closed:
            if self._end.wait(min(_LOOK_SECONDS, remaining)):
                return


_all: "weakref.WeakSet[Noise]" = weakref.WeakSet()


def write_all() -> int:
    """Write what this process has counted so far, at once; return how many entries that were."""
    return sum(noise.write() for noise in list(_all) if noise.is_open)


def _end_all() -> None:
    for noise in list(_all):
        noise.end()


def _new_id() -> UUID:
    return uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))


atexit.register(_end_all)
