"""Integrate placed entries into the tree and sign its head: what the active sequencer does after placing.

- Tiles and head are one transaction; killed before its end, it left nothing, and the next one makes the same.
- Whoever keeps the high-water is told before a head can be seen by anybody.
- Before the first head, what is stored is compared: the newest million leaves make the stored tiles, the tiles make the
  root of the newest head. Where they do not, somebody changed the past, and nothing is signed any more.
- The key is the one that the node's statement lists for the log; it is looked up for each head.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
import structlog

from crypto import checkpoints
from crypto.checkpoints import Checkpoint
from crypto.keys import PrivateKey
from crypto.refusals import NotVerified
from crypto.tiles import Tile
from server.db import Connection
from server.tree import store
from server.tree.growing import Edge, edge_tiles, split_hashes
from server.tree.reading import StoredCheckpoint, leaves_in_chunks, newest_checkpoint, read_tiles

_LEAVES_AT_ONCE = 65_536
# Stored leaves that are compared with the stored tiles before the first head: two seconds' worth. What is older,
# readers and auditors compare.
_COMPARED_LEAVES = 1 << 20

log = structlog.get_logger()


class TreeDiffers(Exception):
    """What is stored does not make the tree that was signed; `what` is a constant word, for the log."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NoLogKey(Exception):
    """The key that the node's statement lists for the log is not in our hands."""


@dataclass(kw_only=True)
class Tree:
    """The tree of one log, as the one sequencer that is active keeps it.

    `log_name` is the log's name without its epoch. `find_key` gives the private key with a thumbprint, None if it is
    not here. `on_checkpoint` is told of a head, inside its transaction, before it is committed.
    """

    log_name: str
    find_key: Callable[[str], PrivateKey | None]
    on_checkpoint: Callable[[Connection, StoredCheckpoint], None]
    _edge: Edge | None = None
    _keys: dict[str, PrivateKey] = field(default_factory=dict, repr=False)

    def advance(self, db: Connection, *, now: datetime | None = None) -> StoredCheckpoint | None:
        """Integrate what was placed, up to 65,536 leaves, and sign the head; None where there is nothing new.

        `db` commits by itself.

        Raises:
            TreeDiffers: nothing is signed.
            NoLogKey: nothing is signed.
        """
        at = datetime.now(UTC) if now is None else now
        try:
            with db.transaction():
                epoch, size = store.lock_head(db)
                newest = newest_checkpoint(db)
                edge = self._edge_of(db, newest)
                if newest is not None and (newest.epoch, newest.size) == (epoch, size):
                    return None
                grown = edge.copy()
                signed = self._sign(db, grown, epoch=epoch, size=size, at=at)
        except psycopg.errors.InsufficientPrivilege as error:
            # A trigger's refusal: the tile that is there is no beginning of ours, or a longer head is.
            self._edge = None
            raise TreeDiffers("stored") from error
        self._edge = grown
        return signed

    def _sign(self, db: Connection, edge: Edge, *, epoch: int, size: int, at: datetime) -> StoredCheckpoint:
        key = self._key(db, now=at)
        stop = min(size, edge.size + _LEAVES_AT_ONCE)
        leaves = split_hashes(b"".join(leaves_in_chunks(db, edge.size, stop)))
        if len(leaves) != stop - edge.size:
            raise TreeDiffers("places")
        store.write_tiles(db, edge.grow(leaves))
        head = Checkpoint(origin=f"{self.log_name}/{epoch}", size=edge.size, root=edge.root)
        signed = StoredCheckpoint(
            epoch=epoch,
            size=head.size,
            root=head.root,
            peaks=b"".join(edge.peaks),
            note=checkpoints.sign_checkpoint(head, key=key),
            signed_at=at,
        )
        store.insert_checkpoint(db, signed)
        self.on_checkpoint(db, signed)
        return signed

    def _key(self, db: Connection, *, now: datetime) -> PrivateKey:
        thumbprint = store.log_key_thumbprint(db, now=now)
        if thumbprint is None:
            raise NoLogKey
        if thumbprint not in self._keys:
            key = self.find_key(thumbprint)
            if key is None:
                raise NoLogKey
            self._keys = {thumbprint: key}
        return self._keys[thumbprint]

    def _edge_of(self, db: Connection, newest: StoredCheckpoint | None) -> Edge:
        """Return the edge at the newest head: the one that we know, else read and compared."""
        size = 0 if newest is None else newest.size
        if self._edge is None or self._edge.size != size:
            self._edge = Edge() if newest is None else _compared_edge(db, newest, log_name=self.log_name)
        return self._edge


def _compared_edge(db: Connection, newest: StoredCheckpoint, *, log_name: str) -> Edge:
    """Return the edge at the newest head, made again of the newest leaves.

    Raises:
        TreeDiffers: leaves, tiles, root and note do not go together.
    """
    # Behind full tiles of level 1: levels 0 and 1 then have no edge.
    start = max(0, newest.size - _COMPARED_LEAVES) >> 16 << 16
    try:
        edge = Edge(size=start, hashes=read_tiles(db, edge_tiles(start)))
    except ValueError as error:
        raise TreeDiffers("tiles") from error
    made: dict[tuple[int, int], bytes] = {}
    for chunk in leaves_in_chunks(db, start, newest.size):
        made |= edge.grow(split_hashes(chunk))
    if edge.size != newest.size:
        raise TreeDiffers("places")
    wanted = {at: Tile(level=at[0], index=at[1]) for at in made}
    stored = read_tiles(db, list(wanted.values()))
    if any(stored[tile] != made[at] for at, tile in wanted.items()):
        raise TreeDiffers("tiles")
    head = Checkpoint(origin=f"{log_name}/{newest.epoch}", size=newest.size, root=edge.root)
    try:
        body = checkpoints.open_note(newest.note).body
    except NotVerified as error:
        raise TreeDiffers("note") from error
    if (newest.root, newest.peaks, body) != (edge.root, b"".join(edge.peaks), checkpoints.body(head)):
        raise TreeDiffers("root")
    return edge
