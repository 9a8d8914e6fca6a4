"""The api under test: real processes on ephemeral loopback ports, with short deadlines where a test waits for one."""

import pytest

from tests.conftest import a_database
from tests.http.serving import found_test_node, start_api


@pytest.fixture(scope="module")
def module_database(postgres, template):
    """A database for all tests of a module: what they send is refused, so they do not disturb each other."""
    with a_database(postgres, template) as made:
        yield made


@pytest.fixture(scope="module")
def api(module_database, tmp_path_factory):
    node = found_test_node(module_database, tmp_path_factory.mktemp("node"))
    running = start_api(node, "--threads", "4", "--body-seconds", "1.5", "--head-seconds", "1.5")
    yield running
    running.stop()


@pytest.fixture
def node(database, tmp_path):
    return found_test_node(database, tmp_path)
