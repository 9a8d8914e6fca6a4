"""A founded node in a database of its own, and a way to run `havre-node` as an operator does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.serving import found_test_node, start_api

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def node(database, tmp_path):
    return found_test_node(database, tmp_path)


@pytest.fixture
def api(node):
    running = start_api(node)
    yield running
    running.stop()


@pytest.fixture
def havre_node(node):
    """Run `havre-node ARGUMENTS` with the node's environment, `changes` made to it; returns the finished process."""

    def run(*arguments, **changes):
        environment = {name: value for name, value in (node.environment | changes).items() if value is not None}
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *map(str, arguments)],
            env=environment,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
