"""bundle_verify, bundle_hashing: entries a second of verifying the tree of a bundle, of 300,000 and of hashing alone.

A bundle of a whole log is written as a node writes one: a ZIP file with all leaves as tiles, stored. Verifying reads it
through the functions that `havre audit verify` calls: every member judged by name, place and length, every tile read
with its checksum, and the root made over all leaves. Hashing alone is as many SHA-256 of inner nodes as the tree has.
"""

import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from bench.measuring import Measured, Pair, per_second, ratio_of, take_turns
from client.auditing.archive import open_archive
from crypto.bundles import read_tree
from crypto.encoding import to_base64url
from crypto.merkle import Frontier
from crypto.tiles import HASH_BYTES, TILE_WIDTH, tile_path
from schemas import bundles
from schemas.bundles import BundleHead, BundleHeadSchema

NAMES = frozenset({"bundle_verify", "bundle_hashing"})
GOAL_ENTRIES_PER_SECOND = 300_000
YARDSTICK = "loop of hashlib.sha256 over 65-byte inner nodes, one fewer than there are leaves, one process"

_INNER_NODE_BYTES = 65


def measure(*, entries: int, pairs: int) -> list[Measured]:
    """Return `bundle_verify` and `bundle_hashing` over the bundle of a log of `entries` entries."""
    with TemporaryDirectory(prefix="havre-bench-") as folder:
        bundle = Path(folder) / "bench.havre-bundle.zip"
        root = _write(bundle, entries)
        taken = take_turns(
            lambda: per_second(entries, lambda: _verify(bundle, root)),
            lambda: per_second(entries, lambda: _hash(entries)),
            pairs=pairs,
        )
    against_goal = [Pair(ours=each.ours, yardstick=GOAL_ENTRIES_PER_SECOND) for each in taken]
    of = f" of a bundle of {entries:,}"
    return [
        ratio_of("bundle_verify", against_goal, goal=1, unit="entries/s", also=of, miss="SHA-256 of the inner nodes"),
        ratio_of("bundle_hashing", taken, goal=0.5, unit="entries/s", miss="lists of hashes, cut and joined in Python"),
    ]


def _write(bundle: Path, entries: int) -> bytes:
    """Write the bundle of a log whose leaves are random, and return the tree's root."""
    hashes = random.Random("bundle").randbytes(HASH_BYTES * entries)  # noqa: S311 - synthetic values, not secrets
    tree = Frontier()
    for start in range(0, len(hashes), HASH_BYTES):
        tree.append(hashes[start : start + HASH_BYTES])
    head = BundleHead(
        v=1,
        federation="bench",
        node="node.example",
        log="node.example/log/1",
        size=entries,
        root=to_base64url(tree.root),
        made_at=datetime.now(UTC).replace(microsecond=0),
        filter={},
        viewer=bundles.Viewer(organisation="auditor.example", sees_all=True),
        entries=0,
        complete=False,
    )
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr(bundles.HEAD_NAME, orjson.dumps(BundleHeadSchema().dump(head)))
        archive.writestr(bundles.CHECKPOINT_NAME, b"")
        for path, tile in _tiles(hashes):
            archive.writestr(path, tile)
        for name in (bundles.ENTRIES_NAME, bundles.STATEMENTS_NAME, bundles.APPROVALS_NAME):
            archive.writestr(name, b"")
    return tree.root


def _tiles(hashes: bytes) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(hashes), HASH_BYTES * TILE_WIDTH):
        tile = hashes[start : start + HASH_BYTES * TILE_WIDTH]
        yield tile_path(0, start // (HASH_BYTES * TILE_WIDTH), len(tile) // HASH_BYTES), tile


def _verify(bundle: Path, root: bytes) -> None:
    with open_archive(bundle) as archive:
        if read_tree(archive.tiles()).root != root:
            raise ValueError("the bundle of the bench is not whole")


def _hash(entries: int) -> None:
    node = bytes(_INNER_NODE_BYTES)
    for _ in range(entries - 1):
        sha256(node).digest()
