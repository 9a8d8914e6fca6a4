"""The report of exposure beside what readers noted, by acts drawn at random; and that each of its rules is needed."""

from collections import Counter

import pytest

from server.auditing import exposing
from server.auditing.exposing_proof import served_page
from tests.conftest import a_database
from tests.drills.exposure_crowd import ExposureCrowd
from tests.drills.exposure_mutants import OF_A_RECORD, Rewritten
from tests.drills.exposure_world import a_script, an_exposure_world, grow_exposed

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600)]
WORLDS = 60
# Enough worlds for each rule to matter in one of them.
WORLDS_OF_MUTANTS = range(100, 130)


@pytest.fixture(scope="session")
def template(grow):
    return grow_exposed(grow)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_the_report_says_what_answers_carried(database, seed):
    with an_exposure_world(database) as (world, db):
        world.act_all(a_script(seed, 150))
        world.judge_exposure(db)


@pytest.mark.parametrize("seed", range(6))
def test_the_report_says_what_answers_carried_while_everything_went_on(database, seed):
    with an_exposure_world(database) as (world, db):
        with ExposureCrowd(world, seed=seed) as crowd:
            crowd.act_for(12)
        world.judge_exposure(db)
    assert world.carried


def test_every_page_can_be_made_again_and_agrees_with_its_entry(database):
    with an_exposure_world(database) as (world, db):
        world.act_all(a_script(1_000, 300))
        world.index()
        rows = db.execute("SELECT index FROM trail_entry WHERE places IS NOT NULL").fetchall()
        pages = [served_page(db, index=index) for (index,) in rows]
    assert len(pages) == len(world.pulls)
    assert all(page is not None and page.agrees for page in pages)


def test_without_any_of_its_rules_the_report_says_something_else(postgres, template, monkeypatch):
    left = dict(OF_A_RECORD)
    second_looks = exposing.without_doubt
    needs_second_looks = False
    for seed in WORLDS_OF_MUTANTS:
        with a_database(postgres, template) as database, an_exposure_world(database) as (world, db):
            world.act_all(a_script(seed, 200))
            world.judge_exposure(db)
            carried = Counter(world.carried)
            monkeypatch.setattr(exposing, "without_doubt", lambda _db, releases: list(releases))
            needs_second_looks = needs_second_looks or world.reported(db) != carried
            monkeypatch.setattr(exposing, "without_doubt", second_looks)
            for rule, (old, new) in list(left.items()):
                mutated = Rewritten(db, old, new)
                if world.reported(mutated) != carried:
                    del left[rule]
                assert mutated.met, f"{rule}: the query has no such condition"
        if not left and needs_second_looks:
            return
    assert (list(left), needs_second_looks) == ([], True)
