"""trail_page, exposure, proof_p99_ms: what an auditor asks of a long log, against the same asked of a short one.

Two nodes stand side by side, each with its PostgreSQL and its processes, one with a log of 10,000 entries, one with the
long one (`long_log`). The federation's auditor, who may see every entry, asks both in turns over HTTP, signed: a page
of the trail by organisation, action and purpose; the report of exposure of the record in the middle of the log; proofs
that entries from all over the log are in its newest signed tree.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from statistics import median
from uuid import UUID

from bench import long_log
from bench.measuring import Measured, Pair, percentile
from bench.partners import Partner
from bench.raw_http import Connection
from bench.surroundings import Surroundings, auditor, surrounded
from crypto.encoding import to_base64url

NAMES = frozenset({"trail_page", "exposure", "proof_p99_ms"})
SHORT = 10_000
_RATIO = 1.5
_PROOF_MS = 20
# Coprime to the sizes: proofs walk all over the log.
_STRIDE = 7_919
_WARM_UP = 50


@dataclass(kw_only=True)
class Audited:
    """A node with a log of `size` entries made by `long_log`, `record` in their middle, and who may see all of it."""

    surroundings: Surroundings
    auditor: Partner
    size: int
    record: UUID
    _asked: int = 0

    def pages(self, count: int) -> list[bytes]:
        """Return requests for a filtered page of the trail, of another organisation's pulls each time."""
        readers = (self._next(long_log.ORGANISATIONS) + 1 for _ in range(count))
        said = "action=read_feed&purpose=detection"
        return [self._request(f"/v1/trail?organisation=origin-{reader}.example&{said}") for reader in readers]

    def exposures(self, count: int) -> list[bytes]:
        """Return requests for the report of the record's exposure."""
        return [self._request(f"/v1/trail/records/{long_log.ORIGIN}/{self.record}/exposure") for _ in range(count)]

    def proofs(self, count: int) -> list[bytes]:
        """Return requests for proofs of entries from all over the log."""
        leaves = (sha256(str(self._next(self.size)).encode()).digest() for _ in range(count))
        return [self._request(f"/v1/log/proofs/inclusion?leaf={to_base64url(leaf)}") for leaf in leaves]

    def send(self, requests: Sequence[bytes]) -> list[float]:
        """Send requests one after the other, and return how many milliseconds each took.

        Raises:
            RuntimeError: one was refused.
        """
        taken = []
        with Connection(self.surroundings.port) as connection:
            for request in requests:
                began = time.perf_counter()
                answer = connection.send(request)
                taken.append(1000 * (time.perf_counter() - began))
                if answer.status != HTTPStatus.OK:
                    raise RuntimeError(f"an auditor was answered {answer.status}: {answer.tail.decode()}")
        return taken

    def _next(self, below: int) -> int:
        self._asked += 1
        return self._asked * _STRIDE % below

    def _request(self, target: str) -> bytes:
        return self.surroundings.request(self.auditor, "GET", target, purpose="audit")


def measure(names: frozenset[str], *, size: int, quick: bool, tell: Callable[[str], None]) -> Iterator[Measured]:
    """Yield those of `NAMES` that are in `names`, of a log of `size` entries."""
    with ExitStack() as running:
        short, long = (_audited(running.enter_context(surrounded()), each, tell) for each in (SHORT, size))
        asks = {"trail_page": Audited.pages, "exposure": Audited.exposures}
        for name in filter(names.__contains__, asks):
            tell(f"{name} at {SHORT:,} and {size:,} entries")
            yield _ratio(name, asks[name], short, long, turns=7 if quick else 15)
        if "proof_p99_ms" in names:
            tell(f"proof_p99_ms at {size:,} entries")
            yield _proofs(long, rounds=2 if quick else 5)


def _audited(surroundings: Surroundings, size: int, tell: Callable[[str], None]) -> Audited:
    tell(f"a log of {size:,} entries")
    sees_all = auditor(surroundings, "auditor.example")
    surroundings.wait_until_indexed()
    record = long_log.fill(surroundings.dsn("postgres"), size=size)
    audited = Audited(surroundings=surroundings, auditor=sees_all, size=size, record=record)
    # The next entry that is placed lets the sequencer sign what was made.
    audited.send(audited.pages(1))
    surroundings.settle()
    return audited


def _ratio(
    name: str, ask: Callable[[Audited, int], list[bytes]], short: Audited, long: Audited, *, turns: int
) -> Measured:
    for each in (short, long):
        each.send(ask(each, _WARM_UP))
    pairs = [
        Pair(ours=median(long.send(ask(long, 30))), yardstick=median(short.send(ask(short, 30)))) for _ in range(turns)
    ]
    ratios = [pair.ratio for pair in pairs]
    return Measured(
        name=name,
        value=median(ratios),
        limit=_RATIO,
        spread=(min(ratios), max(ratios)),
        ours=f"{median(pair.ours for pair in pairs):.1f} ms at {long.size:,} entries",
        yardstick=f"{median(pair.yardstick for pair in pairs):.1f} ms at {short.size:,}",
        is_figure=True,
        where_time_goes="looks into indexes that no longer fit the database's memory",
    )


def _proofs(long: Audited, *, rounds: int) -> Measured:
    long.send(long.proofs(_WARM_UP))
    series = [long.send(long.proofs(200)) for _ in range(rounds)]
    taken = [each for one in series for each in one]
    p99s = [percentile(one) for one in series]
    return Measured(
        name="proof_p99_ms",
        value=percentile(taken),
        limit=_PROOF_MS,
        spread=(min(p99s), max(p99s)),
        ours=f"median {median(taken):.1f} ms, worst {max(taken):.1f} ms at {long.size:,} entries",
        yardstick="a bound",
        is_figure=True,
        where_time_goes="the walls around one query, its entry and its commit among them",
    )
