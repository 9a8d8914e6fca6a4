"""One PostgreSQL for the whole test session, and a fresh database for each test that asks.

With xdist the controller starts the cluster before the first worker and stops it after the last; without, it starts
when first needed. `HAVRE_POSTGRES=system|wheel` or `HAVRE_POSTGRES_BIN` chooses the PostgreSQL.
"""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from server import embedded
from server.embedded.access import Address

TEMPLATE = "havre_template"
# Any number, the same in all workers.
TEMPLATE_LOCK = 7_301_455
# Every worker holds several pools: the default of 100 is too few with many cores.
MAX_CONNECTIONS = 400

_of_session = contextlib.ExitStack()
_CLUSTER = pytest.StashKey[Address]()


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database of the newest schema, with the connection URL of each role that may use it."""

    name: str
    app: str
    owner: str
    sequencer: str
    worker: str
    eraser: str
    auditor: str
    superuser: str


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Hand each xdist worker the address of the cluster (called in the controller)."""
    address = _cluster_of(node.config)
    node.workerinput["postgres"] = (str(address.socket_folder), address.port)


def pytest_unconfigure(config) -> None:
    """Stop the cluster that this process started, if it did."""
    _of_session.close()


def _cluster_of(config) -> Address:
    if hasattr(config, "workerinput"):
        socket_folder, port = config.workerinput["postgres"]
        return Address(socket_folder=Path(socket_folder), port=port)
    if _CLUSTER not in config.stash:
        cluster = _of_session.enter_context(embedded.temporary(durable=False, max_connections=MAX_CONNECTIONS))
        config.stash[_CLUSTER] = cluster.address
    return config.stash[_CLUSTER]


@pytest.fixture(scope="session")
def postgres(request) -> Address:
    """The cluster of this session: roles exist, no schema."""
    from server import migrating  # noqa: PLC0415 - pure tests must not load the database's code

    address = _cluster_of(request.config)
    with psycopg.connect(address.dsn("postgres", "postgres"), autocommit=True) as db:
        db.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        migrating.create_roles(address.dsn("postgres", "postgres"))
    return address


@pytest.fixture(scope="session")
def template(postgres) -> str:
    """The name of the database that all others are cloned from: what the migrations make."""
    from server import migrating  # noqa: PLC0415 - pure tests must not load the database's code

    with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as db:
        db.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        finished = db.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if finished == (True,):
            return TEMPLATE
        name = sql.Identifier(TEMPLATE)
        db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        migrating.create_database(postgres.dsn("postgres", "postgres"), TEMPLATE)
        migrating.migrate(postgres.dsn("havre_owner", TEMPLATE))
        db.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(name))
    return TEMPLATE


@pytest.fixture
def database(postgres, template) -> Iterator[Database]:
    """A fresh database, committed to freely and dropped after the test."""
    from server import migrating  # noqa: PLC0415 - pure tests must not load the database's code

    name = f"test_{uuid.uuid4().hex}"
    identifier = sql.Identifier(name)
    with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as db:
        db.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER havre_owner STRATEGY wal_log").format(
                identifier, sql.Identifier(template)
            )
        )
    # A clone does not inherit who may connect.
    migrating.create_database(postgres.dsn("postgres", "postgres"), name)
    try:
        yield Database(
            name=name,
            app=postgres.dsn("havre_app", name),
            owner=postgres.dsn("havre_owner", name),
            sequencer=postgres.dsn("havre_sequencer", name),
            worker=postgres.dsn("havre_worker", name),
            eraser=postgres.dsn("havre_eraser", name),
            auditor=postgres.dsn("havre_auditor", name),
            superuser=postgres.dsn("postgres", name),
        )
    finally:
        with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as db:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
