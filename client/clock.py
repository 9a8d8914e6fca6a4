"""The moment and fresh randomness: the two things that the rest of the client receives and never takes."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from crypto.encoding import to_base64url
from crypto.identifiers import RANDOM_BYTES, uuid7

_NONCE_BYTES = 16
_SALT_BYTES = 16


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where time (aware, UTC) and random bytes come from; tests give their own."""

    now: Callable[[], datetime] = _now
    random: Callable[[int], bytes] = secrets.token_bytes

    def seconds(self) -> int:
        """Return the moment in whole seconds since 1970."""
        return int(self.now().timestamp())

    def nonce(self) -> str:
        """Return 22 base64url characters that were never used before."""
        return to_base64url(self.random(_NONCE_BYTES))

    def salt(self) -> str:
        """Return a record's salt, 22 base64url characters."""
        return to_base64url(self.random(_SALT_BYTES))

    def identifier(self) -> str:
        """Return a UUID of version 7 in its one spelling."""
        now_ms = int(self.now().timestamp() * 1000)
        return str(uuid7(now_ms=now_ms, random=self.random(RANDOM_BYTES)))


def wire_time(moment: datetime) -> str:
    """Return an aware moment as RFC 3339 text in whole seconds with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
