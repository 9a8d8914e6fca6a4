"""Incidents from end to end: pushed, revised, withdrawn, read; form and screening as for every record."""

from tests.exchanges import place, pull_all
from tests.incidents.building import an_incident, an_incident_batch
from tests.signals import a_batch, a_revision, a_signal, a_withdrawal

AI_INCIDENT = {
    "incident_type": "ai_csam_generated",
    "ai": {"status": "confirmed", "kind": "fully_synthetic", "basis": ["provider_log"]},
    "service_kind": "generative_ai_app",
    "safety_control": "bypassed",
    "counts": {"files": "6-20"},
}


def told(answered) -> list[tuple[int | None, str, str]]:
    assert (answered.status, answered.code) == (422, "records_refused"), answered.body
    return [(one["index"], one["pointer"], one["code"]) for one in answered.json["refused"]]


def test_an_incident_reaches_other_organisations(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    batch = an_incident_batch(hotline, [an_incident(), an_incident(**AI_INCIDENT)])
    assert hotline.push(batch.document).status == 201
    place(node)
    assert pull_all(platform, kind="incident").jtis == [batch.jti]
    assert pull_all(platform, kind="signal").jtis == []


def test_an_incident_is_revised_and_withdrawn(hotline) -> None:
    first = an_incident()
    second = a_revision(first, state="closed")
    for record in (first, second, a_withdrawal(first, second)):
        assert hotline.push(an_incident_batch(hotline, [record]).document).status == 201


def test_two_incidents_may_say_the_same(hotline) -> None:
    for _ in range(2):
        assert hotline.push(an_incident_batch(hotline, [an_incident()]).document).status == 201


def test_an_incident_of_ai_says_what_makes_it_actionable(refuse, hotline) -> None:
    answered = refuse(hotline, an_incident_batch(hotline, [an_incident(incident_type="ai_csam_generated")]).document)
    assert {pointer for _, pointer, _ in told(answered)} == {
        "/ai/status",
        "/ai/kind",
        "/counts/files",
        "/safety_control",
    }


def test_a_summary_with_personal_data_is_refused(refuse, hotline) -> None:
    incident = an_incident(summary="Written by someone@mail.example in a test.")
    answered = refuse(hotline, an_incident_batch(hotline, [an_incident(), incident]).document)
    assert told(answered) == [(1, "/summary", "personal_data")]
    assert b"mail.example" not in answered.body


def test_an_incident_is_no_signal(refuse, hotline) -> None:
    answered = refuse(hotline, an_incident_batch(hotline, [a_signal()]).document)
    assert (0, "/kind", "not_one_of") in told(answered)
    answered = refuse(hotline, a_batch(hotline, [an_incident()]).document)
    assert (0, "/kind", "not_one_of") in told(answered)


def test_a_consumer_shares_no_incident(refuse, node) -> None:
    reader = node.join("reader.example", roles=["consumer"])
    answered = refuse(reader, an_incident_batch(reader, [an_incident()]).document)
    assert (answered.status, answered.code) == (403, "role_not_allowed")
