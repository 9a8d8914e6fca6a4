"""A founded node for each test."""

from collections.abc import Iterator

import pytest

from tests.growing import grown_with
from tests.partners import TestNode, a_node

template = grown_with()


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()
