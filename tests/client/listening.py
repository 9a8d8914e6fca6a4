"""A node's application behind a real socket on the loopback address, for commands and processes that connect."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Thread

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.client.exchanging import World
from tests.partners import a_node


def bounded(app):
    """The application as gunicorn would call it: its input ends where the body ends."""

    def call(environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        return app(environ, start_response)

    return call


class Quiet(WSGIRequestHandler):
    def log_request(self, *_ignored) -> None:
        pass


def a_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def a_listening_world(database, folder) -> Iterator[World]:
    port = a_free_port()
    node = a_node(database, origin_url=f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, bounded(node.app), threaded=True, request_handler=Quiet)
    serving = Thread(target=server.serve_forever, daemon=True)
    serving.start()
    world = World(node=node, database=database, folder=folder)
    try:
        yield world
    finally:
        world.close()
        server.shutdown()
        server.server_close()
        serving.join()
        node.close()
