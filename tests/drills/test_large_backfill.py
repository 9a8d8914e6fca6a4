"""A past of 200,000 records comes to those who join, while others push, join, leave and come back.

Nothing comes twice, nothing is missed, and the log shows no release after its end.
"""

import pytest

from tests.conftest import a_database
from tests.drills.sharing_world import Crowd, World
from tests.growing import grown_with
from tests.partners import a_node
from tests.signals import a_batch, signals

pytestmark = pytest.mark.drill

SECTORS = {"hotline": "hotline", "platform": "platform", "ngo": "ngo", "ministry": "government"}
BATCHES, RECORDS = 49, 4_096
NGO, MINISTRY, BOTH = 0b0110, 0b1010, 0b1110
# The group is the owner's and the platform's; then one joins, and the others come, go, and come back.
ROUNDS = [NGO, BOTH, MINISTRY, BOTH, NGO, MINISTRY, BOTH]

template = grown_with(**SECTORS, place_all=True)


def test_a_large_past_comes_once_while_others_push_and_memberships_change(postgres, template):
    with a_database(postgres, template) as database:
        node = a_node(database)
        try:
            partners = [node.join(f"{name}.example", sector=sector) for name, sector in SECTORS.items()]
            world = World(node, database, partners, clients=4)
            _fill(world)
            with Crowd(world, seed=1) as crowd:
                for number, members in enumerate(ROUNDS):
                    world.act(("members", 0, members, 0))
                    for origin in (0, 1, number):
                        world.act(("share", origin, 1, 0))
                    _let_some_come(world, crowd, enough=5 * (number + 1))
                crowd.quieten()
        finally:
            node.close()


def _fill(world: World) -> None:
    world.act(("found", 0, 0b0010, 0))
    owner, audience = world.partners[0], world.groups[0].audience

    def share() -> None:
        assert world.push(owner, a_batch(owner, signals(RECORDS), audience=audience), may=True)

    for _ in range(BATCHES):
        world.do(share)


def _let_some_come(world: World, crowd: Crowd, *, enough: int) -> None:
    """Wait until so many pages were answered since the beginning."""
    while len(world.released) < enough:
        crowd.check()
        crowd.wait()
        world.judge_answers()
