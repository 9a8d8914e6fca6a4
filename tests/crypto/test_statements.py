"""Statements: their keys, what they revoke, and what may follow them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.encoding import to_base64url
from crypto.refusals import NotVerified
from crypto.trust import check_statement_keys, judge_succession, key_at, revoked_from, verify_statement
from tests.crypto.builders import EXCHANGE, FEDERATION, NODE, ORGANISATION, OTHER, RECORD, ROOT
from tests.crypto.organisations import (
    DAY,
    NEW_ROOT,
    NOON,
    a_key,
    a_node_statement,
    a_statement,
    a_successor,
    changed,
    consent,
    contributor_keys,
    node_keys,
    revocation,
    sorted_keys,
    statement_claims,
    statement_token,
)

SECOND = timedelta(seconds=1)


# --- signed by its root --------------------------------------------------------------------------------------------


def test_a_statement_is_signed_by_the_root_that_it_names():
    document = verify_statement(statement_token(statement_claims()), root=None, federation=FEDERATION)
    assert document.organisation == ORGANISATION


def test_a_statement_is_judged_by_the_pinned_root():
    token = statement_token(statement_claims())
    assert verify_statement(token, root=ROOT.public, federation=FEDERATION).thumbprint == ROOT.thumbprint


def test_a_statement_of_another_root_than_the_pinned_one_is_refused():
    with pytest.raises(NotVerified, match="root"):
        verify_statement(statement_token(statement_claims()), root=OTHER.public, federation=FEDERATION)


def test_a_statement_that_names_another_root_than_its_signer_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        verify_statement(statement_token(statement_claims(root=OTHER)), root=None, federation=FEDERATION)


def test_a_statement_without_a_root_is_refused():
    claims = {name: value for name, value in statement_claims().items() if name != "root"}
    with pytest.raises(NotVerified, match="key_form"):
        verify_statement(statement_token(claims), root=None, federation=FEDERATION)


# --- by itself -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", [a_statement(), a_node_statement()], ids=[ORGANISATION, NODE])
def test_a_statement_with_proven_and_sorted_keys_holds(statement):
    check_statement_keys(statement.claims, FEDERATION)


def test_a_statement_of_another_federation_is_refused():
    with pytest.raises(NotVerified, match="federation"):
        check_statement_keys(a_statement().claims, "other.example")


@pytest.mark.parametrize("lifetime", [timedelta(0), -SECOND, timedelta(days=400) + SECOND])
def test_a_statement_lives_at_most_400_days(lifetime):
    statement = a_statement().claims
    with pytest.raises(NotVerified, match="lifetime"):
        check_statement_keys(replace(statement, exp=statement.iat + lifetime), FEDERATION)


@pytest.mark.parametrize("change", [{"prev": "A" * 43}, {"seq": 2}])
def test_only_the_first_statement_has_nothing_before_it(change):
    with pytest.raises(NotVerified, match="first_statement"):
        check_statement_keys(changed(a_statement(), **change), FEDERATION)


def test_the_first_statement_changes_no_root():
    following = a_successor(a_statement(), root_change={"from": ROOT.thumbprint, "consent": consent()})
    with pytest.raises(NotVerified, match="first_statement"):
        check_statement_keys(changed(a_statement(), root_change=following.claims.root_change), FEDERATION)


def test_a_key_whose_possession_another_organisation_proved_is_refused():
    stolen = [a_key(RECORD, "record", organisation="platform.example")]
    with pytest.raises(NotVerified, match="possession"):
        check_statement_keys(a_statement(keys=stolen).claims, FEDERATION)


def test_a_key_with_the_proof_of_another_key_is_refused():
    claim = a_key(RECORD, "record") | {"proof": a_key(EXCHANGE, "record")["proof"]}
    with pytest.raises(NotVerified, match="keyid"):
        check_statement_keys(a_statement(keys=[claim]).claims, FEDERATION)


def test_keys_that_are_not_sorted_are_refused():
    with pytest.raises(NotVerified, match="keys_order"):
        check_statement_keys(a_statement(keys=contributor_keys()[::-1]).claims, FEDERATION)


def test_a_key_for_two_uses_is_refused():
    statement = a_statement()
    twice = (statement.claims.keys[0], *statement.claims.keys)
    with pytest.raises(NotVerified, match="keys_order"):
        check_statement_keys(changed(statement, keys=twice), FEDERATION)


def test_a_root_among_the_keys_is_refused():
    with pytest.raises(NotVerified, match="keys_order"):
        check_statement_keys(a_statement(keys=[a_key(ROOT, "record")]).claims, FEDERATION)


def test_more_than_256_keys_are_refused():
    statement = a_statement()
    with pytest.raises(NotVerified, match="keys_order"):
        check_statement_keys(changed(statement, keys=statement.claims.keys * 129), FEDERATION)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"use": "root"}, "key_use"),
        ({"use": "other"}, "key_use"),
        ({"use": "exchange"}, "key_holder"),
        ({"holder": "person-1"}, "key_holder"),
        ({"roles": ("contributor",)}, "key_holder"),
        ({"until": NOON - 10 * DAY}, "key_time"),
    ],
)
def test_a_key_of_another_form_is_refused(change, reason):
    statement = a_statement(keys=[a_key(RECORD, "record")])
    [claim] = statement.claims.keys
    with pytest.raises(NotVerified, match=reason):
        check_statement_keys(changed(statement, keys=(replace(claim, **change),)), FEDERATION)


def test_a_revoked_key_is_a_listed_one():
    with pytest.raises(NotVerified, match="revoked_key"):
        check_statement_keys(a_statement(revoked=[revocation(OTHER, at=NOON)]).claims, FEDERATION)


def test_a_key_is_revoked_once():
    statement = a_statement(revoked=[revocation(RECORD, at=NOON)])
    with pytest.raises(NotVerified, match="revoked_key"):
        check_statement_keys(changed(statement, revoked=statement.claims.revoked * 2), FEDERATION)


# --- when a key holds ----------------------------------------------------------------------------------------------


def keyed(at=NOON, *, key=RECORD, use="record", **changes):
    return key_at(a_statement(**changes).claims, key.thumbprint, use=use, at=at)


def test_a_key_holds_for_its_use():
    assert keyed().use == "record"


def test_a_key_that_is_not_listed_is_unknown():
    with pytest.raises(NotVerified, match="unknown_key"):
        keyed(key=OTHER)


@pytest.mark.parametrize("use", ["exchange", "node", "log", "root"])
def test_a_key_is_never_good_for_another_use(use):
    with pytest.raises(NotVerified, match="key_use"):
        keyed(use=use)


def test_a_key_holds_from_its_beginning():
    assert keyed(NOON - 10 * DAY).use == "record"


def test_a_key_does_not_hold_before_its_beginning():
    with pytest.raises(NotVerified, match="not_yet"):
        keyed(NOON - 10 * DAY - SECOND)


def test_a_key_holds_up_to_its_end():
    assert keyed(NOON - SECOND, keys=[a_key(RECORD, "record", until=NOON)]).use == "record"


def test_a_key_does_not_hold_at_its_end():
    with pytest.raises(NotVerified, match="ended"):
        keyed(NOON, keys=[a_key(RECORD, "record", until=NOON)])


def test_a_compromised_key_is_refused_backward_from_the_moment_of_compromise():
    before_the_statement = NOON - 8 * DAY
    with pytest.raises(NotVerified, match="revoked"):
        keyed(before_the_statement, revoked=[revocation(RECORD, at=before_the_statement)])


def test_a_compromised_key_holds_for_what_was_before():
    compromised = [revocation(RECORD, at=NOON - 8 * DAY)]
    assert keyed(NOON - 8 * DAY - SECOND, revoked=compromised).use == "record"


@pytest.mark.parametrize("reason", ["superseded", "retired"])
def test_a_retired_key_is_refused_from_the_statement_that_lists_it(reason):
    with pytest.raises(NotVerified, match="revoked"):
        keyed(NOON - 5 * DAY, revoked=[revocation(RECORD, at=NOON + DAY, reason=reason)])


@pytest.mark.parametrize("reason", ["superseded", "retired"])
def test_a_retired_key_never_acts_backward_whatever_moment_is_named(reason):
    named = [revocation(RECORD, at=NOON - 9 * DAY, reason=reason)]
    assert keyed(NOON - 5 * DAY - SECOND, revoked=named).use == "record"


def test_a_key_that_nobody_revokes_is_revoked_from_no_moment():
    assert revoked_from([a_statement().claims], RECORD.thumbprint) is None


def test_a_retired_key_is_refused_from_the_first_statement_that_lists_it():
    first = a_statement(revoked=[revocation(RECORD, at=NOON, reason="retired")])
    second = a_successor(first)
    assert revoked_from([first.claims, second.claims], RECORD.thumbprint) == first.claims.iat


def test_a_compromise_found_later_acts_backward_beyond_the_retirement():
    first = a_statement(revoked=[revocation(RECORD, at=NOON, reason="retired")])
    second = a_successor(first, revoked=[revocation(RECORD, at=NOON - 9 * DAY)])
    assert revoked_from([first.claims, second.claims], RECORD.thumbprint) == NOON - 9 * DAY


def test_a_later_named_moment_does_not_move_a_compromise():
    first = a_statement(revoked=[revocation(RECORD, at=NOON - 9 * DAY)])
    second = a_successor(first, revoked=[revocation(RECORD, at=NOON)])
    assert revoked_from([first.claims, second.claims], RECORD.thumbprint) == NOON - 9 * DAY


# --- what may follow -----------------------------------------------------------------------------------------------


def follows(old, new, **options):
    judge_succession(old, new.claims, federation=FEDERATION, **options)


def test_the_next_statement_follows():
    first = a_statement()
    follows(first, a_successor(first))


def test_new_keys_and_revocations_may_come():
    first = a_statement()
    keys = sorted_keys(*contributor_keys(), a_key(OTHER, "record"))
    follows(first, a_successor(first, keys=keys, revoked=[revocation(RECORD, at=NOON)]))


@pytest.mark.parametrize("seq", [1, 3])
def test_a_number_that_is_not_the_next_is_refused(seq):
    first = a_statement()
    with pytest.raises(NotVerified, match="statement_seq"):
        judge_succession(first, changed(a_successor(first), seq=seq), federation=FEDERATION)


def test_a_statement_that_is_not_linked_to_the_last_is_refused():
    first = a_statement()
    with pytest.raises(NotVerified, match="statement_prev"):
        follows(first, a_successor(first, prev=to_base64url(b"x" * 32)))


@pytest.mark.parametrize("change", [{"iss": "platform.example"}, {"federation": "other.example"}])
def test_a_statement_of_another_organisation_or_federation_does_not_follow(change):
    first = a_statement()
    with pytest.raises(NotVerified, match="statement_issuer"):
        judge_succession(first, changed(a_successor(first), **change), federation=FEDERATION)


def test_a_statement_older_than_the_last_is_refused():
    first = a_statement()
    with pytest.raises(NotVerified, match="statement_time"):
        judge_succession(first, changed(a_successor(first), iat=first.claims.iat - SECOND), federation=FEDERATION)


def test_a_statement_never_forgets_a_key():
    first = a_statement()
    with pytest.raises(NotVerified, match="key_forgotten"):
        follows(first, a_successor(first, keys=contributor_keys()[:1]))


@pytest.mark.parametrize("change", [{"use": "node"}, {"from": "2026-01-01T00:00:00Z"}])
def test_a_key_keeps_its_use_and_its_beginning(change):
    first = a_statement(keys=[a_key(RECORD, "record")])
    with pytest.raises(NotVerified, match="key_forgotten"):
        follows(first, a_successor(first, keys=[a_key(RECORD, "record") | change]))


def test_a_key_keeps_its_holder_so_that_one_person_is_not_two():
    first = a_node_statement()
    with pytest.raises(NotVerified, match="key_forgotten"):
        follows(first, a_successor(first, keys=node_keys(holders=("person-7", "person-9"))))


def test_a_key_may_end():
    first = a_statement(keys=[a_key(RECORD, "record")])
    follows(first, a_successor(first, keys=[a_key(RECORD, "record", until=NOON)]))


def test_a_revoked_key_never_leaves_the_revoked():
    first = a_statement(revoked=[revocation(RECORD, at=NOON, reason="retired")])
    with pytest.raises(NotVerified, match="revocation_forgotten"):
        follows(first, a_successor(first, revoked=[]))


@pytest.mark.parametrize("milder", [revocation(RECORD, at=NOON, reason="retired"), revocation(RECORD, at=NOON + DAY)])
def test_a_compromise_is_never_taken_back_or_moved_later(milder):
    first = a_statement(revoked=[revocation(RECORD, at=NOON)])
    with pytest.raises(NotVerified, match="revocation_forgotten"):
        follows(first, a_successor(first, revoked=[milder]))


@pytest.mark.parametrize("before", [revocation(RECORD, at=NOON), revocation(RECORD, at=NOON, reason="retired")])
def test_a_compromise_may_be_found_or_found_to_be_earlier(before):
    first = a_statement(revoked=[before])
    follows(first, a_successor(first, revoked=[revocation(RECORD, at=NOON - DAY)]))


# --- a new root ----------------------------------------------------------------------------------------------------


def with_new_root(first, consented, *, old=ROOT, **changes):
    change = None if consented is None else {"from": old.thumbprint, "consent": consented}
    return a_successor(first, root=NEW_ROOT.public.jwk, root_change=change, **changes)


def test_a_new_root_to_which_the_old_one_consents_follows():
    first = a_statement()
    follows(first, with_new_root(first, consent()))


def test_a_new_root_without_consent_is_refused():
    first = a_statement()
    with pytest.raises(NotVerified, match="root_change"):
        follows(first, with_new_root(first, None))


def test_a_new_root_that_operators_let_in_follows_without_consent():
    first = a_statement()
    follows(first, with_new_root(first, None), root_replaced=True)


@pytest.mark.parametrize(
    "consented",
    [
        consent(seq=3),
        consent(new=OTHER),
        consent(extra=1),
        consent(organisation="platform.example"),
        consent(**{"from": OTHER.thumbprint}),
    ],
)
def test_a_consent_to_another_root_number_or_organisation_is_refused(consented):
    first = a_statement()
    with pytest.raises(NotVerified, match="root_change"):
        follows(first, with_new_root(first, consented))


def test_a_consent_by_another_key_than_the_old_root_is_refused():
    first = a_statement()
    with pytest.raises(NotVerified, match="keyid"):
        follows(first, with_new_root(first, consent(old=OTHER)))


def test_a_change_from_another_root_than_the_last_is_refused():
    first = a_statement()
    with pytest.raises(NotVerified, match="root_change"):
        follows(first, with_new_root(first, consent(), old=OTHER))


def test_a_change_to_the_same_root_is_refused():
    first = a_statement()
    change = {"from": ROOT.thumbprint, "consent": consent(new=ROOT)}
    with pytest.raises(NotVerified, match="root_change"):
        follows(first, a_successor(first, root_change=change))


def test_an_old_root_does_not_come_back_as_a_key():
    first = a_statement()
    keys = sorted_keys(*contributor_keys(), a_key(ROOT, "record"))
    with pytest.raises(NotVerified, match="key_reused"):
        follows(first, with_new_root(first, consent(), keys=keys))
