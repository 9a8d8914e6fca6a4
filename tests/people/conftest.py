"""A founded node and two members, each with an administrator's key and an auditor's; nobody is invited yet."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Database, Template
from tests.partners import Partner, TestNode, a_node
from tests.people.browser import Browser
from tests.people.inviting import AT_MOST, invite, with_keys


def a_node_with_members(database: Database) -> dict[str, Any]:
    """Found a node and admit both members: what a template of them is filled with."""
    node = a_node(database)
    members = {}
    for name in ("ministry.example", "hotline.example"):
        partner = with_keys(node.partner(name, sector="government"))
        node.admit(partner, roles_at_most=AT_MOST)
        members[name] = partner.statements[0]
    node.close()
    return {"node": node.organisation.statements[0], "statements": members}


@pytest.fixture(scope="session")
def template(grow) -> Template:
    return grow("havre_people", a_node_with_members)


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


def _member(node: TestNode, database: Database, name: str) -> Partner:
    partner = with_keys(node.partner(name, sector="government"))
    partner.keep_grown(database.grown["statements"][name])
    return partner


@pytest.fixture
def ministry(node, database) -> Partner:
    return _member(node, database, "ministry.example")


@pytest.fixture
def hotline(node, database) -> Partner:
    return _member(node, database, "hotline.example")


@pytest.fixture
def browser(node) -> Browser:
    return Browser(node=node)


@pytest.fixture
def auditor(node, ministry) -> Browser:
    """A person of the ministry who has joined as an auditor and is signed in."""
    joined = Browser(node=node)
    answered = joined.join(invite(ministry))
    assert answered.status == 303, answered.text
    return joined
