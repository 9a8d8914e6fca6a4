"""Statements that are prepared once and sent together do what psycopg's own would."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from server.db import connect
from server.statements import COMMIT, Statement, nothing, run, run_together, stream

AN_ID = UUID("01970000-0000-7000-8000-000000000001")
A_TIME = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def db(database):
    with connect(database.app) as connection:
        yield connection


def the_value(value: object) -> object:
    return value


def one(sql: str, **parameters: object) -> Statement[object]:
    return Statement(row=the_value, sql=sql, parameters=parameters)


FAILS = Statement(row=nothing, sql="SELECT 1 / 0")


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT %(value)s::bytea AS value", b"\x00\xff\\'"),
        ("SELECT %(value)s::text AS value", "%(value)s $1 \\ '"),
        ("SELECT %(value)s::bigint AS value", -(2**63)),
        ("SELECT %(value)s::boolean AS value", True),
        ("SELECT %(value)s::boolean AS value", False),
        ("SELECT %(value)s::uuid AS value", AN_ID),
        ("SELECT %(value)s::timestamptz AS value", A_TIME),
        ("SELECT %(value)s::text AS value", None),
        ("SELECT %(value)s::bytea AS value", None),
    ],
)
def test_a_value_comes_back_as_it_was_sent(db, sql, value) -> None:
    assert run(db, one(sql, value=value)) == [value]


def test_a_value_that_cannot_be_written_is_not_sent(db) -> None:
    with pytest.raises(KeyError):
        run(db, one("SELECT %(value)s::float8 AS value", value=1.5))


def test_a_null_may_follow_a_value_in_one_statement(db) -> None:
    sql = "SELECT %(value)s::bytea AS value"
    assert run(db, one(sql, value=b"a")) + run(db, one(sql, value=None)) == [b"a", None]


def test_what_is_sent_together_runs_in_its_order(db) -> None:
    assert run_together(
        db, one("SELECT 1 AS value"), one("SELECT 2 AS value UNION ALL SELECT 3"), one("SELECT 4 AS value WHERE false")
    ) == [[1], [2, 3], []]


def test_a_later_statement_sees_what_was_committed_while_an_earlier_one_waited(database, db) -> None:
    with connect(database.superuser) as other, ThreadPoolExecutor(1) as thread:
        other.execute("SELECT pg_advisory_xact_lock(1)")
        other.execute("INSERT INTO nonce (thumbprint, nonce, expires_at) VALUES ('', '', now())")
        waiting = thread.submit(
            run_together,
            db,
            one("SELECT count(*) AS value FROM nonce"),
            Statement(row=nothing, sql="DO 'BEGIN PERFORM pg_advisory_xact_lock(1); END'"),
            one("SELECT count(*) AS value FROM nonce "),
        )
        while not other.execute("SELECT true FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
            pass
        other.commit()
        assert waiting.result() == [[0], [], [1]]


def test_the_first_error_is_raised_and_what_follows_has_not_run(db) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        run_together(db, one("SELECT 1 AS value"), FAILS, COMMIT)
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.INERROR


def test_a_transaction_is_begun_before_the_first_statement(db) -> None:
    run(db, one("SELECT 1 AS value"))
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


def test_a_commit_that_is_sent_with_a_statement_ends_the_transaction(db) -> None:
    run_together(db, one("SELECT 1 AS value"), COMMIT)
    assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_connection_serves_on_after_an_error_and_a_rollback(db) -> None:
    for statement in (FAILS, FAILS):
        with pytest.raises(psycopg.errors.DivisionByZero):
            run(db, statement)
        db.rollback()
    assert run(db, one("SELECT 1 AS value")) == [1]


def test_what_is_prepared_outlives_a_rollback_to_a_savepoint(db) -> None:
    statement = one("SELECT 1 AS value")
    run_together(db, statement, Statement(row=nothing, sql="SAVEPOINT act"))
    db.execute("ROLLBACK TO SAVEPOINT act")
    assert run(db, statement) == [1]


def test_a_connection_that_was_cut_is_an_operational_error(database, db) -> None:
    run(db, one("SELECT 1 AS value"))
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [db.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        run_together(db, one("SELECT 1 AS value"), COMMIT)
    assert db.closed


def test_a_single_statement_on_a_connection_that_was_cut_is_an_operational_error(database, db) -> None:
    run(db, one("SELECT 1 AS value"))
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [db.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        run(db, one("SELECT 1 AS value"))


def test_an_error_names_its_constraint(db) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation) as violated:
        run(
            db,
            Statement(
                row=nothing,
                sql="""
                INSERT INTO nonce (thumbprint, nonce, expires_at)
                SELECT %(thumbprint)s, %(nonce)s, %(expires_at)s FROM generate_series(1, 2)
                """,
                parameters={"thumbprint": b"t" * 32, "nonce": b"n" * 16, "expires_at": A_TIME},
            ),
        )
    assert violated.value.diag.constraint_name == "nonce_pk"


NUMBERS = "SELECT value FROM generate_series(1, %(value)s::bigint) AS value"


def test_rows_come_one_by_one(db) -> None:
    run(db, one("SELECT 1 AS value"))
    assert list(stream(db, one(NUMBERS, value=1_000))) == list(range(1, 1_001))


def test_a_list_of_numbers_is_a_parameter(db) -> None:
    run(db, one("SELECT 1 AS value"))
    asked = one("SELECT UNNEST(%(value)s::bigint[]) AS value", value=[3, 1, 2])
    assert list(stream(db, asked)) == [3, 1, 2]


def test_who_wants_no_more_rows_leaves_the_connection_free(db) -> None:
    run(db, one("SELECT 1 AS value"))
    rows = stream(db, one(NUMBERS, value=1_000))
    next(rows)
    rows.close()
    assert run(db, one("SELECT 2 AS value")) == [2]


def test_a_stream_that_fails_on_the_way_leaves_a_savepoint_to_go_back_to(db) -> None:
    db.execute("SAVEPOINT act")
    rows = stream(
        db, one("SELECT 10 / (3 - value) AS value FROM generate_series(1, %(value)s::bigint) AS value", value=9)
    )
    assert next(rows) == 5
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(rows)
    db.execute("ROLLBACK TO SAVEPOINT act")
    assert run(db, one("SELECT 2 AS value")) == [2]
