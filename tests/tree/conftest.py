"""A founded node with a member, and the tree that its sequencer keeps: its key and the high-water are in `home`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.growing import grown_with
from tests.partners import Partner, TestNode, a_node
from tests.tree.keeping import Keeper, put_log_key

template = grown_with(hotline="hotline", platform="platform")


@pytest.fixture
def home(tmp_path) -> Path:
    put_log_key(tmp_path)
    return tmp_path


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")


@pytest.fixture
def keeper(database, home) -> Iterator[Keeper]:
    with Keeper(database.sequencer, home) as active:
        yield active
