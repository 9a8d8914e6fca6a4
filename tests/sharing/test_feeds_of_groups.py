"""Whose feed moves when access changes, at which place, and that nothing is served outside the terms."""

from datetime import UTC, datetime

import psycopg
import pytest

from server.feed import store as feed_store
from server.retention.ending import end_expired_groups
from tests.exchanges import expire
from tests.groups.building import to_group
from tests.opinions.building import an_opinion, an_opinion_batch, to_origin
from tests.partners import DAY, moment, now_seconds
from tests.sharing.following import Follower
from tests.sharing.sharers import found, let_expire, share, taken
from tests.signals import a_batch, a_signal, an_audience, signals


def test_an_organisation_outside_a_group_gets_nothing_of_it(hotline, platform, ngo, placed):
    share(hotline, found(hotline, platform).audience)
    placed()
    assert Follower(partner=ngo).follow() == []
    assert ngo.get("/v1/streams", purpose="detection").json == {"streams": []}


def test_a_new_member_gets_the_groups_past_once_after_what_it_has_seen(hotline, platform, ngo, placed):
    group = found(hotline, platform)
    past = share(hotline, group.audience, 3)
    placed()
    reader = Follower(partner=ngo)
    reader.follow()
    joining = group.set_members(platform, ngo)
    placed()
    later = share(hotline, group.audience)
    placed()
    came = reader.follow()
    assert came[1:] == [*past, joining, *later]
    assert reader.follow() == []
    assert Follower(partner=ngo).follow() == came


def test_a_group_that_begins_at_joining_shows_no_past(hotline, platform, ngo, placed):
    group = found(hotline, platform, history="from_joining")
    share(hotline, group.audience)
    joining = group.set_members(platform, ngo)
    later = share(hotline, group.audience)
    placed()
    assert Follower(partner=ngo).follow() == [joining, *later]


def test_who_is_removed_gets_nothing_from_the_commit_on_and_is_told_at_its_place(hotline, platform, placed):
    group = found(hotline, platform)
    share(hotline, group.audience, 2)
    placed()
    reader = Follower(partner=platform)
    assert len(reader.follow()) == 3
    group.set_members()
    assert Follower(partner=platform).follow() == []
    assert reader.endings == []
    placed()
    assert reader.follow() == []
    assert (set(reader.endings), reader.jtis) == ({"left_group"}, set())


def test_what_a_removed_member_shared_stays_its_own(hotline, platform, placed):
    group = found(hotline, platform)
    own = share(platform, group.audience)
    theirs = share(hotline, group.audience)
    placed()
    reader = Follower(partner=platform)
    reader.follow()
    assert {*own, *theirs} < reader.jtis
    group.set_members()
    placed()
    reader.follow()
    assert reader.jtis == set(own)


def test_who_joins_and_leaves_before_the_sequencer_wakes_gets_nothing(hotline, platform, ngo, placed):
    group = found(hotline, platform)
    share(hotline, group.audience)
    group.set_members(platform, ngo)
    group.set_members(platform)
    placed()
    reader = Follower(partner=ngo)
    assert reader.follow() == []
    assert set(reader.endings) == {"left_group"}


def test_who_comes_back_gets_the_past_again_with_what_it_missed(hotline, platform, placed):
    group = found(hotline, platform)
    past = share(hotline, group.audience)
    placed()
    reader = Follower(partner=platform)
    reader.follow()
    group.set_members()
    missed = share(hotline, group.audience)
    placed()
    reader.follow()
    group.set_members(platform)
    placed()
    reader.follow()
    assert {*past, *missed} < reader.jtis
    assert reader.jtis == set(Follower(partner=platform).follow())


def test_an_earlier_way_in_that_is_lost_takes_its_past_with_it(hotline, platform, ngo, placed):
    whole, late = found(hotline, platform), found(hotline, platform, history="from_joining")
    both = to_group(whole.name, late.name)
    past = share(hotline, both)
    whole.set_members(platform, ngo)
    late.set_members(platform, ngo)
    since = share(hotline, both)
    placed()
    reader = Follower(partner=ngo)
    reader.follow()
    assert {*past, *since} < reader.jtis
    whole.set_members(platform)
    # Between the commit and its place nothing of the audience is served: a part of it has ended.
    assert not {*past, *since} & set(Follower(partner=ngo).follow())
    placed()
    reader.follow()
    assert set(since) < reader.jtis
    assert not set(past) & reader.jtis
    assert reader.jtis == set(Follower(partner=ngo).follow())


def test_a_further_way_in_brings_what_came_before_the_first(hotline, platform, ngo, placed):
    whole, late = found(hotline, platform), found(hotline, platform, history="from_joining")
    both = to_group(whole.name, late.name)
    past = share(hotline, both, 2)
    late.set_members(platform, ngo)
    since = share(hotline, both)
    placed()
    reader = Follower(partner=ngo)
    reader.follow()
    assert not set(past) & reader.jtis
    whole.set_members(platform, ngo)
    placed()
    came = reader.follow()
    assert [jti for jti in came if jti in past] == past
    assert not set(since) & set(came)
    assert reader.jtis == set(Follower(partner=ngo).follow())


def test_of_two_groups_that_begin_at_joining_the_earlier_counts_while_one_is_in_it(hotline, platform, ngo, placed):
    first = found(hotline, platform, history="from_joining")
    second = found(hotline, platform, history="from_joining")
    both = to_group(first.name, second.name)
    first.set_members(platform, ngo)
    early = share(hotline, both)
    second.set_members(platform, ngo)
    late = share(hotline, both)
    placed()
    reader = Follower(partner=ngo)
    reader.follow()
    assert {*early, *late} < reader.jtis
    first.set_members(platform)
    placed()
    reader.follow()
    assert set(late) < reader.jtis
    assert not set(early) & reader.jtis


@pytest.mark.parametrize("joins", [True, False], ids=["joins", "leaves"])
def test_what_a_pending_change_hid_is_not_passed_over_though_nothing_ended(hotline, platform, ngo, placed, joins):
    first = found(hotline, platform, ngo, history="from_joining")
    second = found(hotline, platform, *(() if joins else (ngo,)), history="from_joining")
    sent = share(hotline, to_group(first.name, second.name))
    open_to_all = share(hotline, an_audience("GREEN"))
    placed()
    second.set_members(platform, *((ngo,) if joins else ()))
    reader = Follower(partner=ngo)
    assert open_to_all[0] in reader.follow()
    placed()
    reader.follow()
    assert {*sent, *open_to_all} < reader.jtis
    assert reader.jtis == set(Follower(partner=ngo).follow())


def test_what_one_has_by_an_expired_group_alone_is_not_served_though_another_way_lives(
    hotline, platform, placed, database
):
    first = found(hotline, platform, history="from_joining", expires=moment(now_seconds() + 10 * DAY))
    second = found(hotline, history="from_joining")
    both = to_group(first.name, second.name)
    early = share(hotline, both)
    second.set_members(platform)
    late = share(hotline, both)
    placed()
    let_expire(database, first)
    reader = Follower(partner=platform)
    reader.follow()
    assert not set(early) & reader.jtis
    with psycopg.connect(database.worker) as db:
        assert end_expired_groups(db, node="node.example", now=datetime.now(UTC)) == 1
    placed()
    reader.follow()
    assert set(late) < reader.jtis
    assert not set(early) & reader.jtis


def test_what_had_run_out_begins_anew_when_another_way_opens(hotline, platform, ngo, placed, database):
    first = found(hotline, platform, ngo)
    second = found(hotline, platform)
    sent = share(hotline, to_group(first.name, second.name))
    share(hotline, an_audience("GREEN"))
    placed()
    let_expire(database, first)
    reader = Follower(partner=ngo)
    reader.follow()
    assert not set(sent) & reader.jtis
    second.set_members(platform, ngo)
    placed()
    reader.follow()
    assert set(sent) < reader.jtis


def test_a_page_that_is_being_built_while_its_reader_leaves_is_built_again(hotline, platform, placed, monkeypatch):
    group = found(hotline, platform)
    share(hotline, group.audience)
    open_to_all = share(hotline, an_audience("GREEN"))
    placed()
    documents, waiting = feed_store.documents, [group]

    def while_leaving(*args, **kwargs):
        if waiting:
            waiting.pop().set_members()
        return documents(*args, **kwargs)

    monkeypatch.setattr(feed_store, "documents", while_leaving)
    assert Follower(partner=platform).follow() == open_to_all


@pytest.mark.parametrize("ending", ["group_withdrawn", "group_expired"])
def test_a_group_that_ends_is_over_for_everyone_in_it(hotline, platform, placed, database, ending):
    group = found(hotline, platform)
    share(hotline, group.audience)
    own = share(platform, group.audience)
    placed()
    readers = {partner: Follower(partner=partner) for partner in (hotline, platform)}
    for reader in readers.values():
        reader.follow()
    if ending == "group_withdrawn":
        group.withdraw()
    else:
        let_expire(database, group)
        # Nobody has found out yet; its time is over all the same.
        assert set(Follower(partner=platform).follow()) == set(own)
        with psycopg.connect(database.worker) as db:
            assert end_expired_groups(db, node="node.example", now=datetime.now(UTC)) == 1
    placed()
    readers[platform].follow()
    assert readers[platform].jtis == set(own)
    assert set(readers[platform].endings) == {ending}
    refused = hotline.push(a_batch(hotline, signals(1), audience=group.audience).document)
    assert refused.refused == [("/audience/groups", "unknown_group")]


def test_named_organisations_get_it_and_nobody_else(hotline, platform, ngo, placed):
    sent = share(hotline, an_audience("AMBER", organisations=["platform.example"]))
    placed()
    assert Follower(partner=platform).follow() == sent
    assert Follower(partner=hotline).follow() == sent
    assert Follower(partner=ngo).follow() == []


def test_a_sector_narrows_every_way_in(hotline, platform, ngo, placed):
    group = found(hotline, platform, ngo)
    sent = share(hotline, {**group.audience, "sectors": ["ngo"]})
    placed()
    assert set(sent) <= set(Follower(partner=ngo).follow())
    assert not set(sent) & set(Follower(partner=platform).follow())


def test_a_purpose_that_the_terms_do_not_name_gets_nothing_of_it(hotline, platform, placed):
    sent = share(hotline, an_audience("AMBER", organisations=["platform.example"], purposes=["investigation"]))
    placed()
    assert Follower(partner=platform).follow() == []
    assert Follower(partner=platform, purpose="investigation").follow() == sent
    # What it may not have for this purpose, it is not told of either when it ends.
    assert Follower(partner=hotline).follow() == sent


def test_an_ending_is_told_to_the_purposes_that_had_it(hotline, platform, placed):
    group = found(hotline, platform)
    share(hotline, {**group.audience, "purposes": ["investigation"]})
    placed()
    readers = {purpose: Follower(partner=platform, purpose=purpose) for purpose in ("detection", "investigation")}
    for reader in readers.values():
        reader.follow()
    group.set_members()
    placed()
    counts = {purpose: len(reader.pull() or reader.endings) for purpose, reader in readers.items()}
    streams = {purpose: reader.ended_streams for purpose, reader in readers.items()}
    assert counts == {"detection": 1, "investigation": 1}
    # The group's own record was for every purpose, the signals for one.
    assert (len(streams["detection"]), len(streams["investigation"])) == (1, 2)


def test_an_opinion_to_the_origin_alone_reaches_it_whatever_its_terms(hotline, platform, ngo, placed):
    record = a_signal()
    taken(hotline, a_batch(hotline, [record]))
    placed()
    opinion = taken(
        platform, an_opinion_batch(platform, hotline, [an_opinion(hotline, record)], audience=to_origin(hotline))
    )
    placed()
    assert opinion in Follower(partner=hotline).follow()
    assert opinion in Follower(partner=platform).follow()
    assert opinion not in Follower(partner=ngo).follow()


def test_an_expired_batch_is_still_told_to_its_readers(hotline, platform, placed, database):
    (sent,) = share(hotline, found(hotline, platform).audience)
    expire(database.superuser, sent)
    placed()
    assert sent in Follower(partner=platform).follow()


def test_the_database_alone_shows_each_organisation_no_more_than_its_terms(hotline, platform, ngo, placed, database):
    """The second wall: no query of ours takes part."""
    group, late = found(hotline, platform), found(hotline, platform, history="from_joining")
    share(hotline, group.audience)
    share(hotline, late.audience)
    late.set_members(platform, ngo)
    share(hotline, late.audience)
    share(hotline, an_audience("AMBER", organisations=["ngo.example"]))
    share(platform, an_audience("GREEN"))
    placed()
    with psycopg.connect(database.app) as db:
        assert db.execute("SELECT count(*) FROM batch").fetchone() == (0,)
        for partner in (hotline, platform, ngo):
            db.execute(
                "SELECT set_config('havre.organisation', organisation_id::text, true)"
                "  FROM organisation WHERE name = %s",
                [partner.name],
            )
            shown = {str(jti) for (jti,) in db.execute("SELECT jti FROM batch")}
            assert shown == set(Follower(partner=partner).follow())
            records = db.execute("SELECT count(*) FROM record").fetchone()
            assert records == (len(shown),)
            db.rollback()
