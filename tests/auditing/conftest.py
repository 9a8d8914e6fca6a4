"""A founded node, a hotline that shares, a platform and a bystander that read, and auditors of each."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.auditing import indexing
from server.db import Connection, connect
from tests.auditing.asking import Watcher, with_auditors
from tests.conftest import Database, Template
from tests.exchanges import place
from tests.partners import TestNode, a_node


def _fill(database: Database) -> dict[str, Any]:
    node = a_node(database)
    members = {name: with_auditors(node, name, sector).told for name, sector in _MEMBERS}
    place(node)
    node.close()
    return {"node": node.organisation.statements[0], "members": members}


_MEMBERS = (("hotline.example", "hotline"), ("platform.example", "platform"), ("bystander.example", "ngo"))


@pytest.fixture(scope="session")
def template(grow: Callable[..., Template]) -> Template:
    return grow("havre_node_audited", _fill)


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node, database) -> Watcher:
    return with_auditors(node, "hotline.example", "hotline", told=database.grown["members"])


@pytest.fixture
def platform(node, database) -> Watcher:
    return with_auditors(node, "platform.example", "platform", told=database.grown["members"])


@pytest.fixture
def bystander(node, database) -> Watcher:
    return with_auditors(node, "bystander.example", "ngo", told=database.grown["members"])


@pytest.fixture
def index(node) -> Iterator[Callable[[], int]]:
    """Place what waits, and read it into the index."""
    with connect(node.settings.worker_database_url, autocommit=True) as db:

        def bring_up() -> int:
            place(node)
            return indexing.index_all(db)

        yield bring_up


@pytest.fixture
def worker_db(node) -> Iterator[Connection]:
    with connect(node.settings.worker_database_url, autocommit=True) as db:
        yield db
