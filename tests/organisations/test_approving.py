"""What two operators decide, and every way to decide with fewer."""

import time

import psycopg
import pytest

from crypto.documents import APPROVAL, STATEMENT, read_document, sign_document
from tests.exchanges import rows_of
from tests.partners import DAY, Held, a_key, an_id, now_seconds
from tests.signals import a_batch, signals


@pytest.fixture
def newcomer(node):
    """(partner, its first statement), waiting."""
    partner = node.partner("hotline.example", sector="hotline")
    statement = partner.statement()
    assert partner.apply(statement).status == 201
    return partner, statement


def test_one_operator_admits_nobody(node, newcomer):
    partner, statement = newcomer
    told = node.approve("admit", statement).json
    assert (told["approvals"], told["status"]) == (1, "pending")
    assert partner.get("/v1/whoami").status == 401


def test_two_operators_admit(node, newcomer):
    partner, statement = newcomer
    node.approve("admit", statement, operator=0)
    told = node.approve("admit", statement, operator=1).json
    assert (told["approvals"], told["status"], told["subject"]) == (2, "active", "hotline.example")
    assert partner.get("/v1/whoami").json["status"] == "active"


def test_an_admission_opens_what_everyone_may_have_by_its_own_entry(node, newcomer, database):
    share_with_everyone(node)
    node.decide("admit", newcomer[1])
    with psycopg.connect(database.superuser) as db:
        changes = db.execute(
            "SELECT entry.action, access_change.history, access_change.reason"
            " FROM access_change JOIN entry USING (entry_id) JOIN organisation"
            " ON organisation.organisation_id = access_change.organisation_id"
            " WHERE organisation.name = 'hotline.example'"
        ).fetchall()
    assert changes == [("approve", "all", None)]


def test_the_same_holder_does_not_count_twice(node, newcomer):
    node.approve("admit", newcomer[1], operator=0)
    refused = node.approve("admit", newcomer[1], operator=0)
    assert (refused.status, refused.refused) == (422, [("", "same_holder")])


def test_a_second_key_of_the_same_holder_does_not_count(node, newcomer):
    organisation = node.organisation
    second = organisation.add_key("second", roles=["operator"], holder="operator-1")
    assert organisation.put_statement(organisation.statement()).status == 200
    node.approve("admit", newcomer[1], operator=0, iat=now_seconds() + 1)
    refused = organisation.approve(organisation.approval("admit", newcomer[1], by=second), by=second)
    assert refused.refused == [("", "same_holder")]


def test_the_same_holder_name_in_another_organisation_is_another_person(node, newcomer):
    other = node.join("regulator.example", roles=["administrator"])
    second = other.add_key("operator", roles=["operator"], holder="operator-1")
    renamed = other.statement(display_name="Synthetic regulator")
    assert other.put_statement(renamed).json["status"] == "pending"
    node.decide("admit", renamed, roles_at_most=["administrator", "operator"])
    other.keep(renamed)
    node.approve("admit", newcomer[1], operator=0)
    told = other.approve(other.approval("admit", newcomer[1], by=second), by=second)
    assert (told.status, told.json["status"]) == (201, "active")


def test_an_approval_is_handed_in_once(node, newcomer):
    operator = node.operators[0]
    approval = node.organisation.approval("admit", newcomer[1], by=operator)
    assert node.organisation.approve(approval, by=operator).status == 201
    refused = node.organisation.approve(approval, by=operator)
    assert (refused.status, refused.code) == (409, "approval_used")


def test_a_jti_counts_once_whatever_it_says(node, newcomer):
    jti = an_id()
    node.approve("admit", newcomer[1], jti=jti)
    assert node.approve("admit", newcomer[1], jti=jti, roles_at_most=[]).code == "approval_used"


@pytest.mark.parametrize(
    "changes", [{"roles_at_most": ["consumer"]}, {"roles_at_most": ["consumer", "contributor"]}], ids=["fewer", "other"]
)
def test_two_approvals_that_differ_decide_nothing(node, newcomer, changes):
    node.approve("admit", newcomer[1], operator=0)
    told = node.approve("admit", newcomer[1], operator=1, **changes).json
    assert (told["approvals"], told["status"]) == (1, "pending")


@pytest.mark.parametrize("changes", [{"sector": "research"}, {"display_name": "Other"}], ids=["sector", "display_name"])
def test_an_approval_of_something_else_than_was_stated_is_refused(node, newcomer, changes):
    assert node.approve("admit", newcomer[1], **changes).refused == [("/document_sha256", "not_as_stated")]


def test_an_approval_of_a_statement_that_nobody_sent_is_refused(node, newcomer):
    unsent = newcomer[0].statement()
    assert node.approve("admit", unsent).refused == [("/document_sha256", "unknown_statement")]


def test_an_approval_of_anothers_statement_is_refused(node, newcomer):
    assert node.approve("admit", newcomer[1], subject="other.example").refused == [
        ("/document_sha256", "unknown_statement")
    ]


def test_an_expired_approval_is_refused(node, newcomer):
    expired = node.approve("admit", newcomer[1], iat=now_seconds() - 100, exp=now_seconds() - 1)
    assert expired.refused == [("/exp", "approval_expired")]


def test_an_approval_that_has_expired_decides_nothing_with_a_second(node, newcomer):
    assert node.approve("admit", newcomer[1], operator=0, exp=now_seconds() + 2).status == 201
    time.sleep(2.1)
    told = node.approve("admit", newcomer[1], operator=1).json
    assert (told["approvals"], told["status"]) == (1, "pending")


def test_whoever_approved_too_early_approves_again(node, newcomer):
    node.approve("admit", newcomer[1], operator=0, exp=now_seconds() + 2)
    time.sleep(2.1)
    node.approve("admit", newcomer[1], operator=1)
    assert node.approve("admit", newcomer[1], operator=0).json["status"] == "active"


def test_an_approval_from_the_future_is_refused(node, newcomer):
    early = node.approve("admit", newcomer[1], iat=now_seconds() + 120, exp=now_seconds() + DAY)
    assert early.refused == [("/iat", "approval_early")]


def test_an_approval_that_lives_longer_than_seven_days_is_refused(node, newcomer):
    assert node.approve("admit", newcomer[1], exp=now_seconds() + 8 * DAY).refused == [("/exp", "rule_lifetime")]


def test_a_key_without_the_role_operator_approves_nothing(node, newcomer):
    organisation, administrator = node.organisation, node.organisation.exchange
    approval = organisation.approval("admit", newcomer[1], by=administrator)
    refused = organisation.approve(approval, by=node.operators[0])
    assert refused.refused == [("", "not_operator")]


def test_a_key_without_the_role_operator_hands_nothing_in(node, newcomer):
    approval = node.organisation.approval("admit", newcomer[1], by=node.operators[0])
    assert node.organisation.approve(approval).code == "role_not_allowed"


def test_a_members_own_word_that_it_is_an_operator_counts_for_nothing(node, newcomer):
    member = node.join("platform.example", roles=["administrator"])
    claimed = member.add_key("claimed", roles=["operator"], holder="person-9")
    assert member.put_statement(member.statement()).json["status"] == "current"
    assert member.get("/v1/whoami", by=claimed).code == "role_not_allowed"
    refused = node.organisation.approve(member.approval("admit", newcomer[1], by=claimed), by=node.operators[0])
    assert refused.refused == [("", "not_operator")]


def test_a_stranger_approves_nothing(node, newcomer):
    stranger = node.partner("stranger.example", roles=["operator"])
    refused = node.organisation.approve(stranger.approval("admit", newcomer[1]), by=node.operators[0])
    assert refused.refused == [("/iss", "not_operator")]


def test_a_foreign_key_in_an_operators_name_approves_nothing(node, newcomer):
    foreign = Held(key=a_key("foreign"), roles=["operator"], holder="operator-9")
    refused = node.organisation.approve(
        node.organisation.approval("admit", newcomer[1], by=foreign), by=node.operators[0]
    )
    assert refused.refused == [("", "unknown_key")]


def test_an_altered_approval_is_refused(node, newcomer):
    operator = node.operators[0]
    head, payload, signature = node.organisation.approval("admit", newcomer[1], by=operator).split(".")
    other = node.organisation.approval("admit", newcomer[1], by=operator, roles_at_most=[]).split(".")[1]
    assert payload != other
    assert node.organisation.approve(f"{head}.{other}.{signature}", by=operator).refused == [("", "signature")]


def test_an_approval_for_another_federation_is_refused(node, newcomer):
    assert node.approve("admit", newcomer[1], federation="other.example").refused == [("/federation", "federation")]


def test_another_document_of_an_operator_is_no_approval(node, newcomer):
    operator = node.operators[0]
    claims = {"v": 1, "federation": "test.example", "iss": "node.example"}
    token = sign_document(claims, typ=APPROVAL, key=operator.key, keyid=node.organisation.keyid(operator.key))
    assert node.organisation.approve(token, by=operator).code == "document_refused"
    assert node.organisation.approve(newcomer[1], by=operator).refused == [("", "document_header")]


def test_the_first_approval_goes_if_its_key_turns_out_to_have_been_in_other_hands(node, newcomer):
    organisation = node.organisation
    third = organisation.add_key("third", roles=["operator"], holder="operator-3")
    organisation.put_statement(organisation.statement())
    node.approve("admit", newcomer[1], operator=0)
    stolen = node.operators[0]
    stolen.revoked_at, stolen.revoked_reason = now_seconds() - DAY, "compromised"
    assert organisation.put_statement(organisation.statement()).status == 200
    told = node.approve("admit", newcomer[1], operator=1).json
    assert (told["approvals"], told["status"]) == (1, "pending")
    told = organisation.approve(organisation.approval("admit", newcomer[1], by=third), by=third).json
    assert told["status"] == "active"


@pytest.fixture
def thief(node):
    """A third operator's key, in other hands, a moment after it was listed."""
    third = node.organisation.add_key("third", roles=["operator"], holder="operator-3")
    node.organisation.put_statement(node.organisation.statement())
    time.sleep(1.1)
    return third


def backdated(node, newcomer, thief, *, by=None):
    """What the node answers to an approval that the thief dates to when its key was listed, handed in now."""
    listed_at = read_document(node.organisation.statements[1], typ=STATEMENT).claims["iat"]
    token = node.organisation.approval("admit", newcomer[1], by=thief, iat=listed_at)
    return node.organisation.approve(token, by=by or node.operators[0])


@pytest.mark.parametrize("reason", ["superseded", "retired", "compromised"])
def test_a_revoked_operator_key_admits_nobody_by_an_approval_dated_back(node, newcomer, thief, reason):
    thief.revoked_at, thief.revoked_reason = now_seconds(), reason
    assert node.organisation.put_statement(node.organisation.statement()).status == 200
    refused = backdated(node, newcomer, thief)
    assert (refused.status, refused.refused) == (422, [("", "revoked")])


def test_a_revocation_dated_ahead_of_the_nodes_clock_holds_at_once(node, newcomer, thief):
    thief.revoked_at, thief.revoked_reason = now_seconds() + 50, "retired"
    assert node.organisation.put_statement(node.organisation.statement(iat=now_seconds() + 50)).status == 200
    assert backdated(node, newcomer, thief).refused == [("", "revoked")]


def test_an_operator_key_past_its_until_admits_nobody_by_an_approval_dated_back(node, newcomer, thief):
    thief.until = now_seconds()
    assert node.organisation.put_statement(node.organisation.statement()).status == 200
    assert backdated(node, newcomer, thief).refused == [("", "ended")]


def test_a_key_that_lost_the_role_admits_nobody_by_an_approval_dated_back(node, newcomer, thief):
    thief.roles = ["administrator"]
    assert node.organisation.put_statement(node.organisation.statement()).status == 200
    assert backdated(node, newcomer, thief).refused == [("", "not_operator")]


def test_an_earlier_approval_by_a_key_that_holds_still_counts(node, newcomer, thief):
    assert backdated(node, newcomer, thief).json["approvals"] == 1


def test_an_approval_dated_back_goes_if_its_key_was_stolen_before_it_was_handed_in(node, newcomer, thief):
    stolen_at = now_seconds()
    assert backdated(node, newcomer, thief).json["approvals"] == 1
    thief.revoked_at, thief.revoked_reason = stolen_at, "compromised"
    assert node.organisation.put_statement(node.organisation.statement()).status == 200
    told = node.approve("admit", newcomer[1], operator=1).json
    assert (told["approvals"], told["status"]) == (1, "pending")


def test_an_approval_counts_on_if_its_key_was_retired_after_it_was_handed_in(node, newcomer, thief):
    assert backdated(node, newcomer, thief).json["approvals"] == 1
    thief.revoked_at, thief.revoked_reason = now_seconds() + 2, "retired"
    assert node.organisation.put_statement(node.organisation.statement(iat=now_seconds() + 2)).status == 200
    assert node.approve("admit", newcomer[1], operator=1).json["status"] == "active"


def test_the_first_approval_goes_with_an_operator_that_was_suspended_since(node, newcomer):
    other = node.join("regulator.example", roles=["administrator"])
    second = other.add_key("operator", roles=["operator"], holder="person-1")
    renamed = other.statement(display_name="Synthetic regulator")
    other.put_statement(renamed)
    node.decide("admit", renamed, roles_at_most=["administrator", "operator"])
    other.keep(renamed)
    assert other.approve(other.approval("admit", newcomer[1], by=second), by=second).status == 201
    node.approve("suspend", renamed, roles_at_most=["administrator", "operator"])
    assert node.approve("admit", newcomer[1], operator=0).json["status"] == "pending"
    handed_in = node.organisation.approve(other.approval("admit", newcomer[1], by=second), by=node.operators[0])
    assert handed_in.refused == [("/iss", "operator_suspended")]


def test_one_operator_suspends(node):
    partner = node.join("hotline.example")
    told = node.suspend(partner).json
    assert (told["approvals"], told["status"]) == (1, "suspended")


def test_a_suspended_organisation_has_whoami_and_nothing_else(node):
    partner = node.join("hotline.example")
    node.suspend(partner)
    assert partner.get("/v1/whoami").json["status"] == "suspended"
    assert partner.get("/v1/organisations/node.example").code == "suspended"
    assert partner.get("/v1/feed", purpose="detection").code == "suspended"
    assert partner.push(b"{}\n").code == "suspended"


def test_a_suspended_organisation_may_still_change_its_statement(node):
    partner = node.join("hotline.example")
    node.suspend(partner)
    assert partner.put_statement(partner.statement()).json["status"] == "current"


def test_one_operator_lifts_nothing(node):
    partner = node.join("hotline.example")
    node.suspend(partner)
    told = node.approve("lift", partner.statements[-1]).json
    assert (told["approvals"], told["status"]) == (1, "suspended")


def test_two_operators_lift(node):
    partner = node.join("hotline.example")
    node.suspend(partner)
    assert node.lift(partner).json["status"] == "active"
    assert partner.get("/v1/organisations/node.example").status == 200


def test_suspending_and_lifting_change_nobodys_access(node, database):
    share_with_everyone(node)
    partner = node.join("hotline.example")
    before = access(database)
    node.suspend(partner)
    node.lift(partner)
    assert access(database) == before


def test_suspending_voids_pages_that_were_built_before(node, database):
    partner = node.join("hotline.example")
    node.suspend(partner)
    with psycopg.connect(database.superuser) as db:
        row = db.execute("SELECT entitlement_version FROM organisation WHERE name = 'hotline.example'").fetchone()
    assert row == (1,)


def test_approvals_older_than_the_last_change_of_status_count_no_more(node):
    partner = node.join("hotline.example")
    node.suspend(partner)
    refused = node.approve("lift", partner.statements[-1], iat=now_seconds() - 100)
    assert (refused.status, refused.code) == (409, "document_stale")


def test_a_lift_that_was_half_approved_before_another_suspension_does_not_count_after_it(node, database):
    partner = node.join("hotline.example")
    node.suspend(partner)
    node.approve("lift", partner.statements[-1], operator=0, iat=now_seconds())
    # The other suspension is decided two seconds later.
    with psycopg.connect(database.superuser) as db:
        db.execute("ALTER TABLE admission DISABLE TRIGGER admission_append_only")
        db.execute("UPDATE admission SET decided_at = decided_at + interval '2 seconds' WHERE act = 'suspend'")
    told = node.approve("lift", partner.statements[-1], operator=1, iat=now_seconds() + 3).json
    assert (told["approvals"], told["status"]) == (1, "suspended")


def test_suspend_and_lift_repeat_what_was_admitted(node):
    partner = node.join("hotline.example", roles=["administrator"])
    refused = node.approve("suspend", partner.statements[-1])
    assert refused.refused == [("/roles_at_most", "not_as_admitted")]


def test_suspend_names_the_newest_statement(node):
    partner = node.join("hotline.example")
    partner.put_statement(partner.statement())
    assert node.approve("suspend", partner.statements[0]).code == "document_stale"


def test_what_stands_is_not_decided_again(node):
    partner = node.join("hotline.example")
    assert node.approve("lift", partner.statements[-1]).refused == [("/act", "status_stands")]
    node.suspend(partner)
    assert node.approve("suspend", partner.statements[-1]).refused == [("/act", "status_stands")]


def test_an_unknown_organisation_is_not_suspended(node, newcomer):
    assert node.approve("suspend", newcomer[1]).refused == [("/subject", "unknown_organisation")]


def test_operators_decide_nothing_about_the_node_itself(node):
    refused = node.approve("suspend", node.organisation.statements[-1])
    assert refused.refused == [("/subject", "node_itself")]


def test_roles_in_force_are_those_of_the_statement_that_were_admitted(node):
    partner = node.partner("hotline.example", roles=["consumer", "contributor"])
    statement = partner.statement()
    partner.apply(statement)
    node.decide("admit", statement, roles_at_most=["administrator", "contributor"])
    assert partner.get("/v1/whoami").json["roles"] == ["contributor"]
    assert partner.get("/v1/feed", purpose="detection").status in {200, 403}


def test_a_member_with_an_admission_as_operator_approves(node, newcomer):
    other = node.partner("regulator.example", roles=["administrator"])
    second = other.add_key("operator", roles=["operator"], holder="person-1")
    statement = other.statement()
    other.apply(statement)
    node.decide("admit", statement, roles_at_most=["administrator", "operator"])
    assert other.approve(other.approval("admit", newcomer[1], by=second), by=second).status == 201
    assert node.approve("admit", newcomer[1], operator=0).json["status"] == "active"


def test_a_key_that_was_taken_in_the_meantime_stops_the_admission(node, newcomer):
    partner, statement = newcomer
    thief = node.partner("platform.example")
    thief.keys.append(Held(key=partner.record.key, use="record"))
    node.admit(thief)
    assert [code for _, code in node.approve("admit", statement).refused] == ["key_taken"]


@pytest.mark.parametrize("display_name", ["\ud800", "a\nb", ""], ids=["lone_surrogate", "line_feed", "empty"])
def test_a_display_name_of_another_form_is_refused_and_nothing_breaks(node, newcomer, display_name):
    operator = node.operators[0]
    try:
        approval = node.organisation.approval("admit", newcomer[1], by=operator, display_name=display_name)
    except ValueError:
        return
    assert node.organisation.approve(approval, by=operator).status == 422


# --- admitted again ------------------------------------------------------------------------------------------------


@pytest.fixture
def member(node):
    """A member that was admitted some seconds ago."""
    joined = node.join("hotline.example")
    time.sleep(1.1)
    return joined


def test_two_operators_admit_a_members_newest_statement_again(node, member):
    assert node.approve("admit", member.statements[-1], operator=0).json["approvals"] == 1
    told = node.approve("admit", member.statements[-1], operator=1).json
    assert (told["approvals"], told["status"]) == (2, "active")
    evidence = node.organisation.get("/v1/organisations/hotline.example").json
    assert len(evidence["approvals"]) == 4


def test_a_member_whose_operator_key_was_stolen_before_it_joined_has_two_good_approvals_again(node, member):
    organisation = node.organisation
    third = organisation.add_key("third", roles=["operator"], holder="operator-3")
    node.operators[0].revoked_at, node.operators[0].revoked_reason = now_seconds() - DAY, "compromised"
    assert organisation.put_statement(organisation.statement()).status == 200
    statement = member.statements[-1]
    node.approve("admit", statement, operator=1)
    told = organisation.approve(organisation.approval("admit", statement, by=third), by=third).json
    assert (told["approvals"], told["status"]) == (2, "active")


def test_a_later_statement_is_admitted_again_as_well(node, member):
    member.put_statement(member.statement())
    assert node.decide("admit", member.statements[-1]).json["status"] == "active"


def test_a_statement_that_is_not_the_newest_is_not_admitted_again(node, member):
    member.put_statement(member.statement())
    assert node.approve("admit", member.statements[0]).code == "document_stale"


def test_admitting_again_repeats_what_was_admitted(node, member):
    refused = node.approve("admit", member.statements[-1], roles_at_most=["administrator"])
    assert refused.refused == [("/roles_at_most", "not_as_admitted")]


def test_admitting_again_lifts_no_suspension(node, member):
    node.suspend(member)
    refused = node.approve("admit", member.statements[-1])
    assert refused.refused == [("/act", "subject_suspended")]


def test_a_standing_statement_is_no_new_root(node, member):
    assert node.approve("replace_root", member.statements[-1]).refused == [("/act", "another_act_needed")]


def test_admitting_again_changes_nobodys_access(node, member, database):
    share_with_everyone(node)
    before = access(database)
    node.decide("admit", member.statements[-1])
    assert access(database) == before


def share_with_everyone(node):
    """Let another organisation push one batch for everyone: an audience that every member may have."""
    platform = node.join("platform.example", sector="platform")
    assert platform.push(a_batch(platform, signals(1)).document).status == 201


def access(database):
    """Who may have what as committed, and the changes that wait for their places."""
    rows = rows_of(database.superuser)
    return rows["audience_access"], rows["access_change"]
