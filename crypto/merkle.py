"""The hash tree of RFC 9162 over SHA-256: roots, the path that proves one leaf, and the path between two sizes.

Leaves and nodes are hashed with different first bytes, so that a node can never be passed off as a leaf
(second-preimage attack). Everything here takes and gives 32-byte hashes.
"""

from collections.abc import Sequence
from hashlib import sha256

from crypto.refusals import NotVerified

_LEAF = b"\x00"
_NODE = b"\x01"
_HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()


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
        return EMPTY_ROOT
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


def consistency_path(leaf_hashes: Sequence[bytes], first: int) -> list[bytes]:
    """Return the hashes that prove that the tree of all `leaf_hashes` begins with the tree of the `first` ones.

    `leaf_hashes` are 32-byte leaf hashes, first leaf first. For `first` = 0 and `first` = all of them there is nothing
    to say: the path is empty. Else it has at most ceil(log2(len(leaf_hashes))) + 1 hashes. (RFC 9162 §2.1.4.1)

    Raises:
        IndexError: there are fewer than `first` leaves.
    """
    return [root(leaf_hashes[start:stop]) for start, stop in consistency_ranges(first, len(leaf_hashes))]


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """Return from which leaf up to before which each hash of a consistency path reaches, in the path's order.

    Raises:
        IndexError: not 0 <= `first` <= `second`.
    """
    if not 0 <= first <= second:
        raise IndexError("there is no such tree")
    ranges: list[tuple[int, int]] = []
    start, stop, is_whole = 0, second, True
    while 0 < first < stop:  # RFC 9162 §2.1.4.1: SUBPROOF, from the root down
        middle = start + largest_power_below(stop - start)
        if first <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start, is_whole = middle, False
    if ranges and not is_whole:
        ranges.append((start, stop))
    return ranges[::-1]


def largest_power_below(size: int) -> int:
    """Return the largest power of two that is less than `size`, which is 2 or more: where a tree splits."""
    return 1 << (size - 1).bit_length() - 1


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree of `second` leaves begins with the tree of `first` leaves: nothing was taken or changed.

    The caller trusts both 32-byte roots. A tree begins with the empty one, and with itself; then `path` is empty.
    (RFC 9162 §2.1.4.2)

    Raises:
        NotVerified: `consistency_path`.
    """
    if not 0 <= first <= second or any(len(each) != _HASH_BYTES for each in (first_root, second_root, *path)):
        raise NotVerified("consistency_path")
    if first in {0, second}:
        expected_root = EMPTY_ROOT if first == 0 else second_root
        if path or first_root != expected_root or (second == 0 and second_root != EMPTY_ROOT):
            raise NotVerified("consistency_path")
        return
    if _roots_from_path(first, second, first_root, path) != (first_root, second_root):
        raise NotVerified("consistency_path")


def _roots_from_path(first: int, second: int, first_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    is_power = first & (first - 1) == 0
    steps = [first_root, *path] if is_power else list(path)  # RFC 9162 §2.1.4.2 step 2
    if not path:
        raise NotVerified("consistency_path")
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise NotVerified("consistency_path")
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise NotVerified("consistency_path")
    return old, new


class Frontier:
    """The right edge of a growing tree: the roots of its full subtrees, from which every later root follows.

    `peaks` are 32 bytes each, largest subtree first: one for each bit that is set in `size`.
    """

    def __init__(self, *, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count() or any(len(peak) != _HASH_BYTES for peak in peaks):
            raise ValueError("a tree has one peak of 32 bytes for each bit of its size")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """Return how many leaves the tree has."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Return the roots of the full subtrees, largest first."""
        return tuple(self._peaks)

    @property
    def root(self) -> bytes:
        """Return the 32-byte root over all leaves; of no leaves, SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        reached = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            reached = node_hash(peak, reached)
        return reached

    def append(self, leaf_hash: bytes) -> None:
        """Add the leaf with this 32-byte hash behind the others."""
        reached, rest = leaf_hash, self._size
        while rest & 1:
            reached = sha256(b"\x01" + self._peaks.pop() + reached).digest()
            rest >>= 1
        self._peaks.append(reached)
        self._size += 1


def _level_above(level: list[bytes]) -> list[bytes]:
    pairs = iter(level)
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    if len(level) & 1:
        above.append(level[-1])
    return above
