"""Serve the few files that pages for people need: our own, and Swagger UI's as an installed package carries them.

None of Swagger UI's code is ours or kept here. Its two files are served only if they are, to the byte, those that
were looked at when their digests were written down: a script on our origin could do whatever a page of ours can.
A file that differs or is missing is served to nobody and told in the service log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import structlog

JAVASCRIPT = "text/javascript; charset=utf-8"
CSS = "text/css; charset=utf-8"

_OWN = Path(__file__).parent / "files"

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a page: its media type and its bytes."""

    media_type: str
    body_bytes: bytes


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """One file of Swagger UI: its media type and its SHA-256 in hexadecimal."""

    media_type: str
    digest_hex: str


SWAGGER_VERSION = "5.24.2"
SWAGGER: Mapping[str, Pinned] = MappingProxyType(
    {
        "swagger-ui-bundle.js": Pinned(
            media_type=JAVASCRIPT, digest_hex="2c2e2bfe20fc7cb996862067de67c3d34157929792b77988abf3aabef4663028"
        ),
        "swagger-ui.css": Pinned(
            media_type=CSS, digest_hex="4f76417253f37d7fe5aab8d69beaf3017570e2ab611289c504968b2078a07236"
        ),
    }
)
"""The files of Swagger UI that we serve, of version `SWAGGER_VERSION`."""

OWN: Mapping[str, str] = MappingProxyType({"havre.js": JAVASCRIPT, "havre.css": CSS})
"""Our own files and their media types."""


@cache
def file_named(name: str) -> File | None:
    """Return the file that pages name `name`, or None: unknown, missing, or not as it was pinned.

    What was compared is what is kept and served: a file that changes on disk later changes nothing.
    """
    if name in OWN:
        return File(media_type=OWN[name], body_bytes=(_OWN / name).read_bytes())
    if name not in SWAGGER:
        return None
    return checked_file(name, swagger_folder())


def checked_file(name: str, folder: Path | None) -> File | None:
    """Return Swagger UI's file `name` from `folder`, or None if it is not there or its bytes are not those pinned."""
    pinned = SWAGGER[name]
    try:
        body_bytes = b"" if folder is None else (folder / name).read_bytes()
    except OSError:
        body_bytes = b""
    if sha256(body_bytes).hexdigest() != pinned.digest_hex:
        log.error("page_file_not_as_pinned", file=name, is_missing=not body_bytes)
        return None
    return File(media_type=pinned.media_type, body_bytes=body_bytes)


def swagger_folder() -> Path | None:
    """Return the folder of Swagger UI's files in the installed package, whose code is never run; None without it."""
    package = find_spec("swagger_ui")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "static"
