"""push, growth_push: pre-signed 1,000-record batches over HTTP, 4 in flight, against binary COPY of the same rows.

One contributor pushes to a group, into one stream: the hard case, because batches of one stream take turns on its row.
Requests are signed just before each turn (they are good for a minute), so that the client's own work is not measured.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus

import psycopg

from bench import yardsticks
from bench.generating import Batch, Generator, Signer
from bench.measuring import Pair, per_second
from bench.partners import Partner
from bench.raw_http import Connection
from bench.surroundings import Surroundings

IN_FLIGHT = 4
_NDJSON = "application/x-ndjson"
_FILL_AT_ONCE = 20


class Pushing:
    """One contributor's pushes, and the same records into the yardstick's table."""

    def __init__(self, surroundings: Surroundings, partner: Partner, audience: Mapping[str, object]) -> None:
        self._surroundings = surroundings
        self._partner = partner
        self._signer = Signer(
            federation=surroundings.place.federation,
            organisation=partner.name,
            record_key=partner.records,
            audience=audience,
        )
        self._generator = Generator(partner.name)
        self._yardstick: psycopg.Connection[tuple[object, ...]] = psycopg.connect(surroundings.dsn("havre_app"))
        self.pushed = 0

    def pair(self, *, batches: int) -> Pair:
        """Push `batches` batches, then COPY the same records; return both rates in records a second."""
        made = [self._generator.batch(self._signer) for _ in range(batches)]
        records = sum(len(batch.records) for batch in made)
        requests = self._sign(made)
        blocks = [yardsticks.encode_rows(batch.records) for batch in made]
        ours = self._rate(requests, records)
        self._surroundings.wait_until_placed()
        yardstick = per_second(records, lambda: yardsticks.copy_in(self._yardstick, blocks))
        self.pushed += records
        return Pair(ours=ours, yardstick=yardstick)

    def warm_up(self, *, requests: int = 160) -> None:
        """Push `requests` batches of one record: connections opened, statements prepared, in every worker."""
        made = [self._generator.batch(self._signer, size=1) for _ in range(requests)]
        self._rate(self._sign(made), requests)
        yardsticks.copy_in(self._yardstick, [yardsticks.encode_rows(batch.records) for batch in made])

    def fill(self, records: int) -> None:
        """Push, and copy into the yardstick, until `records` records are stored in both."""
        while self.pushed < records:
            size = min(_FILL_AT_ONCE, -(-(records - self.pushed) // 1000))
            self.pair(batches=size)

    def _rate(self, requests: Sequence[bytes], records: int) -> float:
        # Opened anew each time: the server closes what is idle, and which worker gets which connection is chance.
        with ExitStack() as opened:
            connections = [opened.enter_context(Connection(self._surroundings.port)) for _ in range(IN_FLIGHT)]
            return per_second(records, lambda: push_all(connections, requests))

    def _sign(self, batches: Sequence[Batch]) -> list[bytes]:
        return [
            self._surroundings.request(
                self._partner, "POST", "/v1/batches", purpose="contribution", body=batch.document, media=_NDJSON
            )
            for batch in batches
        ]


def push_all(
    connections: Sequence[Connection], requests: Sequence[bytes], *, status: HTTPStatus = HTTPStatus.CREATED
) -> None:
    """Send all requests, as many at once as there are connections.

    Raises:
        RuntimeError: one was not answered with `status`.
    """
    with ThreadPoolExecutor(len(connections)) as pool:
        for done in [
            pool.submit(_push_share, connection, requests[number :: len(connections)], status)
            for number, connection in enumerate(connections)
        ]:
            done.result()


def _push_share(connection: Connection, requests: Sequence[bytes], status: HTTPStatus) -> None:
    for request in requests:
        answer = connection.send(request)
        if answer.status != status:
            raise RuntimeError(f"a request was answered {answer.status}: {answer.tail[:500].decode(errors='replace')}")
