"""The tree of a log in tiles (C2SP tlog-tiles): their paths, and the proofs that are read from them.

A tile is 256 hashes in a row at every eighth height of the tree: level 0 holds leaf hashes, level 1 the roots over 256
leaves each, and so on. At the right edge a tile is partial; it is not hashed into the level above until it is full.
The heights between are computed. Everything here works on ranges of leaves: each hash of a proof is the root over one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crypto.merkle import consistency_ranges, largest_power_below, node_hash, root
from crypto.refusals import NotVerified

TILE_WIDTH = 256
TILE_HEIGHT = 8
HASH_BYTES = 32
HIGHEST_LEVEL = 63
# What PostgreSQL's bigint and others' signed integers hold.
_MOST_LEAVES = (1 << 63) - 1

_INDEX = r"(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
_TILE = re.compile(rf"tile/(?P<level>0|[1-9][0-9]?)/{_INDEX}")
_ENTRIES = re.compile(rf"tile/entries/{_INDEX}")

Range = tuple[int, int]


@dataclass(frozen=True, kw_only=True, order=True)
class Tile:
    """Which tile: `width` hashes of 32 bytes at `level` (0-63), beginning with hash 256 * `index` of that level."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def first(self) -> int:
        """Return the number, within its level, of its first hash."""
        return TILE_WIDTH * self.index


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Which bundle of entries: `width` leaves' data, beginning with leaf 256 * `index`."""

    index: int
    width: int = TILE_WIDTH


ReadTile = Callable[[Tile], bytes]


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile below a log's prefix: `tile/0/x001/234.p/5`.

    Raises:
        ValueError: there is no such tile.
    """
    if not 0 <= level <= HIGHEST_LEVEL:
        raise ValueError("a level is between 0 and 63")
    return f"tile/{level}/{_index_path(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a bundle of entries below a log's prefix: `tile/entries/000.p/7`.

    Raises:
        ValueError: there is no such bundle.
    """
    return f"tile/entries/{_index_path(index, width)}"


def read_tile_path(text: str) -> Tile:
    """Return the tile that a path below a log's prefix names, in its one spelling.

    Raises:
        NotVerified: `tile_path`.
    """
    matched = _TILE.fullmatch(text)
    if matched is None or int(matched["level"]) > HIGHEST_LEVEL:
        raise NotVerified("tile_path")
    index, width = _read_index(matched)
    tile = Tile(level=int(matched["level"]), index=index, width=width)
    if tile_path(tile.level, tile.index, tile.width) != text:
        raise NotVerified("tile_path")
    return tile


def read_entries_path(text: str) -> Bundle:
    """Return the bundle of entries that a path below a log's prefix names, in its one spelling.

    Raises:
        NotVerified: `tile_path`.
    """
    matched = _ENTRIES.fullmatch(text)
    if matched is None:
        raise NotVerified("tile_path")
    index, width = _read_index(matched)
    if entries_path(index, width) != text:
        raise NotVerified("tile_path")
    return Bundle(index=index, width=width)


def entry_bundle(leaves: Sequence[bytes]) -> bytes:
    """Return a bundle: each leaf's data, at most 65,535 bytes, behind its length as two bytes, big-endian."""
    return b"".join(len(data).to_bytes(2, "big") + data for data in leaves)


def read_entry_bundle(bundle: bytes) -> list[bytes]:
    """Return the data of each leaf of a bundle, in order.

    Raises:
        NotVerified: `entry_bundle`: it ends inside a leaf.
    """
    leaves, at = [], 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        if at > len(bundle) or start > len(bundle):
            raise NotVerified("entry_bundle")
        leaves.append(bundle[start:at])
    return leaves


def tile_width(level: int, index: int, *, size: int) -> int:
    """Return how many hashes the tile has in a tree of `size` leaves: 0 (there is none) to 256."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - TILE_WIDTH * index))


def inclusion_tiles(index: int, size: int, *, knows_peaks: bool = False) -> list[Tile]:
    """Return the tiles that hold what the inclusion path of leaf `index` in a tree of `size` leaves is made of.

    Sorted, each once. Where the tree's peaks are known, the right edge needs none.

    Raises:
        IndexError: there is no such leaf.
    """
    return _tiles_of(_inclusion_ranges(index, size), size=size, knows_peaks=knows_peaks)


def consistency_tiles(first: int, second: int, *, knows_peaks: bool = False) -> list[Tile]:
    """Return the tiles that hold what the consistency path between two sizes is made of; sorted, each once.

    Raises:
        IndexError: not 0 <= `first` <= `second`.
    """
    return _tiles_of(consistency_ranges(first, second), size=second, knows_peaks=knows_peaks)


def peak_tiles(size: int) -> list[Tile]:
    """Return the tiles that hold what the peaks of a tree of `size` leaves are made of; sorted, each once."""
    return _tiles_of(_peak_ranges(size), size=size, knows_peaks=False)


def inclusion_path(index: int, size: int, read: ReadTile, *, peaks: Sequence[bytes] = ()) -> list[bytes]:
    """Return the sibling hashes that lead from leaf `index` to the root of a tree of `size` leaves, lowest first.

    `read` gives the hashes of a tile, 32 bytes each. `peaks` are those of the tree (`Frontier.peaks`), where known.
    (RFC 9162 §2.1.3.1)

    Raises:
        IndexError: there is no such leaf.
        NotVerified: `tile`: what was read is not a tile of that width.
    """
    return _hashes_of(_inclusion_ranges(index, size), size=size, read=read, peaks=peaks)


def consistency_path(first: int, second: int, read: ReadTile, *, peaks: Sequence[bytes] = ()) -> list[bytes]:
    """Return the hashes that prove that the tree of `second` leaves begins with that of `first`.

    `read` gives the hashes of a tile, 32 bytes each. `peaks` are those of the tree of `second`. (RFC 9162 §2.1.4.1)

    Raises:
        IndexError: not 0 <= `first` <= `second`.
        NotVerified: `tile`: what was read is not a tile of that width.
    """
    return _hashes_of(consistency_ranges(first, second), size=second, read=read, peaks=peaks)


def peaks(size: int, read: ReadTile) -> list[bytes]:
    """Return the roots of the full subtrees of a tree of `size` leaves, largest first, for a `Frontier`.

    Raises:
        NotVerified: `tile`: what was read is not a tile of that width.
    """
    return _hashes_of(_peak_ranges(size), size=size, read=read, peaks=())


def _index_path(index: int, width: int) -> str:
    if not 0 <= index <= _MOST_LEAVES or not 1 <= width <= TILE_WIDTH:
        raise ValueError("a tile has an index from 0 on and 1 to 256 hashes")
    text = str(index)
    digits = text.zfill(-(-len(text) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _read_index(matched: re.Match[str]) -> tuple[int, int]:
    digits = matched["index"].replace("x", "").replace("/", "")
    width = TILE_WIDTH if matched["width"] is None else int(matched["width"])
    if len(digits) > len(str(_MOST_LEAVES)) + 2 or int(digits) > _MOST_LEAVES or width > TILE_WIDTH:
        raise NotVerified("tile_path")
    return int(digits), width


def _inclusion_ranges(index: int, size: int) -> list[Range]:
    if not 0 <= index < size:
        raise IndexError("there is no such leaf")
    ranges: list[Range] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + largest_power_below(stop - start)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _peak_ranges(size: int) -> list[Range]:
    """Return the full subtrees of a tree, largest first: one for each bit of its size."""
    ends = [0]
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            ends.append(ends[-1] + (1 << bit))
    return list(pairwise(ends))


def _full_ranges(wanted: Range) -> list[Range]:
    """Return the full subtrees that a range of a tree consists of: itself, or those of its two sides."""
    start, stop = wanted
    return [(start + first, start + last) for first, last in _peak_ranges(stop - start)]


def _tile_of(wanted: Range, *, size: int) -> Tile:
    """Return the tile that holds the lowest stored hashes of a full subtree."""
    start, stop = wanted
    level = (stop - start).bit_length() - 1 >> 3
    index = start >> TILE_HEIGHT * (level + 1)
    return Tile(level=level, index=index, width=tile_width(level, index, size=size))


def _tiles_of(ranges: Sequence[Range], *, size: int, knows_peaks: bool) -> list[Tile]:
    known = set(_peak_ranges(size)) if knows_peaks else set()
    needed = {full for wanted in ranges for full in _full_ranges(wanted)} - known
    return sorted({_tile_of(full, size=size) for full in needed})


def _hashes_of(ranges: Sequence[Range], *, size: int, read: ReadTile, peaks: Sequence[bytes]) -> list[bytes]:
    known = dict(zip(_peak_ranges(size), peaks, strict=True)) if peaks else {}
    return [_hash_of(wanted, size=size, read=read, known=known) for wanted in ranges]


def _hash_of(wanted: Range, *, size: int, read: ReadTile, known: dict[Range, bytes]) -> bytes:
    hashes = [known[full] if full in known else _full_hash(full, size=size, read=read) for full in _full_ranges(wanted)]
    reached = hashes.pop()
    while hashes:
        reached = node_hash(hashes.pop(), reached)
    return reached


def _full_hash(wanted: Range, *, size: int, read: ReadTile) -> bytes:
    """Return the root over a full subtree: a stored hash, or the root over 2 to 128 of one tile."""
    tile = _tile_of(wanted, size=size)
    hashes = read(tile)
    if len(hashes) != HASH_BYTES * tile.width:
        raise NotVerified("tile")
    first, last = ((edge >> TILE_HEIGHT * tile.level) - TILE_WIDTH * tile.index for edge in wanted)
    return root([hashes[HASH_BYTES * at : HASH_BYTES * (at + 1)] for at in range(first, last)])
