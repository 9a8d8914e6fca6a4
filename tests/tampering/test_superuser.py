"""What a superuser does to the log, who holds its key as well, is found, and named where it was done."""

import pytest

from client.anchors import Anchors
from client.auditing.comparing import compare
from server.tree.signing import TreeDiffers
from tests.exchanges import sign_head
from tests.partners import FEDERATION, NODE_NAME
from tests.signals import a_batch, a_signal
from tests.tampering.conftest import settle


@pytest.fixture
def index(superuser) -> int:
    """The place of the first pull."""
    return superuser.index_of("read_feed")


def test_an_altered_entry_does_not_make_its_leaf(superuser, auditor, index):
    superuser.alters(index)
    assert ("altered", index) in auditor.findings()


def test_an_altered_entry_whose_leaf_was_made_to_fit_is_not_in_the_signed_tree(superuser, auditor, index):
    superuser.alters(index)
    superuser.fits_leaves()
    assert {what for what, _ in auditor.findings()} >= {"root_differs"}


def test_an_altered_entry_in_a_log_that_was_signed_anew_is_named(proven, superuser, auditor, index):
    superuser.alters(index)
    superuser.fits_leaves()
    superuser.signs_anew()
    findings = auditor.findings(proven)
    assert ("replaced", index) in findings
    # Nor did its caller sign it so.
    assert ("base_purpose", index) in findings


def test_a_deleted_entry_is_named(proven, superuser, auditor, index):
    superuser.deletes(index)
    superuser.signs_anew()
    assert ("deleted", index) in auditor.findings(proven)


def test_reordered_entries_are_named(proven, superuser, auditor, index):
    superuser.swaps(index, index + 2)
    superuser.signs_anew()
    reordered = {at for what, at in auditor.findings(proven) if what == "reordered"}
    assert reordered
    assert reordered <= {index, index + 1, index + 2}


def test_an_inserted_entry_is_named(proven, superuser, auditor, index):
    superuser.inserts_copy(superuser.index_of("push_batch"), at=index)
    superuser.signs_anew()
    findings = auditor.findings(proven)
    assert ("inserted", index) in findings
    # It says of itself that it was another request.
    assert {"id_twice", "request_twice"} <= {what for what, _ in findings}


def test_the_newest_ten_that_were_dropped_are_named(proven, superuser, auditor, node):
    settle(node)
    superuser.drops_newest(10)
    superuser.signs_anew()
    assert {what for what, _ in auditor.findings(proven)} >= {"dropped"}


def test_what_was_dropped_is_missed_also_when_others_came_after(proven, superuser, auditor, node, hotline):
    superuser.drops_newest(10)
    superuser.signs_anew()
    for _ in range(12):
        hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    settle(node)
    assert {what for what, _ in auditor.findings(proven)} >= {"rewritten"}


def test_an_honest_sequencer_signs_nothing_over_a_changed_past(superuser, node, hotline, index):
    superuser.alters(index)
    superuser.fits_leaves()
    hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document)
    with pytest.raises(TreeDiffers):
        sign_head(node)


def test_an_unopened_leaf_without_an_erasure_entry_is_tampering(superuser, auditor, index):
    superuser.pretends_erasure(index)
    assert auditor.findings() == {("erasure_unproven", index)}


@pytest.mark.parametrize("what", ["bundle", "bundle of a filter"])
def test_an_entry_erased_by_nothing_at_all_is_left_out_and_no_bundle_fails(superuser, auditor, index, what):
    """A superuser could make every bundle fail by it; the verifier names the leaf instead."""
    superuser.pretends_erasure(index, names_an_entry=False)
    if what == "bundle":
        assert auditor.findings() == {("unopened", index)}
    else:
        part = auditor.verify(auditor.take(decision="allowed"))
        assert part.is_whole
        assert not part.head.complete


def test_an_entry_that_says_0_records_where_some_were_served_is_named(superuser, auditor, index):
    superuser.alters(index, old='"records":[0-9]+', new='"records":0')
    superuser.fits_leaves()
    superuser.signs_anew()
    assert ("count", index) in auditor.findings()


def test_two_histories_for_two_auditors_convict_the_node(superuser, auditor, node, index):
    """Side by side they are two signed heads of one size that cannot both be true."""
    for_one = auditor.take()
    superuser.alters(index)
    superuser.fits_leaves()
    superuser.signs_anew()
    for_other = auditor.take()
    anchors = Anchors(federation=FEDERATION, node=NODE_NAME, node_root=node.organisation.root.thumbprint)
    found = compare(for_one, for_other, anchors=anchors, node_root=None, statements=())
    assert found.is_one_history is False
    assert {(one.what, one.index) for one in found.findings} == {("replaced", index)}


def test_a_dropped_tail_shows_only_to_who_knew_it(superuser, auditor):
    """Why auditors keep heads, and witnesses cosign them."""
    superuser.drops_newest(1)
    superuser.signs_anew()
    assert auditor.findings() == set()
