"""A founded node and members of several sectors, in one template."""

from collections.abc import Callable, Iterator

import pytest

from tests.exchanges import place
from tests.growing import grown_with
from tests.partners import Partner, TestNode, a_node

SECTORS = {"hotline": "hotline", "platform": "platform", "ngo": "ngo", "ministry": "government"}

template = grown_with(**SECTORS, place_all=True)


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def join(node) -> Callable[[str], Partner]:
    return lambda name: node.join(f"{name}.example", sector=SECTORS[name])


@pytest.fixture
def hotline(join) -> Partner:
    return join("hotline")


@pytest.fixture
def platform(join) -> Partner:
    return join("platform")


@pytest.fixture
def ngo(join) -> Partner:
    return join("ngo")


@pytest.fixture
def placed(node) -> Callable[[], int]:
    return lambda: place(node)
