"""A node whose processes are real: on a database of the session for short drills, on a durable cluster for kills."""

import pytest

from tests.drills.nodes import durable_node, found_drill_node


@pytest.fixture
def node(database, tmp_path):
    """A running node on a database of the session's cluster, which is not durable: nobody kills it."""
    running = found_drill_node(database, tmp_path / "home", workers=2)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def killable():
    """A running node on a durable cluster of its own, for all drills of a module."""
    with durable_node() as running:
        yield running
