"""Let each key and each organisation ask so often, and no oftener; all processes of the api count together.

- Tokens are in buckets in the database (`server/rates.py` says how many). A process takes them in leases, before the
  act and in a transaction of their own: no act waits for another one's commit because of the count.
- A lease is one token for who asks seldom, and doubles for who uses one up before it ends: who asks often costs one
  statement in many requests. So a quota is never exceeded but by what leases held when they ended: `most_held`.
- A bucket found empty is not asked again before its next token: a flood costs the check of its signatures.
- Who is refused for want of tokens has not used up its nonce.

(docs/decisions/0008-tokens-are-leased.md)
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Final

from server.access import Permission
from server.db import Connection
from server.errors import Busy, TooManyRequests
from server.guard.rate_store import Draw, draw
from server.rates import Rate, Rates

NEWCOMERS: Final = "newcomers"
SIGN_IN: Final = "sign_in"
LEASE_SECONDS: Final = 10.0
_ACCOUNTS_REMEMBERED = 2_048
_KEYS_REMEMBERED = 512
_PARTS_OF_A_QUOTA = 50

_REFUSED: Final = "refused"
_DRAWING_SECONDS = 2.0

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, for which class of acts: `push`, `read`, `other`, to sign in, or as a newcomer."""

    act: str
    organisation: str
    keyid: str


def member(permission: Permission, method: str, *, organisation: str, keyid: str) -> Asker:
    """Return the asker that a known organisation is, for the class of this act."""
    reading = "read" if method == "GET" else "other"
    act = "push" if permission.value.startswith("push_") else reading
    return Asker(act=act, organisation=organisation, keyid=keyid)


def newcomer(*, keyid: str) -> Asker:
    """Return the asker that any key of no member is; all of them together have one bucket."""
    return Asker(act=NEWCOMERS, organisation=NEWCOMERS, keyid=keyid)


def most_held(quota: int) -> int:
    """Return how many tokens of a bucket one process holds at most: it is what a burst may exceed `quota` by."""
    return max(1, quota // _PARTS_OF_A_QUOTA)


@dataclass(kw_only=True)
class _Lease:
    """What one process holds of one bucket; times are those of the process's own clock, in seconds."""

    subject: str
    quota: int
    seconds: int
    tokens: int = 0
    left: float
    size: int = 0
    until: float = 0.0
    empty_until: float = 0.0

    def lacks(self, now: float) -> bool:
        """Return whether another token must be asked for."""
        return self.tokens < 1 or now >= self.until

    def wanted(self, now: float) -> int:
        """Return how many to ask for."""
        return min(2 * self.size, most_held(self.quota)) if now < self.until else 1

    def fill(self, granted: int, left: float, now: float) -> None:
        """Hold what was granted, or remember when the next token comes."""
        self.tokens, self.left, self.size, self.until = granted, left, granted or 1, now + LEASE_SECONDS
        if granted == 0:
            self.empty_until = now + (1 - left) * self.seconds / self.quota


@dataclass(kw_only=True)
class _Account:
    """The leases of an organisation for one class of acts: its own, and those of its keys.

    `lock` is held for a moment, `drawing` while the database is asked.
    """

    lock: Lock = field(default_factory=Lock)
    drawing: Lock = field(default_factory=Lock)
    own: _Lease
    keys: dict[str, _Lease] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A token of each of two buckets; `fields` are what the answer says of them."""

    account: _Account
    leases: tuple[_Lease, _Lease]
    fields: dict[str, str]

    def give_back(self) -> None:
        """Put the tokens back: the request turned out not to be its signer's."""
        with self.account.lock:
            for lease in self.leases:
                lease.tokens += 1


class Rating:
    """The leases of one process."""

    def __init__(self, rates: Rates, *, clock: Clock = time.monotonic) -> None:
        self._rates: dict[str, Rate] = {
            "push": rates.push,
            "read": rates.read,
            "other": rates.other,
            _REFUSED: rates.refused,
            NEWCOMERS: rates.newcomers,
            SIGN_IN: rates.sign_in,
        }
        self._clock = clock
        self._lock = Lock()
        self._accounts: OrderedDict[tuple[str, str], _Account] = OrderedDict()

    def check(self, asker: Asker) -> None:
        """Refuse at once who is known to have no token; nothing is asked, nothing taken.

        Raises:
            TooManyRequests: there is none before its time.
        """
        account, key = self._leases(asker)
        with account.lock:
            _check_empty(asker.act, (account.own, key), self._clock())

    def take(self, db: Connection, asker: Asker) -> Taken:
        """Take a token of the organisation and of its key; `db` is in no transaction, and is in none afterwards.

        Raises:
            TooManyRequests: one of the two has none.
            Busy: the database is asked by others for too long.
        """
        return self._take(db, asker, commit=True)

    def take_for_refusal(self, db: Connection, *, organisation: str, keyid: str) -> None:
        """Take a token for one more entry of what may not be done at all, in the transaction of `db`.

        These have buckets apart: whoever sends a captured request again takes nothing from its signer.

        Raises:
            TooManyRequests: one of the two has none.
            Busy: the database is asked by others for too long.
        """
        self._take(db, Asker(act=_REFUSED, organisation=organisation, keyid=keyid), commit=False)

    def _take(self, db: Connection, asker: Asker, *, commit: bool) -> Taken:
        account, key = self._leases(asker)
        # Locked in this order by all: the organisation's row, then the key's.
        leases = (account.own, key)
        taken = self._take_leased(account, asker.act, leases)
        if taken is None:
            # Never held while a connection is waited for: who waits here may hold the last one.
            if not account.drawing.acquire(timeout=_DRAWING_SECONDS):
                raise Busy
            try:
                while taken is None:
                    self._draw(db, account, asker.act, leases, commit=commit)
                    taken = self._take_leased(account, asker.act, leases)
            finally:
                account.drawing.release()
        return taken

    def _take_leased(self, account: _Account, act: str, leases: tuple[_Lease, _Lease]) -> Taken | None:
        """Take a token of each of two leases if both have one; None: the database must be asked."""
        with account.lock:
            now = self._clock()
            _check_empty(act, leases, now)
            if any(lease.lacks(now) for lease in leases):
                return None
            for lease in leases:
                lease.tokens -= 1
            return Taken(account=account, leases=leases, fields=_fields(act, leases))

    def _draw(
        self, db: Connection, account: _Account, act: str, leases: tuple[_Lease, _Lease], *, commit: bool
    ) -> None:
        with account.lock:
            now = self._clock()
            lacking = [lease for lease in leases if lease.lacks(now)]
            draws = [
                Draw(subject=one.subject, act=act, want=one.wanted(now), quota=one.quota, seconds=one.seconds)
                for one in lacking
            ]
        # Another thread has been here first.
        if not draws:
            return
        drawn = draw(db, draws, commit=commit)
        with account.lock:
            for lease, got in zip(lacking, drawn, strict=True):
                lease.fill(got.granted, got.tokens, self._clock())

    def _leases(self, asker: Asker) -> tuple[_Account, _Lease]:
        rate = self._rates[asker.act]
        account = self._account(asker.act, asker.organisation, rate)
        with account.lock:
            return account, _key_lease(account, asker.keyid, rate, self._clock())

    def _account(self, act: str, organisation: str, rate: Rate) -> _Account:
        with self._lock:
            account = self._accounts.get((act, organisation))
            if account is None:
                own = _Lease(
                    subject=organisation, quota=rate.organisation, seconds=rate.seconds, left=rate.organisation
                )
                account = self._accounts[act, organisation] = _Account(own=own)
                if len(self._accounts) > _ACCOUNTS_REMEMBERED:
                    self._accounts.popitem(last=False)
            self._accounts.move_to_end((act, organisation))
            return account


def _key_lease(account: _Account, keyid: str, rate: Rate, now: float) -> _Lease:
    lease = account.keys.get(keyid)
    if lease is None:
        if len(account.keys) >= _KEYS_REMEMBERED:
            account.keys = {name: one for name, one in account.keys.items() if now < max(one.until, one.empty_until)}
        if len(account.keys) >= _KEYS_REMEMBERED:
            account.keys.clear()
        lease = account.keys[keyid] = _Lease(subject=keyid, quota=rate.key, seconds=rate.seconds, left=rate.key)
    return lease


def _check_empty(act: str, leases: tuple[_Lease, _Lease], now: float) -> None:
    empty_until = max(lease.empty_until for lease in leases)
    if now < empty_until:
        fields = {name: value for name, value in _fields(act, leases).items() if name == "RateLimit-Policy"}
        raise TooManyRequests(retry_after_seconds=max(1, ceil(empty_until - now)), fields=fields)


def _fields(act: str, leases: tuple[_Lease, _Lease]) -> dict[str, str]:
    """Return every quota and what is left of the nearest one (draft-ietf-httpapi-ratelimit-headers-10)."""
    names = (act, f"{act}-key")
    left = [lease.left + lease.tokens for lease in leases]
    nearest = 1 if left[1] <= left[0] else 0
    lease = leases[nearest]
    full_in = ceil((lease.quota - left[nearest]) * lease.seconds / lease.quota)
    return {
        "RateLimit-Policy": ", ".join(
            f'"{name}";q={one.quota};w={one.seconds}' for name, one in zip(names, leases, strict=True)
        ),
        "RateLimit": f'"{names[nearest]}";r={int(left[nearest])};t={max(0, full_in)}',
    }
