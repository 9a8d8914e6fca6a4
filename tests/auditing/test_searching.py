"""Auditors find entries: what concerns them, by each of what entries say, page by page, and nothing else."""

from collections import Counter

import pytest

from tests.exchanges import pull
from tests.signals import a_batch, a_signal


@pytest.fixture
def shared(hotline, platform, bystander, index):
    """A record of the hotline's that the platform has pulled; the bystander only asked who it is."""
    signal = a_signal()
    assert hotline.partner.push(a_batch(hotline.partner, [signal]).document).status == 201
    index()
    assert pull(platform.partner).records == 1
    assert bystander.partner.get("/v1/whoami").status == 200
    index()
    return signal


def _actions(entries):
    return [(entry["organisation"], entry["action"]) for entry in entries]


def test_an_auditor_sees_its_organisations_acts_and_who_touched_its_records(shared, hotline):
    assert _actions(hotline.entries())[:2] == [("platform.example", "read_feed"), ("hotline.example", "push_batch")]


def test_an_auditor_sees_nothing_of_others(shared, bystander):
    entries = bystander.entries()

    assert {entry["organisation"] for entry in entries} <= {"bystander.example", "node.example"}
    assert ("bystander.example", "read_whoami") in _actions(entries)


def test_a_federation_auditor_sees_all(shared, bystander):
    seen = _actions(bystander.entries(by=bystander.federation_auditor))

    assert seen[:3] == [
        ("bystander.example", "read_whoami"),
        ("platform.example", "read_feed"),
        ("hotline.example", "push_batch"),
    ]


@pytest.mark.parametrize(
    ("query", "acts"),
    [
        ({"organisation": "platform.example", "action": "read_feed"}, 1),
        ({"organisation": "platform.example", "action": "push_batch"}, 0),
        ({"purpose": "detection"}, 1),
        ({"role": "consumer"}, 1),
        ({"decision": "refused"}, 0),
        ({"origin": "hotline.example"}, 2),
        ({"origin": "platform.example"}, 0),
        ({"since": "2100-01-01"}, 0),
        ({"until": "2100-01-01", "origin": "hotline.example"}, 2),
    ],
)
def test_entries_are_found_by_each_of_what_they_say(shared, platform, query, acts):
    assert len(platform.entries(by=platform.federation_auditor, **query)) == acts


def test_a_record_names_what_stored_and_read_it(shared, hotline, platform, index):
    path = f"/v1/records/hotline.example/{shared['id']}"
    assert platform.partner.get(path, purpose="detection").status == 200
    index()

    found = hotline.entries(origin="hotline.example", record=shared["id"])

    assert _actions(found) == [("platform.example", "read_record"), ("hotline.example", "push_batch")]


def test_an_organisation_sees_who_admitted_it(node, hotline, index):
    index()

    approvals = [entry for entry in hotline.entries(limit=200) if entry["action"] == "approve"]

    assert {entry["filter"]["subject"] for entry in approvals} == {"hotline.example"}
    assert {entry["organisation"] for entry in approvals} == {"node.example"}
    assert len(approvals) == 2


@pytest.mark.parametrize(
    "query", [{}, {"decision": "allowed"}, {"organisation": "platform.example"}, {"until": "later"}]
)
def test_days_and_facets_count_what_a_search_finds(shared, platform, query):
    asked = query if "until" not in query else {"until": "2100-01-01T12:00:00Z"}
    found = platform.entries(by=platform.federation_auditor, limit=200, **asked)

    days = platform.trail("/days", by=platform.federation_auditor, **asked).json["days"]
    facets = platform.trail("/facets", by=platform.federation_auditor, **asked).json

    assert sum(day["allowed"] + day["refused"] for day in days) == len(found)
    assert facets["entries"] == len(found)
    assert {one["value"]: one["entries"] for one in facets["action"]} == Counter(entry["action"] for entry in found)
    assert facets["exact"]


def test_the_part_of_a_day_is_counted_entry_by_entry(shared, platform):
    entries = platform.entries(by=platform.federation_auditor, limit=200)
    since, until = entries[-1]["at"], entries[0]["at"]
    found = platform.entries(by=platform.federation_auditor, limit=200, since=since, until=until)

    days = platform.trail("/days", by=platform.federation_auditor, since=since, until=until).json["days"]

    assert sum(day["allowed"] + day["refused"] for day in days) == len(found)


def test_pages_from_the_oldest_are_those_from_the_newest_the_other_way_round(shared, platform):
    everything = platform.federation_auditor

    def read(order: str) -> list[int]:
        indexes: list[int] = []
        page = platform.trail(by=everything, order=order, limit=3, decision="allowed").json
        indexes += [one["index"] for one in page["entries"]]
        while page["page"]["more"]:
            page = platform.trail(
                by=everything, order=order, limit=3, decision="allowed", after=page["page"]["next"]
            ).json
            indexes += [one["index"] for one in page["entries"]]
        return indexes

    assert read("oldest") == read("newest")[::-1]
