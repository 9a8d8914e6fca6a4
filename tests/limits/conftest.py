"""A node with small rates, a member that asks, and another that must not feel it."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import psycopg
import pytest

from server.rates import Rate, Rates
from tests.growing import grown_with
from tests.partners import Partner, TestNode, a_node

template = grown_with(hotline="hotline", platform="platform")

Trail = Callable[[], list[dict[str, Any]]]
ONE = Rate(organisation=8, key=5, seconds=3_600)
ROOM = Rate(organisation=1_000, key=1_000)


@pytest.fixture
def rates() -> Rates:
    return Rates(push=ONE, read=ONE, other=ROOM, refused=Rate(organisation=6, key=3, seconds=3_600), newcomers=ROOM)


@pytest.fixture
def node(database, rates) -> Iterator[TestNode]:
    founded = a_node(database, rates=rates)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")


@pytest.fixture
def trail(database) -> Trail:
    """Every entry so far, as it was written, oldest first."""

    def read() -> list[dict[str, Any]]:
        with psycopg.connect(database.superuser) as db:
            rows = db.execute("SELECT document FROM entry JOIN unplaced USING (entry_id) ORDER BY unplaced_id")
            return [orjson.loads(document) for (document,) in rows.fetchall()]

    return read
