"""Who may share with whom: named organisations that are known, groups that the origin is a member of."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from tests.exchanges import rows_of
from tests.groups.building import a_group_batch, founded, members, name_of, to_group
from tests.partners import Partner, an_id
from tests.signals import a_batch, a_revision, a_signal, a_withdrawal, an_audience, signals

UNKNOWN_GROUP = [(None, "/audience/groups", "unknown_group")]


@pytest.fixture
def platform(node) -> Partner:
    return node.join("platform.example", sector="platform")


def told(answered) -> list[tuple[int | None, str, str]]:
    assert (answered.status, answered.code) == (422, "records_refused"), answered.body
    return [(one["index"], one["pointer"], one["code"]) for one in answered.json["refused"]]


@pytest.mark.parametrize("tlp", ["AMBER", "AMBER+STRICT"])
def test_named_organisations_get_access(database, hotline, platform, tlp) -> None:
    audience = an_audience(tlp, organisations=[platform.name], purposes=["detection"], sectors=["platform"])
    assert hotline.push(a_batch(hotline, signals(1), audience=audience).document).status == 201
    rows = rows_of(database.owner)
    assert len(rows["audience_organisation"]) == len(rows["audience_access"]) == 1


def test_a_named_organisation_is_known(refuse, hotline) -> None:
    audience = an_audience("AMBER", organisations=[hotline.name, "stranger.example"])
    answered = refuse(hotline, a_batch(hotline, signals(1), audience=audience).document)
    assert told(answered) == [(None, "/audience/organisations", "unknown_organisation")]


def test_a_member_shares_with_its_group(hotline, platform) -> None:
    group = founded(hotline, platform)
    batch = a_batch(platform, signals(2), audience=to_group(name_of(hotline, group)))
    assert platform.push(batch.document).status == 201


def test_a_group_that_one_is_not_in_answers_as_one_that_is_not_there(refuse, hotline, platform) -> None:
    theirs = name_of(hotline, founded(hotline))
    nobodys = f"{hotline.name}/{an_id()}"
    of_strangers = f"stranger.example/{an_id()}"
    answers = [
        refuse(platform, a_batch(platform, signals(1), audience=to_group(name)).document)
        for name in (theirs, nobodys, of_strangers)
    ]
    assert [told(answered) for answered in answers] == [UNKNOWN_GROUP] * 3


def test_a_group_that_others_share_with_answers_an_outsider_as_one_that_is_not_there(refuse, hotline, platform) -> None:
    audience = to_group(name_of(hotline, founded(hotline)))
    known = a_signal()
    assert platform.push(a_batch(platform, [known]).document).status == 201
    assert hotline.push(a_batch(hotline, signals(1), audience=audience).document).status == 201
    unknown = to_group(f"{hotline.name}/{an_id()}")
    attacks = [a_batch(platform, [a_revision(known)], audience=named) for named in (audience, unknown)]
    assert [told(refuse(platform, attack.document)) for attack in attacks] == [UNKNOWN_GROUP] * 2
    withdrawals = [a_batch(platform, [a_withdrawal(known)], audience=named) for named in (audience, unknown)]
    assert [told(refuse(platform, attack.document)) for attack in withdrawals] == [[(0, "", "channel_changed")]] * 2


def test_an_observer_does_not_share(refuse, hotline, platform) -> None:
    audience = to_group(name_of(hotline, founded(hotline, observers=[platform])))
    answered = refuse(platform, a_batch(platform, signals(1), audience=audience).document)
    assert told(answered) == [(None, "/audience/groups", "observer_cannot_share")]


def test_every_group_that_is_named_must_be_ones_own(refuse, hotline, platform) -> None:
    names = [name_of(hotline, founded(hotline, platform)), name_of(hotline, founded(hotline))]
    answered = refuse(platform, a_batch(platform, signals(1), audience=to_group(*names)).document)
    assert told(answered) == UNKNOWN_GROUP


def test_whoever_left_a_group_shares_no_more_with_it_but_withdraws(refuse, hotline, platform) -> None:
    group = founded(hotline, platform)
    audience = to_group(name_of(hotline, group))
    signal = a_signal()
    assert platform.push(a_batch(platform, [signal], audience=audience).document).status == 201
    platform.exchange.roles = ["consumer"]
    platform.put_statement(platform.statement())
    smaller = a_group_batch(hotline, a_revision(group, members=members(hotline.name)))
    assert hotline.push(smaller.document).status == 201
    assert platform.push(a_batch(platform, [a_withdrawal(signal)], audience=audience).document).status == 201
    platform.exchange.roles = ["contributor"]
    platform.put_statement(platform.statement())
    assert told(refuse(platform, a_batch(platform, signals(1), audience=audience).document)) == UNKNOWN_GROUP


def test_a_push_that_races_its_removal_waits_and_is_refused(database, node, hotline, platform) -> None:
    group = founded(hotline, platform)
    audience = to_group(name_of(hotline, group))
    assert platform.push(a_batch(platform, signals(1), audience=audience).document).status == 201
    racing = a_batch(platform, signals(1), audience=audience)
    with ThreadPoolExecutor(1) as other, psycopg.connect(database.app) as removal:
        removal.execute("UPDATE sharing_group SET revision = 2")
        removal.execute(
            "DELETE FROM group_member WHERE organisation_id ="
            " (SELECT organisation_id FROM organisation WHERE name = 'platform.example')"
        )
        pushing = other.submit(platform.push, racing.document)
        wait_for_lock(database.superuser)
        removal.commit()
        assert told(pushing.result()) == UNKNOWN_GROUP


def wait_for_lock(superuser_url: str) -> None:
    """Return when some transaction waits for another's row."""
    with psycopg.connect(superuser_url, autocommit=True) as db:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while db.execute(waiting).fetchone() == (0,):
            pass


def test_ten_first_pushes_at_once_open_one_audience(database, node, hotline, platform) -> None:
    audience = an_audience("AMBER", organisations=[hotline.name, platform.name])
    batches = [(partner, a_batch(partner, signals(1), audience=audience)) for partner in (hotline, platform) * 5]
    start = Barrier(len(batches))

    def push(one) -> int:
        start.wait()
        return one[0].push(one[1].document).status

    with ThreadPoolExecutor(len(batches)) as threads:
        assert list(threads.map(push, batches)) == [201] * len(batches)
    rows = rows_of(database.owner)
    assert len([row for row in rows["audience"] if "AMBER" in row]) == 1
    assert len(rows["audience_organisation"]) == len(rows["audience_access"]) == 2


def test_two_hundred_names_are_an_audience_and_no_more(refuse, hotline) -> None:
    many = sorted(f"{hotline.name}/{an_id()}" for _ in range(200))
    answered = refuse(hotline, a_batch(hotline, signals(1), audience=to_group(*many)).document)
    assert told(answered) == UNKNOWN_GROUP
    too_many = to_group(*many, organisations=[hotline.name])
    answered = refuse(hotline, a_batch(hotline, signals(1), audience=too_many).document)
    assert told(answered) == [(None, "/audience/organisations", "length")]


def test_a_taken_id_is_told_before_an_unknown_group(refuse, hotline) -> None:
    first = a_batch(hotline, signals(1))
    hotline.push(first.document)
    unknown = to_group(f"{hotline.name}/{an_id()}")
    answered = refuse(hotline, a_batch(hotline, signals(1), jti=first.jti, audience=unknown).document)
    assert (answered.status, answered.code) == (409, "batch_id_taken")
