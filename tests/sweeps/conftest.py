"""A founded node, and a member that holds one key of each role."""

from collections.abc import Iterator

import pytest

from tests.conftest import Template
from tests.partners import TestNode, a_node
from tests.sweeps.requests import Member, a_member, a_node_with_a_member


@pytest.fixture(scope="session")
def template(grow) -> Template:
    return grow("havre_sweeps", a_node_with_a_member)


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def member(node, database) -> Member:
    return a_member(node, database.grown["member"])
