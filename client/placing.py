"""Judge the place alone of a batch whose origin cannot be verified: what the node has signed binds it all the same.

So a stream keeps its chain, and a node its equivocations, while the batch itself waits for its origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from client.failures import NotVerified
from client.judging import Named, load_manifest
from crypto import refusals
from crypto.batches import parse_time, stream_id, verify_acceptance
from crypto.claims import SignedStatement, public_key_of
from crypto.documents import UnverifiedDocument, VerifiedDocument
from crypto.encoding import to_base64url
from crypto.statements import CLOCK_DIFFERENCE, key_at


class InStream(Protocol):
    """Where a batch stands, and which of its origin's statements it names (its number)."""

    @property
    def stream(self) -> str:
        """Return the stream, base64url."""
        ...

    @property
    def seq(self) -> int:
        """Return the number in the stream."""
        ...

    @property
    def statement_seq(self) -> int:
        """Return the number of the origin's statement, 0 where it is not known."""
        ...


class Placed(Protocol):
    """A batch of which the place is proven, whatever else is."""

    @property
    def origin(self) -> str:
        """Return the organisation that says it signed the batch."""
        ...

    @property
    def acceptance(self) -> VerifiedDocument:
        """Return the node's acceptance."""
        ...

    @property
    def placement(self) -> InStream:
        """Return the place."""
        ...


@dataclass(frozen=True, kw_only=True)
class PlaceAlone:
    """A place in a stream."""

    stream: str
    seq: int
    statement_seq: int


@dataclass(frozen=True, kw_only=True)
class PlacedAlone:
    """A batch of which nothing but its place is proven; `manifest` is what somebody says the origin signed."""

    origin: str
    manifest: UnverifiedDocument
    acceptance: VerifiedDocument
    placement: PlaceAlone


def judge_place(
    named: Named,
    *,
    origin_statements: Sequence[SignedStatement],
    node_statements: Sequence[SignedStatement],
    node: str,
    federation: str,
) -> PlacedAlone:
    """Return the place that the node `node` has signed, by its statement that the acceptance names.

    `origin_statements` are those that are known of the origin, perhaps none.

    Raises:
        NotVerified: about the node: `place_` and the reason.
    """
    try:
        if named.acceptance.organisation != node:
            raise refusals.NotVerified("acceptor")  # noqa: TRY301 - told below like what the judges refuse
        statement = _named(node_statements, named.acceptance.claims.get("node_statement_sha256"))
        if statement is None:
            raise refusals.NotVerified("unknown_statement")  # noqa: TRY301 - as above
        keys = [public_key_of(one.jwk) for one in statement.claims.keys]
        key = next((one for one in keys if one.thumbprint == named.acceptance.thumbprint), None)
        if key is None:
            raise refusals.NotVerified("unknown_key")  # noqa: TRY301 - as above
        acceptance = verify_acceptance(
            named.document.accepted, key=key, federation=federation, manifest_digest=named.manifest.digest
        )
        at = parse_time(acceptance.claims["at"])
        key_at(statement.claims, key.thumbprint, use="node", at=at)
        if statement.claims.iat > at + CLOCK_DIFFERENCE or at >= statement.claims.exp:
            raise refusals.NotVerified("statement_time")  # noqa: TRY301 - as above
        stream = _stream(named, federation=federation, log=acceptance.claims["log"])
        if acceptance.claims["stream"] != stream:
            raise refusals.NotVerified("stream")  # noqa: TRY301 - as above
    except refusals.NotVerified as error:
        raise NotVerified(f"place_{error.reason}", about=node) from error
    origin_statement = _named(origin_statements, acceptance.claims["statement_sha256"])
    return PlacedAlone(
        origin=named.origin,
        manifest=named.manifest,
        acceptance=acceptance,
        placement=PlaceAlone(
            stream=stream,
            seq=acceptance.claims["seq"],
            statement_seq=0 if origin_statement is None else origin_statement.claims.seq,
        ),
    )


def _named(statements: Sequence[SignedStatement], digest: object) -> SignedStatement | None:
    return next((one for one in statements if to_base64url(one.digest) == digest), None)


def _stream(named: Named, *, federation: str, log: str) -> str:
    said = named.manifest.claims
    load_manifest(said)
    return stream_id(
        federation=federation,
        origin=named.origin,
        kind=said["kind"],
        audience=said["audience"],
        about=said["about"],
        log=log,
    )
