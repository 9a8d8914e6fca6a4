"""gunicorn's threaded worker with our walls: deadlines, strict targets, and answers that repeat nothing.

- A request has deadlines (`http_deadlines`); one that is too slow is answered 408 and its connection closed.
- What gunicorn refuses itself (a length and a transfer coding, two hosts, long or malformed heads) it would answer with
  an HTML page that repeats the request; here each is a problem (RFC 9457), unsigned, and the connection is closed.
- A target is in origin form (RFC 9112 §3.2.1), begins with one slash and has no fragment; everything else is refused
  before the application.
- A connection whose request has unread bytes of a body is closed after the answer: they are never a next request.
"""

import secrets
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol, cast

import structlog
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker

from crypto.identifiers import uuid7
from server.errors import BodyTooSlow, HeadersTooLarge, InternalError, MalformedRequest, Refusal
from server.http_deadlines import Deadlines, DeadlineSocket, HeadTooLarge, HeadTooSlow
from server.watching import exchanges
from server.web import problems

_TOO_LARGE = (HeadTooLarge, http_errors.LimitRequestLine, http_errors.LimitRequestHeaders)

log = structlog.get_logger()

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Served(Protocol):
    """What the worker needs to know of the node: gunicorn hands it over as the worker's `app`."""

    origin_url: str
    deadlines: Deadlines


class WatchedBody:
    """The body of one request: it remembers whether anything of it may still be on its way."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._body = request.body
        fields = dict(request.headers)
        self._left: int | None = None if "TRANSFER-ENCODING" in fields else int(fields.get("CONTENT-LENGTH", "0"))
        self._ended = False

    @property
    def failed(self) -> bool:
        """Return whether reading has failed; gunicorn asks, and then never reuses the connection."""
        return bool(self._body.failed)

    @property
    def is_read(self) -> bool:
        """Return whether all of the body has been read."""
        return self._left == 0 or (self._left is None and self._ended)

    def close_connection(self) -> None:
        """Let the connection end with this answer."""
        self._request.force_close()

    def read(self, size: int | None = None) -> bytes:
        """Return up to `size` bytes, none at the end.

        Raises:
            OSError: it did not arrive in time, or the peer is gone.
            ValueError: its chunks are malformed.
        """
        try:
            piece: bytes = self._body.read(size)
        except http_errors.ParseException as error:
            raise ValueError("chunks") from error
        if self._left is not None:
            self._left -= len(piece)
        elif not piece and size != 0:
            self._ended = True
        return piece


class NodeWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """One process of the api."""

    wsgi: Application

    def load_wsgi(self) -> None:
        """Load the application, watched."""
        super().load_wsgi()
        self.wsgi = close_unread(self.wsgi)

    def handle(self, conn: Any) -> Any:
        """Handle a connection that may have a request, in a thread of the pool."""
        served = cast("Served", self.app)
        if not isinstance(conn.sock, DeadlineSocket):
            conn.sock = DeadlineSocket(fileno=conn.sock.detach(), deadlines=served.deadlines)
        conn.sock.expect_head()
        kept = super().handle(conn)
        if not kept:
            conn.sock.end()
        return kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Handle one request whose head has arrived."""
        if not req.uri.startswith("/") or req.uri.startswith("//") or "#" in req.uri:
            raise http_errors.InvalidRequestLine("")
        conn.sock.expect_body()
        req.body = WatchedBody(req)
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002 - gunicorn's
        """Answer what never reached the application."""
        refusal = _refusal_of(exc)
        event = "request_failed" if isinstance(refusal, InternalError) else "request_malformed"
        log.warning(event, code=refusal.code, error=type(exc).__name__)
        exchanges.malformed(code=refusal.code)
        try:
            client.sendall(_problem(refusal, cast("Served", self.app).origin_url))
        except OSError:
            log.debug("peer_gone")


def close_unread(application: Application) -> Application:
    """Return `application`, with connections closed after answers that ask for it or leave a body unread.

    gunicorn drops an application's `Connection` header, as WSGI demands.
    """

    def watched(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body: WatchedBody = environ["wsgi.input"]

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            asked = any(name.lower() == "connection" and value.lower() == "close" for name, value in headers)
            if asked or body.failed or not body.is_read:
                body.close_connection()
            return start_response(status, headers, *rest)

        return application(environ, start)

    return watched


def _refusal_of(error: Exception) -> Refusal:
    if isinstance(error, HeadTooSlow):
        return BodyTooSlow()
    if isinstance(error, _TOO_LARGE):
        return HeadersTooLarge()
    if isinstance(error, http_errors.ParseException) and not isinstance(
        error,
        http_errors.ConfigurationProblem | http_errors.InvalidResponseHeader | http_errors.InvalidResponseHeaderName,
    ):
        return MalformedRequest()
    return InternalError()


def _problem(refusal: Refusal, origin_url: str) -> bytes:
    request_id = uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))
    body = problems.problem_bytes(refusal, origin_url=origin_url, request_id=request_id)
    status = HTTPStatus(problems.STATUS[type(refusal)])
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n"
        "Connection: close\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Content-Type: {problems.MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
