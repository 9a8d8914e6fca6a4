"""A founded node, a hotline that shares, and a platform that reads."""

from collections.abc import Iterator

import pytest

from tests.exchanges import place
from tests.growing import grown_with
from tests.partners import Partner, TestNode, a_node

template = grown_with(hotline="hotline", platform="platform", place_all=True)


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")


@pytest.fixture
def platform(node, hotline) -> Partner:
    joined = node.join("platform.example", sector="platform")
    place(node)
    return joined
