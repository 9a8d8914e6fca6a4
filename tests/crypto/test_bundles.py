"""The tree and the leaves of a bundle, and the request behind an entry, judged without a file or a clock."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.acts import action_of, read_signed_base
from crypto.bundles import Erasure, Finding, Leaves, differences, judge_leaf, judge_opened, read_tree
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import NOTHING_STORED, entry_leaf
from crypto.merkle import EMPTY_ROOT, root
from crypto.refusals import NotVerified
from tests.crypto.builders import a_pull, a_push
from tests.vectors.make_vectors import PATH

VECTOR = json.loads(PATH.read_text(encoding="utf-8"))["bundle"]
MEMBERS = {one["name"]: one for one in VECTOR["members"]}
LEAVES = [sha256(b"leaf %d" % number).digest() for number in range(600)]
SALT = bytes(32)


def tiles(leaves):
    return [b"".join(leaves[at : at + 256]) for at in range(0, len(leaves), 256)]


def tree_of(leaves, *, prefixes=()):
    return read_tree(tiles(leaves), prefixes=prefixes)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 600])
def test_the_root_over_tiles_is_the_root_over_the_leaves(size):
    assert tree_of(LEAVES[:size]).root == root(LEAVES[:size])


@given(st.sets(st.integers(0, 600)))
def test_the_roots_over_beginnings_are_those_of_the_tree_at_that_size(prefixes):
    assert tree_of(LEAVES, prefixes=prefixes).prefix_roots == {size: root(LEAVES[:size]) for size in prefixes}


def test_a_beginning_that_is_longer_than_the_tree_has_no_root():
    assert tree_of(LEAVES[:3], prefixes=[0, 4]).prefix_roots == {0: EMPTY_ROOT}


@pytest.mark.parametrize("made", [[b"x" * 31], [b""], [bytes(257 * 32)], [bytes(32), bytes(32)]])
def test_what_is_no_row_of_tiles_is_refused(made):
    with pytest.raises(NotVerified, match="tile"):
        read_tree(made)


def test_an_entry_that_makes_its_leaf_is_right_and_any_other_is_named():
    leaves = Leaves(hashes=bytearray(entry_leaf(salt=SALT, entry=b"a", p=NOTHING_STORED) + LEAVES[1]))
    assert judge_leaf(0, leaves, entry=b"a", salt=SALT, p=NOTHING_STORED) is None
    assert judge_leaf(0, leaves, entry=b"b", salt=SALT, p=NOTHING_STORED) == Finding(what="altered", index=0)
    assert judge_leaf(1, leaves, entry=b"a", salt=SALT, p=NOTHING_STORED) == Finding(what="moved", index=1, other=0)


def test_leaves_that_nobody_opens_are_counted_and_the_first_named():
    assert judge_opened(10, [0, 1, 4], most=3) == (7, [Finding(what="unopened", index=at) for at in (2, 3, 5)])


def told(*ranges, leaves=LEAVES):
    hashes = b"".join(leaves[at] for first, last in ranges for at in range(first, last + 1))
    return Erasure(ranges=ranges, leaves_sha256=sha256(hashes).digest())


def test_an_erasure_is_true_of_the_leaves_that_it_names():
    erasure = told((2, 4), (9, 9))
    assert erasure.is_true(tree_of(LEAVES).leaves)
    assert [at for at in range(12) if erasure.holds(at)] == [2, 3, 4, 9]


@pytest.mark.parametrize("ranges", [((9, 9), (2, 4)), ((2, 4), (4, 6)), ((4, 2),), ((599, 600),), ((-1, 0),)])
def test_ranges_that_do_not_rise_within_the_tree_tell_of_nothing(ranges):
    erasure = Erasure(ranges=ranges, leaves_sha256=told((2, 4)).leaves_sha256)
    assert not erasure.is_true(tree_of(LEAVES).leaves)


@given(st.data())
def test_whatever_was_done_to_leaves_is_told_exactly_when_something_was(data):
    old = LEAVES[:12]
    new = data.draw(st.permutations(old + LEAVES[20:24]))[: data.draw(st.integers(0, 16))]
    assert bool(differences(old, new, most=99)) == (new[: len(old)] != old)


@given(st.integers(0, 11), st.integers(0, 5))
def test_one_deleted_leaf_is_told_by_its_index_however_much_the_log_grew(at, growth):
    new = LEAVES[:at] + LEAVES[at + 1 : 12] + LEAVES[20 : 20 + growth]
    expected = "deleted" if at < 11 or not growth else "replaced"
    assert differences(LEAVES[:12], new, most=9) == [Finding(what=expected, index=at)]


def test_many_kinds_at_once_are_told_each_by_itself():
    new = LEAVES[:12]
    new[1] = LEAVES[21]
    new[4], new[5] = new[5], new[4]
    new.insert(9, LEAVES[22])
    found = {(one.what, one.index, one.other) for one in differences(LEAVES[:12], new, most=9)}
    assert found in [
        {("replaced", 1, None), ("reordered", 4, 5), ("inserted", 9, None)},
        {("replaced", 1, None), ("reordered", 5, 4), ("inserted", 9, None)},
    ]


@pytest.mark.parametrize("request_", [a_push(), a_pull()], ids=["with a body", "without"])
def test_a_request_is_read_back_from_its_base(request_):
    assert read_signed_base(request_.base, signature=request_.signature) == request_


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"@method"', b'"@authority"'),
        (b'"havre-purpose": detection\n', b""),
        (b'"havre-purpose": detection\n', b'"havre-purpose": detection\n"havre-purpose": detection\n'),
        (b"havre-request-v1", b"havre-response-v1"),
        (b";created", b";alg=x;created"),
        (b"GET", b"get"),
        (b"/v1/feed", b"/v1/../feed"),
        (b"limit", b"l\xc3\xa9mit"),
    ],
)
def test_another_base_than_our_profile_s_is_refused(old, new):
    pull = a_pull()
    base = pull.base.replace(old, new, 1)
    assert base != pull.base
    with pytest.raises(NotVerified, match="base_form"):
        read_signed_base(base, signature=pull.signature)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/v1/feed", "read_feed"),
        ("POST", "/v1/feed", None),
        ("GET", "/v1/records/hotline.example/1/opinions", "read_opinions"),
        ("GET", "/v1/trail", None),
    ],
)
def test_a_path_is_one_act_or_none_that_is_known(method, path, action):
    assert action_of(method, path) == action


def test_the_published_bundle_has_the_tree_that_its_checkpoint_signs():
    tile = from_base64url(MEMBERS["tile/0/000.p/5"]["base64url"])
    tree = read_tree([tile])
    assert [to_base64url(leaf) for leaf in tree.leaves] == VECTOR["leaves"]
    assert json.loads(MEMBERS["bundle.json"]["text"])["root"] == to_base64url(tree.root)


def test_each_entry_of_the_published_bundle_makes_its_leaf():
    leaves = read_tree([from_base64url(MEMBERS["tile/0/000.p/5"]["base64url"])]).leaves
    lines = [json.loads(line) for line in MEMBERS["entries.ndjson"]["text"].splitlines()]
    judged = [
        judge_leaf(
            one["index"],
            leaves,
            entry=one["entry"].encode(),
            salt=from_base64url(one["salt"]),
            p=from_base64url(one["p"]),
        )
        for one in lines
    ]
    assert judged == [None] * 5
