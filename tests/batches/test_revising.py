"""Revisions rise, name all before them and never change what they are; a withdrawal is final."""

from typing import Any

import pytest

from crypto.encoding import to_base64url
from tests.exchanges import place
from tests.partners import DAY, Answered, Held, Partner, moment, now_seconds
from tests.signals import (
    Json,
    a_batch,
    a_revision,
    a_signal,
    a_value,
    a_withdrawal,
    an_audience,
    leaf_of,
)

UNKNOWN_LEAF = to_base64url(bytes(32))


def shared(partner: Partner, *records: Json, **claims: Any) -> None:
    """Push each in a batch of its own."""
    for record in records:
        answered = partner.push(a_batch(partner, [record], **claims).document)
        assert answered.status == 201, answered.body


def only_refusal(answered: Answered) -> tuple[str, str]:
    assert answered.status == 422, answered.body
    (refused,) = answered.refused
    return refused


@pytest.fixture
def first(hotline) -> Json:
    """A signal that the hotline has shared."""
    signal = a_signal()
    shared(hotline, signal)
    return signal


def test_a_revision_that_names_all_before_it_is_accepted(hotline, first) -> None:
    second = a_revision(first, media="video")
    shared(hotline, second)
    third = a_revision(first, second, media="image")
    assert hotline.push(a_batch(hotline, [third]).document).status == 201


def test_revisions_may_skip_numbers(hotline, first) -> None:
    assert hotline.push(a_batch(hotline, [a_revision(first, revision=9)]).document).status == 201


def test_the_same_leaf_again_is_already_shared(refuse, hotline, first) -> None:
    assert only_refusal(refuse(hotline, a_batch(hotline, [first]).document)) == ("", "already_shared")


def test_the_same_number_with_another_leaf_is_taken(refuse, hotline, first) -> None:
    shared(hotline, a_revision(first))
    assert only_refusal(refuse(hotline, a_batch(hotline, [a_revision(first)]).document)) == (
        "/revision",
        "revision_taken",
    )


def test_a_lower_number_is_stale(refuse, hotline, first) -> None:
    shared(hotline, a_revision(first, revision=5))
    answered = refuse(hotline, a_batch(hotline, [a_revision(first, revision=4)]).document)
    assert only_refusal(answered) == ("/revision", "revision_stale")


def test_a_first_revision_under_a_known_id_is_taken(refuse, hotline, first) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_signal(id=first["id"], value=first["value"])]).document)
    assert only_refusal(answered) == ("/revision", "revision_taken")


def test_a_revision_of_an_unknown_record_is_refused(refuse, hotline) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_revision(a_signal())]).document)
    assert only_refusal(answered) == ("/replaces", "replaces_unknown")


def test_a_revision_of_another_origins_record_is_of_an_unknown_one(node, refuse, hotline, first) -> None:
    platform = node.join("platform.example", sector="platform")
    answered = refuse(platform, a_batch(platform, [a_withdrawal(first)]).document)
    assert only_refusal(answered) == ("/replaces", "replaces_unknown")


@pytest.mark.parametrize("with_stranger", [False, True])
def test_a_revision_names_all_leaves_before_it_and_no_other(refuse, hotline, first, with_stranger) -> None:
    second = a_revision(first)
    shared(hotline, second)
    leaves = [leaf_of(first), leaf_of(second), UNKNOWN_LEAF] if with_stranger else [leaf_of(second)]
    third = a_revision(second, replaces=sorted(leaves))
    assert only_refusal(refuse(hotline, a_batch(hotline, [third]).document)) == ("/replaces", "replaces_incomplete")


def test_the_value_never_changes(refuse, hotline, first) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_revision(first, value=a_value("other"))]).document)
    assert only_refusal(answered) == ("/value", "value_changed")


def test_the_signal_type_never_changes(refuse, hotline, first) -> None:
    changed = a_revision(first, signal_type="vpdq", media="video", print_bytes=40_000)
    assert only_refusal(refuse(hotline, a_batch(hotline, [changed]).document)) == ("/value", "value_changed")


def test_the_channel_never_changes(refuse, hotline, first) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_revision(first)], audience=an_audience("CLEAR")).document)
    assert only_refusal(answered) == ("", "channel_changed")


def test_a_withdrawal_too_keeps_to_its_channel(refuse, hotline, first) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_withdrawal(first)], audience=an_audience("CLEAR")).document)
    assert only_refusal(answered) == ("", "channel_changed")


def test_a_revision_expires_no_earlier_than_what_it_replaces(refuse, hotline, first) -> None:
    earlier = moment(now_seconds() + 30 * DAY)
    answered = refuse(hotline, a_batch(hotline, [a_revision(first)], expires=earlier).document)
    assert only_refusal(answered) == ("", "expires_too_early")


def test_a_withdrawal_is_accepted(hotline, first) -> None:
    assert hotline.push(a_batch(hotline, [a_withdrawal(first)]).document).status == 201


def test_a_withdrawal_is_final(refuse, hotline, first) -> None:
    withdrawal = a_withdrawal(first)
    shared(hotline, withdrawal)
    leaves = sorted([leaf_of(first), leaf_of(withdrawal)])
    answered = refuse(hotline, a_batch(hotline, [a_revision(first, revision=3, replaces=leaves)]).document)
    assert only_refusal(answered) == ("/revision", "record_withdrawn")


def test_a_withdrawn_record_is_not_withdrawn_again(refuse, hotline, first) -> None:
    withdrawal = a_withdrawal(first)
    shared(hotline, withdrawal)
    answered = refuse(hotline, a_batch(hotline, [a_withdrawal(first, withdrawal)]).document)
    assert only_refusal(answered) == ("/revision", "record_withdrawn")


@pytest.mark.parametrize("members", [{"value": "0" * 64}, {"reason": "regret"}, {"withdrawn_at": "2026-11-21"}])
def test_a_withdrawal_has_exactly_its_members(refuse, hotline, first, members) -> None:
    assert refuse(hotline, a_batch(hotline, [a_withdrawal(first, **members)]).document).status == 422


def test_only_a_withdrawal_may_name_the_64th_leaf_and_then_nothing_follows(refuse, hotline, first) -> None:
    revisions = [first]
    for _ in range(63):
        revisions.append(a_revision(*revisions))
        shared(hotline, revisions[-1])
    one_more = a_revision(*revisions)
    assert only_refusal(refuse(hotline, a_batch(hotline, [one_more]).document)) == ("/replaces", "length")
    shared(hotline, a_withdrawal(*revisions))
    again = a_withdrawal(*revisions, revision=99)
    assert only_refusal(refuse(hotline, a_batch(hotline, [again]).document)) == ("/revision", "record_withdrawn")


def test_one_record_stands_once_in_a_batch(refuse, hotline) -> None:
    signal = a_signal()
    other = a_signal(id=signal["id"])
    answered = refuse(hotline, a_batch(hotline, [signal, other]).document)
    assert answered.json["refused"] == [{"index": 1, "pointer": "/id", "code": "repeated_in_batch"}]


def test_a_record_and_its_revision_do_not_share_a_batch(refuse, hotline) -> None:
    signal = a_signal()
    answered = refuse(hotline, a_batch(hotline, [signal, a_revision(signal)]).document)
    assert {"index": 1, "pointer": "/id", "code": "repeated_in_batch"} in answered.json["refused"]


def test_the_record_that_is_looked_up_is_the_newest_revision(node, hotline, first) -> None:
    second = a_revision(first)
    shared(hotline, second)
    place(node)
    answered = hotline.get(f"/v1/records/hotline.example/{first['id']}", purpose="detection")
    assert '"revision":2' in answered.json["line"]


# --- what a stolen key signed --------------------------------------------------------------------------------------


@pytest.fixture
def stolen(hotline) -> Held:
    """A second record key, which somebody else has."""
    held: Held = hotline.add_key("stolen", use="record")
    assert hotline.put_statement(hotline.statement()).status == 200
    return held


def found_out(partner: Partner, stolen: Held, *, seconds_ago: int = 60) -> None:
    """Have `partner` revoke the key as compromised."""
    stolen.revoked_at, stolen.revoked_reason = now_seconds() - seconds_ago, "compromised"
    answered = partner.put_statement(partner.statement())
    assert answered.status == 200, answered.body


def by_thief(partner: Partner, stolen: Held, record: Json) -> None:
    answered = partner.push(a_batch(partner, [record], by=stolen.key).document)
    assert answered.status == 201, answered.body


def test_a_thiefs_withdrawal_is_not_final_once_its_key_is_revoked(hotline, first, stolen) -> None:
    false = a_withdrawal(first)
    by_thief(hotline, stolen, false)
    found_out(hotline, stolen)
    mended = a_revision(first, revision=3, replaces=sorted([leaf_of(first), leaf_of(false)]))
    assert hotline.push(a_batch(hotline, [mended]).document).status == 201


def test_what_a_thief_shared_and_withdrew_is_withdrawn_by_its_origin(hotline, stolen) -> None:
    shared_falsely = a_signal()
    withdrawn_falsely = a_withdrawal(shared_falsely)
    by_thief(hotline, stolen, shared_falsely)
    by_thief(hotline, stolen, withdrawn_falsely)
    found_out(hotline, stolen)
    withdrawal = a_withdrawal(shared_falsely, withdrawn_falsely)
    assert hotline.push(a_batch(hotline, [withdrawal]).document).status == 201


def test_a_thiefs_high_number_is_not_the_last_there_can_be(hotline, first, stolen) -> None:
    high = a_revision(first, revision=1001)
    by_thief(hotline, stolen, high)
    found_out(hotline, stolen)
    withdrawal = a_withdrawal(first, revision=2, replaces=sorted([leaf_of(first), leaf_of(high)]))
    assert hotline.push(a_batch(hotline, [withdrawal]).document).status == 201


def test_a_thiefs_revisions_stay_in_replaces(refuse, hotline, first, stolen) -> None:
    by_thief(hotline, stolen, a_revision(first))
    found_out(hotline, stolen)
    answered = refuse(hotline, a_batch(hotline, [a_revision(first, revision=3)]).document)
    assert only_refusal(answered) == ("/replaces", "replaces_incomplete")


def test_a_number_that_a_thief_took_is_taken(refuse, hotline, first, stolen) -> None:
    false = a_revision(first)
    by_thief(hotline, stolen, false)
    found_out(hotline, stolen)
    mended = a_revision(first, false, revision=2)
    assert only_refusal(refuse(hotline, a_batch(hotline, [mended]).document)) == ("/revision", "revision_taken")


def test_what_the_key_withdrew_before_it_was_stolen_stays_final(refuse, hotline, first, stolen) -> None:
    withdrawal = a_withdrawal(first)
    by_thief(hotline, stolen, withdrawal)
    found_out(hotline, stolen, seconds_ago=-30)
    answered = refuse(hotline, a_batch(hotline, [a_withdrawal(first, withdrawal)]).document)
    assert only_refusal(answered) == ("/revision", "record_withdrawn")


def test_a_thief_who_fills_replaces_cannot_keep_the_origin_from_withdrawing(hotline, first, stolen) -> None:
    revisions = [first]
    for _ in range(63):
        revisions.append(a_revision(*revisions))
        by_thief(hotline, stolen, revisions[-1])
    by_thief(hotline, stolen, a_withdrawal(*revisions))
    found_out(hotline, stolen)
    withdrawal = a_withdrawal(first, revision=99)
    assert hotline.push(a_batch(hotline, [withdrawal]).document).status == 201


def test_a_number_rises_by_a_thousand_at_most(refuse, hotline, first) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_revision(first, revision=1002)]).document)
    assert only_refusal(answered) == ("/revision", "revision_too_high")
    assert hotline.push(a_batch(hotline, [a_revision(first, revision=1001)]).document).status == 201


def test_no_revision_takes_the_last_number_there_is(refuse, hotline, first) -> None:
    answered = refuse(hotline, a_batch(hotline, [a_withdrawal(first, revision=2_147_483_647)]).document)
    assert only_refusal(answered) == ("/revision", "revision_too_high")
