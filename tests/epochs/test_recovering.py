"""After a restore partners recover by themselves: nothing that was exchanged is lost, nothing is there twice."""

import contextlib
from datetime import timedelta

import pytest

from client import hooks
from client.drafting import Draft
from client.pulled import Filter
from client.state import outbox
from tests.client.exchanging import PURPOSE, a_signal, drafts, terms
from tests.epochs.recovering import a_past, live, pull, push
from tests.epochs.restoring import rows, yesterday


@pytest.fixture
def past(postgres, database, tmp_path):
    with contextlib.ExitStack() as copies:

        def copied(database):
            return copies.enter_context(yesterday(postgres, database))

        with a_past(postgres, database, tmp_path, copied) as made:
            yield made


@pytest.fixture
def hotline(past):
    return past.join("hotline.example", sector="hotline")


@pytest.fixture
def platform(past):
    return past.join("platform.example", sector="platform")


@pytest.fixture
def gone_back(past, hotline, platform):
    """Signal 1 is in the backup; signals 2 and 3 came after it, and the platform has pulled all."""
    push(hotline, drafts(1))
    past.world.place()
    pull(platform)
    past.back_up()
    push(hotline, drafts(2))
    push(hotline, drafts(3))
    past.world.place()
    pull(platform)
    past.go_back()
    return past


def follow_once(member) -> list[str]:
    """Do what a follower with a hook does, without its waiting; return what the hook was told."""
    partner, told = member.sdk(), []
    hooks.begin(partner.state, now=partner.source.now())
    list(partner.pull(purpose=PURPOSE))
    hooks.tell_waiting(
        partner.state,
        lambda portion: told.extend(f"{one.what} {one.id}" for one in portion),
        only=Filter(),
        organisation=member.simulated.name,
        now=partner.source.now(),
    )
    partner.close()
    return told


def in_node(past) -> int:
    return rows(past.world.database.owner, "SELECT count(*) FROM record")[0][0]


def test_a_pull_sends_what_was_lost_again(gone_back, hotline) -> None:
    assert in_node(gone_back) == 1
    pull(hotline)
    assert in_node(gone_back) == 3


def test_a_push_sends_what_was_lost_again(gone_back, hotline) -> None:
    outcome = push(hotline, drafts(4))
    assert (outcome.pushed, outcome.recovered, in_node(gone_back)) == (1, 2, 4)


def test_what_was_restored_is_not_stored_twice(gone_back, hotline) -> None:
    push(hotline, drafts(4))
    assert rows(gone_back.world.database.owner, "SELECT count(*), count(DISTINCT jti) FROM batch") == [(4, 4)]


def test_a_reader_ends_with_what_it_had_and_what_is_new(gone_back, hotline, platform) -> None:
    before = live(platform)
    push(hotline, drafts(4))
    gone_back.world.place()
    pull(platform)
    after = live(platform)
    assert (len(before), len(after)) == (3, 4)
    assert set(before) < set(after)


def test_a_reader_is_given_nothing_twice(gone_back, hotline, platform) -> None:
    push(hotline, drafts(4))
    gone_back.world.place()
    pages = pull(platform)
    assert sum(page.records for page in pages) == 1


def test_a_hook_is_told_nothing_twice(past, hotline, platform) -> None:
    push(hotline, drafts(1))
    past.world.place()
    told = follow_once(platform)
    past.back_up()
    push(hotline, drafts(2))
    past.world.place()
    told += follow_once(platform)
    past.go_back()
    push(hotline, drafts(3))
    past.world.place()
    told += follow_once(platform)
    assert (len(told), len(set(told))) == (3, 3)


def test_chains_of_old_and_new_streams_are_both_judged(gone_back, hotline, platform) -> None:
    push(hotline, drafts(4))
    push(hotline, drafts(5))
    gone_back.world.place()
    pull(platform)
    partner = platform.sdk()
    heads = partner.state.db.execute("SELECT seq FROM stream_head ORDER BY seq").fetchall()
    partner.close()
    # Three of the old epoch; two that were sent again and two new ones of the new epoch.
    assert [head["seq"] for head in heads] == [3, 4]


def test_a_reader_that_was_never_told_the_lost_batches_gets_them_all(gone_back, hotline) -> None:
    push(hotline, drafts(4))
    gone_back.world.place()
    newcomer = gone_back.join("newcomer.example")
    pull(newcomer)
    assert len(live(newcomer)) == 4


def test_a_revision_of_a_lost_revision_is_taken(past, hotline) -> None:
    past.back_up()
    shared = push(hotline, drafts(2))
    assert shared.pushed == 1
    (record_id,) = [record.id for record in _records(hotline)]
    past.world.place()
    past.go_back()
    revised = push(hotline, [_draft(a_signal(2, id=record_id, media="video"))])
    assert (revised.refused, revised.pushed, in_node(past)) == ([], 1, 2)


def test_a_lost_withdrawal_is_sent_again(past, hotline, platform) -> None:
    push(hotline, drafts(1))
    past.world.place()
    past.back_up()
    (record,) = _records(hotline)
    partner = hotline.sdk()
    partner.withdraw([record.id], reason="error")
    partner.close()
    past.go_back()
    pull(hotline)
    past.world.place()
    pull(platform)
    assert live(platform) == []


def test_what_was_withdrawn_stays_withdrawn_for_readers_although_the_node_forgot(past, hotline, platform) -> None:
    push(hotline, drafts(1))
    past.world.place()
    pull(platform)
    past.back_up()
    partner = hotline.sdk()
    partner.withdraw([record.id for record in _records(hotline)], reason="error")
    partner.close()
    past.world.place()
    pull(platform)
    past.go_back()
    past.world.place()
    pull(platform)
    assert live(platform) == []


def test_a_restore_twice_of_the_same_backup_loses_nothing(gone_back, hotline, platform) -> None:
    push(hotline, drafts(4))
    gone_back.world.place()
    pull(platform)
    # The new epoch's own backup is older than signal 5.
    gone_back.back_up()
    push(hotline, drafts(5))
    gone_back.world.place()
    pull(platform)
    gone_back.go_back()
    pull(hotline)
    gone_back.world.place()
    pull(platform)
    assert (in_node(gone_back), len(live(platform))) == (5, 5)


@pytest.mark.parametrize(("days", "lost"), [(34, 3), (36, 0)])
def test_the_journal_is_kept_for_35_days(gone_back, hotline, days, lost) -> None:
    partner = hotline.sdk()
    now = partner.source.now() + timedelta(days=days)
    with partner.state.transaction():
        outbox.hear_log(partner.state.db, "node.example/log/2")
        outbox.forget_old(partner.state.db, now=now)
    assert len(outbox.unconfirmed_batches(partner.state.db, origin="hotline.example", now=now)) == lost
    partner.close()


def test_a_batch_to_a_lost_group_waits_until_its_owner_has_sent_the_group_again(past, hotline, platform) -> None:
    past.back_up()
    owner = hotline.sdk()
    group, _ = owner.groups.create(
        name="Synthetic",
        purpose_text="To test recovery.",
        members={"platform.example": "member"},
        history="all",
        expires=terms().expires,
    )
    owner.close()
    past.world.place()
    pull(platform)
    sent = push(platform, drafts(7, terms_=terms(tlp="AMBER", groups=(group,))))
    assert sent.pushed == 1, sent.refused
    past.world.place()
    past.go_back()
    pull(platform)
    assert in_node(past) == 0
    pull(hotline)
    past.world.place()
    again = platform.sdk()
    with again.state.transaction():
        again.state.db.execute("UPDATE journal SET again_at = 0")
    list(again.pull(purpose=PURPOSE))
    again.close()
    assert in_node(past) == 2


def _records(member):
    partner = member.sdk()
    found = list(partner.live_records(origin="hotline.example"))
    partner.close()
    return found


def _draft(record):
    return Draft(row=0, record=record, terms=terms())
