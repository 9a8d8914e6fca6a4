import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle.proof import verify_consistency as verify_elsewhere

from crypto.merkle import EMPTY_ROOT, Frontier, consistency_path, leaf_hash, root, verify_consistency
from crypto.refusals import NotVerified

LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(130)]


def check(first, second, path, **roots):
    verify_consistency(
        first=first,
        second=second,
        first_root=roots.get("first_root", root(LEAVES[:first])),
        second_root=roots.get("second_root", root(LEAVES[:second])),
        path=path,
    )


@pytest.mark.parametrize("second", range(131))
def test_every_tree_begins_with_each_smaller_one(second):
    for first in range(second + 1):
        check(first, second, consistency_path(LEAVES[:second], first))


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (3, 7), (4, 7), (6, 7), (8, 13), (64, 100), (99, 130)])
def test_an_independent_tree_proves_the_same_roots(first, second):
    tree = InmemoryTree(algorithm="sha256")
    for number in range(second):
        tree.append_entry(b"leaf %d" % number)
    # It lists the same subtrees one by one, where the standard folds them.
    verify_elsewhere(root(LEAVES[:first]), root(LEAVES[:second]), tree.prove_consistency(first, second))
    assert (tree.get_root(first), tree.get_root(second)) == (root(LEAVES[:first]), root(LEAVES[:second]))


def test_the_paths_of_the_tree_of_seven_are_those_of_the_standard():
    leaves = LEAVES[:7]
    c, d, g = leaves[2], leaves[3], root(leaves[:2])
    k, last = root(leaves[:4]), root(leaves[4:])
    assert consistency_path(leaves, 3) == [c, d, g, last]
    assert consistency_path(leaves, 4) == [last]
    assert consistency_path(leaves, 6) == [root(leaves[4:6]), leaves[6], k]


@given(st.data())
def test_a_path_with_one_changed_bit_is_refused(data):
    second = data.draw(st.integers(2, 130))
    first = data.draw(st.integers(1, second - 1))
    path = consistency_path(LEAVES[:second], first)
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    path[at] = (int.from_bytes(path[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    with pytest.raises(NotVerified, match="consistency_path"):
        check(first, second, path)


@given(st.data())
def test_a_path_for_other_sizes_is_refused(data):
    second = data.draw(st.integers(2, 60))
    first = data.draw(st.integers(1, second - 1))
    other = data.draw(st.integers(1, 60).filter(lambda size: size not in {first, second}))
    path = consistency_path(LEAVES[:second], first)
    with pytest.raises(NotVerified, match="consistency_path"):
        check(other, second, path)


@pytest.mark.parametrize(("first", "second"), [(3, 7), (4, 7), (1, 2)])
def test_a_path_that_is_too_short_or_too_long_is_refused(first, second):
    path = consistency_path(LEAVES[:second], first)
    for wrong in (path[:-1], [*path, b"x" * 32], []):
        with pytest.raises(NotVerified, match="consistency_path"):
            check(first, second, wrong)


def test_a_rewritten_leaf_leaves_no_path():
    rewritten = [*LEAVES[:3], leaf_hash(b"other"), *LEAVES[4:20]]
    for first in range(4, 20):
        with pytest.raises(NotVerified, match="consistency_path"):
            check(first, 20, consistency_path(rewritten, first), second_root=root(rewritten))


@pytest.mark.parametrize(
    ("first", "second", "roots"),
    [
        (5, 5, {"first_root": b"x" * 32}),
        (0, 5, {"first_root": b"x" * 32}),
        (0, 0, {"second_root": b"x" * 32}),
        (6, 5, {}),
        (-1, 5, {}),
        (3, 5, {"first_root": b"short"}),
    ],
)
def test_trees_that_cannot_follow_are_refused(first, second, roots):
    with pytest.raises(NotVerified, match="consistency_path"):
        check(first, second, [], **roots)


def test_nothing_is_said_between_a_tree_and_itself():
    with pytest.raises(NotVerified, match="consistency_path"):
        check(5, 5, [b"x" * 32])


@pytest.mark.parametrize("first", [-1, 131])
def test_there_is_no_path_from_a_larger_tree(first):
    with pytest.raises(IndexError):
        consistency_path(LEAVES, first)


@given(st.integers(0, 130))
def test_the_edge_grows_to_the_same_root(size):
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert (frontier.root, frontier.size) == (root(LEAVES[:size]) if size else EMPTY_ROOT, size)


def test_an_edge_goes_on_from_its_peaks():
    first = Frontier()
    for leaf in LEAVES[:100]:
        first.append(leaf)
    second = Frontier(size=100, peaks=first.peaks)
    for leaf in LEAVES[100:]:
        second.append(leaf)
    assert second.root == root(LEAVES)


@pytest.mark.parametrize(("size", "peaks"), [(3, [b"x" * 32]), (1, [b"short"]), (-1, [])])
def test_an_edge_without_its_peaks_is_refused(size, peaks):
    with pytest.raises(ValueError, match="one peak"):
        Frontier(size=size, peaks=peaks)
