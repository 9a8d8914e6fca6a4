"""Who holds what, tried against a model by acts that Hypothesis draws.

No client ends with another state than the model's, and no answer ever held what the model did not allow meanwhile.

One run is step by step, each pull and each step of the sequencer an act of its own, and so repeatable; one has ten
clients in threads. Each test of a mutant breaks one rule of the product and expects the model to notice.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from server import sequencer
from server.feed import store as feed_store
from server.sharing.intervals import move_intervals
from tests.conftest import a_database
from tests.drills.sharing_scripts import SCRIPTS
from tests.drills.sharing_world import ACTS, Act, Crowd, World
from tests.growing import grown_with
from tests.partners import a_node

pytestmark = pytest.mark.drill

SECTORS = {"hotline": "hotline", "platform": "platform", "ngo": "ngo", "ministry": "ngo", "other": "platform"}
CLIENTS = 10

template = grown_with(**SECTORS, place_all=True)
numbers = st.integers(0, 255)
acts = st.tuples(st.sampled_from(ACTS), numbers, numbers, numbers)
slow = settings(
    deadline=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@contextlib.contextmanager
def a_world(postgres, template, *, clients: int, row_security: bool = True) -> Iterator[World]:
    """A node of its own with its five members."""
    with a_database(postgres, template) as database:
        if not row_security:
            with psycopg.connect(database.owner) as db:
                for table in ("feed", "batch", "record"):
                    db.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        node = a_node(database, pool_size=clients + 2)
        try:
            partners = [node.join(f"{name}.example", sector=sector) for name, sector in SECTORS.items()]
            yield World(node, database, partners, clients=clients)
        finally:
            node.close()


@given(script=st.lists(acts, min_size=30, max_size=80))
@settings(slow, max_examples=25)
def test_step_by_step_every_client_holds_what_the_model_says(postgres, template, script: list[Act]):
    with a_world(postgres, template, clients=5) as world:
        world.act_all(script)
        world.quieten()


@given(script=st.lists(acts, min_size=20, max_size=80), seed=st.integers(0, 2**32))
@settings(slow, max_examples=8)
def test_ten_clients_at_once_hold_what_the_model_says(postgres, template, script: list[Act], seed: int):
    note(f"the threads' seed is {seed}")
    with a_world(postgres, template, clients=CLIENTS) as world, Crowd(world, seed=seed) as crowd:
        for act in script:
            if act[0] == "quiet":
                crowd.quieten()
            elif act[0] not in ("place", "pull", "restart"):
                world.act(act)
            crowd.check()
        crowd.quieten()


class Rewritten:
    """A connection that sends one text in place of another, wherever a statement has it."""

    def __init__(self, db, old: str, new: str) -> None:
        self._db, self._old, self._new = db, old, new

    def execute(self, query, parameters):
        return self._db.execute(query.replace(self._old, self._new), parameters)


def rewrite_feed(monkeypatch, old: str, new: str) -> None:
    """Let the feed's query be another."""
    batches_after = feed_store._batches_after

    def mutated(parameters):
        statement = batches_after(parameters)
        assert old in statement.sql
        return replace(statement, sql=statement.sql.replace(old, new))

    monkeypatch.setattr(feed_store, "_batches_after", mutated)


def without_pending_endings(monkeypatch) -> None:
    rewrite_feed(monkeypatch, "AND access_change.reason IS NOT NULL", "AND false")


def without_purposes(monkeypatch) -> None:
    rewrite_feed(monkeypatch, "(audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))", "true")


def without_floor(monkeypatch) -> None:
    def mutated(db, **at):
        return move_intervals(Rewritten(db, "floor, floor,", "floor, 0,"), **at)

    monkeypatch.setattr(sequencer, "move_intervals", mutated)


MUTANTS = {
    "a pending ending": without_pending_endings,
    "purposes": without_purposes,
    "joining": without_floor,
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_the_model_notices_when_a_rule_is_not_kept(postgres, template, monkeypatch, rule):
    # The second wall would hide what the first lets through.
    with a_world(postgres, template, clients=3, row_security=False) as world:
        MUTANTS[rule](monkeypatch)
        with pytest.raises(AssertionError, match="too much"):
            world.act_all(SCRIPTS[rule])


@pytest.mark.parametrize("rule", MUTANTS)
def test_the_model_agrees_where_the_rule_is_kept(postgres, template, rule):
    with a_world(postgres, template, clients=3, row_security=False) as world:
        world.act_all(SCRIPTS[rule])
