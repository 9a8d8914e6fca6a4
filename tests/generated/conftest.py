"""A node that counts nobody's requests as too many, and the member that all sweeps ask with."""

from collections.abc import Iterator

import pytest

from server.rates import Rate, Rates
from tests.conftest import Database, Template, a_database
from tests.generated.exploring import Explorer
from tests.partners import a_node
from tests.sweeps.requests import a_member, a_node_with_a_member

ROOM = Rate(organisation=1_000_000, key=1_000_000)


@pytest.fixture(scope="session")
def template(grow) -> Template:
    return grow("havre_sweeps", a_node_with_a_member)


@pytest.fixture(scope="module")
def module_database(postgres, template) -> Iterator[Database]:
    """One database for all: no test minds what another has sent."""
    with a_database(postgres, template) as made:
        yield made


@pytest.fixture(scope="module")
def explorer(module_database) -> Iterator[Explorer]:
    rates = Rates(push=ROOM, read=ROOM, other=ROOM, refused=ROOM, newcomers=ROOM)
    node = a_node(module_database, rates=rates)
    yield Explorer(node, a_member(node, module_database.grown["member"]))
    node.close()
