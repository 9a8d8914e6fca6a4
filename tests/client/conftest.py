"""A founded node, and partners that talk to its real application through the SDK."""

from collections.abc import Iterator

import pytest
import structlog

from tests.client.exchanging import World
from tests.client.listening import a_listening_world
from tests.client.scripted import ScriptedNode
from tests.conftest import a_database
from tests.growing import grown_with
from tests.partners import a_node

template = grown_with(hotline="ngo", place_all=True)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """Tests read the command's English words, whoever runs them."""
    monkeypatch.setenv("HAVRE_LANG", "en")


@pytest.fixture(autouse=True)
def quiet_node():
    """The node runs in the command's process: its log must not stand among what the command says."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.configure(**before)


@pytest.fixture
def world(database, tmp_path) -> Iterator[World]:
    node = a_node(database)
    made = World(node=node, database=database, folder=tmp_path)
    yield made
    made.close()
    node.close()


@pytest.fixture
def listening(postgres, migrated, tmp_path) -> Iterator[World]:
    # Its node is founded with an address of its own.
    with a_database(postgres, migrated) as database, a_listening_world(database, tmp_path) as made:
        yield made


@pytest.fixture
def scripted(tmp_path) -> ScriptedNode:
    return ScriptedNode(folder=tmp_path)
