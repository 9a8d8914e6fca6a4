"""Put the console's pages into a node's application; tests walk them all."""

from collections.abc import Callable

from flask import Flask, Response, request

from server.console.door import DeclaredPage, Pages
from server.console.entering import Door
from server.console.joining import arrival
from server.console.keeping_passkeys import passkey_pages
from server.console.pages import PAGES
from server.console.signing_in import entrance
from server.db import Pool
from server.web.exchange import Node

CONSOLE: tuple[Pages, ...] = (entrance, arrival, passkey_pages, *PAGES)
"""Every page of the console, by its part."""


def mount_console(app: Flask, node: Node, pool: Pool, trail_pool: Pool | None) -> None:
    """Add every page of the console to `app`, behind one door."""
    door = Door(node, pool, trail_pool)
    for part in CONSOLE:
        for page in part.declared:
            app.add_url_rule(
                page.rule,
                endpoint=f"console.{part.name}.{page.name}",
                view_func=_view(door, page),
                provide_automatic_options=False,
                methods=[page.method],
            )


def _view(door: Door, page: DeclaredPage) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        return door.serve(page, request.environ, path)

    return view
