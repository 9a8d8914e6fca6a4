"""A node with a short past: a hotline that pushed, a platform that pulled and was refused, auditors who look at it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.auditing import indexing
from server.db import connect
from tests.auditing.asking import with_auditors
from tests.conftest import Database, Template, a_database
from tests.console.people import Visitor, a_visitor
from tests.exchanges import pull, sign_head
from tests.partners import TestNode, a_node
from tests.signals import a_batch, a_signal

HOTLINE, PLATFORM = "hotline.example", "platform.example"


def _fill(database: Database) -> dict[str, Any]:
    node = a_node(database)
    hotline, platform = with_auditors(node, HOTLINE, "hotline"), with_auditors(node, PLATFORM, "platform")
    records = [a_signal(), a_signal()]
    for record in records:
        assert hotline.partner.push(a_batch(hotline.partner, [record]).document).status == 201
    bring_up(node)
    pull(platform.partner, purpose="investigation")
    assert platform.partner.get("/v1/trail", purpose="audit").status == 403
    bring_up(node)
    node.close()
    return {
        "node": node.organisation.statements[0],
        "members": {HOTLINE: hotline.told, PLATFORM: platform.told},
        "records": [record["id"] for record in records],
    }


def bring_up(node: TestNode) -> None:
    """Place what waits, sign the log's head, and read it into the index."""
    sign_head(node)
    assert node.settings.worker_database_url is not None
    with connect(node.settings.worker_database_url, autocommit=True) as db:
        indexing.index_all(db)


@pytest.fixture(scope="session")
def template(grow: Callable[..., Template]) -> Template:
    return grow("havre_node_console", _fill)


@pytest.fixture(scope="module")
def shared(postgres, template) -> Iterator[Any]:
    """One database for all that only look."""
    with a_database(postgres, template) as database:
        yield database


@pytest.fixture(scope="module")
def node(shared) -> Iterator[TestNode]:
    founded = a_node(shared)
    yield founded
    founded.close()


@pytest.fixture(scope="module")
def records(shared) -> list[str]:
    """The ids of the hotline's records."""
    ids: list[str] = shared.grown["records"]
    return ids


@pytest.fixture(scope="module")
def auditor(node) -> Visitor:
    return a_visitor(node, HOTLINE, "auditor")


@pytest.fixture(scope="module")
def federation_auditor(node) -> Visitor:
    return a_visitor(node, HOTLINE, "federation_auditor")


@pytest.fixture(scope="module")
def administrator(node) -> Visitor:
    return a_visitor(node, HOTLINE, "administrator")
