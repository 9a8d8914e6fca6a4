"""The log's endpoints: head, tiles and entries for anybody (C2SP tlog-tiles below `/v1/log`), proofs for auditors.

What is public needs no signature: the head is signed in itself, and everything else follows from it. An entry's leaf
data tell nothing of the entry.
"""

import re

import structlog

from crypto.refusals import NotVerified
from crypto.tiles import HASH_BYTES, Bundle, Tile, entry_bundle, read_entries_path, read_tile_path, tile_width
from schemas.log import ConsistencyProof, ConsistencyProofSchema, InclusionProof, InclusionProofSchema
from server.access import Permission
from server.db import Connection
from server.errors import BadQuery, NotFound
from server.tree import proving, reading
from server.web.endpoints import Endpoints, Exchange, Parameter
from server.web.exchange import Page, Visit

endpoints = Endpoints(name="log", description="The log as a tree: its signed head, its tiles, its proofs.")

CHECKPOINT = "text/plain; charset=utf-8"
TILE = "application/octet-stream"

log = structlog.get_logger()

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_LEAF = re.compile(r"[A-Za-z0-9_-]{43}")
# What a head holds never changes, but after a restore another epoch may stand where it was lost: a day, not for ever.
_OF_TILES = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
_OF_CHECKPOINT = {"Cache-Control": "no-cache"}


@endpoints.public_get("/v1/log/checkpoint", media_type=CHECKPOINT)
def read_checkpoint(visit: Visit) -> Page:
    """Give the signed head of the log (C2SP tlog-checkpoint), with the cosignatures that the policy asks for."""
    with visit.pool.connection() as db:
        head = reading.published_checkpoint(db)
    if head is None:
        raise NotFound
    return Page(body_bytes=head.note.encode(), media_type=CHECKPOINT, headers=_OF_CHECKPOINT)


@endpoints.public_get("/v1/log/tile/<path:tile>", media_type=TILE)
def read_tile(visit: Visit, tile: str) -> Page:
    """Give one tile of hashes (C2SP tlog-tiles): `<level>/<index>[.p/<width>]`."""
    try:
        wanted = read_tile_path(f"tile/{tile}")
    except NotVerified as error:
        raise NotFound from error
    with visit.pool.connection() as db:
        _check_signed(db, wanted)
        hashes = reading.read_tile(db, wanted)
    _check_whole(len(hashes), HASH_BYTES * wanted.width)
    return Page(body_bytes=hashes, media_type=TILE, headers=_OF_TILES)


@endpoints.public_get("/v1/log/tile/entries/<path:bundle>", media_type=TILE)
def read_entries(visit: Visit, bundle: str) -> Page:
    """Give what up to 256 leaves are hashes of (C2SP tlog-tiles): `<index>[.p/<width>]`."""
    try:
        wanted: Bundle = read_entries_path(f"tile/entries/{bundle}")
    except NotVerified as error:
        raise NotFound from error
    tile = Tile(level=0, index=wanted.index, width=wanted.width)
    with visit.pool.connection() as db:
        _check_signed(db, tile)
        data = reading.leaf_data(db, tile.first, tile.first + tile.width)
    _check_whole(len(data), tile.width)
    return Page(body_bytes=entry_bundle(data), media_type=TILE, headers=_OF_TILES)


@endpoints.get(
    "/v1/log/proofs/inclusion",
    permission=Permission.READ_PROOF,
    answer=InclusionProofSchema(),
    refusals=(NotFound,),
    query=(
        Parameter(name="leaf", form=_LEAF, meaning="the leaf, which is an entry's receipt"),
        Parameter(name="size", form=_SIZE, meaning="the size of a checkpoint; without it, of the published one"),
    ),
)
def read_inclusion(exchange: Exchange) -> InclusionProof:
    """Prove that a leaf is in the tree that a checkpoint signs."""
    if "leaf" not in exchange.query:
        raise BadQuery
    return proving.prove_inclusion(exchange.db, leaf=exchange.query["leaf"], size=_number(exchange, "size"))


@endpoints.get(
    "/v1/log/proofs/consistency",
    permission=Permission.READ_PROOF,
    answer=ConsistencyProofSchema(),
    refusals=(NotFound,),
    query=(
        Parameter(name="first", form=_SIZE, meaning="the size of the earlier tree"),
        Parameter(name="second", form=_SIZE, meaning="the size of the later tree; without it, of the published one"),
    ),
)
def read_consistency(exchange: Exchange) -> ConsistencyProof:
    """Prove that a tree begins with an earlier one: nothing was taken or changed."""
    first = _number(exchange, "first")
    if first is None:
        raise BadQuery
    return proving.prove_consistency(exchange.db, first=first, second=_number(exchange, "second"))


def _number(exchange: Exchange, name: str) -> int | None:
    return int(exchange.query[name]) if name in exchange.query else None


def _check_signed(db: Connection, tile: Tile) -> None:
    """Refuse a tile that no signed head reaches.

    Raises:
        NotFound: there is none, or not as wide.
    """
    newest = reading.newest_checkpoint(db)
    if newest is None or tile.width > tile_width(tile.level, tile.index, size=newest.size):
        raise NotFound


def _check_whole(found: int, wanted: int) -> None:
    """Refuse what was signed and is not there any more: somebody took it out of the database.

    Raises:
        NotFound: it is not whole.
    """
    if found != wanted:
        log.warning("tree_incomplete")
        raise NotFound
