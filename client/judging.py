"""Judge one placed batch: who signed it, where it stands, and that its lines are what was signed.

Order: form, place and keys (`crypto.trust`), both signatures, the manifest's meaning, count and root, then the form of
each line. Nothing here asks the network or the state; what these must decide is in `client/applying.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from client.failures import NotVerified
from client.known import load_claims
from crypto import refusals
from crypto.batches import Erased, StoredDocument, record_leaf, verify_acceptance, verify_lines, verify_manifest
from crypto.canonical import NotCanonical, parse_canonical
from crypto.claims import SignedStatement
from crypto.documents import ACCEPTANCE, BATCH, UnverifiedDocument, VerifiedDocument, read_document
from crypto.encoding import to_base64url
from crypto.trust import Placement, judge_placement
from schemas.bulk import RECORD_SCHEMAS, is_record
from schemas.manifests import Manifest, ManifestSchema

_MANIFEST = ManifestSchema()
_CLOCK_DIFFERENCE = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class Named:
    """A document whose two JWS were read and not yet verified: whom it names."""

    document: StoredDocument
    manifest: UnverifiedDocument
    acceptance: UnverifiedDocument

    @property
    def origin(self) -> str:
        """Return the organisation that says it signed the batch."""
        return self.manifest.organisation


@dataclass(frozen=True, kw_only=True)
class JudgedLine:
    """A verified record line: its leaf (32 bytes), its exact bytes, and its value."""

    leaf: bytes
    line: bytes
    value: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class JudgedBatch:
    """A batch of which all that it proves by itself is proven.

    `set_aside` says why its records do not count although their place does (a key revoked since), `held` why they
    cannot be judged yet; None: they count. `erased` are leaves whose bytes did not come.
    """

    document: StoredDocument
    manifest: VerifiedDocument
    acceptance: VerifiedDocument
    claims: Manifest
    placement: Placement
    lines: Sequence[JudgedLine]
    erased: Sequence[bytes]
    set_aside: str | None
    held: str | None

    @property
    def origin(self) -> str:
        """Return the organisation that signed the batch."""
        return self.manifest.organisation


def load_manifest(claims: dict[str, Any]) -> Manifest:
    """Return a manifest's claims loaded by their schema.

    Raises:
        NotVerified: `claims_form`.
    """
    manifest: Manifest = load_claims(_MANIFEST, claims)
    return manifest


def read_named(document: StoredDocument) -> Named:
    """Return whom a document names, in its exact form.

    Raises:
        NotVerified: `batch_` and what is wrong with its form.
    """
    try:
        return Named(
            document=document,
            manifest=read_document(document.manifest, typ=BATCH),
            acceptance=read_document(document.accepted, typ=ACCEPTANCE),
        )
    except refusals.NotVerified as error:
        raise NotVerified(f"batch_{error.reason}") from error


def judge_batch(
    named: Named,
    *,
    origin_statements: Sequence[SignedStatement],
    node_statements: Sequence[SignedStatement],
    node: str,
    federation: str,
    now: datetime,
) -> JudgedBatch:
    """Return what a placed batch proves; `node` is the one that must have placed it.

    Raises:
        NotVerified: `batch_` and the reason, with the origin.
    """
    if named.acceptance.organisation != node:
        raise NotVerified("batch_acceptor", about=named.origin)
    try:
        placement, set_aside, held = _place(named, origin_statements, node_statements, federation, now)
        manifest = verify_manifest(named.document.manifest, key=placement.record_key, federation=federation)
        acceptance = verify_acceptance(
            named.document.accepted, key=placement.node_key, federation=federation, manifest_digest=manifest.digest
        )
        claims = load_manifest(manifest.claims)
        leaves, erased = _leaves(named.document, claims, manifest, now)
        lines: list[JudgedLine] = []
        if manifest.claims["schema"] != f"{claims.kind}/1" or claims.kind not in RECORD_SCHEMAS:
            held = held or "unknown_schema"
        else:
            lines = _judge_lines(named.document.lines, leaves, claims.kind)
            _check_subject(manifest.organisation, claims, lines)
    except refusals.NotVerified as error:
        raise NotVerified(f"batch_{error.reason}", about=named.origin) from error
    return JudgedBatch(
        document=named.document,
        manifest=manifest,
        acceptance=acceptance,
        claims=claims,
        placement=placement,
        lines=lines,
        erased=erased,
        set_aside=set_aside,
        held=held,
    )


def revoked_since(
    manifest: UnverifiedDocument,
    acceptance: UnverifiedDocument,
    *,
    origin_statements: Sequence[SignedStatement],
    node_statements: Sequence[SignedStatement],
    federation: str,
    now: datetime,
) -> bool:
    """Return whether statements that are known now take a batch back that was verified before."""
    try:
        judge_placement(
            manifest=manifest,
            acceptance=acceptance,
            origin_statements=origin_statements,
            node_statements=node_statements,
            federation=federation,
            now=now,
        )
    except refusals.Held:
        return False
    except refusals.NotVerified as error:
        if error.reason != "revoked":
            raise NotVerified(f"batch_{error.reason}", about=manifest.organisation) from error
        return True
    return False


def _place(
    named: Named,
    origin_statements: Sequence[SignedStatement],
    node_statements: Sequence[SignedStatement],
    federation: str,
    now: datetime,
) -> tuple[Placement, str | None, str | None]:
    """Return the placement, why the batch is set aside, and why it is held."""

    def judge(origin: Sequence[SignedStatement], node: Sequence[SignedStatement], at: datetime) -> Placement:
        return judge_placement(
            manifest=named.manifest,
            acceptance=named.acceptance,
            origin_statements=origin,
            node_statements=node,
            federation=federation,
            now=at,
        )

    try:
        return judge(origin_statements, node_statements, now), None, None
    except refusals.Held:
        # Its place counts, or the chain would have a hole; its records wait until their time has come.
        return (
            judge(origin_statements, node_statements, datetime.max.replace(tzinfo=UTC) - timedelta(days=1)),
            (None),
            "at_ahead",
        )
    except refusals.NotVerified as error:
        if error.reason != "revoked":
            raise
    # Revoked since: by the named statements alone the place stands, so that the chain stays whole.
    said = named.acceptance.claims
    origin = _until(origin_statements, said["statement_sha256"])
    node = _until(node_statements, said["node_statement_sha256"])
    return judge(origin, node, now), "revoked", None


def _until(statements: Sequence[SignedStatement], digest: object) -> list[SignedStatement]:
    kept = []
    for one in statements:
        kept.append(one)
        if to_base64url(one.digest) == digest:
            break
    return kept


def _leaves(
    document: StoredDocument, claims: Manifest, manifest: VerifiedDocument, now: datetime
) -> tuple[list[bytes], list[bytes]]:
    """Return the leaves of all lines, checked against the signed root, and those of the erased ones."""
    if not document.lines:
        # An expired batch is its two first lines; the node's clock may be ahead of ours.
        if claims.expires > now + _CLOCK_DIFFERENCE:
            raise refusals.NotVerified("lines_missing")
        return [], []
    leaves, erased = [], []
    for line in document.lines:
        if isinstance(line, Erased):
            erased.append(line.leaf)
            leaves.append(line.leaf)
        else:
            leaves.append(record_leaf(line))
    verify_lines(manifest.claims, leaves)
    return leaves, erased


def _judge_lines(lines: Sequence[bytes | Erased], leaves: Sequence[bytes], kind: str) -> list[JudgedLine]:
    judged = []
    for line, leaf in zip(lines, leaves, strict=False):
        if isinstance(line, Erased):
            continue
        try:
            value = parse_canonical(line)
        except NotCanonical as error:
            raise refusals.NotVerified("line_form") from error
        if value.get("kind") != kind or not is_record(kind, value):
            raise refusals.NotVerified("line_form")
        judged.append(JudgedLine(leaf=leaf, line=line, value=value))
    return judged


def _check_subject(origin: str, claims: Manifest, lines: Sequence[JudgedLine]) -> None:
    """Check that opinions are about the organisation that the manifest names, and that a group is its signer's own.

    Without the second, a stranger's record could stand for another's group in its very channel.
    """
    if claims.kind == "opinion":
        for one in lines:
            if one.value["status"] == "active" and one.value["about"]["origin"] != claims.about:
                raise refusals.NotVerified("opinion_about")
    if claims.kind == "group":
        (group,) = claims.audience.groups
        if not group.startswith(f"{origin}/") or any(group != f"{origin}/{one.value['id']}" for one in lines):
            raise refusals.NotVerified("group_of_another")
