"""A node's application behind a real socket of this machine, for a real browser: `http://localhost:<port>`."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import make_server
from werkzeug.wsgi import LimitedStream

from tests.partners import TestNode


def a_free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def served(node: TestNode) -> Iterator[str]:
    """Serve `node`, whose origin is `http://localhost:<port>`, and give that origin."""
    port = int(node.settings.origin_url.rpartition(":")[2])
    server = make_server("127.0.0.1", port, _with_an_end(node.app), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield node.settings.origin_url
    finally:
        server.shutdown()
        thread.join()


def _with_an_end(app: WSGIApplication) -> WSGIApplication:
    """Let a body end where its length says, as gunicorn does: Werkzeug's own server waits for more."""

    def limited(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"] = LimitedStream(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
        return app(environ, start_response)

    return limited
