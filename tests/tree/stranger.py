"""A reader of logs that knows the C2SP texts and nothing of us: signed-note, tlog-checkpoint, tlog-tiles, RFC 6962.

None of the project's code is imported here: what it reads, other people's software reads.
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], bytes]


class Wrong(Exception):
    """The log is not what it signs."""


def tree_hash(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1, over leaf hashes, as it is written there."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + tree_hash(hashes[:split]) + tree_hash(hashes[split:])).digest()


def path_of(index: int) -> str:
    """tlog-tiles: three digits an element, all but the last with an x."""
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts)


@dataclass
class Follower:
    """Follows one log: its prefix, its origin, and the key line that the operator was given."""

    fetch: Fetch
    prefix: str
    origin: str
    key_line: str
    leaves: list[bytes] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def follow(self) -> int:
        """Read the newest checkpoint and all that is new below it; return its size."""
        size, root = self._checkpoint()
        if size < len(self.leaves):
            raise Wrong("the log shrank")
        for tile in range(len(self.leaves) // 256, -(-size // 256)):
            width = min(256, size - 256 * tile)
            if 256 * tile + width > len(self.leaves):
                self._read(tile, width)
        if tree_hash(self.leaves) != root:
            raise Wrong("the tiles do not make the root")
        self._compare_levels(size)
        return size

    def _checkpoint(self) -> tuple[int, bytes]:
        note = self._get("checkpoint").decode()
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        name, key_id, key = self.key_line.split("+", 2)
        public = Ed25519PublicKey.from_public_bytes(b64decode(key)[1:])
        for line in signatures.splitlines():
            mark, signer, signature = line.split(" ")
            raw = b64decode(signature)
            if (mark, signer, raw[:4].hex()) == ("—", name, key_id):
                public.verify(raw[4:], text.encode())
                origin, size, root = text.splitlines()
                if origin != self.origin:
                    raise Wrong("another log")
                return int(size), b64decode(root)
        raise Wrong("not signed by the log")

    def _read(self, tile: int, width: int) -> None:
        partial = "" if width == 256 else f".p/{width}"
        hashes = self._get(f"tile/0/{path_of(tile)}{partial}")
        bundle = self._get(f"tile/entries/{path_of(tile)}{partial}")
        leaves = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
        entries, at = [], 0
        while at < len(bundle):
            length = int.from_bytes(bundle[at : at + 2], "big")
            entries.append(bundle[at + 2 : at + 2 + length])
            at += 2 + length
        if [sha256(b"\x00" + entry).digest() for entry in entries] != leaves or len(leaves) != width:
            raise Wrong("the entries do not make the tile")
        known = self.leaves[256 * tile :]
        if leaves[: len(known)] != known:
            raise Wrong("the log was rewritten")
        self.leaves[256 * tile :] = leaves
        self.entries[256 * tile :] = entries

    def _compare_levels(self, size: int) -> None:
        """Each tile above is made of full tiles below; the partial one is as wide as the size says."""
        below = [self.leaves[at : at + 256] for at in range(0, size - 255, 256)]
        level, hashes = 1, [tree_hash(tile) for tile in below]
        while hashes:
            for tile in range(-(-len(hashes) // 256)):
                wanted = hashes[256 * tile : 256 * tile + 256]
                partial = "" if len(wanted) == 256 else f".p/{len(wanted)}"
                if self._get(f"tile/{level}/{path_of(tile)}{partial}") != b"".join(wanted):
                    raise Wrong("a tile is not made of those below")
            hashes = [tree_hash(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
            level += 1

    def _get(self, path: str) -> bytes:
        self.asked.append(path)
        return self.fetch(f"{self.prefix}/{path}")
