"""Approvals of operators, and the place of a batch judged by the two statements that it names."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.documents import ACCEPTANCE, BATCH, read_document
from crypto.encoding import to_base64url
from crypto.refusals import Held, NotVerified
from crypto.trust import (
    judge_admission,
    judge_approval,
    judge_approvals,
    judge_placement,
    needs_approvals,
)
from tests.crypto.builders import EXCHANGE, FEDERATION, NODE, NODE_KEY, OTHER, RECORD
from tests.crypto.organisations import (
    DAY,
    LOG_KEY,
    NOON,
    OPERATOR,
    SECOND_OPERATOR,
    a_key,
    a_manifest,
    a_node_statement,
    a_statement,
    a_successor,
    an_acceptance,
    an_approval,
    changed,
    contributor_keys,
    node_keys,
    revocation,
    sorted_keys,
)

SECOND = timedelta(seconds=1)
ORIGIN_STATEMENT = a_statement()
NODE_STATEMENT = a_node_statement()


# --- the place of a batch ------------------------------------------------------------------------------------------


def placed(*, origins=None, nodes=None, now=NOON, manifest=None, accepted=None, **acceptance):
    origins = [ORIGIN_STATEMENT] if origins is None else origins
    nodes = [NODE_STATEMENT] if nodes is None else nodes
    manifest = a_manifest() if manifest is None else manifest
    named = {"origin": origins[0], "node": nodes[0]} | acceptance
    accepted = an_acceptance(manifest, **named) if accepted is None else accepted
    return judge_placement(
        manifest=read_document(manifest, typ=BATCH),
        acceptance=read_document(accepted, typ=ACCEPTANCE),
        origin_statements=origins,
        node_statements=nodes,
        federation=FEDERATION,
        now=now,
    )


def test_a_place_rests_on_the_record_key_and_the_node_key_of_the_named_statements():
    found = placed()
    assert (found.record_key, found.node_key) == (RECORD.public, NODE_KEY.public)
    assert (found.at, found.seq, found.statement_seq) == (NOON, 1, 1)


def test_a_batch_may_name_an_older_statement_of_its_origin():
    assert placed(origins=[ORIGIN_STATEMENT, a_successor(ORIGIN_STATEMENT)]).statement_seq == 1


def test_an_acceptance_of_another_manifest_is_refused():
    other = an_acceptance(a_manifest(iat=1))
    with pytest.raises(NotVerified, match=r"\Amanifest\Z"):
        placed(accepted=other)


def test_an_acceptance_in_the_log_of_another_node_is_refused():
    with pytest.raises(NotVerified, match="log"):
        placed(log="other.example/log/1")


@pytest.mark.parametrize(
    "change", [{"about": "platform.example"}, {"kind": "incident"}, {"iss": "platform.example"}], ids=str
)
def test_a_batch_in_the_stream_of_another_channel_is_refused(change):
    with pytest.raises(NotVerified, match="stream"):
        placed(manifest=a_manifest(**change))


def test_a_batch_in_the_stream_of_another_epoch_is_refused():
    with pytest.raises(NotVerified, match="stream"):
        placed(log=f"{NODE}/log/2")


@pytest.mark.parametrize("name", ["statement_sha256", "node_statement_sha256"])
def test_a_statement_that_nobody_knows_is_refused(name):
    with pytest.raises(NotVerified, match="unknown_statement"):
        placed(**{name: to_base64url(b"x" * 32)})


def test_a_statement_of_another_organisation_is_not_taken_for_the_named_one():
    with pytest.raises(NotVerified, match="unknown_statement"):
        placed(node=ORIGIN_STATEMENT, nodes=[ORIGIN_STATEMENT])


def test_an_origin_is_placed_by_its_home_node_alone():
    elsewhere = a_statement(home={"node": "other.example", "origin_url": "https://other.example"})
    with pytest.raises(NotVerified, match="home"):
        placed(origins=[elsewhere])


def test_a_manifest_signed_by_a_key_for_another_use_is_refused():
    with pytest.raises(NotVerified, match="key_use"):
        placed(manifest=a_manifest(key=EXCHANGE))


def test_an_acceptance_signed_by_a_key_for_another_use_is_refused():
    with pytest.raises(NotVerified, match="key_use"):
        placed(key=LOG_KEY)


def test_a_manifest_signed_by_an_unknown_key_is_refused():
    with pytest.raises(NotVerified, match="unknown_key"):
        placed(manifest=a_manifest(key=OTHER))


@pytest.mark.parametrize("which", ["origins", "nodes"])
def test_a_statement_may_be_a_minute_younger_than_the_place(which):
    statement = {"origins": a_statement, "nodes": a_node_statement}[which](iat=NOON + timedelta(seconds=60))
    assert placed(**{which: [statement]}).at == NOON


@pytest.mark.parametrize("which", ["origins", "nodes"])
def test_a_statement_more_than_a_minute_younger_than_the_place_is_refused(which):
    statement = {"origins": a_statement, "nodes": a_node_statement}[which](iat=NOON + timedelta(seconds=61))
    with pytest.raises(NotVerified, match="statement_later"):
        placed(**{which: [statement]})


@pytest.mark.parametrize("which", ["origins", "nodes"])
def test_a_statement_that_has_expired_at_the_place_is_refused(which):
    expired = {"origins": a_statement, "nodes": a_node_statement}[which](exp=int(NOON.timestamp()))
    with pytest.raises(NotVerified, match="statement_expired"):
        placed(**{which: [expired]})


def test_a_place_before_the_key_held_is_refused():
    late = a_statement(keys=[a_key(RECORD, "record", start=NOON + SECOND)])
    with pytest.raises(NotVerified, match="not_yet"):
        placed(origins=[late])


def test_a_place_at_the_end_of_the_key_is_refused():
    ended = a_statement(keys=[a_key(RECORD, "record", until=NOON)])
    with pytest.raises(NotVerified, match="ended"):
        placed(origins=[ended])


@pytest.mark.parametrize(("which", "key"), [("origins", RECORD), ("nodes", NODE_KEY)])
def test_what_a_later_statement_calls_compromised_is_refused_backward(which, key):
    first = {"origins": ORIGIN_STATEMENT, "nodes": NODE_STATEMENT}[which]
    later = a_successor(first, iat=int((NOON + 5 * DAY).timestamp()), revoked=[revocation(key, at=NOON)])
    with pytest.raises(NotVerified, match="revoked"):
        placed(**{which: [first, later]}, now=NOON + 6 * DAY)


def test_what_was_placed_before_the_compromise_stands():
    later = a_successor(ORIGIN_STATEMENT, revoked=[revocation(RECORD, at=NOON + SECOND)])
    assert placed(origins=[ORIGIN_STATEMENT, later]).at == NOON


def test_what_was_placed_before_the_retirement_was_published_stands():
    retired = [revocation(RECORD, at=NOON - DAY, reason="retired")]
    later = a_successor(ORIGIN_STATEMENT, iat=int((NOON + SECOND).timestamp()), revoked=retired)
    assert placed(origins=[ORIGIN_STATEMENT, later], now=NOON + DAY).at == NOON


def test_a_retired_key_is_not_revived_by_naming_an_older_statement():
    retired = [revocation(RECORD, at=NOON, reason="retired")]
    later = a_successor(ORIGIN_STATEMENT, revoked=retired)
    newest = a_successor(later, iat=int((NOON + DAY).timestamp()))
    with pytest.raises(NotVerified, match="revoked"):
        placed(origins=[ORIGIN_STATEMENT, later, newest], now=NOON + DAY)


def test_a_place_two_minutes_ahead_is_believed():
    assert placed(now=NOON - timedelta(seconds=120)).at == NOON


def test_a_place_further_ahead_is_held_and_not_refused_for_good():
    with pytest.raises(Held, match="at_ahead"):
        placed(now=NOON - timedelta(seconds=121))


def test_a_place_that_is_wrong_is_refused_even_when_it_is_ahead():
    with pytest.raises(NotVerified) as refusal:
        placed(manifest=a_manifest(key=OTHER), now=NOON - DAY)
    assert not isinstance(refusal.value, Held)


# --- one approval --------------------------------------------------------------------------------------------------


def judged(approval=None, *, key=OPERATOR, statements=None, roles=("operator",), handed_in=NOON, changed_at=None):
    return judge_approval(
        an_approval(ORIGIN_STATEMENT) if approval is None else approval,
        thumbprint=key.thumbprint,
        statements=[NODE_STATEMENT] if statements is None else statements,
        roles_at_most=roles,
        handed_in_at=handed_in,
        status_changed_at=changed_at,
    )


def test_an_approval_counts_for_the_person_who_holds_the_key():
    assert judged().holder == (NODE, "person-7")


def test_an_approval_by_a_key_without_the_role_is_refused():
    keys = sorted_keys(
        a_key(NODE_KEY, "node", organisation=NODE),
        a_key(OPERATOR, "exchange", organisation=NODE, holder="person-7", roles=["administrator"]),
    )
    with pytest.raises(NotVerified, match="not_operator"):
        judged(statements=[a_node_statement(keys=keys)])


def test_an_approval_by_an_organisation_that_was_not_admitted_as_operator_is_refused():
    with pytest.raises(NotVerified, match="not_operator"):
        judged(roles=("contributor",))


def test_an_approval_by_a_key_that_nobody_holds_is_refused():
    anonymous = [
        replace(key, holder=None) if key.jwk.x == OPERATOR.public.jwk["x"] else key
        for key in NODE_STATEMENT.claims.keys
    ]
    with pytest.raises(NotVerified, match="not_operator"):
        judged(statements=[replace(NODE_STATEMENT, claims=changed(NODE_STATEMENT, keys=tuple(anonymous)))])


def test_an_approval_by_a_key_for_another_use_is_refused():
    with pytest.raises(NotVerified, match="key_use"):
        judged(key=NODE_KEY)


@pytest.mark.parametrize("lifetime", [timedelta(0), -SECOND, 7 * DAY + SECOND])
def test_an_approval_lives_at_most_seven_days(lifetime):
    approval = replace(an_approval(ORIGIN_STATEMENT), exp=NOON + lifetime)
    with pytest.raises(NotVerified, match="approval_lifetime"):
        judged(approval)


def test_an_approval_is_handed_in_before_it_expires():
    assert judged(handed_in=NOON + 7 * DAY - SECOND).holder == (NODE, "person-7")


def test_an_expired_approval_is_refused_when_it_is_handed_in():
    with pytest.raises(NotVerified, match="approval_expired"):
        judged(handed_in=NOON + 7 * DAY)


def test_a_reader_judges_no_expiry_long_after():
    assert judged(handed_in=None).holder == (NODE, "person-7")


def test_an_approval_of_a_future_moment_is_refused():
    with pytest.raises(NotVerified, match="approval_early"):
        judged(handed_in=NOON - timedelta(seconds=61))


def test_an_approval_older_than_the_last_change_of_status_counts_no_more():
    with pytest.raises(NotVerified, match="approval_older"):
        judged(changed_at=NOON + SECOND)


def test_an_approval_of_the_moment_of_the_last_change_counts():
    assert judged(changed_at=NOON).holder == (NODE, "person-7")


def test_an_approval_is_judged_by_the_statement_that_held_at_its_moment():
    later = a_successor(
        NODE_STATEMENT,
        iat=int((NOON + SECOND).timestamp()),
        revoked=[revocation(OPERATOR, at=NOON, reason="retired")],
    )
    assert judged(statements=[NODE_STATEMENT, later]).holder == (NODE, "person-7")


def test_an_approval_by_a_key_that_was_retired_before_is_refused():
    later = a_successor(NODE_STATEMENT, revoked=[revocation(OPERATOR, at=NOON, reason="retired")])
    with pytest.raises(NotVerified, match="revoked"):
        judged(statements=[NODE_STATEMENT, later])


def test_an_approval_by_a_key_that_is_found_compromised_later_counts_no_more():
    later = a_successor(NODE_STATEMENT, iat=int((NOON + DAY).timestamp()), revoked=[revocation(OPERATOR, at=NOON)])
    with pytest.raises(NotVerified, match="revoked"):
        judged(statements=[NODE_STATEMENT, later], handed_in=NOON + DAY)


def operator_key(**changes):
    return sorted_keys(
        a_key(NODE_KEY, "node", organisation=NODE),
        a_key(OPERATOR, "exchange", **({"organisation": NODE, "holder": "person-7", "roles": ["operator"]} | changes)),
    )


def a_day_later(**changes):
    return a_successor(a_node_statement(), iat=int((NOON + DAY).timestamp()), **changes)


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (a_day_later(revoked=[revocation(OPERATOR, at=NOON + DAY, reason="retired")]), "revoked"),
        (a_day_later(revoked=[revocation(OPERATOR, at=NOON + DAY)]), "revoked"),
        (a_day_later(keys=operator_key(until=NOON + DAY)), "ended"),
        (a_day_later(keys=operator_key(roles=["administrator"])), "not_operator"),
        (a_day_later(exp=int((NOON + 2 * DAY).timestamp())), "unknown_statement"),
    ],
    ids=["retired", "compromised", "ended", "no_operator", "statement_expired"],
)
def test_an_approval_dated_back_does_not_count_once_its_key_is_no_operators(later, reason):
    assert judged(statements=[NODE_STATEMENT, later], handed_in=None).holder == (NODE, "person-7")
    with pytest.raises(NotVerified, match=reason):
        judged(statements=[NODE_STATEMENT, later], handed_in=NOON + 2 * DAY)


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [a_node_statement(iat=NOON + SECOND)],
        [a_node_statement(exp=int(NOON.timestamp()))],
        [ORIGIN_STATEMENT],
    ],
)
def test_an_approval_without_a_statement_that_held_then_is_refused(statements):
    with pytest.raises(NotVerified, match="unknown_statement"):
        judged(statements=statements)


# --- approvals together --------------------------------------------------------------------------------------------


def two(act="admit", second_act=None, **second):
    first = judged(an_approval(ORIGIN_STATEMENT, number=1, act=act))
    claims = {"number": 2, "act": second_act or act} | second
    return [first, judged(an_approval(ORIGIN_STATEMENT, **claims), key=SECOND_OPERATOR)]


@pytest.mark.parametrize("act", ["admit", "lift", "replace_root"])
def test_two_persons_admit_lift_and_replace_a_root(act):
    assert judge_approvals(two(act)).act == act


@pytest.mark.parametrize("act", ["admit", "lift", "replace_root"])
def test_one_person_alone_does_not(act):
    with pytest.raises(NotVerified, match="approvals_missing"):
        judge_approvals(two(act)[:1])


def test_one_person_suspends():
    assert judge_approvals(two("suspend")[:1]).act == "suspend"


def test_two_approvals_of_one_person_are_one():
    same = [judged(an_approval(ORIGIN_STATEMENT, number=number)) for number in (1, 2)]
    with pytest.raises(NotVerified, match="approvals_missing"):
        judge_approvals(same)


def test_two_keys_of_one_holder_are_one_person():
    statements = [a_node_statement(keys=node_keys(holders=("person-7", "person-7")))]
    approvals = [
        judged(an_approval(ORIGIN_STATEMENT, number=1), statements=statements),
        judged(an_approval(ORIGIN_STATEMENT, number=2), key=SECOND_OPERATOR, statements=statements),
    ]
    with pytest.raises(NotVerified, match="approvals_missing"):
        judge_approvals(approvals)


def test_equal_holder_names_of_two_organisations_are_two_persons():
    first, second = two()
    elsewhere = replace(second, holder=("regulator.example", "person-7"))
    assert judge_approvals([first, elsewhere]).act == "admit"


def test_a_jti_counts_once():
    first, second = two()
    with pytest.raises(NotVerified, match="approvals_missing"):
        judge_approvals([first, replace(second, claims=first.claims)])


def test_no_approvals_decide_nothing():
    with pytest.raises(NotVerified, match="approvals_missing"):
        judge_approvals([])


def test_an_act_that_nobody_knows_is_refused():
    first, second = (replace(approval, claims=replace(approval.claims, act="delete")) for approval in two())
    with pytest.raises(NotVerified, match="unknown_act"):
        judge_approvals([first, second])


@pytest.mark.parametrize(
    "second",
    [
        *({"second_act": "lift"}, {"subject": "platform.example"}, {"document_sha256": "A" * 43}, {"sector": "ngo"}),
        *({"display_name": "Another"}, {"roles_at_most": ["consumer"]}),
        {"home": {"node": "other.example", "origin_url": "https://node.example"}},
        {"home": {"node": NODE, "origin_url": "https://other.example"}},
    ],
    ids=str,
)
def test_approvals_that_differ_decide_nothing_together(second):
    with pytest.raises(NotVerified, match="approvals_differ"):
        judge_approvals(two(**second))


@pytest.mark.parametrize("second", [{"iat": NOON + SECOND}, {"number": 9}, {"exp": int((NOON + DAY).timestamp())}])
def test_approvals_may_differ_in_who_when_and_number(second):
    assert judge_approvals(two(**second)).act == "admit"


# --- an admission --------------------------------------------------------------------------------------------------


def test_two_approvals_admit_exactly_the_statement_that_they_name():
    assert judge_admission(ORIGIN_STATEMENT, two()).roles_at_most == ("consumer", "contributor")


def test_approvals_of_another_statement_do_not_admit():
    with pytest.raises(NotVerified, match="approval_subject"):
        judge_admission(a_successor(ORIGIN_STATEMENT), two())


def test_approvals_of_another_act_do_not_admit():
    with pytest.raises(NotVerified, match="approval_subject"):
        judge_admission(ORIGIN_STATEMENT, two("lift"))


def test_two_approvals_replace_a_root_where_that_is_asked():
    assert judge_admission(ORIGIN_STATEMENT, two("replace_root"), act="replace_root").act == "replace_root"


def test_approvals_of_another_sector_than_the_statement_says_do_not_admit():
    approvals = [replace(approval, claims=replace(approval.claims, sector="platform")) for approval in two()]
    with pytest.raises(NotVerified, match="approval_subject"):
        judge_admission(ORIGIN_STATEMENT, approvals)


def test_a_statement_with_new_keys_needs_no_approvals():
    keys = sorted_keys(*contributor_keys(), a_key(OTHER, "record"))
    assert not needs_approvals(a_successor(ORIGIN_STATEMENT, keys=keys).claims, an_approval(ORIGIN_STATEMENT))


@pytest.mark.parametrize(
    "change",
    [
        {"sector": "platform"},
        {"display_name": "Another"},
        {"home": {"node": "other.example", "origin_url": "https://node.example"}},
        {"home": {"node": NODE, "origin_url": "https://other.example"}},
    ],
    ids=str,
)
def test_a_statement_that_changes_what_the_admission_binds_waits_for_approvals(change):
    assert needs_approvals(a_successor(ORIGIN_STATEMENT, **change).claims, an_approval(ORIGIN_STATEMENT))
