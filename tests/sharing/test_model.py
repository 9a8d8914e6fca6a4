"""Days of sharing beside the model of it: what three clients hold, and all that they ever got, is what it says."""

import pytest

from tests.drills.sharing_scripts import SCRIPTS
from tests.drills.sharing_world import World


@pytest.fixture
def world(node, database, hotline, platform, ngo) -> World:
    return World(node, database, [hotline, platform, ngo], clients=3)


@pytest.mark.parametrize("day", SCRIPTS)
def test_every_client_holds_what_the_model_says(world, day):
    world.act_all(SCRIPTS[day])
    assert world.done
