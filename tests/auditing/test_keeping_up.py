"""The indexer keeps up by itself, one at a time, and comes back; the api wants a role that can only look."""

import threading
import time
from dataclasses import replace

import psycopg
import pytest

from server import wsgi
from server.auditing import indexing
from server.auditing.viewing import behind
from tests.exchanges import place


@pytest.fixture
def indexer(node):
    """Starts indexers, as the worker does, and ends them."""
    stop = threading.Event()
    threads = []

    def start() -> threading.Thread:
        threads.append(indexing.start(node.settings.worker_database_url, stop=stop))
        return threads[-1]

    yield start
    stop.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def _wait_until_indexed(node, *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    with psycopg.connect(node.settings.owner_database_url, autocommit=True) as db:
        while behind(db):
            assert time.monotonic() < until, "the indexer does not keep up"
            time.sleep(0.02)


def _holders_of_the_lock(db) -> list[int]:
    rows = db.execute(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [indexing.ADVISORY_LOCK],
    )
    return [pid for (pid,) in rows]


def test_what_is_placed_can_be_found_soon_after(node, hotline, indexer):
    indexer()
    _wait_until_indexed(node)
    hotline.partner.get("/v1/whoami")
    place(node)
    _wait_until_indexed(node)

    assert hotline.entries(limit=1)[0]["action"] == "read_whoami"


def test_an_indexer_whose_connection_is_killed_goes_on_where_it_was(node, hotline, indexer):
    indexer()
    _wait_until_indexed(node)
    with psycopg.connect(node.settings.owner_database_url, autocommit=True) as db:
        (pid,) = _holders_of_the_lock(db)
    with psycopg.connect(node.settings.worker_database_url, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(%s)", [pid])
    hotline.partner.get("/v1/whoami")
    place(node)

    _wait_until_indexed(node)


def test_of_two_indexers_one_is_active(node, indexer):
    indexer()
    indexer()
    _wait_until_indexed(node)

    with psycopg.connect(node.settings.owner_database_url, autocommit=True) as db:
        assert len(_holders_of_the_lock(db)) == 1


def test_an_entry_that_is_none_does_not_stop_the_index(node, hotline, index, database):
    hotline.partner.get("/v1/whoami")
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("UPDATE entry SET document = 'no entry' WHERE action = 'read_whoami'")

    index()

    newest = hotline.trail(by=hotline.federation_auditor, limit=1).json["entries"][0]
    assert newest["entry"] == "no entry"


@pytest.mark.parametrize("role", ["app", "worker", "owner", "superuser"])
def test_the_api_does_not_start_where_the_auditors_role_is_another(node, database, role):
    settings = replace(node.settings, auditor_database_url=getattr(database, role))

    with pytest.raises(wsgi.NotFit, match="HAVRE_AUDITOR_DATABASE_URL must name havre_auditor"):
        wsgi.load_trail(settings)


def test_the_api_does_not_start_without_the_auditors_role(node):
    with pytest.raises(wsgi.NotFit, match="HAVRE_AUDITOR_DATABASE_URL is not set"):
        wsgi.load_trail(replace(node.settings, auditor_database_url=None))
