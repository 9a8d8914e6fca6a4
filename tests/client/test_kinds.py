"""Incidents, opinions and groups as a reader judges them: by their own terms, and never by another's name."""

import pytest

from client.failures import NotVerified
from tests.client.scripted import PURPOSE
from tests.partners import an_id
from tests.signals import a_revision, a_salt, a_signal, an_audience


@pytest.fixture
def hotline(scripted):
    return scripted.join("hotline.example", sector="hotline")


@pytest.fixture
def reader(scripted, hotline):
    with scripted.sdk(scripted.join("platform.example", sector="platform")) as sdk:
        yield sdk


def pull(reader):
    return list(reader.pull(purpose=PURPOSE))


def envelope(kind):
    return {"id": an_id(), "kind": kind, "revision": 1, "salt": a_salt(), "status": "active"}


def an_opinion(origin):
    about = {"origin": origin, "id": an_id(), "revision": 1}
    return envelope("opinion") | {"about": about, "verdict": "confirmed", "reviewed_by": "one_person"}


def an_incident():
    return envelope("incident") | {
        "incident_type": "csam_known",
        "state": "open",
        "severity": "low",
        "occurred": {"from": "2026-11-01", "to": "2026-11-01", "precision": "day"},
        "reported_at": "2026-11-02T10:00:00Z",
        "jurisdictions": ["FR"],
        "service_kind": "hosting",
        "ai": {"status": "unassessed"},
    }


def a_group(*members, **changes):
    return envelope("group") | {
        "name": "Synthetic group",
        "purpose_text": "Tests",
        "members": [{"organisation": one, "role": "member", "since": "2026-11-01"} for one in members],
        "history": "all",
        **changes,
    }


def itself(owner, group):
    return an_audience("AMBER+STRICT", groups=[f"{owner}/{group['id']}"])


def test_all_four_kinds_are_held_each_by_its_own(scripted, hotline, reader):
    group = a_group("hotline.example", "platform.example")
    scripted.page(
        scripted.place(hotline, [a_signal()]),
        scripted.place(hotline, [an_incident()], kind="incident"),
        scripted.place(hotline, [an_opinion("ngo.example")], kind="opinion", about="ngo.example"),
        scripted.place(hotline, [group], kind="group", audience=itself("hotline.example", group)),
    )
    pull(reader)
    assert [one.kind for one in reader.records()] == ["signal", "incident", "opinion", "group"]


def test_an_opinion_in_a_batch_of_signals_is_refused(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, [an_opinion("ngo.example")]))
    with pytest.raises(NotVerified, match="batch_line_form"):
        pull(reader)


def test_an_opinion_about_another_than_the_manifest_names_is_refused(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, [an_opinion("ngo.example")], kind="opinion", about="platform.example"))
    with pytest.raises(NotVerified, match="batch_opinion_about"):
        pull(reader)


def test_a_stranger_cannot_speak_for_the_group_of_another(scripted, hotline, reader):
    group = a_group("hotline.example", "platform.example")
    stranger = scripted.join("stranger.example")
    taken = group | {"members": [{"organisation": "stranger.example", "role": "member", "since": "2026-11-01"}]}
    scripted.page(scripted.place(stranger, [taken], kind="group", audience=itself("hotline.example", group)))
    with pytest.raises(NotVerified, match="batch_group_of_another"):
        pull(reader)


def test_a_group_record_of_another_id_than_its_audience_is_refused(scripted, hotline, reader):
    audience = itself("hotline.example", a_group("hotline.example"))
    scripted.page(scripted.place(hotline, [a_group("hotline.example")], kind="group", audience=audience))
    with pytest.raises(NotVerified, match="batch_group_of_another"):
        pull(reader)


def test_the_history_of_a_group_is_fixed_in_its_first_revision(scripted, hotline, reader):
    group = a_group("hotline.example", history="from_joining")
    audience = itself("hotline.example", group)
    scripted.page(scripted.place(hotline, [group], kind="group", audience=audience))
    later = a_revision(group, history="all")
    scripted.page(scripted.place(hotline, [later], kind="group", audience=audience))
    pull(reader)
    with pytest.raises(NotVerified, match="batch_changed"):
        pull(reader)
