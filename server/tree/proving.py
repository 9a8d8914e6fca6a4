"""Prove to auditors that a leaf is in the tree, and that the tree only grew; under heads that the world has seen."""

from collections.abc import Callable

import structlog

from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from schemas.log import ConsistencyProof, InclusionProof
from server.db import Connection
from server.errors import NotFound
from server.tree import reading
from server.tree.reading import StoredCheckpoint

_LEAF_BYTES = 32

log = structlog.get_logger()


def prove_inclusion(db: Connection, *, leaf: str, size: int | None) -> InclusionProof:
    """Return the path from a leaf (base64url) to the root of the head over `size` leaves, the published one if None.

    Raises:
        NotFound: no such leaf under that head, or no such head.
    """
    head = _head(db, size)
    try:
        index = reading.index_of(db, from_base64url(leaf, length=_LEAF_BYTES))
    except NotVerified as error:
        raise NotFound from error
    if index is None or index >= head.size:
        raise NotFound
    path = _path(lambda: reading.inclusion(db, index, head.size))
    return InclusionProof(index=index, size=head.size, path=path, checkpoint=head.note)


def prove_consistency(db: Connection, *, first: int, second: int | None) -> ConsistencyProof:
    """Return the path between the trees of `first` and `second` leaves; the published one's if `second` is None.

    Raises:
        NotFound: the tree is shorter than `second`, or `second` than `first`.
    """
    newest = reading.newest_checkpoint(db)
    last = _head(db, None).size if second is None else second
    if newest is None or not first <= last <= newest.size:
        raise NotFound
    return ConsistencyProof(first=first, second=last, path=_path(lambda: reading.consistency(db, first, last)))


def _head(db: Connection, size: int | None) -> StoredCheckpoint:
    head = reading.published_checkpoint(db) if size is None else reading.checkpoint_at(db, size)
    if head is None:
        raise NotFound
    return head


def _path(prove: Callable[[], list[bytes]]) -> tuple[str, ...]:
    try:
        return tuple(to_base64url(step) for step in prove())
    except NotVerified as error:
        # It was signed and is not there any more: somebody took it out of the database.
        log.warning("tree_incomplete")
        raise NotFound from error
