"""Serve the console's own files: style, scripts, a picture. All of them are ours, read once, and need no session."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from server.console.door import OpenVisit, Pages
from server.errors import NotFound
from server.web.carried import CSS, JAVASCRIPT
from server.web.exchange import Page

files = Pages(name="files")

_FOLDER: Final = Path(__file__).parent / "files"
_HEADERS: Final = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "same-origin"}

MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "console.css": CSS,
        "havre.svg": "image/svg+xml",
        "log.js": JAVASCRIPT,
        "passkeys.js": JAVASCRIPT,
        "remember.js": JAVASCRIPT,
        "verify.js": JAVASCRIPT,
    }
)
"""The files and their media types; nothing else in the folder is served."""


@files.open_get("/console/files/<name>")
def file_of_console(visit: OpenVisit, name: str) -> Page:  # noqa: ARG001 - views get a visit
    """Give a file that the console's pages name.

    Raises:
        NotFound: they name no such file.
    """
    if name not in MEDIA_TYPES:
        raise NotFound
    return Page(body_bytes=_bytes_of(name), media_type=MEDIA_TYPES[name], headers=_HEADERS)


@cache
def _bytes_of(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
