"""What the database holds by itself, whatever the api's role asks it for."""

import psycopg
import pytest

from tests.opinions.building import an_opinion, an_opinion_batch
from tests.sharing.sharers import found, share, taken
from tests.signals import a_batch, a_signal, a_withdrawal


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sharing_group SET is_live = true",
        "UPDATE sharing_group SET revision = 0",
        "UPDATE sharing_group SET history = 'from_joining'",
    ],
)
def test_a_group_that_has_ended_stays_as_it_ended(hotline, platform, database, statement):
    found(hotline, platform).withdraw()
    with psycopg.connect(database.owner) as db, pytest.raises(psycopg.errors.CheckViolation):
        db.execute(statement)


def test_marks_and_opinions_are_shown_to_nobody_who_may_not_have_what_they_are_about(
    hotline, platform, ngo, placed, database
):
    group = found(hotline, platform)
    record = a_signal()
    taken(hotline, a_batch(hotline, [record], audience=group.audience))
    placed()
    taken(platform, an_opinion_batch(platform, hotline, [an_opinion(hotline, record)], audience=group.audience))
    placed()
    taken(hotline, a_batch(hotline, [a_withdrawal(record, reason="legal")], audience=group.audience))
    shown = {partner.name: _shown(database, partner.name) for partner in (hotline, platform, ngo)}
    assert shown == {"hotline.example": (1, 1), "platform.example": (1, 1), "ngo.example": (0, 0)}


def test_a_legal_withdrawal_holds_up_the_pages_of_its_readers_alone(hotline, platform, ngo, placed, database):
    group = found(hotline, platform)
    record = a_signal()
    taken(hotline, a_batch(hotline, [record], audience=group.audience))
    share(ngo, {**group.audience, "groups": [], "organisations": ["ngo.example"]})
    placed()
    before = _versions(database)
    taken(hotline, a_batch(hotline, [a_withdrawal(record, reason="legal")], audience=group.audience))
    moved = {name for name, version in _versions(database).items() if version != before[name]}
    assert moved == {"hotline.example", "platform.example"}


def _shown(database, name):
    """How many opinions and marks the api's role is shown while it serves `name`."""
    with psycopg.connect(database.app) as db:
        db.execute(
            "SELECT set_config('havre.organisation', organisation_id::text, true) FROM organisation WHERE name = %s",
            [name],
        )
        return db.execute("SELECT (SELECT count(*) FROM opinion), (SELECT count(*) FROM erasure)").fetchone()


def _versions(database):
    with psycopg.connect(database.owner) as db:
        return dict(db.execute("SELECT name, entitlement_version FROM organisation").fetchall())
