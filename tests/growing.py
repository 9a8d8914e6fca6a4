"""Databases in which the node is founded and the members are admitted already: made once a session, cloned per test.

A folder's `conftest.py` takes one as its `template`; `a_node(database)` and `node.join(…)` then find what is there.
Keys come from seeds; the statements, which hold ids and times, come with the template.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Database, Template
from tests.exchanges import place
from tests.partners import ROLES_OF_A_MEMBER, TestNode, a_node


def grown_with(*, place_all: bool = False, **sectors: str) -> Callable[..., Template]:
    """A `template` fixture: a node, and a member `<name>.example` of the sector for each of `sectors`."""
    name = "_".join(["havre", "node", *(f"{each}_{sector}" for each, sector in sectors.items())])
    name += "_placed" if place_all else ""

    def fill(database: Database) -> dict[str, Any]:
        node = a_node(database)
        members = {f"{each}.example": _join(node, f"{each}.example", sector) for each, sector in sectors.items()}
        if place_all:
            place(node)
        node.close()
        return {"node": node.organisation.statements[0], "members": members}

    @pytest.fixture(scope="session", name="template")
    def template(grow: Callable[..., Template]) -> Template:
        return grow(name, fill)

    return template


def _join(node: TestNode, name: str, sector: str) -> dict[str, Any]:
    statement = node.join(name, sector=sector).statements[0]
    return {"statement": statement, "joined": {"sector": sector, "roles": list(ROLES_OF_A_MEMBER)}}
