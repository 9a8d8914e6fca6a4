"""Evidence that a node suppressed an entry: two of its signed answers, and perhaps a signed head of its log."""

from dataclasses import dataclass

from schemas.fields import (
    Items,
    Part,
    Text,
    WireSchema,
    digest,
    federation,
    jws,
    matching,
    organisation,
    version_one,
    whole,
)

_MOST = 9_007_199_254_740_991
_KIB = 1024
_SIGNATURE = "[A-Za-z0-9_-]{85}[AQgw]"


@dataclass(frozen=True, kw_only=True)
class SignedExchange:
    """A signed request (its signature base and signature) and the signed answer to it, by the answer's own fields.

    `answered_at` is the answer's `created`; `body` is None where its digest is enough.
    """

    base: str
    signature: str
    status: int
    content_type: str
    body_sha256: str
    receipt: str | None
    answered_at: int
    signature_input: str
    answer_signature: str
    body: str | None


class SignedExchangeSchema(WireSchema):
    """All members always."""

    loads_to = SignedExchange

    base = Text(required=True)
    signature = matching(_SIGNATURE, most=86, required=True)
    status = whole(200, 599, required=True)
    content_type = Text(required=True)
    body_sha256 = digest(required=True)
    receipt = digest(required=True, allow_none=True)
    answered_at = whole(0, _MOST, required=True)
    signature_input = Text(required=True)
    answer_signature = Text(required=True)
    body = Text(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class LeafThere:
    """Another leaf that stands at the entry's index, and its path to the root of the head."""

    leaf: str
    path: tuple[str, ...]


class LeafThereSchema(WireSchema):
    """All members always."""

    loads_to = LeafThere

    leaf = digest(required=True)
    path = Items(digest(), required=True)


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """One piece of evidence: the act with its receipt, the look-up of its entry, and the node's statements.

    `action` is what the act was; `checkpoint` is a signed head of the log.
    """

    v: int
    federation: str
    node: str
    action: str
    act: SignedExchange
    look_up: SignedExchange
    checkpoint: str | None
    leaf_there: LeafThere | None
    statements: tuple[str, ...]


class SuppressionSchema(WireSchema):
    """All members always."""

    loads_to = Suppression

    v = version_one()
    federation = federation(required=True)
    node = organisation(required=True)
    action = matching("[a-z][a-z_]*", most=40, required=True)
    act = Part(SignedExchangeSchema, required=True)
    look_up = Part(SignedExchangeSchema, required=True)
    checkpoint = Text(required=True, allow_none=True)
    leaf_there = Part(LeafThereSchema, required=True, allow_none=True)
    statements = Items(jws(256 * _KIB), required=True)
