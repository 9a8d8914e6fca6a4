"""What a partner holds, and what of it needs somebody's attention; asks no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from client.state import changes, endings, erasures, outbox, overview
from client.state.endings import EndedStream
from client.state.opening import State
from client.state.overview import HeldBatches, Holding, Receipts
from client.trusting import Trust

_STALE = timedelta(days=1)
_SOON = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class FeedStatus:
    """How old the last good page of a feed is; `is_stale`: older than a day, or none ever came."""

    purpose: str
    filter: str
    age_seconds: int | None
    is_stale: bool


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """A document that has run out (`is_expired`), or will within 30 days; of a directory: the one that is kept."""

    organisation: str
    expires: datetime
    is_expired: bool


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that `havre status` tells.

    `withheld` counts lines by origin whose bytes never came and that nothing explains; `ended` are streams that are
    closed to this partner now, their records deleted, or that went on later than where they were first known;
    `set_aside` counts batches of revoked keys; `unsent` records that wait in the journal for an answer;
    `changes_waiting` what a hook was not told yet.
    """

    organisation: str
    at: datetime
    holdings: Sequence[Holding]
    feeds: Sequence[FeedStatus]
    directory: Expiry | None
    statements: Sequence[Expiry]
    held: Sequence[HeldBatches]
    withheld: Mapping[str, int]
    ended: Sequence[EndedStream]
    set_aside: int
    unsent: int
    changes_waiting: int
    receipts: Receipts

    @property
    def records(self) -> int:
        """Return how many live records there are."""
        return sum(one.records for one in self.holdings)

    @property
    def needs_attention(self) -> bool:
        """Return whether anything is stale, expired, held, withheld, or does not agree."""
        return bool(
            any(one.is_stale for one in self.feeds)
            or (self.directory is not None and self.directory.is_expired)
            or any(one.is_expired for one in self.statements)
            or self.held
            or self.withheld
            or self.receipts.disagreeing
        )


def status_of(state: State, *, trust: Trust, organisation: str, now: datetime) -> Status:
    """Return what the state of `organisation` holds at `now`."""
    db = state.db
    return Status(
        organisation=organisation,
        at=now,
        holdings=overview.holdings(db, now=now),
        feeds=_feeds(state, now),
        directory=_directory(trust, now),
        statements=_statements(trust, now),
        held=overview.held_by_origin(db),
        withheld=erasures.withheld_by_origin(db, now=now),
        ended=endings.ended_streams(db),
        set_aside=overview.count_set_aside(db),
        unsent=outbox.count_unsent(db),
        changes_waiting=changes.count_waiting(db),
        receipts=overview.count_receipts(db),
    )


def _feeds(state: State, now: datetime) -> list[FeedStatus]:
    return [
        FeedStatus(
            purpose=one.purpose,
            filter=one.filter,
            age_seconds=None if one.read_at is None else int((now - one.read_at).total_seconds()),
            is_stale=one.read_at is None or now - one.read_at > _STALE,
        )
        for one in overview.feeds_read(state.db)
    ]


def _directory(trust: Trust, now: datetime) -> Expiry | None:
    known = trust.directory()
    if known is None:
        return None
    return Expiry(organisation=trust.anchors.node, expires=known.exp, is_expired=known.exp <= now)


def _statements(trust: Trust, now: datetime) -> list[Expiry]:
    newest = {name: trust.statements(name)[-1].signed.claims.exp for name in trust.organisations()}
    return [
        Expiry(organisation=name, expires=expires, is_expired=expires <= now)
        for name, expires in sorted(newest.items())
        if expires - now < _SOON
    ]
