"""Batches: one manifest over the root of all record leaves, one acceptance that gives the batch its place.

One Ed25519 check covers a thousand records, so what happens once a record here is one SHA-256 and one look at its
first bytes. The order of judgement: form, then signature, then count and root; a line that is not covered by the
root is never handed on as verified.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from crypto.batch_form import (
    MAX_RECORDS,
    DocumentReader,
    Erased,
    MalformedDocument,
    PushedDocument,
    StoredDocument,
    split_documents,
    split_push,
)
from crypto.canonical import canonical_bytes
from crypto.documents import ACCEPTANCE, BATCH, VerifiedDocument, verify_document
from crypto.encoding import HASH_BYTES, from_base64url, to_base64url
from crypto.identifiers import is_uuid7
from crypto.keys import PublicKey, is_organisation
from crypto.merkle import root
from crypto.refusals import NotVerified

__all__ = [
    "MAX_RECORDS",
    "ChainHead",
    "DocumentReader",
    "Erased",
    "MalformedDocument",
    "PushedDocument",
    "StoredDocument",
    "parse_time",
    "record_leaf",
    "record_leaves",
    "records_root",
    "split_documents",
    "split_push",
    "stream_id",
    "verify_acceptance",
    "verify_chain_step",
    "verify_lines",
    "verify_manifest",
]

_MANIFEST_CLAIMS = frozenset(
    {"v", "federation", "iss", "jti", "iat", "kind", "schema", "audience", "about", "expires", "count", "root"}
)
_ACCEPTANCE_CLAIMS = frozenset(
    {
        *("v", "federation", "iss", "manifest_sha256", "statement_sha256", "node_statement_sha256"),
        *("stream", "seq", "prev", "log", "at"),
    }
)
_MANIFEST_TYPES = {"kind": str, "schema": str, "audience": dict, "expires": str, "count": int, "root": str, "iat": int}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_ACCEPTANCE_DIGESTS = ("manifest_sha256", "statement_sha256", "node_statement_sha256", "stream")


@dataclass(frozen=True, kw_only=True)
class ChainHead:
    """The newest batch seen of a stream: its place, its acceptance, and the origin's statement that it named."""

    stream: str
    seq: int
    acceptance_sha256: str
    statement_seq: int
    at: datetime


def record_leaf(line: bytes) -> bytes:
    """Return the 32-byte leaf of a record: SHA-256(0x00 + line), the line without its LF."""
    return sha256(b"\x00" + line).digest()


def record_leaves(lines: Iterable[bytes | Erased]) -> list[bytes]:
    """Return the 32-byte leaves of record lines and erased lines, in their order; quicker than one by one."""
    return [
        sha256(b"\x00" + line).digest() if type(line) is bytes else line.leaf  # type: ignore[union-attr]  # Erased
        for line in lines
    ]


def records_root(lines: Sequence[bytes]) -> bytes:
    """Return the 32-byte root that a manifest names for these record lines, in their order."""
    return root([sha256(b"\x00" + line).digest() for line in lines])


def stream_id(
    *, federation: str, origin: str, kind: str, audience: Mapping[str, object], about: str | None, log: str
) -> str:
    """Return the name of a stream, 43 base64url characters: a channel in one epoch of its home node's log.

    Raises:
        NotCanonical: `audience` is outside the line profile.
    """
    named = canonical_bytes(["havre-stream-v1", federation, origin, kind, dict(audience), about, log])
    return to_base64url(sha256(named).digest())


def verify_manifest(token: str, *, key: PublicKey, federation: str) -> VerifiedDocument:
    """Return the manifest that `key` signed for `federation`, with exactly its claims, each of its type.

    What the values mean (kinds, audiences, expiry) is the schema's to judge; use and validity of `key` are those of
    the statement that the acceptance names.

    Raises:
        NotVerified: what `verify_document` refuses; `manifest_claims`.
    """
    manifest = verify_document(token, typ=BATCH, key=key, federation=federation)
    claims = manifest.claims
    if set(claims) != _MANIFEST_CLAIMS:
        raise NotVerified("manifest_claims")
    if any(type(claims[name]) is not expected for name, expected in _MANIFEST_TYPES.items()):
        raise NotVerified("manifest_claims")
    about = claims["about"]
    if not is_uuid7(claims["jti"]) or not 1 <= claims["count"] <= MAX_RECORDS:
        raise NotVerified("manifest_claims")
    if about is not None and not (type(about) is str and is_organisation(about)):
        raise NotVerified("manifest_claims")
    return manifest


def verify_lines(manifest_claims: Mapping[str, Any], leaves: Sequence[bytes]) -> None:
    """Check that the manifest was signed over exactly these record leaves, in this order.

    `leaves` come from `record_leaf`, or are the leaf that stands in an erased line.

    Raises:
        NotVerified: `count`, `root`.
    """
    if len(leaves) != manifest_claims["count"]:
        raise NotVerified("count")
    if root(leaves) != from_base64url(manifest_claims["root"], length=HASH_BYTES):
        raise NotVerified("root")


def verify_acceptance(token: str, *, key: PublicKey, federation: str, manifest_digest: bytes) -> VerifiedDocument:
    """Return the acceptance that `key` signed for `federation` and for the manifest with this 32-byte digest.

    Raises:
        NotVerified: what `verify_document` refuses; `acceptance_claims`; `manifest`: it accepts another batch.
    """
    acceptance = verify_document(token, typ=ACCEPTANCE, key=key, federation=federation)
    claims = acceptance.claims
    if set(claims) != _ACCEPTANCE_CLAIMS or type(claims["seq"]) is not int or claims["seq"] < 1:
        raise NotVerified("acceptance_claims")
    if type(claims["log"]) is not str or not claims["log"].startswith(f"{claims['iss']}/log/"):
        raise NotVerified("acceptance_claims")
    _check_digests(claims)
    parse_time(claims["at"])
    if claims["manifest_sha256"] != to_base64url(manifest_digest):
        raise NotVerified("manifest")
    return acceptance


def verify_chain_step(acceptance: VerifiedDocument, *, statement_seq: int, previous: ChainHead | None) -> ChainHead:
    """Return the head of the stream after `acceptance`, a verified one, has followed `previous`.

    `statement_seq` is the `seq` of the origin's statement that the acceptance names. A chain may start anywhere
    (`previous` None: an entitlement may be younger than the stream), but has no hole and never turns back.

    Raises:
        NotVerified: `chain_stream`: of another stream; `equivocation`: a second acceptance for one place, which
            convicts the node that signed both; `chain_repeated`: the same one again; `chain_hole`; `chain_link`:
            `prev` is not what stands before; `chain_time`: `at` falls; `chain_statement`: the statement's `seq`
            falls.
    """
    claims = acceptance.claims
    head = ChainHead(
        stream=claims["stream"],
        seq=claims["seq"],
        acceptance_sha256=to_base64url(acceptance.digest),
        statement_seq=statement_seq,
        at=parse_time(claims["at"]),
    )
    if previous is None:
        if (head.seq == 1) != (claims["prev"] is None):
            raise NotVerified("chain_link")
        return head
    if head.stream != previous.stream:
        raise NotVerified("chain_stream")
    _check_follows(head, claims["prev"], previous)
    return head


def parse_time(text: object) -> datetime:
    """Return the aware time of an RFC 3339 text in whole seconds and `Z`.

    Raises:
        NotVerified: `time_form`.
    """
    if type(text) is not str or _TIME.fullmatch(text) is None:
        raise NotVerified("time_form")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:  # a day or an hour that does not exist
        raise NotVerified("time_form") from error


def _check_follows(head: ChainHead, prev: str | None, previous: ChainHead) -> None:
    if head.seq == previous.seq:
        same = head.acceptance_sha256 == previous.acceptance_sha256
        raise NotVerified("chain_repeated" if same else "equivocation")
    if head.seq != previous.seq + 1:
        raise NotVerified("chain_hole")
    if prev != previous.acceptance_sha256:
        raise NotVerified("chain_link")
    if head.at < previous.at:
        raise NotVerified("chain_time")
    if head.statement_seq < previous.statement_seq:
        raise NotVerified("chain_statement")


def _check_digests(claims: Mapping[str, Any]) -> None:
    digests = [claims[name] for name in _ACCEPTANCE_DIGESTS]
    if claims["prev"] is not None:
        digests.append(claims["prev"])
    try:
        for digest in digests:
            from_base64url(digest, length=HASH_BYTES)
    except NotVerified as error:
        raise NotVerified("acceptance_claims") from error
