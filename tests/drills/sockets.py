"""A simulated partner that talks to a real process over a real socket, one connection a request."""

import http.client
from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import Headers

from tests.partners import Partner

TIMEOUT_SECONDS = 40
# What a caller sees of a process that was killed while it answered, or that is not there.
NoAnswer = (OSError, http.client.HTTPException)


class Received:
    """An answer, as far as `Partner.check` looks at it."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status_code = answer.status
        self.headers = Headers(answer.getheaders())
        self._body = answer.read()

    def get_data(self) -> bytes:
        return self._body


class SocketPartner(Partner):
    """A partner of `tests.partners`, over loopback TCP; `port` is where the api of its node listens."""

    port: int = 0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)

    def raw(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | Sequence[tuple[str, str]],
        body: bytes | None = None,
        *,
        host: str | None = None,
    ) -> Any:
        """Send exactly this; raises `NoAnswer` where the process dies meanwhile."""
        connection = self.connect()
        try:
            self.write(connection, method, path, headers, body, host=host)
            return Received(connection.getresponse())
        finally:
            connection.close()

    def write(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str] | Sequence[tuple[str, str]],
        body: bytes | None = None,
        *,
        host: str | None = None,
    ) -> None:
        """Write one request and read nothing."""
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or self.node.settings.host)
        for name, value in headers.items() if isinstance(headers, dict) else headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
