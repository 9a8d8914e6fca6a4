"""Read the tree: its signed heads, its tiles, its leaves, and the proofs that follow from them.

A proof against a signed head takes one query and at most a tile for each level of the tree: the head's row holds the
peaks, so the right edge is not read. (C2SP tlog-tiles, RFC 9162 §2.1)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from crypto import merkle, tiles
from crypto.tiles import Tile
from server.db import Connection
from server.errors import Busy
from server.tree.growing import split_hashes

_LEAVES_AT_ONCE = 65_536
_EPOCH = "SELECT epoch FROM log_head"


@dataclass(frozen=True, kw_only=True)
class StoredCheckpoint:
    """A signed head; `note` is the checkpoint with its signatures, `peaks` 32 bytes each, largest subtree first."""

    epoch: int
    size: int
    root: bytes
    peaks: bytes
    note: str
    signed_at: datetime

    @property
    def frontier(self) -> merkle.Frontier:
        """Return the right edge of the tree that was signed."""
        return merkle.Frontier(size=self.size, peaks=split_hashes(self.peaks))


def newest_checkpoint(db: Connection) -> StoredCheckpoint | None:
    """Return the newest head that was signed; None where there is none yet."""
    with db.cursor(row_factory=class_row(StoredCheckpoint)) as rows:
        return rows.execute(
            """
            SELECT epoch, size, root, peaks, note, signed_at
              FROM checkpoint
             ORDER BY epoch DESC, size DESC
             LIMIT 1
            """
        ).fetchone()


def published_checkpoint(db: Connection) -> StoredCheckpoint | None:
    """Return the head that is shown to the world, with its cosignatures; None where none is shown yet.

    Where the node's policy has a quorum of witnesses it is the newest that they have cosigned, else the newest.

    Raises:
        Busy: which one is shown is being chosen, for a moment; or a new epoch has no head yet: those of the one
            before may be longer than what is there now, and are not shown again.
    """
    with db.cursor(row_factory=class_row(StoredCheckpoint)) as rows:
        head = rows.execute(
            """
            (SELECT checkpoint.epoch, checkpoint.size, checkpoint.root, checkpoint.peaks, publication.note,
                    checkpoint.signed_at
               FROM publication
               JOIN checkpoint USING (epoch, size))
            UNION ALL
            (SELECT epoch, size, root, peaks, note, signed_at
               FROM checkpoint
              WHERE NOT EXISTS (SELECT FROM publication)
              ORDER BY epoch DESC, size DESC
              LIMIT 1)
            """
        ).fetchone()
    if head is not None and (head.note is None or db.execute(_EPOCH).fetchone() != (head.epoch,)):
        raise Busy
    return head


def checkpoint_at(db: Connection, size: int) -> StoredCheckpoint | None:
    """Return the newest head that was signed over `size` leaves."""
    with db.cursor(row_factory=class_row(StoredCheckpoint)) as rows:
        return rows.execute(
            """
            SELECT epoch, size, root, peaks, note, signed_at
              FROM checkpoint
             WHERE size = %(size)s
             ORDER BY epoch DESC
             LIMIT 1
            """,
            {"size": size},
        ).fetchone()


def inclusion(db: Connection, index: int, size: int) -> list[bytes]:
    """Return the hashes that lead from leaf `index` to the root over `size` leaves, lowest first.

    Raises:
        IndexError: there is no such leaf.
        crypto.refusals.NotVerified: `tile`: the tree has not that many leaves.
    """
    peaks = _peaks_at(db, size)
    read = _reading(db, tiles.inclusion_tiles(index, size, knows_peaks=bool(peaks)))
    return tiles.inclusion_path(index, size, read, peaks=peaks)


def consistency(db: Connection, first: int, second: int) -> list[bytes]:
    """Return the hashes that prove that the tree of `second` leaves begins with that of `first`.

    Raises:
        IndexError: not 0 <= `first` <= `second`.
        crypto.refusals.NotVerified: `tile`: the tree has not that many leaves.
    """
    peaks = _peaks_at(db, second)
    read = _reading(db, tiles.consistency_tiles(first, second, knows_peaks=bool(peaks)))
    return tiles.consistency_path(first, second, read, peaks=peaks)


def read_tile(db: Connection, tile: Tile) -> bytes:
    """Return the hashes of one tile, 32 bytes each; fewer than its width where the tree does not reach that far."""
    return read_tiles(db, [tile])[tile]


def read_tiles(db: Connection, wanted: Sequence[Tile]) -> dict[Tile, bytes]:
    """Return the hashes of each tile, by one query."""
    rows = db.execute(
        """
        SELECT CASE WHEN wanted.level = 0
                    THEN (SELECT string_agg(placed.leaf, ''::bytea ORDER BY placed.index)
                            FROM placed
                           WHERE placed.index >= wanted.tile_index * 256
                             AND placed.index < wanted.tile_index * 256 + wanted.width)
                    ELSE (SELECT substring(tile.hashes FOR wanted.width * 32)
                            FROM tile
                           WHERE tile.level = wanted.level
                             AND tile.tile_index = wanted.tile_index)
                END
          FROM unnest(%(levels)s::integer[], %(indexes)s::bigint[], %(widths)s::integer[])
               WITH ORDINALITY AS wanted (level, tile_index, width, number)
         ORDER BY wanted.number
        """,
        {
            "levels": [tile.level for tile in wanted],
            "indexes": [tile.index for tile in wanted],
            "widths": [tile.width for tile in wanted],
        },
        binary=True,
    ).fetchall()
    return {tile: hashes or b"" for tile, (hashes,) in zip(wanted, rows, strict=True)}


def leaves(db: Connection, start: int, stop: int) -> Iterator[bytes]:
    """Yield the 32-byte leaves of the places from `start` up to before `stop`, as far as they were given."""
    for chunk in leaves_in_chunks(db, start, stop):
        yield from split_hashes(chunk)


def leaves_in_chunks(db: Connection, start: int, stop: int) -> Iterator[bytes]:
    """Yield the leaves as bytes, 32 each, up to 65,536 leaves at a time: what many leaves are read by."""
    for first in range(start, stop, _LEAVES_AT_ONCE):
        row = db.execute(
            """
            SELECT string_agg(leaf, ''::bytea ORDER BY index)
              FROM placed
             WHERE index >= %(start)s
               AND index < %(stop)s
            """,
            {"start": first, "stop": min(stop, first + _LEAVES_AT_ONCE)},
            binary=True,
        ).fetchone()
        if row is None or row[0] is None:
            return
        yield row[0]


def leaf_data(db: Connection, start: int, stop: int) -> list[bytes]:
    """Return the 64 bytes that each leaf from `start` up to before `stop` is the hash of."""
    rows = db.execute(
        "SELECT data FROM leaf_data(%(start)s, %(stop)s) ORDER BY index", {"start": start, "stop": stop}, binary=True
    ).fetchall()
    return [data for (data,) in rows]


def index_of(db: Connection, leaf: bytes) -> int | None:
    """Return the index of a leaf; None while it waits for its place, and for what is no leaf of this log."""
    row = db.execute("SELECT leaf_index(%(leaf)s)", {"leaf": leaf}).fetchone()
    return None if row is None else row[0]


def _peaks_at(db: Connection, size: int) -> list[bytes]:
    signed = checkpoint_at(db, size)
    return [] if signed is None else split_hashes(signed.peaks)


def _reading(db: Connection, wanted: Sequence[Tile]) -> Callable[[Tile], bytes]:
    found = read_tiles(db, wanted)
    return found.__getitem__
