"""Grow the tree by its right edge: of each level, the hashes that do not fill a tile yet.

Pure: what is read and written is the caller's. From the edge follow the peaks, the root, and each tile that changes.
"""

from collections.abc import Mapping, Sequence

from crypto import merkle
from crypto.tiles import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile

_WITHIN = TILE_WIDTH - 1


def edge_tiles(size: int) -> list[Tile]:
    """Return the partial tiles of a tree of `size` leaves, lowest level first; a level without one is left out."""
    tiles: list[Tile] = []
    for level in range(-(-size.bit_length() // TILE_HEIGHT)):
        width = size >> TILE_HEIGHT * level & _WITHIN
        if width:
            tiles.append(Tile(level=level, index=size >> TILE_HEIGHT * (level + 1), width=width))
    return tiles


class Edge:
    """The right edge of a tree of `size` leaves.

    `hashes` gives those of `edge_tiles(size)`; a new edge, of no leaves, needs none.
    """

    def __init__(self, *, size: int = 0, hashes: Mapping[Tile, bytes] | None = None) -> None:
        self._size = size
        self._levels: list[list[bytes]] = [[] for _ in range(-(-size.bit_length() // TILE_HEIGHT))]
        for tile in edge_tiles(size):
            found = split_hashes((hashes or {})[tile])
            if len(found) != tile.width:
                raise ValueError("a tile of the edge has as many hashes as the size says")
            self._levels[tile.level] = found

    @property
    def size(self) -> int:
        """Return how many leaves the tree has."""
        return self._size

    @property
    def peaks(self) -> list[bytes]:
        """Return the roots of the full subtrees, 32 bytes each, largest first."""
        found: list[bytes] = []
        for hashes in reversed(self._levels):
            start = 0
            for bit in reversed(range(TILE_HEIGHT)):
                if len(hashes) >> bit & 1:
                    found.append(merkle.root(hashes[start : start + (1 << bit)]))
                    start += 1 << bit
        return found

    @property
    def root(self) -> bytes:
        """Return the 32-byte root over all leaves."""
        return merkle.Frontier(size=self._size, peaks=self.peaks).root

    def copy(self) -> "Edge":
        """Return an edge that grows by itself."""
        copied = Edge()
        copied._size = self._size
        copied._levels = [list(hashes) for hashes in self._levels]
        return copied

    def grow(self, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
        """Add 32-byte leaves; return the tiles of levels 1 and up that changed: their hashes by level and index."""
        changed: dict[tuple[int, int], bytes] = {}
        above, level = list(leaves), 0
        while above:
            if level == len(self._levels):
                self._levels.append([])
            index = self._size >> TILE_HEIGHT * (level + 1)
            above = self._grow_level(level, index, above, changed)
            level += 1
        self._size += len(leaves)
        return changed

    def _grow_level(
        self, level: int, index: int, hashes: Sequence[bytes], changed: dict[tuple[int, int], bytes]
    ) -> list[bytes]:
        """Add `hashes` to a level whose edge is tile `index`; return the roots of the tiles that are full now."""
        edge, above = [*self._levels[level], *hashes], []
        for number, start in enumerate(range(0, len(edge), TILE_WIDTH)):
            tile = edge[start : start + TILE_WIDTH]
            if level:
                changed[level, index + number] = b"".join(tile)
            if len(tile) == TILE_WIDTH:
                above.append(merkle.root(tile))
        self._levels[level] = edge[len(above) * TILE_WIDTH :]
        return above


def split_hashes(hashes: bytes) -> list[bytes]:
    """Return 32-byte hashes that stand one after the other."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
