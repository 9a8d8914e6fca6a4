"""Every exchange leaves exactly one entry, refusals included, which its caller can open and verify."""

import re
from hashlib import sha256

import psycopg
import pytest

from crypto.encoding import to_base64url
from crypto.messages import read_request
from tests.exchanges import changed, claims_in, opened, rows_of
from tests.sweeps.requests import Asked, Member, asked_of, guarded, public

ENDPOINTS = pytest.mark.parametrize("endpoint", guarded(), ids=lambda endpoint: endpoint.name)
# What is handed in publicly is signed in itself: its own tests send it.
PUBLIC = pytest.mark.parametrize(
    "endpoint", [each for each in public() if each.method == "GET"], ids=lambda endpoint: endpoint.name
)


def sent(member: Member, asked: Asked, *, role: str | None = None, purpose: str | None = None):
    """The answer to `asked`, and the request as it was signed."""
    partner, by = member.partner, member.keys[role or asked.role]
    headers = partner.sign(
        asked.method, asked.path, asked.body, purpose=purpose or asked.purpose, by=by, content_type=asked.content_type
    )
    answered = partner.check(
        asked.method, asked.path, headers, partner.raw(asked.method, asked.path, headers, asked.body)
    )
    target_uri = partner.node.settings.origin_url + asked.path
    return answered, read_request(method=asked.method, target_uri=target_uri, headers=list(headers.items()))


def entries_of(database) -> int:
    return len(rows_of(database.owner)["entry"])


@ENDPOINTS
def test_an_exchange_leaves_one_entry_that_its_caller_can_open(database, node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    before = entries_of(database)
    answered, request = sent(member, asked)
    assert entries_of(database) == before + 1
    entry = opened(member.partner, answered.receipt)
    assert entry["action"] == endpoint.permission.value
    assert entry["keyid"] == request.keyid
    assert entry["organisation"] == "member.example"
    assert entry["signature"] == to_base64url(request.signature)
    assert entry["response_status"] == answered.status
    assert entry["response_digest"] == to_base64url(sha256(answered.body).digest())


@ENDPOINTS
def test_an_allowed_exchange_enters_what_the_caller_signed(node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    answered, request = sent(member, asked)
    entry = opened(member.partner, answered.receipt)
    if answered.status >= 400:
        assert (entry["decision"], entry["reason"]) == ("refused", answered.code)
        assert entry["target"] == to_base64url(sha256(asked.path.encode()).digest())
    else:
        assert (entry["decision"], entry["reason"]) == ("allowed", None)
        assert (entry["target"], entry["signature_base"]) == (asked.path, request.base.decode())
        assert (entry["purpose"], entry["role"]) == (asked.purpose, asked.role if asked.role != "relay" else None)


@ENDPOINTS
def test_a_refused_exchange_leaves_one_entry_with_digests_of_what_was_signed(database, node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    before = rows_of(database.owner)
    answered, request = sent(member, asked, purpose="zz_curiosity")
    assert (answered.status, answered.code) == (403, "purpose_not_allowed")
    after = rows_of(database.owner)
    assert changed(before, after) == {"entry", "nonce", "unplaced"}
    assert len(after["entry"]) == len(before["entry"]) + 1
    entry = opened(member.partner, answered.receipt)
    assert (entry["decision"], entry["reason"]) == ("refused", "purpose_not_allowed")
    assert entry["target"] == to_base64url(sha256(asked.path.encode()).digest())
    assert entry["signature_base"] == to_base64url(sha256(request.base).digest())


@ENDPOINTS
def test_every_entry_waits_for_its_place_with_its_own_leaf(node, member, endpoint) -> None:
    answered, _ = sent(member, asked_of(endpoint, node, member))
    with psycopg.connect(node.settings.owner_database_url) as db:
        waiting = db.execute("SELECT count(*) FROM entry WHERE leaf IS NOT NULL").fetchone()
    with psycopg.connect(node.settings.owner_database_url) as db:
        leaves = [to_base64url(leaf) for (leaf,) in db.execute("SELECT leaf FROM unplaced ORDER BY unplaced_id")]
    assert waiting is not None
    assert leaves[-1] == answered.receipt


@ENDPOINTS
def test_without_an_entry_nothing_is_answered_and_nothing_happened(database, node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    with psycopg.connect(database.owner) as db:
        db.execute("REVOKE INSERT ON entry FROM havre_app")
    before = rows_of(database.owner)
    answered, _ = sent(member, asked)
    assert (answered.status, answered.code, answered.proof) == (503, "trail_unavailable", None)
    assert changed(before, rows_of(database.owner)) == set()


@ENDPOINTS
def test_without_a_waiting_row_nothing_is_answered_and_nothing_happened(database, node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    with psycopg.connect(database.owner) as db:
        db.execute("REVOKE INSERT ON unplaced FROM havre_app")
    before = rows_of(database.owner)
    answered, _ = sent(member, asked)
    assert (answered.status, answered.code, answered.proof) == (503, "trail_unavailable", None)
    assert changed(before, rows_of(database.owner)) == set()


@ENDPOINTS
def test_without_a_memory_of_nonces_nothing_is_answered(database, node, member, endpoint) -> None:
    asked = asked_of(endpoint, node, member)
    with psycopg.connect(database.owner) as db:
        db.execute("REVOKE INSERT ON nonce FROM havre_app")
    before = rows_of(database.owner)
    answered, _ = sent(member, asked)
    assert answered.status == 503
    assert changed(before, rows_of(database.owner)) == set()


@PUBLIC
def test_a_public_path_needs_no_signature_and_leaves_no_entry(database, node, endpoint) -> None:
    before = entries_of(database)
    named = {
        "<name>": "signal",
        "<code>": "not_found",
        "<file>": "havre.css",
        "<path:tile>": "0/000.p/3",
        "<path:bundle>": "000.p/3",
    }
    path = re.sub("<[a-z:]+>", lambda one: named[one[0]], endpoint.rule)
    response = node.app.test_client().get(path, base_url=node.settings.origin_url)
    assert response.status_code in {200, 503} if endpoint.name == "readyz" else response.status_code == 200
    assert "Signature" not in response.headers
    assert entries_of(database) == before


def test_an_acceptance_is_bound_to_its_entry(node, member) -> None:
    push = next(endpoint for endpoint in guarded() if endpoint.name == "push_batch")
    answered, _ = sent(member, asked_of(push, node, member))
    told = member.partner.get(f"/v1/log/entries/{answered.receipt}").json
    assert claims_in(answered.json["accepted"])["iss"] == "node.example"
    assert told["p"] != to_base64url(bytes(32))
