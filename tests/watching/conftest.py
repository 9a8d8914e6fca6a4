"""A founded node in this process, a member, and what the log says of them."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from server.logs import formatter, set_up_logs
from tests.http.conftest import module_database  # noqa: F401 - a fixture: one database for all tests of a module
from tests.partners import Partner, TestNode, a_node


@pytest.fixture(scope="module")
def node(module_database) -> Iterator[TestNode]:  # noqa: F811 - the fixture's name
    founded = a_node(module_database)
    yield founded
    founded.close()


@pytest.fixture(scope="module")
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")


class Log:
    """What this process writes to stderr: our own events, and what libraries say by the standard module."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()
        self.stream = io.TextIOWrapper(self.buffer, write_through=True)

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode()

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, name: str) -> list[dict]:
        return [event for event in self.events if event["event"] == name]


@pytest.fixture
def log(monkeypatch) -> Iterator[Log]:
    """The log as the api sets it up; libraries may say more here than they may there."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log = Log()
    monkeypatch.setattr(sys, "stderr", log.stream)
    set_up_logs(process="api")
    # Modules keep their loggers: those of other tests must not meet this one's.
    structlog.configure(cache_logger_on_first_use=False)
    handler = logging.StreamHandler(log.stream)
    handler.setFormatter(formatter("api"))
    root.handlers[:] = [handler]
    yield log
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
