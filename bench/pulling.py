"""pull, pull_10k, growth_pull: stored batches over HTTP, one client, against psql's COPY TO STDOUT of the same records.

The yardstick is a warm psql over TCP with SCRAM on 127.0.0.1 as the same role; it writes what it copies to /dev/null.
Both sides go through the same pages: what one page of the feed held is what one COPY asks for.
"""

import json
import shutil
import struct
import subprocess
import time
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self

import psycopg

from bench.measuring import Pair
from bench.partners import Partner
from bench.raw_http import Connection
from bench.surroundings import DATABASE, Surroundings
from bench.yardsticks import COPY_OUT
from crypto.encoding import from_base64url
from server.embedded import find_binaries

_DONE = "bench: done"
_AT_ONCE = 50_000
# A cursor's own bytes: version, epoch, m, i, j (docs/protocol.md, feed).
_CURSOR_PLACE = struct.Struct(">BIqqi")


class NoPsql(Exception):
    """No psql is on this machine, beside the PostgreSQL in use or on the PATH."""


@dataclass(frozen=True, kw_only=True)
class _Page:
    """One page as it came: how long it took, how many records, the place of its last batch, and whether more follow."""

    seconds: float
    records: int
    last: tuple[int, int]
    next_cursor: str
    more: bool


class Psql:
    """A warm psql session over TCP."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._process = subprocess.Popen(
            [
                *(_psql(), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"),
                surroundings.postgres.tcp_dsn("havre_app", DATABASE),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def seconds_of(self, statement: str) -> float:
        """Return how long `statement` takes, its output thrown away by psql itself.

        Raises:
            RuntimeError: psql ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("psql has no pipes")
        started = time.perf_counter()
        self._process.stdin.write(f"\\o /dev/null\n{' '.join(statement.split())};\n\\o\n\\echo {_DONE}\n")
        self._process.stdin.flush()
        if self._process.stdout.readline().strip() != _DONE:
            raise RuntimeError("psql did not copy")
        return time.perf_counter() - started


class Pulling:
    """One consumer's pulls through its feed, page by page and round again, and psql after it."""

    def __init__(self, surroundings: Surroundings, partner: Partner, psql: Psql) -> None:
        self._surroundings = surroundings
        self._partner = partner
        self._psql = psql
        self._cursor: str | None = None
        self._after = (0, -1)
        # Where a feed begins that is measured: nothing, or what was there when `begin_here` was called.
        self._start: tuple[str | None, tuple[int, int]] = (None, (0, -1))
        with psycopg.connect(surroundings.dsn("havre_app")) as db:
            row = db.execute(
                "SELECT organisation_id FROM organisation WHERE name = %(name)s", {"name": partner.name}
            ).fetchone()
        if row is None:
            raise RuntimeError("the consumer is no member")
        self._reader: int = row[0]

    def pair(self, *, limit: int, pages: int) -> Pair:
        """Pull `pages` pages of at most `limit` records, copy the same records; return both rates in records a second.

        At the end of the feed it begins anew, where `begin_here` was called last.
        """
        pulled, copied, records = 0.0, 0.0, 0
        ranges = []
        with Connection(self._surroundings.port) as connection:
            for _ in range(pages):
                page = self._pull(connection, limit)
                pulled += page.seconds
                records += page.records
                ranges.append((self._after, page.last))
                self._cursor, self._after = (page.next_cursor, page.last) if page.more else self._start
        for after, last in ranges:
            copied += self._psql.seconds_of(
                COPY_OUT.format(
                    after_index=after[0],
                    after_position=after[1],
                    last_index=last[0],
                    last_position=last[1],
                    reader=self._reader,
                )
            )
        return Pair(ours=records / pulled, yardstick=records / copied)

    def begin_here(self) -> None:
        """Pull everything that is there now, and begin behind it from now on: all of it is placed."""
        self.rewind()
        with Connection(self._surroundings.port) as connection:
            while True:
                page = self._pull(connection, _AT_ONCE)
                self._cursor = page.next_cursor
                if not page.more:
                    self._start = (page.next_cursor, page.last)
                    break
        self.rewind()

    @property
    def start(self) -> str | None:
        """Return the cursor where what is measured begins."""
        return self._start[0]

    def rewind(self) -> None:
        """Begin again at the beginning of what is measured."""
        self._cursor, self._after = self._start

    def _pull(self, connection: Connection, limit: int) -> _Page:
        target = f"/v1/feed?limit={limit}" + ("" if self._cursor is None else f"&after={self._cursor}")
        request = self._surroundings.request(self._partner, "GET", target, purpose="detection")
        started = time.perf_counter()
        answer = connection.send(request)
        taken = time.perf_counter() - started
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"a pull was answered {answer.status}")
        page = json.loads(answer.tail.splitlines()[-1])["page"]
        _, _, _, index, position = _CURSOR_PLACE.unpack(from_base64url(page["next"])[: _CURSOR_PLACE.size])
        return _Page(
            seconds=taken,
            records=page["records"],
            last=(index, position),
            next_cursor=page["next"],
            more=page["more"],
        )


def _psql() -> str:
    beside = shutil.which(find_binaries().program("psql"))
    found = beside or shutil.which("psql")
    if found is None:
        raise NoPsql
    return found
