"""Every endpoint, every role, every purpose: what the protocol's table says and nothing else."""

import psycopg
import pytest

from server.access import Permission
from server.web.endpoints import Endpoints
from tests.sweeps.requests import EVERY_ROLE, asked_of, guarded

SHARING = {"detection", "investigation", "victim_identification", "statistics", "model_safety"}
EVERY_PURPOSE = SHARING | {"contribution", "relay", "administration", "audit"}

# docs/protocol.md, the table of permissions, written here a second time on purpose.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "push_batch": ({"contributor"}, {"contribution"}),
    "read_feed": ({"consumer", "contributor"}, SHARING),
    "read_record": ({"consumer", "contributor"}, SHARING),
    "read_opinions": ({"consumer", "contributor"}, SHARING),
    "read_streams": ({"consumer", "contributor"}, SHARING),
    "send_invitation": ({"administrator"}, {"administration"}),
    "read_people": ({"administrator"}, {"administration"}),
    "end_person": ({"administrator"}, {"administration"}),
    "put_statement": ({"administrator"}, {"administration"}),
    "send_application": (set(EVERY_ROLE), {"administration"}),
    "read_application": (set(EVERY_ROLE), {"administration"}),
    "send_approval": ({"operator"}, {"administration"}),
    "open_entry": (set(EVERY_ROLE), EVERY_PURPOSE),
    "read_inclusion": ({"auditor", "federation_auditor"}, {"audit"}),
    "read_consistency": ({"auditor", "federation_auditor"}, {"audit"}),
    **dict.fromkeys(
        (
            *("search_trail", "count_facets", "count_days", "export_trail", "bundle_trail"),
            *("read_record_exposure", "prove_record_release", "read_organisation_exposure"),
        ),
        ({"auditor", "federation_auditor"}, {"audit"}),
    ),
    "read_whoami": (set(EVERY_ROLE), EVERY_PURPOSE),
    "read_organisation": (set(EVERY_ROLE), EVERY_PURPOSE),
}
WHILE_SUSPENDED = {"put_statement", "read_application", "read_whoami"}
# What a good request gets where it is allowed but finds nothing to do: a member that applies, an unknown application.
BEYOND_THE_DOOR = {200, 201, 404, 409, 422}

ENDPOINTS = pytest.mark.parametrize("endpoint", guarded(), ids=lambda endpoint: endpoint.name)


def judged(node, member, endpoint, *, role: str, purpose: str) -> str:
    """`allowed`, or the code of the refusal."""
    asked = asked_of(endpoint, node, member)
    answered = member.partner.send(
        asked.method, asked.path, asked.body, purpose=purpose, by=member.keys[role], content_type=asked.content_type
    )
    if answered.status == 403:
        return answered.code
    assert answered.status in BEYOND_THE_DOOR, answered.body
    return "allowed"


def expected(endpoint, *, role: str, purpose: str) -> set[str]:
    roles, purposes = ALLOWED[endpoint.name]
    refusals = {
        code
        for code, holds in (("role_not_allowed", role in roles), ("purpose_not_allowed", purpose in purposes))
        if not holds
    }
    return refusals or {"allowed"}


def test_every_endpoint_stands_in_the_table() -> None:
    assert {endpoint.name for endpoint in guarded()} == set(ALLOWED)


@ENDPOINTS
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_each_role_and_purpose_gets_exactly_what_the_table_says(node, member, endpoint, role) -> None:
    answers = {purpose: judged(node, member, endpoint, role=role, purpose=purpose) for purpose in sorted(EVERY_PURPOSE)}
    wrong = {
        purpose: answer
        for purpose, answer in answers.items()
        if answer not in expected(endpoint, role=role, purpose=purpose)
    }
    assert wrong == {}


@ENDPOINTS
def test_a_purpose_that_is_no_word_of_ours_is_refused_and_not_entered(node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    assert judged(node, member, endpoint, role=asked.role, purpose="zz_curiosity") == "purpose_not_allowed"
    with psycopg.connect(node.settings.owner_database_url) as db:
        entries = [bytes(document) for (document,) in db.execute("SELECT document FROM entry").fetchall()]
    assert not any(b"zz_curiosity" in entry for entry in entries)
    assert b'"purpose":null' in entries[-1]


@ENDPOINTS
def test_a_suspended_organisation_has_whoami_its_statement_and_its_application(node, member, endpoint) -> None:
    node.suspend(member.partner)
    asked = asked_of(endpoint, node, member)
    judgement = judged(node, member, endpoint, role=asked.role, purpose=asked.purpose)
    assert judgement == ("allowed" if endpoint.name in WHILE_SUSPENDED else "suspended")


def test_a_role_beyond_the_admission_counts_for_nothing(node) -> None:
    modest = node.partner("modest.example", roles=["auditor", "consumer"])
    node.admit(modest, roles_at_most=["auditor"])
    assert modest.get("/v1/feed", purpose="detection").code == "role_not_allowed"
    assert modest.get("/v1/whoami", purpose="audit").json["roles"] == ["auditor"]


@pytest.mark.parametrize("declare", ["get", "post", "put"])
def test_an_endpoint_without_a_permission_cannot_be_declared(declare) -> None:
    with pytest.raises(TypeError):
        getattr(Endpoints(name="loose", description="no permission"), declare)("/v1/loose")


def test_every_permission_of_an_endpoint_is_one_of_the_enumeration() -> None:
    assert all(isinstance(endpoint.permission, Permission) for endpoint in guarded())
