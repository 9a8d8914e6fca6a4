"""What a superuser of a node may do to its log, and what an auditor finds in the bundle; each by kind and index."""

from dataclasses import replace
from datetime import timedelta

import pytest

from client.anchors import Anchors
from client.auditing.remembering import as_remembered
from client.auditing.verifying import Known, verify_bundle
from client.failures import NodeRootDiffers, NotVerified
from crypto.checkpoints import COSIGNATURE, open_note, verifier_key
from crypto.cosignatures import cosign
from crypto.encoding import to_base64url
from crypto.policies import read_policy
from tests.client.bundling import (
    a_bundle,
    a_pull,
    a_refusal,
    a_signed_act,
    an_entry,
    an_erasure,
    an_own_act,
    digest,
    hotline_claims,
    line,
    node_statement,
    opened,
    organisation_keys,
    some_log,
)
from tests.crypto.builders import EXCHANGE, FEDERATION, NODE, ORGANISATION, OTHER, RECORD
from tests.crypto.organisations import (
    LOG,
    NODE_ROOT,
    NOON,
    next_claims,
    revocation,
    signed,
    statement_token,
)

ANCHORS = Anchors(federation=FEDERATION, node=NODE, node_root=NODE_ROOT.thumbprint)


@pytest.fixture
def verdict(tmp_path):
    """Judges a bundle."""

    def judged(bundle, **known):
        path = bundle.write(tmp_path / "a.havre-bundle.zip")
        return verify_bundle(path, anchors=ANCHORS, known=Known(**known)).verdict

    return judged


@pytest.fixture
def found(verdict):
    """What is found in a bundle: (kind, index) of each finding."""

    def judged(bundle, **known):
        return [(one.what, one.index) for one in verdict(bundle, **known).findings]

    return judged


def a_log(*more, size=12):
    """A short log, `more` entries at its end."""
    return [*some_log(size), *(opened(one) for one in more)]


def remembered(bundle):
    marks = b"".join(leaf[:8] for leaf in (bundle.leaves or [one.leaf for one in bundle.log]))
    return as_remembered(bundle.note, marks=marks)


def test_an_honest_bundle_is_whole_with_every_signature_verified(verdict):
    whole = verdict(a_bundle())
    assert (whole.is_whole, whole.opened, whole.signed, whole.refused) == (True, 300, 298, 2)


def test_an_altered_entry_is_named(found):
    bundle = a_bundle(a_log())
    bundle.lines[3] = line(3, bundle.log[3]) | {"entry": bundle.log[3].text.decode().replace("200", "201")}
    assert found(bundle) == [("altered", 3)]


def test_an_entry_deleted_from_the_database_is_named_by_its_unopened_leaf(found):
    assert found(a_bundle(a_log(), left_out={9})) == [("unopened", 9)]


def test_two_entries_that_changed_places_are_named(found):
    bundle = a_bundle(a_log())
    bundle.lines |= {2: line(2, bundle.log[3]), 3: line(3, bundle.log[2])}
    assert found(bundle) == [("moved", 2), ("moved", 3)]


def test_another_entry_s_text_for_a_leaf_is_named_with_where_it_belongs(verdict):
    bundle = a_bundle(a_log())
    bundle.lines[10] = line(10, bundle.log[4])
    (finding,) = verdict(bundle).findings
    assert (finding.what, finding.index, finding.other) == ("moved", 10, 4)


def test_an_entry_that_the_tree_has_no_leaf_for_is_named(found):
    bundle = a_bundle(a_log())
    bundle.more_lines = [line(12, opened(a_signed_act(12)))]
    assert found(bundle) == [("outside", 12)]


def test_an_index_that_comes_twice_is_named(found):
    bundle = a_bundle(a_log())
    bundle.more_lines = [line(11, bundle.log[11])]
    assert found(bundle) == [("index_twice", 11)]


def test_leaves_that_the_log_key_did_not_sign_are_found(found):
    bundle = a_bundle()
    bundle.signed_leaves = [one.leaf for one in bundle.log]
    bundle.log[270] = opened(a_signed_act(1_000, at=NOON + timedelta(seconds=270)))
    assert found(bundle) == [("root_differs", -1)]


def test_an_entry_altered_in_the_log_itself_is_named_against_the_last_checkpoint(found):
    before = a_bundle()
    after = a_bundle()
    after.log[7] = opened(an_entry(7, action="noise", decision="refused", reason="not_authenticated", records=1))
    assert found(after, earlier=[remembered(before)]) == [("rewritten", 7), ("replaced", 7)]


def test_an_entry_deleted_from_the_log_itself_is_named_against_the_last_checkpoint(found):
    before, log = a_bundle(a_log()), a_log(a_signed_act(12))
    del log[6]
    assert found(a_bundle(log), earlier=[remembered(before)]) == [("rewritten", 6), ("deleted", 6)]


def test_an_entry_inserted_into_the_log_itself_is_named_against_the_last_checkpoint(found):
    before, log = a_bundle(a_log()), a_log()
    log.insert(6, opened(an_entry(40, at=NOON + timedelta(seconds=6), action="noise", decision="refused", reason="x")))
    assert found(a_bundle(log), earlier=[remembered(before)]) == [("rewritten", 6), ("inserted", 6)]


def test_entries_reordered_in_the_log_itself_are_named_against_the_last_checkpoint(found):
    before, log = a_bundle(a_log()), a_log()
    log[9], log[10] = log[10], log[9]
    assert found(a_bundle(log), earlier=[remembered(before)]) == [("rewritten", 9), ("reordered", 9)]


def test_the_newest_entries_that_were_dropped_are_named_against_the_last_checkpoint(verdict):
    (finding,) = verdict(a_bundle(some_log(290)), earlier=[remembered(a_bundle())]).findings
    assert (finding.what, finding.index, finding.other) == ("dropped", 290, 299)


def test_an_archive_that_was_made_before_the_last_checkpoint_was_proven_accuses_nobody(verdict):
    proven = replace(remembered(a_bundle()), proven_at=NOON + timedelta(hours=2))
    judged = verdict(a_bundle(some_log(290)), earlier=[proven])
    assert judged.is_whole
    assert ("older", 290, 299) in {(one.what, one.index, one.other) for one in judged.notices}


def test_a_bundle_that_says_to_be_newer_and_is_shorter_has_lost_entries(verdict):
    proven = replace(remembered(a_bundle()), proven_at=NOON)
    assert verdict(a_bundle(some_log(290)), earlier=[proven]).counts == {"dropped": 1}


def test_rewritten_history_is_found_by_a_bare_checkpoint_too(found):
    before, log = a_bundle(a_log()), a_log()
    log[3] = opened(a_signed_act(3, target="/v1/whoami?"))
    assert ("rewritten", -1) in found(a_bundle(log), earlier=[as_remembered(before.note)])


def test_growth_is_no_finding(verdict):
    assert verdict(a_bundle(), earlier=[remembered(a_bundle(some_log(120)))]).is_whole


def test_an_erased_entry_is_whole_when_an_entry_tells_of_it(verdict):
    log = a_log()
    log.append(opened(an_erasure(12, log, 2, 3)))
    bundle = a_bundle(log, lines={2: {"index": 2, "erased_by": 12}, 3: {"index": 3, "erased_by": 12}})
    assert (verdict(bundle).is_whole, verdict(bundle).erased) == (True, 2)


def test_an_erasure_that_names_other_entries_is_named(found):
    log = a_log()
    log.append(opened(an_erasure(12, log, 2)))
    assert found(a_bundle(log, lines={3: {"index": 3, "erased_by": 12}})) == [("erasure_unproven", 3)]


def test_an_erasure_of_other_leaves_is_named(found):
    log = a_log()
    said = an_erasure(12, log, 3)
    log[3] = opened(a_signed_act(33, at=NOON + timedelta(seconds=3)))
    log.append(opened(said))
    assert found(a_bundle(log, lines={3: {"index": 3, "erased_by": 12}})) == [("erasure_false", 3)]


def test_an_erasure_by_an_entry_that_is_none_is_named(found):
    assert found(a_bundle(a_log(), lines={3: {"index": 3, "erased_by": 4}})) == [("erasure_unproven", 3)]


def test_a_request_that_its_partner_did_not_sign_is_named(found):
    forged = a_signed_act(12) | {"signature": to_base64url(b"\x01" * 64)}
    assert found(a_bundle(a_log(forged))) == [("signature_false", 12)]


def test_an_act_invented_without_a_signature_is_named(found):
    invented = a_pull(12) | {"signature": None, "signature_base": None}
    assert found(a_bundle(a_log(invented))) == [("unsigned_act", 12)]


def test_a_captured_request_put_in_again_is_named(found):
    again = a_signed_act(9) | {"id": an_entry(12)["id"], "at": an_entry(12)["at"]}
    assert found(a_bundle(a_log(again))) == [("request_twice", 12)]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"target": "/v1/whoami?"}, "base_target"),
        ({"purpose": "statistics"}, "base_purpose"),
        ({"keyid": f"{ORGANISATION}/{OTHER.thumbprint}"}, "base_key"),
        ({"action": "read_feed"}, "base_action"),
    ],
)
def test_a_signature_base_that_says_something_else_is_named(found, said, what):
    assert (what, 12) in found(a_bundle(a_log(a_signed_act(12) | said)))


def test_a_pull_entered_as_a_question_of_who_one_is_is_named(found):
    nothing = dict.fromkeys(("records", "served", "filter", "from", "to"))
    hidden = a_pull(12) | nothing | {"action": "read_whoami"}
    assert found(a_bundle(a_log(hidden))) == [("base_action", 12)]


def test_an_act_dated_otherwise_than_signed_is_named(found):
    late = a_signed_act(12, at=NOON - timedelta(minutes=20)) | {"at": an_entry(12)["at"], "id": an_entry(12)["id"]}
    assert found(a_bundle(a_log(late))) == [("base_time", 12)]


def test_an_entry_dated_long_before_its_neighbours_is_named(found):
    old = a_signed_act(12, at=NOON - timedelta(hours=3))
    assert found(a_bundle(a_log(old))) == [("backdated", 12)]


def test_a_pull_that_says_0_records_and_served_some_is_named(found):
    assert found(a_bundle(a_log(a_pull(12, records=0)))) == [("count", 12)]


def test_a_pull_that_says_records_and_served_none_is_named(found):
    nothing = a_pull(12, served=None, **{"from": None, "to": None})
    assert found(a_bundle(a_log(nothing))) == [("count", 12)]


def test_a_push_that_says_0_records_and_stored_some_is_named(found):
    bundle = a_bundle(a_log())
    pushed = bundle.log[5]
    pushed.entry["records"] = 0
    assert found(bundle) == [("count", 5)]


def test_places_that_no_page_can_have_are_named(found):
    assert found(a_bundle(a_log(a_pull(12, to=[1, 0, 400, 0])))) == [("places", 12)]


def test_another_filter_than_was_asked_for_is_named(found):
    assert found(a_bundle(a_log(a_pull(12, filter=None)))) == [("filter", 12)]


def test_a_key_that_had_ended_is_named(found):
    keys = organisation_keys(until=NOON - timedelta(days=1))
    whole = a_bundle([opened(a_signed_act(0))], claims=hotline_claims(keys=keys))
    assert found(whole) == [("key_ended", 0)]


def test_a_key_that_no_statement_lists_is_named(found):
    act = a_signed_act(12, key=OTHER, keyid=f"{ORGANISATION}/{OTHER.thumbprint}")
    assert found(a_bundle(a_log(act))) == [("key_unknown", 12)]


def test_a_record_key_that_signed_a_request_is_named(found):
    act = a_signed_act(12, key=RECORD, keyid=f"{ORGANISATION}/{RECORD.thumbprint}")
    assert found(a_bundle(a_log(act))) == [("key_use", 12)]


def a_bundle_with_revocation(*, signed_at, reason, at):
    first = signed(hotline_claims())
    claims = next_claims(first, iat=int(signed_at.timestamp()), revoked=[revocation(EXCHANGE, at=at, reason=reason)])
    bundle = a_bundle([opened(a_signed_act(0))])
    bundle.statements.append((ORGANISATION, statement_token(claims)))
    return bundle


def test_a_key_that_was_revoked_long_before_is_named(found):
    # Of an act a week after the statement: no approval can have been waited for that long.
    then = NOON - timedelta(days=7)
    bundle = a_bundle([opened(a_signed_act(0))], claims=hotline_claims(iat=NOON - timedelta(days=9)))
    claims = next_claims(
        signed(hotline_claims(iat=NOON - timedelta(days=9))),
        iat=int(then.timestamp()),
        revoked=[revocation(EXCHANGE, at=then, reason="retired")],
    )
    bundle.statements.append((ORGANISATION, statement_token(claims)))
    assert ("key_revoked", 0) in found(bundle)


def test_a_key_that_was_called_stolen_afterwards_is_told_and_is_no_tampering(verdict):
    bundle = a_bundle_with_revocation(
        signed_at=NOON + timedelta(days=1), reason="compromised", at=NOON - timedelta(days=1)
    )
    told = verdict(bundle)
    assert (told.is_whole, [one.what for one in told.notices]) == (True, ["no_policy", "key_revoked_later"])


def test_a_role_that_the_key_did_not_have_is_named(found):
    assert found(a_bundle(a_log(a_signed_act(12, role="auditor")))) == [("role_not_held", 12)]


def test_an_organisation_that_nobody_admitted_is_named(found):
    bundle = a_bundle(a_log())
    bundle.approvals.pop()
    assert found(bundle) == [("not_admitted", 0)]


def test_a_bundle_of_everything_that_calls_itself_a_part_is_named(found):
    assert found(a_bundle(a_log(), left_out={9}, head={"complete": False})) == [("kept_back", -1)]


def test_a_part_of_the_entries_is_whole_as_far_as_it_goes(verdict):
    told = verdict(a_bundle(a_log(), left_out={9}, head={"complete": False, "filter": {"action": "read_feed"}}))
    assert (told.is_whole, told.opened) == (True, 11)


def test_statements_under_another_root_than_the_pinned_one_are_named(verdict):
    told = verdict(a_bundle(a_log()), pinned={ORGANISATION: OTHER.thumbprint})
    assert ("statements_false", ORGANISATION) in {(one.what, one.about) for one in told.findings}


def test_a_refused_request_is_counted_and_its_signature_not_asked_for(verdict):
    assert verdict(a_bundle(a_log(a_refusal(12)))).refused == 3


def test_a_log_that_another_key_signed_is_not_believed(found):
    with pytest.raises(NotVerified, match="checkpoint_note_unsigned"):
        found(a_bundle(a_log(), log_key=OTHER))


def test_a_bundle_under_another_root_than_the_pinned_one_is_not_believed(tmp_path):
    path = a_bundle(a_log()).write(tmp_path / "a.zip")
    with pytest.raises(NodeRootDiffers):
        verify_bundle(path, anchors=None, node_root=OTHER.thumbprint, known=Known())


def test_a_bundle_of_another_node_is_not_believed(tmp_path):
    path = a_bundle(a_log()).write(tmp_path / "a.zip")
    other = Anchors(federation=FEDERATION, node="other.example", node_root=NODE_ROOT.thumbprint)
    with pytest.raises(NotVerified, match="bundle_node"):
        verify_bundle(path, anchors=other, known=Known())


def a_policy():
    key = verifier_key("witness.example", OTHER.public, algorithm=COSIGNATURE)
    return read_policy(f"witness one {key}\nquorum one\n".encode())


def cosigned(note):
    return note + cosign(open_note(note).body, name="witness.example", key=OTHER, at=1_790_000_000)


def test_a_head_that_the_policy_s_witness_cosigned_names_it(verdict):
    told = verdict(a_bundle(a_log(), cosign=cosigned), policy=a_policy())
    assert (told.is_whole, told.cosigned_by) == (True, ("witness.example",))


def test_missing_cosignatures_are_found(found):
    assert found(a_bundle(a_log()), policy=a_policy()) == [("cosignatures_missing", -1)]


def test_a_restore_is_told_and_what_was_seen_and_lost_is_found(verdict):
    before = a_bundle(a_log())
    log = some_log(10)
    target = {
        "log": f"{NODE}/log/2",
        "previous": {"log": LOG, "size": 12, "root": to_base64url(digest("root"))},
        "restored_size": 10,
    }
    log.append(opened(an_own_act(13, "open_epoch", target)))
    told = verdict(a_bundle(log, name=f"{NODE}/log/2"), earlier=[remembered(before)])
    assert [(one.what, one.index, one.other) for one in told.findings] == [("lost", 10, 11)]
    assert [(one.what, one.index, one.other) for one in told.notices][1:] == [("restored", 10, 11)]


def test_a_restore_that_lost_nothing_is_told_so(verdict):
    log = some_log(10)
    previous = {"log": LOG, "size": 10, "root": to_base64url(digest("root"))}
    log.append(
        opened(an_own_act(13, "open_epoch", {"log": f"{NODE}/log/2", "previous": previous, "restored_size": 10}))
    )
    told = verdict(a_bundle(log, name=f"{NODE}/log/2"), earlier=[remembered(a_bundle(some_log(10)))])
    assert (told.is_whole, [one.what for one in told.notices]) == (True, ["no_policy", "restored_whole"])


def test_an_epoch_that_was_opened_without_the_last_head_is_told_and_compared(verdict):
    log = some_log(10)
    target = {"log": f"{NODE}/log/2", "previous": None, "restored_size": 10}
    log.append(opened(an_own_act(13, "open_epoch", target)))
    told = verdict(a_bundle(log, name=f"{NODE}/log/2"), earlier=[remembered(a_bundle(some_log(9)))])
    assert (told.is_whole, [one.what for one in told.notices]) == (True, ["no_policy", "restored_unknown"])


def test_a_backup_that_was_restored_twice_explains_the_epoch_that_it_lost(verdict):
    """The entry that opened the second epoch is lost with it; the third one's names its head."""
    before = a_bundle(a_log())
    log = some_log(10)
    previous = {"log": f"{NODE}/log/2", "size": 40, "root": to_base64url(digest("root"))}
    log.append(
        opened(an_own_act(13, "open_epoch", {"log": f"{NODE}/log/3", "previous": previous, "restored_size": 10}))
    )
    told = verdict(a_bundle(log, name=f"{NODE}/log/3"), earlier=[remembered(before)])
    assert [(one.what, one.index, one.other) for one in told.findings] == [("lost", 10, 11)]


def test_an_epoch_that_no_entry_explains_is_found(found):
    later = a_bundle(a_log(), name=f"{NODE}/log/2")
    assert found(later, earlier=[remembered(a_bundle(a_log()))]) == [("epoch_unexplained", -1)]


def test_an_older_epoch_than_one_that_was_proven_is_found(found):
    later = a_bundle(a_log(), name=f"{NODE}/log/2")
    assert found(a_bundle(a_log()), earlier=[remembered(later)]) == [("older_epoch", -1)]


def test_a_node_that_renewed_its_own_statement_is_believed(verdict):
    bundle = a_bundle(a_log())
    bundle.statements[0] = (NODE, node_statement(iat=NOON - timedelta(days=20)))
    assert verdict(bundle).is_whole
