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
_FORM = struct.Struct(f">BIqqi{_DIGEST_BYTES}s")


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
    return to_base64url(_FORM.pack(_VERSION, place.epoch, place.m, place.i, place.j, _digest(place, name)))


def read_cursor(text: str, name: FeedName) -> Place:
    """Return the place that `text` names.

    Raises:
        BadCursor: it is damaged, or not for this feed.
    """
    try:
        version, epoch, m, i, j, digest = _FORM.unpack(from_base64url(text, length=_FORM.size))
    except NotVerified as error:
        raise BadCursor from error
    place = Place(epoch=epoch, m=m, i=i, j=j)
    if version != _VERSION or digest != _digest(place, name):
        raise BadCursor
    return place


def _digest(place: Place, name: FeedName) -> bytes:
    told = canonical_bytes(
        [
            _VERSION,
            place.epoch,
            place.m,
            place.i,
            place.j,
            name.organisation,
            name.purpose,
            name.kind,
            name.origin,
            name.own,
        ]
    )
    return sha256(told).digest()[:_DIGEST_BYTES]
