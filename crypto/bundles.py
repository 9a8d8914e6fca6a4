"""Judge the tree and the leaves of a bundle: its root from the tiles, each opened entry against its leaf.

What does not hold is a `Finding`: a constant token, and the index that it is about. Nothing here stops at the first
one: an auditor wants to know all that was done.

Tiles are 256 leaf hashes of 32 bytes each (C2SP tlog-tiles); a tile's root is one leaf of the tree above it, so that
the tree is hashed tile by tile and only roots are kept.
"""

from bisect import bisect
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from crypto.entries import entry_leaf
from crypto.merkle import EMPTY_ROOT, Frontier, node_hash, root
from crypto.refusals import NotVerified
from crypto.tiles import HASH_BYTES, TILE_WIDTH

MARK_BYTES = 8


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One thing that does not hold: what, at which index; `other` is a second index, `about` an organisation.

    `what` is a constant token; `detail` another one that says more, or an empty text.
    """

    index: int = -1
    what: str
    other: int | None = None
    about: str = ""
    detail: str = ""


@dataclass(kw_only=True)
class Leaves:
    """The leaf hashes of a tree, 32 bytes each, in one piece of memory."""

    hashes: bytearray = field(default_factory=bytearray)
    _places: dict[bytes, int] | None = None

    def __len__(self) -> int:
        return len(self.hashes) // HASH_BYTES

    def __getitem__(self, index: int) -> bytes:
        """Return the hash of leaf `index`."""
        return bytes(self.hashes[HASH_BYTES * index : HASH_BYTES * (index + 1)])

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))

    def place_of(self, leaf: bytes) -> int | None:
        """Return the first index that has this leaf, None where none has."""
        if self._places is None:
            self._places = {each: len(self) - 1 - back for back, each in enumerate(reversed(list(self)))}
        return self._places.get(leaf)

    def marks(self) -> list[bytes]:
        """Return 8 bytes of each leaf: enough to find again which one changed, never to prove that none did."""
        return [each[:MARK_BYTES] for each in self]


@dataclass(frozen=True, kw_only=True)
class ReadTree:
    """What the tiles of level 0 make: all leaves, the root over them, and the roots over the first so many."""

    leaves: Leaves
    root: bytes
    prefix_roots: Mapping[int, bytes]


def read_tree(tiles: Iterable[bytes], *, prefixes: Collection[int] = ()) -> ReadTree:
    """Return the tree over the tiles of level 0 in order, all full but perhaps the last, and its roots at `prefixes`.

    A prefix that is longer than the tree has no root.

    Raises:
        NotVerified: `tile`: not a whole number of hashes, more than 256, or a partial tile before the last.
    """
    leaves, above = Leaves(), Frontier()
    wanted = sorted(set(prefixes))
    found: dict[int, bytes] = {0: EMPTY_ROOT} if 0 in wanted else {}
    partial: list[bytes] = []
    for tile in tiles:
        hashes = _hashes_of(tile)
        if partial:
            raise NotVerified("tile")
        start = len(leaves)
        found |= {
            size: _root_over(above, hashes[: size - start]) for size in wanted if start < size <= start + len(hashes)
        }
        leaves.hashes += tile
        if len(hashes) == TILE_WIDTH:
            above.append(root(hashes))
        else:
            partial = hashes
    return ReadTree(leaves=leaves, root=_root_over(above, partial), prefix_roots=found)


def judge_leaf(index: int, leaves: Leaves, *, entry: bytes, salt: bytes, p: bytes) -> Finding | None:
    """Return what is wrong with the opened entry of leaf `index`, None when it makes that leaf.

    `altered`: no leaf of the tree is made of it. `moved`: leaf `other` is.
    """
    made = entry_leaf(salt=salt, entry=entry, p=p)
    if leaves[index] == made:  # of an index beyond the end: no bytes
        return None
    place = leaves.place_of(made)
    return Finding(what="altered" if place is None else "moved", index=index, other=place)


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What an entry says that it erased: ranges of indexes (both ends included), and a digest over their leaves."""

    ranges: tuple[tuple[int, int], ...]
    leaves_sha256: bytes

    def is_true(self, leaves: Leaves) -> bool:
        """Return whether the ranges rise, lie in the tree, and hold the leaves that the digest is over."""
        told, expected = sha256(), 0
        for first, last in self.ranges:
            if not expected <= first <= last < len(leaves):
                return False
            told.update(leaves.hashes[HASH_BYTES * first : HASH_BYTES * (last + 1)])
            expected = last + 1
        return told.digest() == self.leaves_sha256

    def holds(self, index: int) -> bool:
        """Return whether `index` lies in one of the ranges, which rise."""
        at = bisect(self.ranges, (index, index))
        return any(first <= index <= last for first, last in self.ranges[max(0, at - 1) : at + 1])


def judge_opened(size: int, opened: Iterable[int], *, most: int) -> tuple[int, list[Finding]]:
    """Return how many leaves of a complete bundle nobody opened or erased, and a finding for the first `most`.

    `opened` are the indexes that have a line, rising.
    """
    missing, expected = 0, 0
    found: list[Finding] = []
    for index in [*opened, size]:
        missing += index - expected
        found += [Finding(what="unopened", index=each) for each in islice(range(expected, index), most - len(found))]
        expected = index + 1
    return missing, found


def differences(old: Sequence[bytes], new: Sequence[bytes], *, most: int) -> list[Finding]:
    """Return what was done to the leaves `old` to make those that `new` begins with, the first `most` of it.

    Both are all leaves, or equally long beginnings of each leaf's hash; none stands twice. `new` may go on where `old`
    ends: that is growth. `replaced`: another leaf stands in its place; `deleted`; `reordered`: it is leaf `other` of
    `new` now; `inserted`: leaf `index` of `new` stands between old ones.
    """
    start = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    if start is None:
        return [Finding(what="deleted", index=at) for at in range(len(new), len(old))][:most]
    return sorted(_judge_difference(old, new, start))[:most]


def _judge_difference(old: Sequence[bytes], new: Sequence[bytes], start: int) -> Iterator[Finding]:
    """Yield what differs from leaf `start` on: leaves that kept their order divide both into the same gaps."""
    old_at = {old[at]: at for at in range(start, len(old))}
    new_at = {new[at]: at for at in range(start, len(new))}
    both = [(at, new_at[leaf]) for leaf, at in old_at.items() if leaf in new_at]
    kept = _longest_rising([at for _, at in both])
    yield from (Finding(what="reordered", index=was, other=now) for was, now in both if now not in kept)
    old_kept, new_kept = [was for was, now in both if now in kept], sorted(kept)
    come: dict[int, list[int]] = {}
    for leaf, now in new_at.items():
        if leaf not in old_at:
            come.setdefault(bisect(new_kept, now), []).append(now)
    for leaf, was in old_at.items():
        if leaf not in new_at:
            instead = come.get(bisect(old_kept, was))
            yield Finding(what="replaced" if instead else "deleted", index=was)
            if instead:
                instead.pop(0)
    for gap, inserted in come.items():
        if gap < len(new_kept):  # behind the last one that was kept the log grows
            yield from (Finding(what="inserted", index=now) for now in inserted)


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return a longest rising choice of different `numbers` in their order (patience sorting)."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        pile = bisect(ends, number)
        before[number] = ends[pile - 1] if pile else None
        ends[pile : pile + 1] = [number]
    chosen: set[int] = set()
    step = ends[-1] if ends else None
    while step is not None:
        chosen.add(step)
        step = before[step]
    return chosen


def _hashes_of(tile: bytes) -> list[bytes]:
    if not tile or len(tile) % HASH_BYTES or len(tile) > TILE_WIDTH * HASH_BYTES:
        raise NotVerified("tile")
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def _root_over(above: Frontier, rest: Sequence[bytes]) -> bytes:
    """Return the root over the full tiles of `above` and the leaves of one more."""
    peaks = [*above.peaks, root(rest)] if rest else [*above.peaks]
    if not peaks:
        return EMPTY_ROOT
    reached = peaks.pop()
    while peaks:
        reached = node_hash(peaks.pop(), reached)
    return reached
