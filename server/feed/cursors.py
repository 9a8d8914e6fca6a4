"""Cursors: a place in one organisation's feed, for one purpose and one filter. Stateless and repeatable.

A cursor names epoch, m, i and j (`docs/protocol.md`, feed) and closes with a digest over them and over everything it is
for: a damaged or foreign one, or one for another purpose or filter, is refused. It proves nothing and grants nothing;
entitlement is judged anew on every page.
"""

import struct
from dataclasses import dataclass
from hashlib import sha256

from crypto.canonical import canonical_bytes
from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from server.errors import BadCursor

_VERSION = 1
_DIGEST_BYTES = 16
_PLACE = struct.Struct(">BIqqi")
_LENGTH = _PLACE.size + _DIGEST_BYTES


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Where a batch stands in a feed: log epoch, opening m, log index i of its entry, and its number j there."""

    epoch: int
    m: int
    i: int
    j: int


@dataclass(frozen=True, kw_only=True)
class FeedName:
    """What a cursor is for; None and True are the absence of a filter."""

    organisation: str
    purpose: str
    kind: str | None
    origin: str | None
    own: bool


def beginning(epoch: int) -> Place:
    """Return the place before every batch of `epoch`."""
    return Place(epoch=epoch, m=0, i=0, j=-1)


def write_cursor(place: Place, name: FeedName) -> str:
    """Return the cursor that continues after `place`, 55 base64url characters."""
    told = _PLACE.pack(_VERSION, place.epoch, place.m, place.i, place.j)
    return to_base64url(told + _digest(told, name))


def read_cursor(text: str, name: FeedName) -> Place:
    """Return the place that `text` names.

    Raises:
        BadCursor: it is damaged, or not for this feed.
    """
    try:
        cursor = from_base64url(text, length=_LENGTH)
    except NotVerified as error:
        raise BadCursor from error
    told = cursor[: _PLACE.size]
    version, epoch, m, i, j = _PLACE.unpack(told)
    if version != _VERSION or cursor[_PLACE.size :] != _digest(told, name):
        raise BadCursor
    return Place(epoch=epoch, m=m, i=i, j=j)


def _digest(told: bytes, name: FeedName) -> bytes:
    feed = canonical_bytes([name.organisation, name.purpose, name.kind, name.origin, name.own])
    return sha256(told + feed).digest()[:_DIGEST_BYTES]
