"""Run prepared statements on a connection, several in one round trip: for what every request asks.

A statement is prepared on a connection when it first runs there. Values go and come in PostgreSQL's binary form, and
what is sent together runs in its order, each statement with its own snapshot: a lock that is taken first is held by
what is read next. Everything else, such as opening and ending transactions, stays psycopg's.
"""

import re
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Generic, LiteralString, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from psycopg import abc
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus

from server.db import Connection

Row = TypeVar("Row")

_PARAMETER = re.compile(r"%\((\w+)\)s")
# As PostgreSQL numbers them for ever (pg_type.dat).
_UNKNOWN = 0
_TYPES: dict[type, int] = {bytes: 17, UUID: 2950}
_ROWS_OR_NONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.COMMAND_OK})
_BINARY = int(Format.BINARY)


class Packed:
    """The bytes of an array as PostgreSQL's `array_recv` reads them; `array_type` is the array's number."""

    __slots__ = ("data",)
    array_type: ClassVar[int]

    def __init__(self, data: bytes) -> None:
        self.data = data


@dataclass(frozen=True, kw_only=True)
class Statement(Generic[Row]):
    """SQL with named parameters, their values, and what makes a row of its columns by their names."""

    sql: LiteralString
    parameters: Mapping[str, object] = field(default_factory=dict)
    row: Callable[..., Row]


@dataclass(kw_only=True)
class _Session:
    """What a connection has prepared, by its text, and what reads its results."""

    prepared: dict[str, bytes]
    reader: abc.Transformer


_sessions: WeakKeyDictionary[Connection, _Session] = WeakKeyDictionary()


def nothing() -> None:
    """Stand for the rows of a statement that returns none."""


BEGIN = Statement(sql="BEGIN", row=nothing)
COMMIT = Statement(sql="COMMIT", row=nothing)
# What is prepared is planned once a connection, not for each run's values, until the transaction ends. A query inside
# row security takes longer to plan than to run, and what these ask by their indexes is planned alike for all values.
PLAN_ONCE = Statement(sql="SET LOCAL plan_cache_mode = force_generic_plan", row=nothing)


def run(db: Connection, statement: Statement[Row]) -> list[Row]:
    """Run one statement and return its rows.

    Raises:
        psycopg.Error: as psycopg's own `execute`.
    """
    rows: list[Row] = run_together(db, statement)[0]
    return rows


def run_together(db: Connection, *statements: Statement[Any]) -> list[list[Any]]:
    """Run the statements in their order in one round trip and return the rows of each; a transaction is begun first.

    Raises:
        psycopg.Error: the first one that fails; what follows it has not run.
    """
    session = _session_of(db)
    pgconn = db.pgconn
    begins = pgconn.transaction_status == TransactionStatus.IDLE and not db.autocommit
    asked = [BEGIN, *statements] if begins else statements
    for statement in asked:
        if statement.sql not in session.prepared:
            _prepare(db, session, statement)
    results = _exchange(db, session, asked)
    rows = [_rows(session, statement, result) for statement, result in zip(asked, results, strict=True)]
    return rows[1:] if begins else rows


def stream(db: Connection, statement: Statement[Row]) -> Iterator[Row]:
    """Run one statement and yield its rows one by one as they come; the connection is busy until the last.

    The transaction has begun.

    Raises:
        psycopg.Error: as psycopg's own `execute`; some rows may have come before.
    """
    session = _session_of(db)
    if statement.sql not in session.prepared:
        _prepare(db, session, statement)
    # Any: psycopg's own types know no NULL among the values of `send_query_prepared`.
    pgconn: Any = db.pgconn
    pgconn.send_query_prepared(session.prepared[statement.sql], *_values(statement), _BINARY)
    pgconn.set_single_row_mode()
    try:
        while (result := _next_result(pgconn)) is not None:
            if result.status not in _ROWS_OR_NONE:
                raise _error(db, result)
            yield from _rows(session, statement, result)
    finally:
        # Whoever wants no more, and whoever met an error, leaves a connection that is not busy.
        while pgconn.status == ConnStatus.OK and _next_result(pgconn) is not None:
            pass


def _next_result(pgconn: Any) -> Any:
    _wait(pgconn)
    return pgconn.get_result()


def _session_of(db: Connection) -> _Session:
    session = _sessions.get(db)
    if session is None:
        # What psycopg prepares itself it drops with all else at a rollback.
        db.prepare_threshold = None
        session = _sessions[db] = _Session(prepared={}, reader=Transformer(db))
    return session


def _prepare(db: Connection, session: _Session, statement: Statement[Any]) -> None:
    command, names = _converted(statement.sql)
    name = b"havre_%d" % len(session.prepared)
    types = [_type(statement.parameters[parameter]) for parameter in names]
    result = db.pgconn.prepare(name, command, types)
    if result.status != ExecStatus.COMMAND_OK:
        raise _error(db, result)
    session.prepared[statement.sql] = name


def _exchange(db: Connection, session: _Session, statements: Sequence[Statement[Any]]) -> list[Any]:
    """Return the result of each statement; Python's lock is let go while PostgreSQL works."""
    # Any: psycopg's own types know no NULL among the values of `exec_prepared`.
    pgconn: Any = db.pgconn
    sent = [(session.prepared[statement.sql], *_values(statement)) for statement in statements]
    if len(sent) == 1:
        results = [pgconn.exec_prepared(*sent[0], _BINARY)]
    else:
        pgconn.enter_pipeline_mode()
        for name, values, formats in sent:
            pgconn.send_query_prepared(name, values, formats, _BINARY)
        pgconn.pipeline_sync()
        results = _results_of_pipeline(pgconn)
        pgconn.exit_pipeline_mode()
    for result in results:
        if result.status not in _ROWS_OR_NONE:
            raise _error(db, result)
    return results


def _results_of_pipeline(pgconn: Any) -> list[Any]:
    results: list[Any] = []
    while True:
        _wait(pgconn)
        result = pgconn.get_result()
        if pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection is lost")
        # None stands between the results of two statements.
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            return results
        if result is not None:
            results.append(result)


def _wait(pgconn: Any) -> None:
    """Wait until a whole result is here."""
    ready = select.poll()
    while pgconn.flush():
        ready.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        ready.poll()
        pgconn.consume_input()
    while pgconn.is_busy():
        ready.register(pgconn.socket, select.POLLIN)
        ready.poll()
        pgconn.consume_input()


def _error(db: Connection, result: Any) -> psycopg.Error:
    if db.pgconn.status != ConnStatus.OK:
        return psycopg.OperationalError("the connection is lost")
    return error_from_result(result)


def _rows(session: _Session, statement: Statement[Row], result: Any) -> list[Row]:
    if not result.ntuples:
        return []
    names = _column_names(statement.sql)
    if not names:
        names += [(result.fname(number) or b"").decode() for number in range(result.nfields)]

    def make_row(values: Sequence[Any]) -> Row:
        return statement.row(**dict(zip(names, values, strict=True)))

    session.reader.set_pgresult(result)
    return session.reader.load_rows(0, result.ntuples, make_row)


@cache
def _column_names(_sql: str) -> list[str]:
    return []


@cache
def _converted(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """Return `sql` with numbered parameters, and their names in that order."""
    names: dict[str, int] = {}
    command = _PARAMETER.sub(lambda found: f"${names.setdefault(found[1], len(names) + 1)}", sql)
    return command.encode(), tuple(names)


def _type(value: object) -> int:
    """Return the type to declare; what can be told from its place in the statement is left to PostgreSQL."""
    if isinstance(value, Packed):
        return value.array_type
    return _TYPES.get(type(value), _UNKNOWN)


def _values(statement: Statement[Any]) -> tuple[list[bytes | None] | None, list[int] | None]:
    _, names = _converted(statement.sql)
    if not names:
        return None, None
    pairs = [_value(statement.parameters[name]) for name in names]
    return [value for value, _ in pairs], [form for _, form in pairs]


# How a value of each type is written, and whether that is binary.
_WRITERS: dict[type, Callable[[Any], tuple[bytes | None, int]]] = {
    bytes: lambda value: (value, 1),
    str: lambda value: (value.encode(), 0),
    type(None): lambda value: (value, 0),
    bool: lambda value: (b"t" if value else b"f", 0),
    int: lambda value: (b"%d" % value, 0),
    UUID: lambda value: (value.bytes, 1),
    datetime: lambda value: (value.isoformat().encode(), 0),
    # Of numbers alone.
    list: lambda value: (b"{%b}" % b",".join([b"%d" % each for each in value]), 0),
}


def _value(value: object) -> tuple[bytes | None, int]:
    if isinstance(value, Packed):
        return value.data, 1
    return _WRITERS[type(value)](value)
