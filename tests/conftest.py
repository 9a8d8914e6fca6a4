"""One PostgreSQL for the whole test session, and a fresh database for each test that asks.

A database is a clone of `template`: what the migrations make. A folder whose tests all begin with the same node and
members overrides it by one that has them already (`tests/growing.py`), so that they are made once a session.

With xdist the controller starts the cluster before the first worker and stops it after the last; without, it starts
when first needed. `HAVRE_POSTGRES=system|wheel` or `HAVRE_POSTGRES_BIN` chooses the PostgreSQL.
"""

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql

from server import embedded
from server.embedded.access import Address

TEMPLATE = "havre_template"
# Any number, the same in all workers.
TEMPLATE_LOCK = 7_301_455
# Without fsync, copying a template's files is cheaper than writing each of its pages to the log as well.
CLONING = "file_copy"
# Every worker holds several pools: the default of 100 is too few with many cores.
MAX_CONNECTIONS = 400

# The same examples in every run, on whatever machine; `make drill` looks for new ones, and longer.
hypothesis.settings.register_profile("test", max_examples=100, derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("drill", max_examples=3000, deadline=None, database=None)
hypothesis.settings.load_profile("test")

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
    # What `growing` its template left for its tests.
    grown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Template:
    """A database that nobody may connect to any more, to be cloned, and what its growing left for the tests."""

    name: str
    grown: Mapping[str, Any]


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
def migrated(postgres) -> Template:
    """The template that has the newest schema and no row."""
    from server import migrating  # noqa: PLC0415 - pure tests must not load the database's code

    def make(superuser: psycopg.Connection) -> dict[str, Any]:
        migrating.create_database(postgres.dsn("postgres", "postgres"), TEMPLATE)
        migrating.migrate(postgres.dsn("havre_owner", TEMPLATE))
        return {}

    return _once(postgres, TEMPLATE, make)


@pytest.fixture(scope="session")
def grow(postgres, migrated) -> Callable[[str, Callable[[Database], dict[str, Any]]], Template]:
    """Return the template `name`, which `fill` made of the migrated one; the first worker that asks makes it.

    What `fill` returns must fit JSON, and is each clone's `grown`.
    """

    def grown(name: str, fill: Callable[[Database], dict[str, Any]]) -> Template:
        def make(superuser: psycopg.Connection) -> dict[str, Any]:
            _clone(superuser, name, migrated)
            return fill(_database(postgres, name, migrated))

        return _once(postgres, name, make)

    return grown


@pytest.fixture(scope="session")
def template(migrated) -> Template:
    """What the databases of these tests are cloned from."""
    return migrated


@pytest.fixture
def database(postgres, template) -> Iterator[Database]:
    """A fresh database, committed to freely and dropped after the test."""
    with a_database(postgres, template) as made:
        yield made


@contextlib.contextmanager
def a_database(postgres: Address, template: Template) -> Iterator[Database]:
    """A clone of `template`, dropped at the end."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as superuser:
        _clone(superuser, name, template)
    try:
        yield _database(postgres, name, template)
    finally:
        with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as superuser:
            superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _once(postgres: Address, name: str, make: Callable[[psycopg.Connection], dict[str, Any]]) -> Template:
    """The template `name` of this cluster, made by whoever comes first; its comment keeps what `make` returned."""
    identifier = sql.Identifier(name)
    with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as superuser:
        superuser.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        finished = superuser.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s AND datistemplate", [name]
        ).fetchone()
        if finished is not None:
            return Template(name=name, grown=json.loads(finished[0]))
        superuser.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        grown = make(superuser)
        superuser.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(identifier, sql.Literal(json.dumps(grown))))
        superuser.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(identifier))
    return Template(name=name, grown=grown)


def _clone(superuser: psycopg.Connection, name: str, template: Template) -> None:
    from server import migrating  # noqa: PLC0415 - pure tests must not load the database's code

    identifier = sql.Identifier(name)
    superuser.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER havre_owner STRATEGY {}").format(
            identifier, sql.Identifier(template.name), sql.SQL(CLONING)
        )
    )
    # A clone does not inherit who may connect.
    migrating.close_database(superuser, name)


def _database(postgres: Address, name: str, template: Template) -> Database:
    return Database(
        name=name,
        app=postgres.dsn("havre_app", name),
        owner=postgres.dsn("havre_owner", name),
        sequencer=postgres.dsn("havre_sequencer", name),
        worker=postgres.dsn("havre_worker", name),
        eraser=postgres.dsn("havre_eraser", name),
        auditor=postgres.dsn("havre_auditor", name),
        superuser=postgres.dsn("postgres", name),
        grown=template.grown,
    )
