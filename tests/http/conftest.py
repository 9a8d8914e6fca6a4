"""The api under test: one process, four threads, short deadlines."""

import pytest

from tests.http.serving import found_test_node, start_api


@pytest.fixture
def node(database, tmp_path):
    return found_test_node(database, tmp_path)


@pytest.fixture
def api(node):
    running = start_api(node, "--threads", "4", "--body-seconds", "1.5", "--head-seconds", "1.5")
    yield running
    running.stop()
