"""Read the public tiles of the node's log (C2SP tlog-tiles), and what they prove of two heads or of a leaf.

Nothing in a tile is believed: a proof that is made of it leads to a signed root, or it is none.
"""

from typing import Final, Protocol

import httpx2

from client.failures import Unreachable
from client.wire import Wire
from crypto import refusals
from crypto.merkle import root_from_path, verify_consistency
from crypto.tiles import HASH_BYTES, TILE_WIDTH, Tile, consistency_path, inclusion_path, tile_path

PREFIX: Final = "/v1/log"


class Head(Protocol):
    """Size and 32-byte root of a tree."""

    @property
    def size(self) -> int:
        """Return how many leaves it has."""
        ...

    @property
    def root(self) -> bytes:
        """Return the root over them."""
        ...


class LogTiles:
    """The tiles of the node behind `wire`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def proves(self, first: Head, second: Head) -> bool:
        """Return whether the tree of `second` begins with that of `first`, as the tiles show.

        Raises:
            Unreachable: the node does not answer.
        """
        if first.size > second.size:
            return False
        try:
            path = [] if first.size in {0, second.size} else consistency_path(first.size, second.size, self.read)
            verify_consistency(
                first=first.size, second=second.size, first_root=first.root, second_root=second.root, path=path
            )
        except refusals.NotVerified:
            return False
        return True

    def includes(self, leaf: bytes, index: int, *, size: int, root: bytes) -> bool:
        """Return whether the tree with this head has the 32-byte `leaf` at `index`, as the tiles show.

        Raises:
            IndexError: there is no such leaf.
            Unreachable: the node does not answer.
        """
        try:
            path = inclusion_path(index, size, self.read)
            return root_from_path(leaf, index=index, size=size, path=path) == root
        except refusals.NotVerified:
            return False

    def read(self, tile: Tile) -> bytes:
        """Return the hashes of a tile; a partial one may be there as the full one alone.

        Raises:
            refusals.NotVerified: `tile`: the node has no such tile.
            Unreachable: it does not answer.
        """
        try:
            return self._wire.read_public_bytes(f"{PREFIX}/{tile_path(tile.level, tile.index, tile.width)}")
        except Unreachable as failure:
            if failure.status != httpx2.codes.NOT_FOUND:
                raise
            if tile.width == TILE_WIDTH:
                raise refusals.NotVerified("tile") from failure
        full = self.read(Tile(level=tile.level, index=tile.index))
        return full[: tile.width * HASH_BYTES]
