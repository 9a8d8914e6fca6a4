"""Read a request from the socket's side: host, size, raw target, headers, body; nothing decoded, nothing guessed.

What was signed is the raw target (`RAW_URI`), never what a framework made of it: a decoded path can mean two things.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crypto.messages import SignedRequest, public_target_uri, read_request
from crypto.refusals import NotVerified
from server.errors import (
    BodyTooLarge,
    BodyTooSlow,
    HeadersTooLarge,
    MalformedBody,
    NotAuthenticated,
    NotFound,
    UnsupportedMediaType,
    WrongHost,
)
from server.settings import Settings
from server.web.endpoints import Body

_HEADERS_LIMIT_BYTES = 8 * 1024
_READ_AT_ONCE_BYTES = 64 * 1024
_MEMBER = re.compile(r"[A-Za-z0-9._-]{1,200}")

Environ = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request that is of the signed form; nothing about its signer is proven yet."""

    request: SignedRequest
    target: str


def check_host(environ: Environ, settings: Settings) -> None:
    """Refuse a request that was sent to another host.

    Raises:
        WrongHost: `Host` is not that of the node's origin.
    """
    if environ.get("HTTP_HOST") != settings.host:
        raise WrongHost


def read_arrival(environ: Environ, settings: Settings) -> Arrival:
    """Return the request as its signer must have meant it.

    Raises:
        HeadersTooLarge: the fields are larger than 8 KiB together.
        NotAuthenticated: it is not of the one signed form.
    """
    headers = _headers(environ)
    if sum(len(name) + len(value) + 4 for name, value in headers) > _HEADERS_LIMIT_BYTES:
        raise HeadersTooLarge
    target = environ.get("RAW_URI", "")
    try:
        target_uri = public_target_uri(origin=settings.origin_url, target=target)
        request = read_request(method=environ["REQUEST_METHOD"], target_uri=target_uri, headers=headers)
    except NotVerified as error:
        raise NotAuthenticated(error.reason) from error
    return Arrival(request=request, target=target)


def check_path(path: Mapping[str, str]) -> None:
    """Refuse a path member that no name, id or digest of ours can be, such as one with `%00` in it.

    Raises:
        NotFound: there is nothing under such a name.
    """
    if any(_MEMBER.fullmatch(value) is None for value in path.values()):
        raise NotFound


def read_body(environ: Environ, body: Body | None, *, is_any_type: bool = False) -> bytes:
    """Return the raw body, at most `body.limit_bytes`; an endpoint that takes none reads none.

    `is_any_type`: whatever media type it says it is, it is read as the declared one.

    Raises:
        UnsupportedMediaType: of another type than declared, or encoded.
        BodyTooLarge: larger than the limit.
        BodyTooSlow: it did not arrive in time, or not whole.
        MalformedBody: its chunks are malformed.
    """
    if body is None:
        return b""
    is_typed = is_any_type or environ.get("CONTENT_TYPE") == body.media_type
    if not is_typed or "HTTP_CONTENT_ENCODING" in environ:
        raise UnsupportedMediaType
    length = environ.get("CONTENT_LENGTH", "")
    if length and (not length.isascii() or not length.isdigit() or int(length) > body.limit_bytes):
        raise BodyTooLarge
    pieces = bytearray()
    try:
        while piece := environ["wsgi.input"].read(min(_READ_AT_ONCE_BYTES, body.limit_bytes + 1 - len(pieces))):
            pieces += piece
            if len(pieces) > body.limit_bytes:
                raise BodyTooLarge
    except OSError as error:
        raise BodyTooSlow from error
    except ValueError as error:
        # The chunks of a chunked body are malformed.
        raise MalformedBody from error
    if length and len(pieces) != int(length):
        raise BodyTooSlow
    return bytes(pieces)


def _headers(environ: Environ) -> list[tuple[str, str]]:
    named = [(name[5:], value) for name, value in environ.items() if name.startswith("HTTP_")]
    named += [(name, environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)]
    return [(name.replace("_", "-"), value) for name, value in named]
