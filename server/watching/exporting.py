"""Serve metrics to the operator's Prometheus on a port of the loopback, apart from the api's, and nothing else there.

- It listens on 127.0.0.1 only; what should be read from elsewhere goes through the operator's own tunnel or agent.
- `GET /metrics` with a `Host` of the loopback: a web page that the operator looks at must not read it by rebinding a
  name of its own to 127.0.0.1.
- One scrape at a time, each within seconds.
"""

import ipaddress
import socket
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from server.watching.asking import OF_API, DatabaseWatch, Question
from server.watching.listening import LOOPBACK


class MetricsServer(HTTPServer):
    """Serves one registry on a socket that listens already."""

    def __init__(self, listener: socket.socket, registry: CollectorRegistry) -> None:
        """Take over `listener`.

        Raises:
            ValueError: it listens elsewhere than on the loopback.
        """
        address, port = listener.getsockname()[:2]
        if not ipaddress.ip_address(address).is_loopback:
            raise ValueError("metrics are served on the loopback only")
        super().__init__((address, port), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.metrics = registry
        self.hosts = {f"{LOOPBACK}:{port}", f"localhost:{port}"}


def serve_beside(listener: socket.socket, database_url: str, questions: Sequence[Question]) -> None:
    """Serve what this process counts, and what its database says, in a thread that ends with it."""
    from server.watching.metrics import registry  # noqa: PLC0415 - the api's exporter counts nothing itself

    registry.register(DatabaseWatch(database_url, questions))
    server = MetricsServer(listener, registry)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def serve_shared(listener: socket.socket, database_url: str) -> None:
    """Serve what the processes of an api count together, and what its database says, until this process ends."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus-client types it not
    registry.register(DatabaseWatch(database_url, OF_API))
    MetricsServer(listener, registry).serve_forever()


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    # Seconds that a peer may keep silent.
    timeout = 2.0
    server_version = "havre-node"
    sys_version = ""

    def do_GET(self) -> None:
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, b"")
        elif self.path != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, b"")
        else:
            self._answer(HTTPStatus.OK, generate_latest(self.server.metrics))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the standard library's, whose own answer repeats the request
        self._answer(HTTPStatus(code), b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Say nothing: a scrape comes every few seconds, and a line would repeat its target."""

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)
