"""A node's application behind a real socket of this machine, for a real browser: `http://localhost:<port>`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from werkzeug.serving import make_server

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
    server = make_server("127.0.0.1", port, node.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield node.settings.origin_url
    finally:
        server.shutdown()
        thread.join()
