"""The api under test: real processes on ephemeral loopback ports, with short deadlines where a test waits for one."""

import uuid

import psycopg
import pytest
from psycopg import sql

from server import migrating
from tests.conftest import Database
from tests.http.serving import found_test_node, start_api


@pytest.fixture(scope="module")
def module_database(postgres, template):
    """A database for all tests of a module: what they send is refused, so they do not disturb each other."""
    name = f"test_{uuid.uuid4().hex}"
    admin = postgres.dsn("postgres", "postgres")
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER havre_owner STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    migrating.create_database(admin, name)
    roles = {role.removeprefix("havre_"): postgres.dsn(role, name) for role in migrating.ROLES}
    yield Database(name=name, superuser=postgres.dsn("postgres", name), **roles)
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def api(module_database, tmp_path_factory):
    node = found_test_node(module_database, tmp_path_factory.mktemp("node"))
    running = start_api(node, "--threads", "4", "--body-seconds", "1.5", "--head-seconds", "1.5")
    yield running
    running.stop()


@pytest.fixture
def node(database, tmp_path):
    return found_test_node(database, tmp_path)
