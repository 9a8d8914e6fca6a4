"""single, place_p99_ms: one record a request, 4 clients, against a bare Flask endpoint that inserts one row.

Four contributors push batches of one record, each into its stream. The bare endpoint runs in gunicorn with as many
workers and threads, writes into the same database, and gets the same documents.
While they push, a watcher looks every two milliseconds which batches are committed and which have their place.
"""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psycopg

from bench import pushing
from bench.generating import Generator, Signer
from bench.measuring import Pair, per_second
from bench.partners import Partner
from bench.raw_http import Connection, request_bytes
from bench.surroundings import THREADS, WORKERS, Surroundings, free_port, process, wait_for_port

_LOOK_SECONDS = 0.002
_NDJSON = "application/x-ndjson"


class Singles:
    """Four contributors that push one record a request, and the bare endpoint."""

    def __init__(self, surroundings: Surroundings, partners: Sequence[Partner], bare_port: int) -> None:
        self._surroundings = surroundings
        self._partners = [
            (
                partner,
                Generator(partner.name),
                Signer(federation=surroundings.place.federation, organisation=partner.name, record_key=partner.records),
            )
            for partner in partners
        ]
        self._bare_port = bare_port

    def pair(self, *, requests: int) -> Pair:
        """Send `requests` requests of one record, then as many rows to the bare endpoint; rates a second.

        Connections are opened anew each time: which worker gets which is chance, and decides much with four.
        """
        ours, bare = self._make(requests)
        return Pair(ours=self._rate(self._surroundings.port, ours), yardstick=self._rate(self._bare_port, bare))

    def push(self, *, requests: int) -> None:
        """Send `requests` requests of one record."""
        self._rate(self._surroundings.port, self._make(requests)[0])

    def _rate(self, port: int, requests: Sequence[bytes]) -> float:
        with ExitStack() as opened:
            connections = [opened.enter_context(Connection(port)) for _ in self._partners]
            return per_second(len(requests), lambda: pushing.push_all(connections, requests))

    def _make(self, requests: int) -> tuple[list[bytes], list[bytes]]:
        ours, bare = [], []
        for number in range(requests):
            partner, generator, signer = self._partners[number % len(self._partners)]
            document = generator.batch(signer, size=1).document
            ours.append(
                self._surroundings.request(
                    partner, "POST", "/v1/batches", purpose="contribution", body=document, media=_NDJSON
                )
            )
            bare.append(
                request_bytes(
                    "POST",
                    "/rows",
                    host=f"127.0.0.1:{self._bare_port}",
                    headers={"Content-Type": _NDJSON},
                    body=document,
                )
            )
        return ours, bare


@contextmanager
def bare_endpoint(surroundings: Surroundings) -> Iterator[int]:
    """Run the bare endpoint and yield its port."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)),
        *("--threads", str(THREADS), "--worker-class", "gthread", "--keep-alive", "15", "--no-control-socket"),
        "bench.bare:create_app()",
    ]
    environment = {
        **surroundings.environment,
        "BENCH_DATABASE_URL": surroundings.dsn("havre_app"),
        "BENCH_THREADS": str(THREADS),
    }
    with process(command, environment, surroundings.folder / "bare.log"):
        wait_for_port(port)
        yield port


class Watcher:
    """Sees each batch twice: committed, and in the feed. The times between are `waits`, in milliseconds."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._dsn = surroundings.dsn("postgres")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.waits: list[float] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch during the block, and until what was seen committed has its place."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _watch(self) -> None:
        committed: dict[int, float] = {}
        with psycopg.connect(self._dsn, autocommit=True) as db:
            row = db.execute("SELECT coalesce(max(batch_id), 0) FROM batch").fetchone()
            newest = 0 if row is None else row[0]
            while committed or not self._stop.is_set():
                # One look later a batch is still waiting, or is gone from those that wait.
                rows = db.execute(
                    """
                    SELECT batch.batch_id, feed.batch_id IS NOT NULL
                      FROM batch
                      LEFT JOIN feed USING (batch_id)
                     WHERE batch.batch_id > %(newest)s OR batch.batch_id = ANY (%(waiting)s)
                    """,
                    {"newest": newest, "waiting": list(committed)},
                ).fetchall()
                now = time.perf_counter()
                for batch_id, is_placed in rows:
                    if is_placed:
                        self.waits.append(1000 * (now - committed.pop(batch_id, now)))
                    else:
                        committed.setdefault(batch_id, now)
                    newest = max(newest, batch_id)
                time.sleep(_LOOK_SECONDS)
