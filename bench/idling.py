"""idle_poll: requests a second of a feed's end, by 4 clients, against a bare Flask endpoint that looks one row up.

Most requests to a node are these: has anything come? Four organisations ask with the cursor of their feed's end, each
on a connection of its own. Nothing comes; what is asked is signed, judged, entered into the log and answered signed.
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from http import HTTPStatus

from bench.measuring import Pair, per_second
from bench.partners import Partner
from bench.pushing import push_all
from bench.raw_http import Connection, request_bytes
from bench.surroundings import Surroundings

_LARGEST = 50_000
_FIRST_ROW = 1


class Idling:
    """Readers at the ends of their feeds, and the bare endpoint at `bare_port`."""

    def __init__(self, surroundings: Surroundings, readers: Sequence[Partner], bare_port: int) -> None:
        self._surroundings = surroundings
        self._bare_port = bare_port
        self._ends = [(reader, end_of_feed(surroundings, reader)) for reader in readers]

    def pair(self, *, requests: int) -> Pair:
        """Ask `requests` times at the end of the feed, then look as many rows up; rates a second."""
        ours = [
            self._surroundings.request(reader, "GET", f"/v1/feed?after={cursor}", purpose="detection")
            for number in range(requests)
            for reader, cursor in [self._ends[number % len(self._ends)]]
        ]
        bare = [request_bytes("GET", f"/rows/{_FIRST_ROW}", host=f"127.0.0.1:{self._bare_port}")] * requests
        return Pair(ours=self._rate(self._surroundings.port, ours), yardstick=self._rate(self._bare_port, bare))

    def _rate(self, port: int, requests: Sequence[bytes]) -> float:
        with ExitStack() as opened:
            connections = [opened.enter_context(Connection(port)) for _ in self._ends]
            return per_second(len(requests), lambda: push_all(connections, requests, status=HTTPStatus.OK))


def end_of_feed(surroundings: Surroundings, reader: Partner) -> str:
    """Pull the feed of `reader` through to its end, and return the cursor there.

    Raises:
        RuntimeError: a page was refused.
    """
    target = f"/v1/feed?limit={_LARGEST}"
    with Connection(surroundings.port) as connection:
        while True:
            answer = connection.send(surroundings.request(reader, "GET", target, purpose="detection"))
            if answer.status != HTTPStatus.OK:
                raise RuntimeError(f"a pull was answered {answer.status}")
            page = json.loads(answer.tail.splitlines()[-1])["page"]
            if not page["more"]:
                cursor: str = page["next"]
                return cursor
            target = f"/v1/feed?limit={_LARGEST}&after={page['next']}"
