"""A process that could switch a wall off, or that cannot keep the trail, does not serve."""

import psycopg
import pytest

from server import readiness, wsgi
from server.settings import read_settings
from tests.http.serving import request_bytes


def problems(url):
    with psycopg.connect(url) as db:
        return readiness.problems_of(db)


def run_as_superuser(database, statement):
    with psycopg.connect(database.superuser) as db:
        db.execute(statement)


def refused(node, **changes):
    with pytest.raises(wsgi.NotFit) as caught:
        wsgi.load_node(read_settings(node.environment | changes))
    return " ".join(caught.value.problems)


def test_the_role_of_the_api_is_fit(database):
    assert problems(database.app) == []


def test_a_superuser_is_not_fit(database):
    assert "is a superuser" in problems(database.superuser)[0]


def test_the_owner_of_the_tables_is_not_fit(database):
    assert "owns tables" in problems(database.owner)[0]


def test_a_role_without_insert_into_the_trail_is_not_fit(database):
    run_as_superuser(database, "REVOKE INSERT ON entry FROM havre_app")
    assert "may not write the access trail" in problems(database.app)[0]


def test_a_read_only_database_is_not_fit(database):
    run_as_superuser(database, f'ALTER DATABASE "{database.name}" SET default_transaction_read_only = on')
    assert "takes no writes" in problems(database.app)[0]


def test_a_missing_migration_is_named(database):
    run_as_superuser(database, "DELETE FROM _yoyo_migration")
    assert "0001_first_exchange" in problems(database.app)[0]


def test_a_database_without_a_schema_says_so(postgres):
    assert "no schema yet" in problems(postgres.dsn("havre_app", "postgres"))[0]


def test_readyz_is_503_as_soon_as_the_trail_cannot_be_written(api, database):
    assert api.ask(request_bytes("GET", "/readyz", {})).status == 200
    run_as_superuser(database, "REVOKE INSERT ON unplaced FROM havre_app")
    answer = api.ask(request_bytes("GET", "/readyz", {}))
    assert (answer.status, answer.code) == (503, "not_ready")


def test_healthz_does_not_ask_the_database(api, database):
    run_as_superuser(database, "REVOKE INSERT ON unplaced FROM havre_app")
    assert api.ask(request_bytes("GET", "/healthz", {})).status == 200


def test_a_node_is_loaded_with_the_one_key_that_its_statement_lists(node):
    loaded = wsgi.load_node(node.settings)
    assert (node.settings.home / f"node-{loaded.key.thumbprint[:12]}.pem").is_file()


def test_a_node_without_its_key_does_not_start(node):
    next(node.settings.home.glob("node-*.pem")).unlink()
    assert "it must be exactly one" in refused(node)


def test_a_key_file_that_others_can_read_is_not_used(node):
    next(node.settings.home.glob("node-*.pem")).chmod(0o644)
    assert "can be read by others" in refused(node)


def test_a_revoked_node_key_does_not_sign(node, database):
    with psycopg.connect(database.owner) as db:
        db.execute("UPDATE signing_key SET revoked_at = now(), revoked_reason = 'retired' WHERE use = 'node'")
    assert "it must be exactly one" in refused(node)


def test_a_database_of_another_node_is_not_served(node):
    assert "The database is that of the node node.example" in refused(node, HAVRE_NODE="other.example")


def test_a_database_of_another_origin_is_not_served(node):
    assert "the origin https://node.example" in refused(node, HAVRE_ORIGIN_URL="https://other.example")


def test_a_database_that_is_no_nodes_yet_is_not_served(database, node, postgres):
    with psycopg.connect(database.owner) as db:
        db.execute("DELETE FROM node")
    assert "run havre-node init" in refused(node)


def test_keys_may_come_from_a_service_instead_of_files(node):
    held = wsgi.KeyFolder(home=node.settings.home)
    asked = []

    class Service:
        def find(self, use, thumbprints):
            asked.append((use, list(thumbprints)))
            return held.find(use, thumbprints)

    loaded = wsgi.load_node(node.settings, keys=Service())
    assert asked == [("node", [loaded.key.thumbprint])]
