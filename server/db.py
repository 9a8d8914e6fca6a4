"""Open connections to PostgreSQL, and nothing else: a pool for the api, single ones for the other processes.

Transactions are opened in one place, by the guard. Nothing that PostgreSQL says is passed on to a caller.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[TupleRow]
Pool = ConnectionPool[Connection]

# A statement of ours that takes longer is stuck: the longest honest ones are a page's and a push's.
_STATEMENT_TIMEOUT_MS = 30_000
# Pushes to one stream take turns; who waits longer is told to come again.
_LOCK_TIMEOUT_MS = 2_000
# The pool waits twice as long after each failed attempt: without an end, an outage of a minute lasts two for us. Given
# up, the next request begins anew.
_RECONNECT_SECONDS = 3.0
_CONNECT_SECONDS = 5
# Compiling a statement of ours takes PostgreSQL longer than running it: a second for a batch of 4,096.
_OPTIONS = f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c lock_timeout={_LOCK_TIMEOUT_MS} -c timezone=UTC -c jit=off"


class Judge(Protocol):
    """Says whether what a connection leads to may be served; leaves no transaction open."""

    def take(self, db: Connection) -> None:
        """Judge a new connection; whatever comes of it, it is kept for `check`."""
        ...

    def check(self, db: Connection) -> None:
        """Let whoever asked for a connection have it, or raise a refusal."""
        ...


class _JudgedPool(ConnectionPool[Connection]):
    """Gives no connection of which its judge does not say that it may be served from: nobody can forget to ask."""

    judge: Judge

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection]:
        with super().connection(timeout) as db:
            self.judge.check(db)
            yield db


def open_pool(database_url: str, *, size: int, wait_seconds: float = 5.0, judge: Judge | None = None) -> Pool:
    """Return an open pool of at most `size` connections, each repeatable for one request at a time.

    With a `judge` no connection is given that it refuses; what it raises then is raised where one was asked for.
    """
    return open_judged_pool(
        database_url,
        judge=judge,
        min_size=1,
        max_size=size,
        timeout=wait_seconds,
        reconnect_timeout=_RECONNECT_SECONDS,
        # What is worth preparing `statements` prepares; psycopg would drop all of it at every rollback.
        kwargs={"options": _OPTIONS, "connect_timeout": _CONNECT_SECONDS, "prepare_threshold": None},
        check=None,
        name="havre",
    )


def open_judged_pool(database_url: str, *, judge: Judge | None, **options: Any) -> Pool:
    """Return an open pool with these `options` of psycopg's, whose connections the `judge` has let go, if there is one.

    The api has two, for two roles: nothing may be served by one that the other refuses.
    """
    pool: Pool = (ConnectionPool if judge is None else _JudgedPool)(
        database_url, open=False, configure=None if judge is None else judge.take, **options
    )
    if isinstance(pool, _JudgedPool) and judge is not None:
        pool.judge = judge
    pool.open(wait=False)
    return pool


def connect(database_url: str, **options: Any) -> Connection:
    """Return one connection outside any pool, for the sequencer, the worker and the command line."""
    return psycopg.connect(database_url, options="-c timezone=UTC", **options)
