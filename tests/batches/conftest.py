"""A founded node, a hotline that pushes, and a push that must leave nothing behind."""

from collections.abc import Callable, Iterator

import pytest

from tests.exchanges import TRACE_OF_A_REFUSAL, changed, rows_of
from tests.growing import grown_with
from tests.partners import Answered, Held, Partner, TestNode, a_node

template = grown_with(hotline="hotline")


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")


Refuse = Callable[..., Answered]


@pytest.fixture
def refuse(database) -> Refuse:
    """Push what must be refused, and see that nothing of it is kept but its entry and its nonce."""

    def push(partner: Partner, document: bytes, *, by: Held | None = None) -> Answered:
        before = rows_of(database.owner)
        answered = partner.push(document, by=by)
        after = rows_of(database.owner)
        assert answered.status >= 400, answered.body
        assert changed(before, after) == TRACE_OF_A_REFUSAL
        assert len(after["entry"]) == len(before["entry"]) + 1
        return answered

    return push
