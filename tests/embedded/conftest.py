"""Folders in which a cluster of its own can run, whoever runs the tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded.account import server_account
from server.embedded.cluster import temporary_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder that the account which runs PostgreSQL can enter."""
    made = temporary_folder(server_account())
    yield made
    shutil.rmtree(made)
