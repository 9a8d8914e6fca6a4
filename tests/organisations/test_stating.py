"""A member's next statement: what takes effect at once, what waits, and what is never forgotten."""

import time

import psycopg
import pytest

from crypto.encoding import to_base64url
from tests.partners import DAY, Held, a_key, now_seconds
from tests.signals import a_batch, signals


@pytest.fixture
def member(node):
    return node.join("hotline.example", sector="hotline")


def test_a_statement_with_another_key_takes_effect_at_once(member):
    second = member.add_key("second", roles=["consumer"], holder="system-2")
    assert member.get("/v1/whoami", by=second).status == 401
    told = member.put_statement(member.statement()).json
    assert (told["status"], told["statement_seq"], told["organisation"]) == ("current", 2, "hotline.example")
    assert member.get("/v1/whoami", by=second).json["roles"] == ["consumer"]


def test_a_key_can_bring_the_statement_that_first_names_it(member):
    second = member.add_key("second", roles=["administrator"], holder="person-2")
    assert member.put_statement(member.statement(), by=second).status == 200


def test_a_key_that_is_no_administrator_in_the_statement_does_not_bring_it(member):
    second = member.add_key("second", roles=["consumer"], holder="system-2")
    refused = member.put_statement(member.statement(), by=second)
    assert (refused.status, refused.code) == (403, "role_not_allowed")


def test_an_expired_statement_can_be_mended(node, database):
    member = node.partner("hotline.example")
    statement = member.statement()
    member.apply(statement)
    node.decide("admit", statement)
    member.keep(statement)
    with psycopg.connect(database.superuser) as db:
        db.execute("ALTER TABLE statement DISABLE TRIGGER statement_append_only")
        db.execute("UPDATE statement SET expires_at = now() WHERE sha256 IN (SELECT document_sha256 FROM application)")
    assert member.get("/v1/whoami").status == 401
    assert member.put_statement(member.statement()).status == 200
    assert member.get("/v1/whoami").status == 200


def test_the_same_statement_again_is_no_new_one(member):
    statement = member.statement()
    assert member.put_statement(statement).json == member.put_statement(statement).json


def test_a_statement_with_an_older_seq_is_stale(member):
    first, second = member.statements[0], member.statement()
    member.put_statement(second)
    refused = member.put_statement(first)
    assert (refused.status, refused.code) == (409, "document_stale")


def test_another_statement_with_the_same_seq_is_stale(member):
    one, other = member.statement(), member.statement()
    member.put_statement(one)
    assert member.put_statement(other).code == "document_stale"


def test_a_statement_that_skips_a_seq_is_stale(member):
    assert member.put_statement(member.statement(seq=3)).code == "document_stale"


def test_a_statement_that_does_not_name_the_one_before_is_stale(member):
    assert member.put_statement(member.statement(prev=to_base64url(b"\1" * 32))).code == "document_stale"


def test_a_statement_issued_before_the_one_it_follows_is_refused(member):
    refused = member.put_statement(member.statement(iat=now_seconds() - DAY))
    assert refused.refused == [("/iat", "statement_time")]


def test_a_statement_that_forgets_a_key_is_refused(member):
    member.keys.remove(member.record)
    assert member.put_statement(member.statement()).refused == [("/keys", "key_forgotten")]


def test_a_key_does_not_change_its_use(member):
    member.record.use, member.record.holder = "exchange", "system-3"
    assert member.put_statement(member.statement()).refused == [("/keys", "key_forgotten")]


def test_a_key_does_not_change_its_holder(member):
    member.exchange.holder = "another-person"
    assert member.put_statement(member.statement()).refused == [("/keys", "key_forgotten")]


def test_a_revoked_key_signs_nothing_more(member):
    second = member.add_key("second", roles=["consumer"], holder="system-2")
    member.put_statement(member.statement())
    second.revoked_at = now_seconds()
    member.put_statement(member.statement())
    assert member.get("/v1/whoami", by=second).status == 401


def test_a_revoked_key_does_not_bring_a_statement_either(member):
    second = member.add_key("second", roles=["administrator"], holder="person-2")
    member.put_statement(member.statement())
    before = member.statement()
    second.revoked_at = now_seconds()
    member.put_statement(member.statement())
    assert member.put_statement(before, by=second).status == 401
    assert member.put_statement(member.statement(), by=second).status == 401


def test_a_revoked_key_never_leaves_revoked(member):
    second = member.add_key("second", roles=["consumer"], holder="system-2")
    second.revoked_at = now_seconds()
    member.put_statement(member.statement())
    second.revoked_at = None
    assert member.put_statement(member.statement()).refused == [("/revoked", "revocation_forgotten")]


def test_a_compromise_is_not_moved_to_a_later_moment(member):
    second = member.add_key("second", roles=["consumer"], holder="system-2")
    second.revoked_at, second.revoked_reason = now_seconds() - DAY, "compromised"
    member.put_statement(member.statement())
    second.revoked_at = now_seconds()
    assert member.put_statement(member.statement()).refused == [("/revoked", "revocation_forgotten")]


def test_a_key_that_is_not_listed_is_not_revoked(member):
    foreign = {"thumbprint": a_key("foreign").thumbprint, "at": "2026-01-01T00:00:00Z", "reason": "compromised"}
    assert member.put_statement(member.statement(revoked=[foreign])).refused == [("/revoked", "revoked_key")]


@pytest.mark.parametrize(
    "changes",
    [
        {"sector": "ngo"},
        {"display_name": "Another name"},
        {"home": {"node": "elsewhere.example", "origin_url": "https://elsewhere.example"}},
        {"home": {"node": "node.example", "origin_url": "https://elsewhere.example"}},
    ],
    ids=["sector", "display_name", "home", "home_origin_url"],
)
def test_what_was_admitted_changes_only_by_two_operators(node, member, changes):
    changed = member.statement(**changes)
    assert member.put_statement(changed).json["status"] == "pending"
    assert member.get("/v1/whoami").json["statement_seq"] == 1
    node.approve("admit", changed, operator=0)
    assert member.get("/v1/whoami").json["statement_seq"] == 1
    node.approve("admit", changed, operator=1)
    assert member.get("/v1/whoami").json["statement_seq"] == 2
    assert member.put_statement(changed).json["status"] == "current"


def test_a_change_of_sector_is_in_force_once_it_is_approved(node, member):
    changed = member.statement(sector="ngo")
    member.put_statement(changed)
    assert member.get("/v1/whoami").json["sector"] == "hotline"
    node.decide("admit", changed)
    assert member.get("/v1/whoami").json["sector"] == "ngo"


def test_a_pending_statement_is_overtaken_by_the_next_one(node, member):
    changed = member.statement(sector="ngo")
    member.put_statement(changed)
    member.put_statement(member.statement())
    assert node.approve("admit", changed).code == "document_stale"


def test_at_most_three_statements_of_a_member_wait(member):
    for name in ("One", "Two", "Three"):
        assert member.put_statement(member.statement(display_name=name)).json["status"] == "pending"
    assert member.put_statement(member.statement(display_name="Four")).code == "too_many_pending"
    assert member.put_statement(member.statement()).json["status"] == "current"


def test_a_new_root_with_the_old_ones_consent_takes_effect_at_once(node, member):
    new_root = a_key("new root")
    consent = member.root_consent(new_root)
    statement = member.statement(by=new_root, root=new_root.public.jwk, root_change=consent)
    assert member.put_statement(statement).json["status"] == "current"
    member.root = new_root
    assert member.put_statement(member.statement()).status == 200


def test_the_old_root_signs_nothing_more_after_a_change(member):
    new_root, old_root = a_key("new root"), member.root
    change = member.root_consent(new_root)
    member.put_statement(member.statement(by=new_root, root=new_root.public.jwk, root_change=change))
    assert member.put_statement(member.statement(by=old_root)).refused == [("/root", "key_reused")]


def test_a_consent_to_another_root_or_another_seq_is_no_consent(member):
    new_root = a_key("new root")
    for change in (member.root_consent(a_key("other")), member.root_consent(new_root, seq=9)):
        statement = member.statement(by=new_root, root=new_root.public.jwk, root_change=change)
        assert member.put_statement(statement).refused == [("/root_change", "root_change")]


def test_a_new_root_without_consent_waits_for_two_operators(node, member):
    new_root = a_key("new root")
    statement = member.statement(by=new_root, root=new_root.public.jwk)
    assert member.put_statement(statement).json["status"] == "pending"
    assert node.approve("admit", statement).refused == [("/act", "another_act_needed")]
    node.approve("replace_root", statement, operator=0)
    assert member.get("/v1/whoami").json["statement_seq"] == 1
    node.approve("replace_root", statement, operator=1)
    assert member.get("/v1/whoami").json["statement_seq"] == 2


def test_replace_root_is_not_for_a_statement_by_the_same_root(node, member):
    statement = member.statement(sector="ngo")
    member.put_statement(statement)
    assert node.approve("replace_root", statement).refused == [("/act", "another_act_needed")]


def test_replacing_the_root_of_a_suspended_member_does_not_lift_it(node, member):
    new_root = a_key("new root")
    node.suspend(member)
    statement = member.statement(by=new_root, root=new_root.public.jwk)
    assert member.put_statement(statement).json["status"] == "pending"
    assert node.decide("replace_root", statement).json["status"] == "suspended"
    member.keep(statement)
    assert node.lift(member).json["status"] == "active"


def test_a_pending_statement_of_a_suspended_member_is_not_admitted_before_it_is_lifted(node, member):
    statement = member.statement(sector="ngo")
    member.put_statement(statement)
    node.suspend(member)
    assert node.approve("admit", statement).refused == [("/act", "subject_suspended")]


def test_a_stranger_cannot_fill_a_members_name_with_statements_of_its_own_root(node, member):
    impostor = node.partner("hotline.example", seed="impostor")
    impostor.statements = list(member.statements)
    refused = impostor.put_statement(impostor.statement())
    assert (refused.status, refused.proof) == (401, None)


def test_a_statement_goes_to_the_path_of_its_issuer(node, member):
    other = node.join("platform.example")
    refused = other.put("/v1/organisations/hotline.example/statement", {"statement": other.statement()})
    assert refused.status == 401


def test_nobody_unknown_changes_a_statement(node):
    stranger = node.partner("stranger.example")
    assert stranger.put_statement(stranger.statement()).status == 404


def test_the_key_of_another_member_is_refused_without_saying_whose_it_is(node, member):
    other = node.join("platform.example")
    member.keys.append(Held(key=other.record.key, use="record"))
    refused = member.put_statement(member.statement())
    assert [code for _, code in refused.refused] == ["key_taken"]
    assert b"platform" not in refused.body


def test_an_old_root_does_not_come_back_as_another_key(member):
    new_root, old_root = a_key("new root"), member.root
    change = member.root_consent(new_root)
    member.put_statement(member.statement(by=new_root, root=new_root.public.jwk, root_change=change))
    member.root = new_root
    member.keys.append(Held(key=old_root, use="record"))
    assert [code for _, code in member.put_statement(member.statement()).refused] == ["key_reused"]


def test_the_nodes_own_statement_waits_for_nobody(node):
    own = node.organisation
    assert own.put_statement(own.statement(display_name="Renamed", sector="government")).json["status"] == "current"
    assert own.get("/v1/whoami").json["sector"] == "government"


def test_the_nodes_own_statement_keeps_its_home(node):
    own = node.organisation
    elsewhere = {"node": "node.example", "origin_url": "https://elsewhere.example"}
    assert own.put_statement(own.statement(home=elsewhere)).refused == [("/home", "home_is_another_node")]


def test_the_nodes_own_statement_does_not_end_the_key_that_the_node_signs_with(node):
    own = node.organisation
    signing = own.keys[3]
    signing.until = now_seconds() - 1
    assert own.put_statement(own.statement()).refused == [("/keys", "node_key_missing")]


def test_the_nodes_own_root_does_not_change_without_consent(node):
    own, new_root = node.organisation, a_key("new root")
    refused = own.put_statement(own.statement(by=new_root, root=new_root.public.jwk))
    assert refused.refused == [("/root_change", "root_change")]


def test_an_operator_whose_role_was_taken_from_the_statement_approves_nothing_more(node):
    partner = node.partner("platform.example")
    statement = partner.statement()
    partner.apply(statement)
    own, operator = node.organisation, node.operators[0]
    approval = own.approval("admit", statement, by=operator, iat=now_seconds() + 1)
    operator.roles = []
    assert own.put_statement(own.statement()).status == 200
    assert own.approve(approval, by=operator).code == "role_not_allowed"
    assert own.approve(approval, by=node.operators[1]).refused == [("", "not_operator")]


def test_what_was_overtaken_no_longer_counts_as_waiting(member):
    for name in ("One", "Two", "Three"):
        member.put_statement(member.statement(display_name=name))
    member.put_statement(member.statement())
    assert member.put_statement(member.statement(display_name="Four")).json["status"] == "pending"


def test_a_key_that_is_no_administrator_does_not_make_a_new_root_wait(member):
    thief = member.add_key("consumer", roles=["consumer"], holder="system-2")
    member.put_statement(member.statement())
    thief.roles, new_root = ["administrator"], a_key("thief's root")
    refused = member.put_statement(member.statement(by=new_root, root=new_root.public.jwk), by=thief)
    assert (refused.status, refused.proof) == (401, None)


def test_replace_root_of_an_unknown_organisation_is_refused(node):
    newcomer = node.partner("platform.example")
    statement = newcomer.statement()
    newcomer.apply(statement)
    assert node.approve("replace_root", statement).refused == [("/subject", "unknown_organisation")]


def test_a_statement_that_would_wait_is_judged_when_it_comes(member):
    member.keys.remove(member.record)
    assert member.put_statement(member.statement(sector="ngo")).refused == [("/keys", "key_forgotten")]


# --- a new root and nothing with it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"roles_at_most": ["administrator"]}, "/roles_at_most"), ({"sector": "research"}, "/document_sha256")],
    ids=["roles", "sector"],
)
def test_replace_root_changes_nothing_else_that_was_admitted(node, member, changes, pointer):
    new_root = a_key("new root")
    statement = member.statement(by=new_root, root=new_root.public.jwk)
    member.put_statement(statement)
    assert [at for at, _ in node.approve("replace_root", statement, **changes).refused] == [pointer]


@pytest.mark.parametrize("changes", [{"display_name": "Another"}, {"sector": "research"}], ids=["name", "sector"])
def test_a_new_root_without_consent_that_changes_more_does_not_even_wait(member, changes):
    new_root = a_key("new root")
    statement = member.statement(by=new_root, root=new_root.public.jwk, **changes)
    assert member.put_statement(statement).refused == [("/root", "not_as_admitted")]


# --- how many ------------------------------------------------------------------------------------------------------


def told_before(database, name, *, how_many, each_bytes=1, hours_ago=1):
    """Have the node believe that it took `how_many` more statements of `name` before its first."""
    with psycopg.connect(database.superuser) as db:
        db.execute(
            "INSERT INTO statement (organisation_id, seq, sha256, issued_at, expires_at, received_at, document)"
            " SELECT organisation_id, -number, sha256(number::text::bytea), now(), now(),"
            " now() - make_interval(hours => %s), repeat('x', %s)"
            " FROM organisation, generate_series(1, %s) AS number WHERE name = %s",
            [hours_ago, each_bytes, how_many, name],
        )


def test_a_member_has_32_statements_a_day(member, database):
    told_before(database, "hotline.example", how_many=30)
    assert member.put_statement(member.statement()).status == 200
    refused = member.put_statement(member.statement())
    assert (refused.status, refused.refused) == (422, [("", "too_many_statements")])


def test_statements_of_yesterday_are_not_counted(member, database):
    told_before(database, "hotline.example", how_many=40, hours_ago=25)
    assert member.put_statement(member.statement()).status == 200


@pytest.mark.parametrize("reason", ["superseded", "compromised"])
def test_a_statement_that_revokes_a_key_is_taken_however_many_came_before(member, database, reason):
    second = member.add_key("second", roles=["consumer"], holder="system-2")
    member.put_statement(member.statement())
    told_before(database, "hotline.example", how_many=40)
    second.revoked_at, second.revoked_reason = now_seconds(), reason
    assert member.put_statement(member.statement()).status == 200


def test_what_was_revoked_before_does_not_open_the_door_again(member, database):
    second = member.add_key("second", roles=["consumer"], holder="system-2", revoked_at=now_seconds())
    assert second.revoked_at is not None
    member.put_statement(member.statement())
    told_before(database, "hotline.example", how_many=40)
    assert member.put_statement(member.statement()).refused == [("", "too_many_statements")]


def test_a_members_statements_are_8_mib_in_all(member, database):
    told_before(database, "hotline.example", how_many=8, each_bytes=1024 * 1024, hours_ago=999)
    assert member.put_statement(member.statement()).refused == [("", "statements_full")]


def test_a_revocation_has_8_mib_more(member, database):
    member.add_key("second", roles=["consumer"], holder="system-2", revoked_at=now_seconds())
    told_before(database, "hotline.example", how_many=8, each_bytes=1024 * 1024, hours_ago=999)
    assert member.put_statement(member.statement()).status == 200


def test_revocations_end_at_16_mib(member, database):
    member.add_key("second", roles=["consumer"], holder="system-2", revoked_at=now_seconds())
    told_before(database, "hotline.example", how_many=16, each_bytes=1024 * 1024, hours_ago=999)
    assert member.put_statement(member.statement()).refused == [("", "statements_full")]


# --- what was accepted in the meantime -----------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["superseded", "retired"])
def test_a_statement_that_would_lose_what_was_accepted_since_it_was_signed_is_stale(member, reason):
    member.record.revoked_at, member.record.revoked_reason = now_seconds(), reason
    signed_before = member.statement()
    assert member.push(a_batch(member, signals(1)).document).status == 201
    refused = member.put_statement(signed_before)
    assert (refused.status, refused.code) == (409, "document_stale")


def test_a_key_is_retired_after_its_last_batch(member):
    member.push(a_batch(member, signals(1)).document)
    time.sleep(1.1)
    member.record.revoked_at, member.record.revoked_reason = now_seconds(), "retired"
    assert member.put_statement(member.statement()).status == 200


def test_a_compromise_is_meant_to_set_aside_what_was_accepted(member):
    member.record.revoked_at, member.record.revoked_reason = now_seconds() - 60, "compromised"
    signed_before = member.statement()
    member.push(a_batch(member, signals(1)).document)
    assert member.put_statement(signed_before).status == 200


def test_batches_of_another_key_do_not_keep_one_from_being_retired(member):
    second = member.add_key("second record", use="record")
    member.put_statement(member.statement())
    second.revoked_at, second.revoked_reason = now_seconds(), "retired"
    signed_before = member.statement()
    member.push(a_batch(member, signals(1)).document)
    assert member.put_statement(signed_before).status == 200
