"""What is shared again: after a theft, and as the next revision of one's own record."""

import time

import orjson
import pytest

from client.drafting import Draft
from client.failures import Unreachable
from tests.client.exchanging import PURPOSE, a_signal, drafts, terms
from tests.partners import DAY, now_seconds


@pytest.fixture
def hotline(world):
    return world.join("hotline.example")


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example", sector="platform")


def pulled(member):
    return list(member.sdk().pull(purpose=PURPOSE))


def robbed(world, member):
    """The member's record key is declared stolen, a new one takes its place, and the member has heard of it."""
    old = member.simulated.record
    old.revoked_at, old.revoked_reason = now_seconds() - DAY, "compromised"
    member.simulated.record = member.simulated.add_key("record-2", use="record")
    member.home.add_key("record", member.simulated.record.key)
    assert member.simulated.put_statement(member.simulated.statement()).status == 200
    time.sleep(1.1)
    pulled(member)


def test_what_was_set_aside_with_a_stolen_key_can_be_pushed_again(world, hotline, platform):
    hotline.sdk().push(drafts(1, 2))
    world.place()
    pulled(platform)
    robbed(world, hotline)
    outcome = hotline.sdk().push(drafts(1, 2))
    assert (outcome.pushed, outcome.already, outcome.refused) == (2, 0, [])
    world.place()
    pulled(platform)
    assert [one.revision for one in platform.sdk().live_records()] == [2, 2]
    assert hotline.sdk().push(drafts(1, 2)).already == 2


def test_what_was_set_aside_with_a_stolen_key_can_be_withdrawn(world, hotline, platform):
    hotline.sdk().push(drafts(1))
    world.place()
    record_id = next(hotline.sdk().live_records()).id
    robbed(world, hotline)
    assert [one.id for one in hotline.sdk().live_records(is_set_aside=True)] == [record_id]
    outcome = hotline.sdk().withdraw([record_id], reason="error")
    assert (outcome.pushed, outcome.refused) == (1, [])
    assert list(hotline.sdk().live_records(is_set_aside=True)) == []


def test_what_a_thief_shared_can_be_withdrawn_after_a_pull(world, hotline, platform):
    hotline.sdk().push(drafts(1))
    world.place()
    for one in hotline.opened:
        one.close()
    hotline.home.state_path.unlink()
    robbed(world, hotline)
    (stolen,) = hotline.sdk().live_records(is_set_aside=True)
    assert list(hotline.sdk().live_records()) == []
    assert hotline.sdk().withdraw([stolen.id], reason="error").pushed == 1


def test_a_row_that_names_ones_own_record_becomes_its_next_revision(world, hotline, platform):
    sender = hotline.sdk()
    sender.push(drafts(1))
    record_id = next(sender.live_records()).id
    changed = Draft(row=0, record=a_signal(1, id=record_id, media="video"), terms=terms())
    assert sender.push([changed]).pushed == 1
    world.place()
    pulled(platform)
    (live,) = platform.sdk().live_records()
    assert (live.id, live.revision, orjson.loads(live.line)["media"]) == (record_id, 2, "video")


def test_a_row_that_names_ones_own_record_and_changes_nothing_is_there_already(world, hotline):
    sender = hotline.sdk()
    sender.push(drafts(1))
    same = Draft(row=0, record=a_signal(1, id=next(sender.live_records()).id), terms=terms())
    assert (outcome := sender.push([same])).already == 1
    assert outcome.pushed == 0


def failing_push(sender, *numbers):
    sender.wire._send, send = unreachable, sender.wire._send
    with pytest.raises(Unreachable):
        sender.push(drafts(*numbers))
    sender.wire._send = send


def unreachable(*_given):
    raise Unreachable("no_answer")


def test_a_withdrawal_publishes_nothing_that_an_earlier_push_left_in_the_journal(world, hotline):
    sender = hotline.sdk()
    sender.push(drafts(1))
    (live,) = sender.live_records()
    failing_push(sender, 2, 3)
    outcome = sender.withdraw([live.id], reason="error")
    assert (outcome.pushed, outcome.resent, outcome.unsent) == (1, 0, 2)
    outcome = sender.push([])
    assert (outcome.pushed, outcome.resent) == (0, 2)
