"""Answers about the log: where a leaf stands in the tree, and that a tree begins with an earlier one."""

from dataclasses import dataclass

from schemas.fields import Items, Text, WireSchema, digest, whole

_MOST = 9_007_199_254_740_991


@dataclass(frozen=True, kw_only=True)
class InclusionProof:
    """`GET /v1/log/proofs/inclusion`: the hashes from leaf `index`, lowest first, to the root that `checkpoint` signs.

    `size` is the checkpoint's.
    """

    index: int
    size: int
    path: tuple[str, ...]
    checkpoint: str


class InclusionProofSchema(WireSchema):
    """All members always."""

    loads_to = InclusionProof

    index = whole(0, _MOST, required=True)
    size = whole(1, _MOST, required=True)
    path = Items(digest(), required=True)
    checkpoint = Text(required=True)


@dataclass(frozen=True, kw_only=True)
class ConsistencyProof:
    """`GET /v1/log/proofs/consistency`: the hashes that prove that the tree of `second` leaves begins with `first`."""

    first: int
    second: int
    path: tuple[str, ...]


class ConsistencyProofSchema(WireSchema):
    """All members always."""

    loads_to = ConsistencyProof

    first = whole(0, _MOST, required=True)
    second = whole(0, _MOST, required=True)
    path = Items(digest(), required=True)
