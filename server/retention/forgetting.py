"""Remove text and salt of entries whose time is over; their leaves stay, and an entry tells of it.

Once a day, for all entries of one more day: what an entry of this kind names can be told from tampering for ever, so
it is kept for ever, and must be few.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import structlog

from crypto.encoding import to_base64url
from server.db import Connection
from server.retention import store
from server.retention.entering import new_entry_id, own_entry

SHORTEST = timedelta(days=90)
_AT_ONCE = 5_000
# Each is some 16 characters of the entry's target.
_RANGES_AT_ONCE = 256
_EVERY_SECONDS = 3_600.0

log = structlog.get_logger()


class ForgettingRefused(Exception):
    """A hold came between, or an entry does not make its leaf: `reason` is the database's class. Nothing was erased."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What one transaction has erased: ranges of indexes (both ends included), and the leaf of its entry."""

    ranges: tuple[tuple[int, int], ...]
    entry_leaf: bytes

    @property
    def count(self) -> int:
        """Return how many entries they are."""
        return sum(last - first + 1 for first, last in self.ranges)


@dataclass(kw_only=True)
class Rounds:
    """What the eraser does beside lines: once an hour it erases the entries of `node` that are older than `keep`."""

    node: str
    keep: timedelta
    _next_at: float = field(default_factory=time.monotonic)

    def forget_due(self, db: Connection) -> int:
        """Erase what is due, if the hour has come; return how many entries. What is refused waits for the next hour."""
        if time.monotonic() < self._next_at:
            return 0
        self._next_at = time.monotonic() + _EVERY_SECONDS
        count = 0
        try:
            while (done := forget_next(db, node=self.node, keep=self.keep)) is not None:
                count += done.count
        except ForgettingRefused as error:
            log.error("forgetting_refused", error=error.reason)  # noqa: TRY400 - says all
        return count


def forget_next(db: Connection, *, node: str, keep: timedelta, most: int = _AT_ONCE) -> Forgotten | None:
    """Erase up to `most` entries that are older than `keep` and not held; None when there are none.

    Raises:
        ForgettingRefused: the database judged otherwise.
    """
    due = store.due_entries(db, keep=keep, most=most)
    ranges = tuple(itertools.islice(ranges_of([index for index, _ in due]), _RANGES_AT_ONCE))
    if not ranges:
        return None
    leaves = {index: leaf for index, leaf in due if index <= ranges[-1][1]}
    entry = own_entry(
        entry_id=new_entry_id(),
        at=datetime.now(UTC),
        node=node,
        node_id=None,
        action="erase_entries",
        target={
            "entries": [list(one) for one in ranges],
            "leaves_sha256": to_base64url(sha256(b"".join(leaves.values())).digest()),
        },
        records=len(leaves),
    )
    try:
        with db.transaction():
            leaf = store.erase_entries(
                db, indexes=list(leaves), keep=keep, entry_document=entry.document, entry_salt=entry.salt
            )
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DataCorrupted) as error:
        raise ForgettingRefused(type(error).__name__) from error
    log.info("entries_erased", count=len(leaves))
    return Forgotten(ranges=ranges, entry_leaf=leaf)


def ranges_of(indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield rising `indexes` as ranges, both ends included."""
    for _, run in itertools.groupby(enumerate(indexes), key=lambda pair: pair[1] - pair[0]):
        members = [index for _, index in run]
        yield members[0], members[-1]
