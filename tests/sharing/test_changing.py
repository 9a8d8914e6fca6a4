"""What a change of a group costs is bounded by whom it changes, whatever its members have addressed to it."""

import psycopg
import pytest

from server.sharing import changing
from tests.conftest import Database
from tests.partners import DAY, moment, now_seconds
from tests.sharing.following import Follower
from tests.sharing.sharers import found, let_expire, share


@pytest.fixture
def one_at_once(monkeypatch) -> None:
    monkeypatch.setattr(changing, "_PAIRS_AT_ONCE", 1)


@pytest.fixture
def considered(monkeypatch) -> list[list[int]]:
    """The organisations of each statement that compares what is right with what is written."""
    seen: list[list[int]] = []
    reconsider = changing._reconsider

    def told(*arguments, organisation_ids, **named):
        seen.append(organisation_ids)
        reconsider(*arguments, organisation_ids=organisation_ids, **named)

    monkeypatch.setattr(changing, "_reconsider", told)
    return seen


def test_who_stays_in_a_group_is_not_considered_when_another_leaves(hotline, platform, ngo, considered):
    # One end for both revisions: a later one would change everybody's access.
    group = found(hotline, platform, ngo, expires=moment(now_seconds() + DAY))
    share(platform, group.audience)
    considered.clear()
    group.set_members(ngo)
    assert [len(some) for some in considered] == [1]


def test_a_group_that_lives_longer_lets_everyone_in_it_have_it_longer(hotline, platform, placed, database):
    group = found(hotline, platform)
    let_expire(database, group)
    _live_again(database)
    group.set_members(platform)
    sent = share(hotline, group.audience)
    placed()
    assert set(sent) <= set(Follower(partner=platform).follow())


@pytest.mark.usefixtures("one_at_once")
@pytest.mark.parametrize("change", ["set_members", "withdraw"])
def test_a_change_made_in_many_steps_is_the_same_change(hotline, platform, placed, considered, change):
    group = found(hotline, platform)
    sent = share(hotline, group.audience)
    placed()
    reader = Follower(partner=platform)
    assert set(sent) < set(reader.follow())
    considered.clear()
    getattr(group, change)()
    placed()
    assert all(len(some) == 1 for some in considered)
    assert reader.follow() == []
    assert reader.jtis == set()


def _live_again(database: Database) -> None:
    """Let the group itself live, though by what is written of its readers it had an end before."""
    with psycopg.connect(database.superuser) as db:
        db.execute("UPDATE sharing_group SET expires_at = now() + interval '1 hour'")
