"""Make the console's HTTP answers: strict about what a page may load, who may frame it, what is kept of it."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Self

from flask import Response

from crypto.encoding import to_base64url
from server.console.arriving import BROWSER_COOKIE, SESSION_COOKIE
from server.console.door import Download

HTML: Final = "text/html; charset=utf-8"
NO_STORE: Final = "no-store"

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    "Vary": "Accept-Language, Cookie",
}
_PIECE_BYTES = 64 * 1024
_IN_MEMORY_BYTES = 4 * 1024 * 1024
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"


class Kept:
    """A download, whole, before its first byte is sent: its digest belongs into the entry."""

    def __init__(self, download: Download) -> None:
        """Read all of it; what is larger than 4 MiB goes to a file without a name."""
        # Closed by whoever sends it, or by `close`.
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - it outlives this function
        digest = sha256()
        try:
            for chunk in download.chunks:
                digest.update(chunk)
                self._file.write(chunk)
        except BaseException:
            self._file.close()
            raise
        self.digest = digest.digest()
        self.length = self._file.tell()
        self._file.seek(0)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._file.closed or not (piece := self._file.read(_PIECE_BYTES)):
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Let go of it; gunicorn calls this too when the browser is gone."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def page(body_bytes: bytes, *, language: str, status: int = HTTPStatus.OK) -> Response:
    """Return a page; nothing of it is kept by browser or proxy."""
    return answer([body_bytes], status=status, headers={"Content-Type": HTML, "Content-Language": language})


def file(body_bytes: bytes, *, media_type: str, headers: Sequence[tuple[str, str]]) -> Response:
    """Return a file of the console's own: script, style sheet, picture."""
    return answer([body_bytes], status=HTTPStatus.OK, headers={"Content-Type": media_type, **dict(headers)})


def download(kept: Kept, told: Download) -> Response:
    """Return a file to be kept by the person, never shown by the browser."""
    response = Response(kept, status=HTTPStatus.OK, direct_passthrough=True)
    response.headers.clear()
    response.headers.extend(
        {
            **_HEADERS,
            "Cache-Control": NO_STORE,
            "Content-Type": told.media_type,
            "Content-Length": str(kept.length),
            # Our own names need no quoting; what is not one is left to the browser.
            "Content-Disposition": f'attachment; filename="{told.filename}"',
        }
    )
    return response


def moved(location: str) -> Response:
    """Return the way to another page of ours (303)."""
    return answer([b""], status=HTTPStatus.SEE_OTHER, headers={"Location": location, "Content-Type": HTML})


def moved_by_page(location: str) -> Response:
    """Return a page of ours that goes to another one by itself, and so as our own; scripts are not needed."""
    address = escape(location, quote=True)
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Havre</title>'
        f'<meta http-equiv="refresh" content="0; url={address}"><a href="{address}">Havre</a></html>'
    )
    return answer([text.encode()], status=HTTPStatus.OK, headers={"Content-Type": HTML})


def answer(chunks: Sequence[bytes], *, status: int, headers: dict[str, str]) -> Response:
    """Return an answer with the headers that all of ours have."""
    response = Response(b"".join(chunks), status=status)
    response.headers.clear()
    response.headers.extend(
        {"Cache-Control": NO_STORE, **_HEADERS, **headers, "Content-Length": str(sum(map(len, chunks)))}
    )
    return response


def give_session(response: Response, token: bytes) -> None:
    """Give the browser its session; it ends with the browser, or when the node ends it."""
    response.headers.add("Set-Cookie", f"{SESSION_COOKIE}={to_base64url(token)}; {_ATTRIBUTES}")


def take_session(response: Response) -> None:
    """Take the session from the browser, and the pages that it may have kept."""
    response.headers.add("Set-Cookie", f"{SESSION_COOKIE}=; {_ATTRIBUTES}; Max-Age=0")
    response.headers.set("Clear-Site-Data", '"cache"')


def give_browser(response: Response, token: bytes) -> None:
    """Give the browser what only it holds, before anybody has signed in."""
    response.headers.add("Set-Cookie", f"{BROWSER_COOKIE}={to_base64url(token)}; {_ATTRIBUTES}")
