"""Incidents from the side of whoever reports them."""

import orjson
import pytest

from client.drafting import Draft
from client.failures import Unreachable
from tests.client.exchanging import PURPOSE, drafts, terms


@pytest.fixture
def developer(world):
    return world.join("developer.example", sector="platform")


@pytest.fixture
def hotline(world, developer):
    return world.join("hotline.example")


def an_incident(**changes):
    """A synthetic incident of a generating service, without the members that the SDK fills in."""
    return {
        "incident_type": "ai_csam_generated",
        "state": "open",
        "severity": "high",
        "occurred": {"from": "2026-11-01", "to": "2026-11-03", "precision": "day"},
        "reported_at": "2026-11-04T10:00:00Z",
        "jurisdictions": ["FR"],
        "service_kind": "generative_ai_api",
        "ai": {"status": "confirmed", "kind": "fully_synthetic"},
        "safety_control": "output_filter",
        "counts": {"files": "2-5"},
    } | changes


def codes(outcome):
    return [(one.pointer, one.code) for one in outcome.refused]


def live(sdk):
    (one,) = sdk.live_records(kind="incident")
    return orjson.loads(one.line)


def test_a_reported_incident_arrives_with_the_signals_that_it_names(world, developer, hotline):
    sdk = developer.sdk()
    sdk.push(drafts(1))
    signal = {"origin": "developer.example", "id": next(iter(sdk.live_records())).id}
    record_id, outcome = sdk.incidents.report(an_incident(signals=[signal]), terms=terms())
    assert (outcome.pushed, outcome.refused) == (1, [])
    world.place()
    reader = hotline.sdk()
    list(reader.pull(purpose=PURPOSE))
    assert (live(reader)["id"], live(reader)["signals"]) == (record_id, [signal])


def test_the_same_report_again_is_recognised_and_keeps_its_id(developer):
    sdk = developer.sdk()
    first, _ = sdk.incidents.report(an_incident(), terms=terms())
    second, outcome = sdk.incidents.report(an_incident(), terms=terms())
    assert (second, outcome.pushed, outcome.already) == (first, 0, 1)


def test_what_is_wrong_with_its_form_is_told_before_anything_is_signed(developer):
    sdk = developer.sdk()
    record_id, outcome = sdk.incidents.report(
        {name: value for name, value in an_incident().items() if name != "safety_control"}, terms=terms()
    )
    assert (record_id, codes(outcome)) == (None, [("/safety_control", "required")])
    assert sdk.count_unsent() == 0


def test_a_closed_incident_is_its_next_revision_under_the_same_terms(developer):
    sdk = developer.sdk()
    record_id, _ = sdk.incidents.report(an_incident(), terms=terms(tlp="CLEAR"))
    assert sdk.incidents.close(record_id).pushed == 1
    assert (live(sdk)["state"], live(sdk)["revision"], live(sdk)["severity"]) == ("closed", 2, "high")


def test_of_an_object_that_is_revised_what_is_not_named_stays(developer):
    sdk = developer.sdk()
    record_id, _ = sdk.incidents.report(an_incident(counts={"files": "1", "accounts": "1"}), terms=terms())
    sdk.incidents.revise(record_id, {"counts": {"files": "6-20"}})
    assert live(sdk)["counts"] == {"files": "6-20", "accounts": "1"}


def test_a_withdrawn_incident_is_live_no_more_and_cannot_be_revised(developer):
    sdk = developer.sdk()
    record_id, _ = sdk.incidents.report(an_incident(), terms=terms())
    assert sdk.withdraw([record_id], reason="legal").pushed == 1
    assert list(sdk.live_records(kind="incident")) == []
    assert codes(sdk.incidents.close(record_id)) == [("", "record_withdrawn")]


def test_a_crash_between_journal_and_sending_makes_no_second_revision_of_one_number(developer):
    record_id, _ = developer.sdk().incidents.report(an_incident(), terms=terms())
    dying = developer.sdk()

    def unreachable(*_given):
        raise Unreachable("no_answer")

    dying.wire._send, send = unreachable, dying.wire._send
    with pytest.raises(Unreachable):
        dying.incidents.revise(record_id, {"severity": "low"})
    dying.wire._send = send
    after = developer.sdk()
    outcome = after.incidents.close(record_id)
    assert (outcome.resent, outcome.pushed, outcome.refused) == (1, 1, [])
    assert (live(after)["revision"], live(after)["severity"], live(after)["state"]) == (3, "low", "closed")


def test_a_record_of_another_kind_among_incidents_is_refused(developer):
    draft = Draft(row=3, record={"kind": "signal"}, terms=terms())
    assert codes(developer.sdk().incidents.report_all([draft])) == [("/kind", "kind_differs")]
