"""A founded node and a member that asks."""

from collections.abc import Iterator

import pytest

from tests.growing import grown_with
from tests.partners import Partner, TestNode, a_node

template = grown_with(hotline="hotline")


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")
