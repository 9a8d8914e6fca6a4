"""Founding a node: once, by its own root, with the keys that it needs."""

import psycopg
import pytest

from server.organisations.founding import NotFounded, found_node
from tests.partners import Held, Partner, a_key, now_seconds, settings_of


@pytest.fixture(scope="module")
def template(migrated):
    """Here no node was founded yet."""
    return migrated


@pytest.fixture
def founder(database):
    """The node's own organisation, before there is a node."""
    settings = settings_of(database)
    own = Partner(None, settings.node, home={"node": settings.node, "origin_url": settings.origin_url})
    own.keys = [Held(key=a_key("node"), use="node"), Held(key=a_key("log"), use="log")]
    return own


def found(database, statement, **changes):
    with psycopg.connect(database.owner) as db:
        found_node(db, settings_of(database, **changes), statement)


def test_a_node_is_founded_by_its_own_first_statement(founder, database):
    found(database, founder.statement())
    with psycopg.connect(database.app) as db:
        row = db.execute("SELECT name, status FROM node JOIN organisation USING (organisation_id)").fetchone()
    assert row == ("node.example", "active")


def test_a_node_is_founded_once(founder, database):
    found(database, founder.statement())
    with pytest.raises(NotFounded, match="belongs to a node already"):
        found(database, founder.statement())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"federation": "other.example"}, "does not verify: federation"),
        ({"iat": now_seconds() - 100, "exp": now_seconds() - 1}, "expired"),
        ({"seq": 2, "prev": "A" * 43}, "first statement"),
        ({"home": {"node": "node.example", "origin_url": "https://elsewhere.example"}}, "home"),
        ({"keys": []}, "no key"),
    ],
    ids=["federation", "expired", "seq", "home", "keys"],
)
def test_another_statement_founds_nothing(founder, database, changes, reason):
    with pytest.raises(NotFounded, match=reason):
        found(database, founder.statement(**changes))


def test_the_statement_of_another_organisation_founds_nothing(founder, database):
    with pytest.raises(NotFounded, match="another organisation"):
        found(database, founder.statement(), node="other.example")


def test_only_the_owner_founds(founder, database):
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        found_node(db, settings_of(database), founder.statement())
