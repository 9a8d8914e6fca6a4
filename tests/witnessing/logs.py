"""A log without a node: leaves, roots, proofs, tiles and signed heads, and forks of them."""

from dataclasses import dataclass, field

from crypto.checkpoints import Checkpoint, sign_checkpoint, verifier_key
from crypto.cosignatures import Submission, submission_bytes
from crypto.keys import PrivateKey
from crypto.merkle import consistency_path, leaf_hash, root
from crypto.refusals import NotVerified
from crypto.tiles import TILE_WIDTH, read_tile_path
from tests.partners import a_key

ORIGIN = "other.example/log/1"


@dataclass(kw_only=True)
class ALog:
    """A log with one leaf for each of its numbers; a fork has others from some number on."""

    origin: str = ORIGIN
    key: PrivateKey = field(default_factory=lambda: a_key("other.example", "log"))
    forked_at: int = 1_000_000
    branch: str = "first"

    @property
    def verifier_key(self) -> str:
        return verifier_key(self.origin, self.key.public)

    def fork(self, at: int, *, branch: str = "other") -> "ALog":
        """The same log, with other leaves from `at` on."""
        return ALog(origin=self.origin, key=self.key, forked_at=at, branch=branch)

    def leaves(self, size: int) -> list[bytes]:
        return [
            leaf_hash(f"leaf {number} {self.branch if number >= self.forked_at else ''}".encode())
            for number in range(size)
        ]

    def root(self, size: int) -> bytes:
        return root(self.leaves(size))

    def note(self, size: int, *, by: PrivateKey | None = None) -> str:
        """The signed head at `size`."""
        return sign_checkpoint(Checkpoint(origin=self.origin, size=size, root=self.root(size)), key=by or self.key)

    def proof(self, first: int, second: int) -> tuple[bytes, ...]:
        return tuple(consistency_path(self.leaves(second), first)) if 0 < first < second else ()

    def handed_in(
        self, old: int, size: int, *, proof: tuple[bytes, ...] | None = None, note: str | None = None
    ) -> bytes:
        """The body of `add-checkpoint`."""
        submission = Submission(
            old_size=old,
            proof=self.proof(old, size) if proof is None else proof,
            note=self.note(size) if note is None else note,
        )
        return submission_bytes(submission)


@dataclass(kw_only=True)
class ShownLog:
    """What a node shows of a log: its head at `size` with whatever cosignatures, and tiles of that tree."""

    log: ALog
    size: int
    cosignatures: str = ""

    def public(self, path: str) -> bytes | None:
        """The body below the log's prefix; None: there is none."""
        if path == "checkpoint":
            return (self.log.note(self.size) + self.cosignatures).encode()
        try:
            tile = read_tile_path(path)
        except NotVerified:
            return None
        hashes, start = self.log.leaves(self.size), tile.index * TILE_WIDTH
        for _level in range(tile.level):
            hashes = [root(hashes[at : at + TILE_WIDTH]) for at in range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH)]
        found = hashes[start : start + tile.width]
        return b"".join(found) if len(found) == tile.width else None
