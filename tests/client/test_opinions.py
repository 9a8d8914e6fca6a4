"""Opinions from the side of whoever gives them."""

import orjson
import pytest

from client.failures import Unreachable
from client.opining import Opinion
from crypto.documents import BATCH, read_document
from tests.client.exchanging import PURPOSE, drafts, terms

ORIGIN = "hotline.example"


@pytest.fixture
def hotline(world):
    return world.join(ORIGIN)


@pytest.fixture
def platform(world, hotline):
    return world.join("platform.example", sector="platform")


def pulled(member):
    sdk = member.sdk()
    list(sdk.pull(purpose=PURPOSE))
    return sdk


def shared(world, hotline, reader, **changes):
    """A signal of the hotline, pulled by the reader: its id."""
    sdk = hotline.sdk()
    sdk.push(drafts(1, terms_=terms(**changes)))
    world.place()
    pulled(reader)
    return next(iter(sdk.live_records(kind="signal"))).id


def opinion(record_id, verdict="confirmed", **changes):
    return Opinion(origin=ORIGIN, id=record_id, verdict=verdict, reviewed_by="one_person", **changes)


def audience(sdk):
    (live,) = sdk.live_records(kind="opinion")
    return read_document(live.manifest, typ=BATCH).claims["audience"]


def codes(outcome):
    return [(one.pointer, one.code) for one in outcome.refused]


def test_an_opinion_is_told_to_exactly_those_who_have_the_record(world, hotline, platform):
    record_id = shared(world, hotline, platform, tlp="AMBER", organisations=("platform.example",), purposes=(PURPOSE,))
    sdk = platform.sdk()
    assert sdk.opinions.give([opinion(record_id)]).pushed == 1
    assert audience(sdk) == {
        "tlp": "AMBER",
        "groups": [],
        "organisations": ["platform.example"],
        "sectors": [],
        "purposes": [PURPOSE],
    }
    world.place()
    assert len(list(pulled(hotline).live_records(kind="opinion"))) == 1


def test_opinions_are_counted_by_verdict(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    platform.sdk().opinions.give([opinion(record_id, "disputed", reason="not_csam")])
    counted = hotline.sdk().opinions.of(ORIGIN, record_id, purpose=PURPOSE)
    assert (counted.counts.disputed, counted.counts.confirmed, counted.disputed) == (1, 0, True)


def test_another_opinion_on_the_same_record_is_the_next_revision_of_the_first(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    sdk = platform.sdk()
    sdk.opinions.give([opinion(record_id)])
    assert sdk.opinions.give([opinion(record_id, "outdated", reason="duplicate")]).pushed == 1
    (live,) = sdk.live_records(kind="opinion")
    assert (live.revision, orjson.loads(live.line)["verdict"]) == (2, "outdated")


def test_the_same_opinion_again_is_there_already(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    sdk = platform.sdk()
    sdk.opinions.give([opinion(record_id)])
    outcome = sdk.opinions.give([opinion(record_id)])
    assert (outcome.pushed, outcome.already) == (0, 1)


def test_an_opinion_for_the_origin_alone_stays_so_when_it_changes(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    sdk = platform.sdk()
    sdk.opinions.give([opinion(record_id, told="origin")])
    sdk.opinions.give([opinion(record_id, "seen")])
    assert (audience(sdk)["tlp"], audience(sdk)["organisations"]) == ("AMBER+STRICT", [ORIGIN])


def test_telling_all_what_only_the_origin_knew_withdraws_the_former_first(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    sdk = platform.sdk()
    sdk.opinions.give([opinion(record_id, told="origin")])
    outcome = sdk.opinions.give([opinion(record_id, told="record")])
    assert (outcome.pushed, outcome.refused) == (1, [])
    assert audience(sdk)["tlp"] == "GREEN"


def test_one_does_not_opine_on_what_one_does_not_have(world, hotline, platform):
    outcome = platform.sdk().opinions.give([opinion("0193a5c0-0000-7000-8000-000000000001")])
    assert [code for _, code in codes(outcome)] == ["unknown_record"]


def test_one_does_not_opine_on_ones_own_record(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    assert codes(hotline.sdk().opinions.give([opinion(record_id)])) == [("/about", "own_record")]


def test_a_contrary_verdict_without_a_reason_is_refused_before_anything_is_signed(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    sdk = platform.sdk()
    assert codes(sdk.opinions.give([opinion(record_id, "disputed")])) == [("/reason", "required")]
    assert sdk.count_unsent() == 0


def test_two_opinions_on_one_record_in_one_call_are_one_and_a_refusal(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    outcome = platform.sdk().opinions.give([opinion(record_id), opinion(record_id, "seen", row=1)])
    assert (outcome.pushed, codes(outcome)) == (1, [("/about", "opinion_already_given")])


def test_an_opinion_that_was_signed_before_a_crash_is_revised_and_not_given_twice(world, hotline, platform):
    record_id = shared(world, hotline, platform)
    dying = platform.sdk()
    send = dying.wire._send

    def unreachable(*_given):
        raise Unreachable("no_answer")

    dying.wire._send = unreachable
    with pytest.raises(Unreachable):
        dying.opinions.give([opinion(record_id)])
    dying.wire._send = send
    outcome = platform.sdk().opinions.give([opinion(record_id, "seen")])
    assert (outcome.resent, outcome.pushed, outcome.refused) == (1, 1, [])
    (live,) = platform.sdk().live_records(kind="opinion")
    assert live.revision == 2
