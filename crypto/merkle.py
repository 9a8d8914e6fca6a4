"""The hash tree of RFC 9162 over SHA-256: roots, and the path that proves one leaf.

Leaves and nodes are hashed with different first bytes, so that a node can never be passed off as a leaf
(second-preimage attack). Everything here takes and gives 32-byte hashes.
"""

from collections.abc import Sequence
from hashlib import sha256

from crypto.refusals import NotVerified

_LEAF = b"\x00"
_NODE = b"\x01"
_HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf that holds `data` (RFC 9162 §2.1.1)."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of the node above `left` and `right` (RFC 9162 §2.1.1)."""
    return sha256(_NODE + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the 32-byte root over `leaf_hashes`, first leaf first; of no leaves, SHA-256 of nothing.

    (RFC 9162 §2.1.1: splitting at the largest power of two is the same as pairing level by level and lifting
    an odd last node as it is.)
    """
    if not leaf_hashes:
        return sha256().digest()
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sibling hashes that lead from leaf `index` up to the root, lowest first.

    `leaf_hashes` are 32-byte leaf hashes, first leaf first; `index` counts from 0. The path has at most
    ceil(log2(len(leaf_hashes))) hashes. (RFC 9162 §2.1.3.1)

    Raises:
        IndexError: there is no leaf `index`.
    """
    if not 0 <= index < len(leaf_hashes):
        raise IndexError("there is no such leaf")
    level = list(leaf_hashes)
    path = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _level_above(level)
        index >>= 1
    return path


def root_from_path(leaf_hash: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that `path` leads to from `leaf_hash`, leaf `index` (from 0) of a tree of `size` leaves.

    The caller compares it with a root that it trusts. (RFC 9162 §2.1.3.2)

    Raises:
        NotVerified: `inclusion_path`: no such leaf, or the path has not exactly the hashes that the place asks for.
    """
    if not 0 <= index < size or any(len(step) != _HASH_BYTES for step in (leaf_hash, *path)):
        raise NotVerified("inclusion_path")
    node, last, reached = index, size - 1, leaf_hash
    for step in path:
        if last == 0:  # RFC 9162 §2.1.3.2 step 4.1: hashes left over
            raise NotVerified("inclusion_path")
        if node & 1 or node == last:
            reached = node_hash(step, reached)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise NotVerified("inclusion_path")
    return reached


def _level_above(level: list[bytes]) -> list[bytes]:
    pairs = iter(level)
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    if len(level) & 1:
        above.append(level[-1])
    return above
