"""UUID version 7 (RFC 9562 §5.7), until the standard library of every supported Python has it."""

import re
from uuid import UUID

RANDOM_BYTES = 10
_LAST_MILLISECOND = (1 << 48) - 1
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def uuid7(*, now_ms: int, random: bytes) -> UUID:
    """Return the UUID of version 7 for `now_ms`, milliseconds since 1970, and 10 random bytes.

    Raises:
        ValueError: the time does not fit 48 bits, or there are not 10 random bytes.
    """
    if not 0 <= now_ms <= _LAST_MILLISECOND:
        raise ValueError("the time does not fit 48 bits")
    if len(random) != RANDOM_BYTES:
        raise ValueError("ten random bytes are needed")
    number = (now_ms << 80) | int.from_bytes(random, "big")
    number = number & ~(0xF << 76) | (0x7 << 76)  # RFC 9562 §4.2: the version
    number = number & ~(0x3 << 62) | (0x2 << 62)  # RFC 9562 §4.1: the variant
    return UUID(int=number)


def is_uuid7(text: str) -> bool:
    """Return whether `text` is a UUID of version 7 in its one lower-case spelling."""
    return isinstance(text, str) and _UUID7.fullmatch(text) is not None
