from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from crypto.merkle import inclusion_path, leaf_hash, node_hash, root, root_from_path
from crypto.refusals import NotVerified


def _leaves(size):
    return [leaf_hash(b"leaf %d" % number) for number in range(size)]


@pytest.mark.parametrize("size", range(1, 131))
def test_every_path_of_every_size_leads_to_the_root(size):
    leaves = _leaves(size)
    whole = root(leaves)
    reached = {
        root_from_path(leaves[index], index=index, size=size, path=inclusion_path(leaves, index))
        for index in range(size)
    }
    assert reached == {whole}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100, 130])
def test_roots_and_paths_are_those_of_an_independent_tree(size):
    tree = InmemoryTree(algorithm="sha256")
    for number in range(size):
        tree.append_entry(b"leaf %d" % number)
    assert root(_leaves(size)) == tree.get_root()
    proof = tree.prove_inclusion(size)
    assert inclusion_path(_leaves(size), size - 1) == list(proof.path)[1:]


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert root([]) == sha256(b"").digest()


def test_leaves_and_nodes_are_hashed_apart():
    assert leaf_hash(b"x" * 64) != node_hash(b"x" * 32, b"x" * 32)


@given(st.data())
def test_a_path_for_another_place_leaf_or_size_leads_elsewhere(data):
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    leaves = _leaves(size)
    path = inclusion_path(leaves, index)
    try:
        reached = root_from_path(leaves[other], index=other, size=size, path=path)
    except NotVerified:
        return
    assert reached != root(leaves)


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_path_for_a_leaf_that_is_not_there(index):
    with pytest.raises(IndexError):
        inclusion_path(_leaves(3), index)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_outside_the_tree_is_refused(index, size):
    with pytest.raises(NotVerified, match="inclusion_path"):
        root_from_path(b"x" * 32, index=index, size=size, path=[])


@pytest.mark.parametrize("size", range(2, 20))
def test_a_path_that_is_too_short_or_too_long_is_refused(size):
    leaves = _leaves(size)
    path = inclusion_path(leaves, 0)
    with pytest.raises(NotVerified, match="inclusion_path"):
        root_from_path(leaves[0], index=0, size=size, path=path[:-1])
    with pytest.raises(NotVerified, match="inclusion_path"):
        root_from_path(leaves[0], index=0, size=size, path=[*path, b"x" * 32])


def test_a_step_of_another_length_is_refused():
    with pytest.raises(NotVerified, match="inclusion_path"):
        root_from_path(_leaves(2)[0], index=0, size=2, path=[b"short"])


def test_the_last_leaf_of_an_odd_tree_climbs_over_the_missing_levels():
    leaves = _leaves(5)
    assert inclusion_path(leaves, 4) == [root(leaves[:4])]
    assert root_from_path(leaves[4], index=4, size=5, path=[root(leaves[:4])]) == root(leaves)
