"""Each tutorial is followed literally, one after the other, beside one node; its outputs are what happens."""

import os
import re
import shutil
import socket
from pathlib import Path

import pytest

from server.embedded.account import server_account
from server.embedded.cluster import temporary_folder
from tests.tutorials.reading import steps_of
from tests.tutorials.running import Node, disagreements

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
# In the order of their index: each goes on from what those before have left.
NAMES = re.findall(r"\]\(([a-z-]+\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))


@pytest.fixture
def folder():
    made = temporary_folder(server_account())
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def node(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Node(folder, port=port)
    yield running
    running.stop()


@pytest.mark.drill
@pytest.mark.timeout(900)  # some hundred commands, each a process of its own
def test_every_tutorial_can_be_followed_literally(folder, node):
    otherwise = {}
    for name in os.environ.get("HAVRE_TUTORIALS", " ".join(NAMES)).split():
        steps = steps_of((FOLDER / name).read_text(encoding="utf-8"))
        if found := disagreements(steps, folder=folder, names=node.names):
            otherwise[name] = "\n\n".join(found)
    assert not otherwise, "\n\n".join(f"{name}\n{found}" for name, found in otherwise.items())
