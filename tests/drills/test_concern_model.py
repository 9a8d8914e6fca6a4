"""Whom a pull concerns, as the index of the trail says it, beside whose batches the answers held: random acts."""

from typing import Any

import pytest

from crypto.batches import split_documents
from crypto.encoding import to_base64url
from tests.drills.exposure_world import ExposureWorld, Feed, a_script, asking_reports, grow_exposed, joined
from tests.exchanges import claims_in
from tests.partners import Answered, a_node

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600)]


class ConcernWorld(ExposureWorld):
    """A world in which it is noted whose batches, and opinions about whose records, each page held."""

    def __init__(self, *said: Any, **named: Any) -> None:
        super().__init__(*said, **named)
        self.held: set[tuple[str, str]] = set()

    def _note_page(self, feed: Feed, answered: Answered) -> None:
        super()._note_page(feed, answered)
        manifests = [claims_in(part.manifest) for part in split_documents(answered.body) if hasattr(part, "manifest")]
        self.held |= {
            (answered.receipt, name)
            for claims in manifests
            for name in (claims["iss"], claims["about"])
            if name is not None
        }


@pytest.fixture(scope="session")
def template(grow):
    return grow_exposed(grow)


@pytest.mark.parametrize("seed", range(500, 520))
def test_a_pull_concerns_those_whose_batches_it_held(database, seed):
    node = a_node(database, pool_size=12)
    world = ConcernWorld(node, database, *joined(node, database.grown["members"]))
    world.act_all(a_script(seed, 150))
    world.index()
    with asking_reports(database) as db:
        rows = db.execute(
            """
            SELECT trail_entry.leaf, trail_scope.organisation
              FROM trail_entry
              JOIN trail_combination USING (combination_id)
              JOIN trail_posting USING (index)
              JOIN trail_scope USING (scope_id)
             WHERE trail_combination.action = 'read_feed'
               AND trail_scope.of_records
            """
        ).fetchall()
    node.close()

    assert {(to_base64url(leaf), organisation) for leaf, organisation in rows} == world.held
