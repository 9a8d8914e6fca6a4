"""One good request to each declared endpoint; an endpoint without one here fails every sweep until it has one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crypto.encoding import from_base64url
from server.app import declared_features
from server.auditing import indexing
from server.db import connect
from server.web.endpoints import Endpoint, PublicEndpoint
from tests.conftest import Database
from tests.exchanges import sign_head
from tests.partners import Held, Partner, TestNode, a_node, json_bytes
from tests.people.inviting import invitation
from tests.signals import a_batch, a_signal, signals

EVERY_ROLE = ("administrator", "auditor", "consumer", "contributor", "federation_auditor", "operator", "relay")
NDJSON = "application/x-ndjson"
JSON = "application/json"


def guarded() -> list[Endpoint]:
    return [endpoint for feature in declared_features(page_builds=2) for endpoint in feature.guarded]


def public() -> list[PublicEndpoint]:
    return [endpoint for feature in declared_features(page_builds=2) for endpoint in feature.public]


@dataclass(frozen=True, kw_only=True)
class Member:
    """An organisation with one key of each role, which has shared a record and kept a receipt; and one that applies.

    The record was released by the entry at `release_index`.
    """

    partner: Partner
    keys: dict[str, Held]
    record_id: str
    release_index: str
    receipt: str
    application_id: str
    newcomers_statement: str


def a_node_with_a_member(database: Database) -> dict[str, Any]:
    """Found a node and admit the member that all sweeps ask with: what a template of them is filled with."""
    node = a_node(database)
    statement, left = _admit_member(node)
    node.close()
    return {"node": node.organisation.statements[0], "member": {"statement": statement, **left}}


def a_member(node: TestNode, left: Mapping[str, str]) -> Member:
    """The member that the template has already, of whose admission this was `left`."""
    partner, keys = _keyed(node)
    partner.keep_grown(left["statement"])
    return Member(partner=partner, keys=keys, **{name: told for name, told in left.items() if name != "statement"})


def _keyed(node: TestNode) -> tuple[Partner, dict[str, Held]]:
    """A partner for every role; each of its keys has one, and a holder of its own."""
    partner = node.partner("member.example")
    partner.keys = [partner.record]
    keys = {
        role: partner.add_key(role, roles=[role], holder=f"holder-{number}") for number, role in enumerate(EVERY_ROLE)
    }
    partner.exchange = keys["administrator"]
    return partner, keys


def _admit_member(node: TestNode) -> tuple[str, dict[str, str]]:
    """Return the member's statement, and what else tests must know of it."""
    partner, keys = _keyed(node)
    applied = partner.apply(partner.keep(partner.statement()))
    assert applied.status == 201, applied.body
    node.decide("admit", partner.statements[0], roles_at_most=sorted(EVERY_ROLE))
    signal = a_signal()
    pushed = partner.push(a_batch(partner, [signal]).document, by=keys["contributor"])
    assert pushed.status == 201, pushed.body
    invited = partner.post("/v1/invitations", {"invitation": invitation(partner, holder="reader-1")})
    assert invited.status == 201, invited.body
    newcomer = node.partner("newcomer.example")
    statement = newcomer.statement()
    assert newcomer.apply(statement).status == 201
    sign_head(node)
    pulled = partner.get("/v1/feed", purpose="detection", by=keys["consumer"])
    assert pulled.status == 200, pulled.body
    sign_head(node)
    return partner.statements[0], {
        "record_id": signal["id"],
        "release_index": _indexed(node, pulled.receipt),
        "receipt": pushed.receipt,
        "application_id": applied.json["id"],
        "newcomers_statement": statement,
    }


def _indexed(node: TestNode, receipt: str) -> str:
    """Have the trail indexed; return the index of this receipt's entry."""
    assert node.settings.worker_database_url is not None
    with connect(node.settings.worker_database_url, autocommit=True) as db:
        indexing.index_all(db)
        row = db.execute(
            "SELECT index FROM trail_entry WHERE leaf = %s", [from_base64url(receipt, length=32)]
        ).fetchone()
    assert row is not None
    return str(row[0])


def _approval(member: Member) -> str:
    return member.partner.approval("admit", member.newcomers_statement, by=member.keys["operator"])


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request before it is signed, with a role and a purpose that may send it."""

    method: str
    path: str
    role: str
    purpose: str
    body: bytes | None = None
    content_type: str = JSON


def asked_of(endpoint: Endpoint, node: TestNode, member: Member) -> Asked:
    """A good request to `endpoint`."""
    partner = member.partner
    bodies = {
        "push_batch": lambda: a_batch(partner, signals(1)).document,
        "put_statement": lambda: json_bytes({"statement": partner.statement()}),
        "send_application": lambda: json_bytes({"statement": partner.statement()}),
        "send_approval": lambda: json_bytes({"approval": _approval(member)}),
        "send_invitation": lambda: json_bytes({"invitation": invitation(partner, by=member.keys["administrator"])}),
        "end_person": lambda: json_bytes({"holder": "reader-1"}),
    }
    paths = {
        "push_batch": ("/v1/batches", "contributor", "contribution"),
        "read_feed": ("/v1/feed?limit=10", "consumer", "detection"),
        "read_record": (f"/v1/records/member.example/{member.record_id}", "consumer", "detection"),
        "read_opinions": (f"/v1/records/member.example/{member.record_id}/opinions", "consumer", "detection"),
        "read_streams": ("/v1/streams", "consumer", "detection"),
        "put_statement": ("/v1/organisations/member.example/statement", "administrator", "administration"),
        "send_application": ("/v1/applications", "administrator", "administration"),
        "read_application": (f"/v1/applications/{member.application_id}", "administrator", "administration"),
        "send_approval": ("/v1/approvals", "operator", "administration"),
        "send_invitation": ("/v1/invitations", "administrator", "administration"),
        "read_people": ("/v1/people", "administrator", "administration"),
        "end_person": ("/v1/people/end", "administrator", "administration"),
        "open_entry": (f"/v1/log/entries/{member.receipt}", "auditor", "audit"),
        "read_inclusion": (f"/v1/log/proofs/inclusion?leaf={member.receipt}", "auditor", "audit"),
        "read_consistency": ("/v1/log/proofs/consistency?first=1", "auditor", "audit"),
        "search_trail": ("/v1/trail?limit=5", "auditor", "audit"),
        "count_facets": ("/v1/trail/facets", "auditor", "audit"),
        "export_trail": ("/v1/trail/export?format=csv", "auditor", "audit"),
        "bundle_trail": ("/v1/trail/bundle", "auditor", "audit"),
        "count_days": ("/v1/trail/days", "auditor", "audit"),
        "read_record_exposure": (f"/v1/trail/records/member.example/{member.record_id}/exposure", "auditor", "audit"),
        "prove_record_release": (
            f"/v1/trail/records/member.example/{member.record_id}/exposure/{member.release_index}",
            "auditor",
            "audit",
        ),
        "read_organisation_exposure": ("/v1/trail/organisations/member.example/exposure", "auditor", "audit"),
        "read_whoami": ("/v1/whoami", "auditor", "audit"),
        "read_organisation": ("/v1/organisations/node.example", "auditor", "audit"),
    }
    path, role, purpose = paths[endpoint.name]
    body = bodies[endpoint.name]() if endpoint.name in bodies else None
    return Asked(
        method=endpoint.method,
        path=path,
        role=role,
        purpose=purpose,
        body=body,
        content_type=NDJSON if endpoint.name == "push_batch" else JSON,
    )
