"""What everybody may know: the directory, the evidence behind a member, and who the node is."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest

from crypto.documents import DIRECTORY, STATEMENT, document_digest, read_document, verify_document
from crypto.encoding import to_base64url
from server.organisations import listing
from tests.partners import FEDERATION, now_seconds


def claims_of(node):
    token = node.public("/v1/directory")["directory"]
    return verify_document(token, typ=DIRECTORY, key=node.key.public, federation=FEDERATION).claims


def test_the_directory_is_signed_by_the_node_and_lists_its_members(node):
    partner = node.join("hotline.example", sector="hotline", roles=["contributor"])
    claims = claims_of(node)
    assert claims["members"][0] == {
        "organisation": "hotline.example",
        "sector": "hotline",
        "status": "active",
        "roles_at_most": ["contributor"],
        "root": partner.root.thumbprint,
        "statement_seq": 1,
        "statement_sha256": to_base64url(document_digest(partner.statements[0])),
    }
    assert [member["organisation"] for member in claims["members"]] == ["hotline.example", "node.example"]


def test_the_directory_is_good_for_48_hours(node):
    claims = claims_of(node)
    assert claims["exp"] - claims["iat"] == 48 * 3600


def test_the_directory_does_not_list_who_waits(node):
    node.partner("hotline.example").apply()
    assert [member["organisation"] for member in claims_of(node)["members"]] == ["node.example"]


def test_the_directory_stays_while_nothing_changed(node):
    assert node.public("/v1/directory") == node.public("/v1/directory")


@pytest.mark.parametrize("change", ["join", "suspend", "statement"])
def test_the_directory_is_made_anew_when_something_changed(node, change):
    partner = node.join("hotline.example")
    before = claims_of(node)
    acts = {
        "join": lambda: node.join("platform.example"),
        "suspend": lambda: node.suspend(partner),
        "statement": lambda: partner.put_statement(partner.statement()),
    }
    acts[change]()
    after = claims_of(node)
    assert after["seq"] == before["seq"] + 1
    assert after["members"] != before["members"]


def test_the_directory_is_made_anew_after_twelve_hours(node):
    now = datetime.now(UTC)
    with node.pool.connection() as db:
        first = listing.newest_directory(db, node.node, now=now)
        assert listing.newest_directory(db, node.node, now=now + timedelta(hours=11)) == first
        assert listing.newest_directory(db, node.node, now=now + timedelta(hours=13)) != first


def test_the_directory_is_public_and_nothing_in_the_answer_is_signed_by_the_wire(node):
    response = node.app.test_client().get("/v1/directory", base_url="https://node.example")
    assert response.status_code == 200
    assert "Signature" not in response.headers


def test_a_members_evidence_is_its_approvals_and_all_its_statements_oldest_first(node):
    partner = node.join("hotline.example")
    partner.put_statement(partner.statement())
    told = node.organisation.get("/v1/organisations/hotline.example", purpose="audit").json
    assert told["statements"] == partner.statements
    assert [read_document(token, typ="havre-approval+jws").claims["act"] for token in told["approvals"]] == [
        "admit"
    ] * 2
    assert (told["organisation"], told["status"]) == ("hotline.example", "active")


def test_evidence_keeps_every_decision_in_its_order(node):
    partner = node.join("hotline.example")
    node.suspend(partner)
    node.lift(partner)
    told = node.organisation.get("/v1/organisations/hotline.example").json
    acts = [read_document(token, typ="havre-approval+jws").claims["act"] for token in told["approvals"]]
    assert acts == ["admit", "admit", "suspend", "lift", "lift"]


def test_an_approval_that_decided_nothing_is_no_evidence(node):
    partner = node.join("hotline.example")
    partner.put_statement(changed := partner.statement(sector="research"))
    node.approve("admit", changed)
    assert len(node.organisation.get("/v1/organisations/hotline.example").json["approvals"]) == 2


def test_the_node_itself_needs_no_approvals(node):
    told = node.organisation.get("/v1/organisations/node.example").json
    assert (told["approvals"], told["statements"]) == ([], node.organisation.statements)


@pytest.mark.parametrize("name", ["stranger.example", "hotline.example", "NOT-A-NAME", "%00"])
def test_unknown_and_waiting_names_are_not_found_alike(node, name):
    node.partner("hotline.example").apply()
    refused = node.organisation.get(f"/v1/organisations/{name}")
    assert (refused.status, refused.code) == (404, "not_found")


def test_the_well_known_document_says_who_the_node_is(node):
    told = node.public("/.well-known/havre")
    assert (told["v"], told["node"], told["federation"]) == (1, "node.example", FEDERATION)
    assert told["origin_url"] == "https://node.example"
    assert read_document(told["statement"], typ=STATEMENT).claims["root"] == node.organisation.root.public.jwk


def test_the_well_known_document_names_the_log_and_its_key_as_signed_notes_do(node):
    told = node.public("/.well-known/havre")["log"]
    typed = b"\x01" + node.organisation.keys[4].key.public.x
    name = b"node.example/log/1"
    digest = sha256(name + b"\n" + typed).digest()
    expected = f"node.example/log/1+{digest[:4].hex()}+{base64.b64encode(typed).decode()}"
    assert told == {"name": "node.example/log/1", "verifier_key": expected, "previous": None}


def test_a_node_without_a_key_for_its_log_gives_none(node):
    own = node.organisation
    own.keys[4].until = now_seconds() - 1
    own.put_statement(own.statement())
    assert node.public("/.well-known/havre")["log"]["verifier_key"] is None


def test_a_node_that_was_not_founded_is_not_described(node, database):
    with psycopg.connect(database.superuser) as db:
        db.execute("DELETE FROM node")
    response = node.app.test_client().get("/.well-known/havre", base_url="https://node.example")
    assert response.status_code == 404


# --- more than one answer holds ------------------------------------------------------------------------------------


@pytest.fixture
def talkative(node, database):
    """A member with seven statements, six of them of 1 MiB."""
    node.join("hotline.example")
    with psycopg.connect(database.superuser) as db:
        db.execute(
            "INSERT INTO statement (organisation_id, seq, sha256, issued_at, expires_at, received_at, document)"
            " SELECT organisation_id, number, sha256(number::text::bytea), now(), now(), now(),"
            " 'a.b.' || number || repeat('x', 1024 * 1024)"
            " FROM organisation, generate_series(2, 7) AS number WHERE name = 'hotline.example'"
        )
    return node.organisation


def test_evidence_comes_four_mib_at_a_time(talkative):
    answered = talkative.get("/v1/organisations/hotline.example")
    assert len(answered.json["statements"]) == 4
    assert len(answered.body) <= 4 * 1024 * 1024


def test_what_follows_is_asked_for_by_the_number_of_the_last(talkative):
    told = talkative.get("/v1/organisations/hotline.example?after=4").json["statements"]
    assert [token[:5] for token in told] == ["a.b.5", "a.b.6", "a.b.7"]


def test_after_the_newest_nothing_follows(talkative):
    told = talkative.get("/v1/organisations/hotline.example?after=7").json
    assert (told["statements"], len(told["approvals"])) == ([], 2)


def test_one_statement_comes_however_large(talkative, database):
    with psycopg.connect(database.superuser) as db:
        db.execute("ALTER TABLE statement DISABLE TRIGGER statement_append_only")
        db.execute("UPDATE statement SET document = repeat('x', 5 * 1024 * 1024) WHERE seq = 2")
    assert len(talkative.get("/v1/organisations/hotline.example?after=1").json["statements"]) == 1


@pytest.mark.parametrize("after", ["-1", "01", "1.0", "", "9999999999", "x"])
def test_a_number_of_another_form_is_a_bad_query(talkative, after):
    refused = talkative.get(f"/v1/organisations/hotline.example?after={after}")
    assert (refused.status, refused.code) == (400, "bad_query")
