"""Joining: who may apply, what waits, and what a pending name does to others."""

import psycopg
import pytest

from crypto.documents import STATEMENT, sign_document
from crypto.encoding import to_base64url
from crypto.keys import keyid
from tests.partners import DAY, Held, a_key, an_id, json_bytes, now_seconds


def test_an_application_waits_and_its_applicant_may_read_it(node):
    partner = node.partner("hotline.example")
    applied = partner.apply()
    assert (applied.status, applied.json["status"]) == (201, "pending")
    told = partner.get(f"/v1/applications/{applied.json['id']}").json
    assert (told["status"], told["approvals"]) == ("pending", 0)


def test_an_applicant_is_told_that_it_was_admitted(node):
    partner = node.partner("hotline.example")
    statement = partner.statement()
    application_id = partner.apply(statement).json["id"]
    node.approve("admit", statement, operator=0)
    assert partner.get(f"/v1/applications/{application_id}").json["approvals"] == 1
    node.approve("admit", statement, operator=1)
    told = partner.get(f"/v1/applications/{application_id}").json
    assert (told["status"], told["approvals"]) == ("active", 2)


def test_an_operator_may_read_an_application(node):
    applied = node.partner("hotline.example").apply()
    told = node.organisation.get(f"/v1/applications/{applied.json['id']}", by=node.operators[0])
    assert (told.status, told.json["organisation"]) == (200, "hotline.example")


def test_another_member_may_not_read_an_application(node):
    other = node.join("platform.example")
    applied = node.partner("hotline.example").apply()
    assert other.get(f"/v1/applications/{applied.json['id']}").status == 404


def test_another_applicant_of_the_same_name_may_not_read_an_application(node):
    applied = node.partner("hotline.example").apply()
    other = node.partner("hotline.example", seed="impostor")
    other.apply()
    assert other.get(f"/v1/applications/{applied.json['id']}").status == 401


def test_an_unknown_application_and_an_unknown_key_look_alike(node):
    applied = node.partner("hotline.example").apply()
    stranger = node.partner("stranger.example")
    unknown = stranger.get(f"/v1/applications/{an_id()}")
    foreign = stranger.get(f"/v1/applications/{applied.json['id']}")
    assert (unknown.status, unknown.code) == (foreign.status, foreign.code) == (401, "not_authenticated")


def test_an_application_id_of_another_form_is_unknown(node):
    partner = node.join("hotline.example")
    assert partner.get("/v1/applications/nonsense").status == 404


def test_an_applicant_can_do_nothing_else(node):
    partner = node.partner("hotline.example")
    partner.apply()
    assert partner.get("/v1/whoami").status == 401


def test_sending_the_same_application_again_is_the_same_application(node):
    partner = node.partner("hotline.example")
    statement = partner.statement()
    assert partner.apply(statement).json["id"] == partner.apply(statement).json["id"]


def test_a_pending_name_blocks_nobody_another_root_may_apply_and_be_admitted(node):
    squatter = node.partner("hotline.example", seed="squatter")
    squatter.apply()
    honest = node.admit(node.partner("hotline.example"))
    assert honest.get("/v1/whoami").json["status"] == "active"


def test_an_application_that_was_overtaken_can_no_longer_be_approved(node):
    squatter = node.partner("hotline.example", seed="squatter")
    overtaken = squatter.statement()
    application_id = squatter.apply(overtaken).json["id"]
    node.admit(node.partner("hotline.example"))
    refused = node.approve("admit", overtaken)
    assert (refused.status, refused.code) == (409, "document_stale")
    assert squatter.get(f"/v1/applications/{application_id}").status == 404


def waiting(database) -> list[str]:
    """Whose statements wait, oldest first."""
    with psycopg.connect(database.superuser) as db:
        rows = db.execute("SELECT organisation FROM application WHERE status = 'pending' ORDER BY applied_at")
        return [name for (name,) in rows]


def a_hundred_strangers(database) -> None:
    with psycopg.connect(database.superuser) as db:
        db.execute(
            "INSERT INTO application SELECT gen_random_uuid(), 'a' || n || '.example', sha256(n::text::bytea), '', '',"
            " 'pending', now() - interval '1 hour' + n * interval '1 second', now() + interval '1 day'"
            " FROM generate_series(1, 100) AS n"
        )


def test_of_four_under_one_name_the_oldest_makes_place(node, database):
    first, *others = [node.partner("hotline.example", seed=seed) for seed in ("a", "b", "c", "d")]
    statement = first.statement()
    assert first.apply(statement).status == 201
    assert {other.apply().status for other in others} == {201}
    assert waiting(database) == ["hotline.example"] * 3
    assert node.approve("admit", statement).refused == [("/document_sha256", "unknown_statement")]


def test_whoever_made_place_sends_the_same_statement_again(node):
    first = node.partner("hotline.example", seed="a")
    statement = first.statement()
    first.apply(statement)
    for seed in ("b", "c", "d"):
        node.partner("hotline.example", seed=seed).apply()
    assert first.apply(statement).status == 201
    node.decide("admit", statement)
    assert first.get("/v1/whoami").json["status"] == "active"


def test_a_stranger_whom_an_operator_has_approved_makes_no_place(node):
    first = node.partner("hotline.example", seed="a")
    statement = first.statement()
    first.apply(statement)
    node.approve("admit", statement, operator=0)
    for seed in ("b", "c", "d", "e", "f"):
        assert node.partner("hotline.example", seed=seed).apply().status == 201
    assert node.approve("admit", statement, operator=1).json["status"] == "active"


def test_where_all_are_approved_by_one_nobody_makes_place(node):
    for seed in ("a", "b", "c"):
        partner = node.partner("hotline.example", seed=seed)
        statement = partner.statement()
        partner.apply(statement)
        node.approve("admit", statement)
    refused = node.partner("hotline.example", seed="d").apply()
    assert (refused.status, refused.code) == (409, "too_many_pending")


def test_a_hundred_strangers_block_no_other(node, database):
    a_hundred_strangers(database)
    partner = node.partner("hotline.example")
    statement = partner.statement()
    assert partner.apply(statement).status == 201
    assert (len(waiting(database)), waiting(database)[0]) == (100, "a2.example")
    node.decide("admit", statement)
    assert partner.get("/v1/whoami").json["status"] == "active"


def test_a_hundred_strangers_do_not_block_a_member_who_lost_its_root(node, database):
    member = node.join("hotline.example")
    a_hundred_strangers(database)
    new_root = a_key("new root")
    recovery = member.statement(by=new_root, root=new_root.public.jwk)
    assert member.put_statement(recovery).json["status"] == "pending"
    assert len(waiting(database)) == 101
    assert node.decide("replace_root", recovery).json["status"] == "active"


def test_no_stranger_takes_the_place_of_a_member(node, database):
    member = node.join("hotline.example")
    member.put_statement(member.statement(display_name="Another"))
    a_hundred_strangers(database)
    node.partner("platform.example").apply()
    assert "hotline.example" in waiting(database)


def test_what_waited_fourteen_days_is_gone(node, database):
    partner = node.partner("hotline.example")
    statement = partner.statement()
    application_id = partner.apply(statement).json["id"]
    with psycopg.connect(database.superuser) as db:
        db.execute("UPDATE application SET expires_at = applied_at + interval '0 days'")
    assert node.approve("admit", statement).code == "document_stale"
    assert partner.get(f"/v1/applications/{application_id}").status == 404
    assert partner.apply(statement).code == "document_stale"
    assert partner.apply().status == 201


def test_an_application_waits_for_fourteen_days(node, database):
    node.partner("hotline.example").apply()
    with psycopg.connect(database.superuser) as db:
        assert db.execute("SELECT expires_at - applied_at = interval '14 days' FROM application").fetchone() == (True,)


def test_a_member_does_not_apply_again(node):
    partner = node.join("hotline.example")
    refused = partner.apply(partner.statement())
    assert (refused.status, refused.refused) == (422, [("/iss", "already_admitted")])


def test_nobody_applies_in_the_name_of_a_member_by_another_root(node):
    node.join("hotline.example")
    impostor = node.partner("hotline.example", seed="impostor")
    refused = impostor.apply()
    assert (refused.status, refused.proof) == (401, None)


def test_the_wire_must_be_signed_by_a_key_that_the_statement_names(node):
    partner = node.partner("hotline.example")
    foreign = Held(key=a_key("foreign"), roles=["administrator"], holder="other")
    refused = partner.apply(by=foreign)
    assert (refused.status, refused.proof) == (401, None)


def test_the_wire_must_be_signed_by_an_exchange_key(node):
    partner = node.partner("hotline.example")
    assert partner.apply(by=partner.record).status == 401


def test_a_statement_taken_from_another_cannot_be_sent_by_ones_own_key(node):
    stolen = node.partner("hotline.example").statement()
    thief = node.partner("thief.example")
    assert thief.apply(stolen).status == 401


def test_a_statement_that_its_root_did_not_sign_is_refused(node):
    partner = node.partner("hotline.example")
    other = a_key("other")
    token = sign_document(partner.claims(), typ=STATEMENT, key=other, keyid=keyid(partner.name, other.thumbprint))
    assert partner.apply(token).status == 401


def test_a_statement_of_another_federation_is_refused(node):
    partner = node.partner("hotline.example")
    assert partner.apply(partner.statement(federation="other.example")).status == 401


def test_an_expired_statement_is_refused(node):
    partner = node.partner("hotline.example")
    expired = partner.statement(iat=now_seconds() - 2 * DAY, exp=now_seconds() - DAY)
    assert partner.apply(expired).status == 401


def test_a_statement_from_the_future_is_refused(node):
    partner = node.partner("hotline.example")
    assert partner.apply(partner.statement(iat=now_seconds() + 120, exp=now_seconds() + DAY)).status == 401


def test_a_replayed_application_is_refused(node):
    partner = node.partner("hotline.example")
    body = json_bytes({"statement": partner.statement()})
    headers = partner.sign("POST", "/v1/applications", body, purpose="administration")
    assert partner.raw("POST", "/v1/applications", headers, body).status_code == 201
    assert partner.raw("POST", "/v1/applications", headers, body).status_code == 401


def test_an_application_with_another_body_than_the_signed_one_is_refused(node):
    partner = node.partner("hotline.example")
    headers = partner.sign("POST", "/v1/applications", b"{}", purpose="administration")
    other = json_bytes({"statement": partner.statement()})
    assert partner.raw("POST", "/v1/applications", headers, other).status_code == 401


def test_another_purpose_than_administration_is_refused(node):
    partner = node.partner("hotline.example")
    refused = partner.post("/v1/applications", {"statement": partner.statement()}, purpose="detection")
    assert (refused.status, refused.code) == (403, "purpose_not_allowed")


def test_a_newcomer_claims_no_role_that_only_operators_give(node):
    partner = node.partner("hotline.example", roles=["operator"])
    refused = partner.apply()
    assert (refused.status, refused.code) == (403, "role_not_allowed")


def test_a_first_statement_has_seq_one(node):
    partner = node.partner("hotline.example")
    later = partner.statement(seq=2, prev=to_base64url(b"\1" * 32))
    assert partner.apply(later).refused == [("/seq", "first_statement")]


def test_a_newcomers_home_is_this_node(node):
    partner = node.partner("hotline.example")
    elsewhere = {"node": "elsewhere.example", "origin_url": "https://elsewhere.example"}
    assert partner.apply(partner.statement(home=elsewhere)).refused == [("/home", "home_is_another_node")]


def test_a_key_without_a_proof_of_possession_by_itself_is_refused(node):
    partner = node.partner("hotline.example")
    claims = partner.claims()
    claims["keys"][0]["proof"], claims["keys"][1]["proof"] = claims["keys"][1]["proof"], claims["keys"][0]["proof"]
    assert partner.apply(partner.statement(keys=claims["keys"])).refused == [("/keys", "keyid")]


def test_a_proof_of_possession_for_another_organisation_is_refused(node):
    partner = node.partner("hotline.example")
    claims = partner.claims()
    claims["keys"][0] = min(partner.keys, key=lambda held: held.thumbprint).claim("other.example")
    assert partner.apply(partner.statement(keys=claims["keys"])).status == 422


@pytest.mark.parametrize(
    "x",
    [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xed" + b"\xff" * 30 + b"\x7f"],
    ids=["order_4", "order_1", "order_2", "not_canonical"],
)
def test_a_weak_key_is_refused(node, x):
    partner = node.partner("hotline.example")
    claims = partner.claims()
    weak = dict(claims["keys"][0], use="record", roles=[], holder=None, jwk=dict(claims["root"], x=to_base64url(x)))
    refused = partner.apply(partner.statement(keys=[*claims["keys"], weak]))
    assert refused.status in {401, 422}
    assert node.public("/v1/directory")


def test_the_key_of_a_member_is_refused_without_saying_whose_it_is(node):
    member = node.join("platform.example")
    partner = node.partner("hotline.example")
    partner.keys.append(Held(key=member.record.key, use="record"))
    refused = partner.apply()
    assert [code for _, code in refused.refused] == ["key_taken"]
    assert b"platform" not in refused.body
    assert member.record.thumbprint.encode() not in refused.body


def test_the_root_of_a_member_is_nobody_elses_key(node):
    member = node.join("platform.example")
    partner = node.partner("hotline.example")
    partner.keys.append(Held(key=member.root, use="record"))
    assert [code for _, code in partner.apply().refused] == ["key_taken"]


def test_the_key_of_a_member_is_nobody_elses_root(node):
    member = node.join("platform.example")
    partner = node.partner("hotline.example")
    partner.root = member.record.key
    assert partner.apply().refused == [("/root", "key_taken")]


def test_roles_that_exclude_each_other_are_refused_in_one_key(node):
    partner = node.partner("hotline.example", roles=["auditor", "contributor"])
    refused = partner.apply()
    assert (refused.status, refused.code) == (422, "document_refused")


def test_roles_that_exclude_each_other_are_refused_in_one_holder(node):
    partner = node.partner("hotline.example", roles=["contributor"])
    partner.add_key("second", roles=["auditor"], holder=partner.exchange.holder)
    refused = partner.apply()
    assert (refused.status, refused.code) == (422, "document_refused")


def test_roles_that_exclude_each_other_may_be_held_by_different_holders(node):
    partner = node.partner("hotline.example", roles=["contributor"])
    partner.add_key("second", roles=["auditor"], holder="another-person")
    assert partner.apply().status == 201


def test_a_statement_longer_than_256_kib_is_refused(node):
    partner = node.partner("hotline.example")
    body = json_bytes({"statement": "a" * (256 * 1024 + 100)})
    assert partner.post("/v1/applications", body).status == 413


def test_more_than_256_keys_are_refused(node):
    partner = node.partner("hotline.example")
    keys = [dict(partner.record.claim(partner.name)) for _ in range(257)]
    refused = partner.apply(partner.statement(keys=keys))
    assert ("/keys", "length") in refused.refused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"statement":1}',
        b'{"statement":"a","more":1}',
        b'{"statement":"a","statement":"a"}',
        b"\xff",
    ],
)
def test_a_body_of_another_form_is_refused(node, body):
    refused = node.partner("hotline.example").post("/v1/applications", body)
    assert (refused.status, refused.code) == (400, "malformed_body")


def test_a_refusal_repeats_nothing_that_was_sent(node):
    partner = node.partner("hotline.example")
    refused = partner.apply(partner.statement(sector="SYNTHETIC-SECRET", synthetic_secret_member=1))
    assert refused.status == 422
    assert b"secret" not in refused.body.lower()


def test_an_applicants_act_is_entered_without_an_organisation_that_nobody_admitted(node, database):
    node.partner("hotline.example").apply()
    with psycopg.connect(database.superuser) as db:
        row = db.execute("SELECT organisation_id, decision FROM entry WHERE action = 'apply'").fetchone()
    assert row == (None, "allowed")
