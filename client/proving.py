"""Prove one record by the evidence that the node gives: from its line to the origin's signature and the log's head.

- The line is in the manifest that the origin signed, and the node accepted that batch into its stream.
- Where a published head holds the entry that stored it: the acceptance is in that entry, the entry in the log, and the
  head is signed by a log key of the node's statement.

Nothing here asks the network. Who also follows the log compares the head with what was seen (`client/checkpoints.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from client.auditing.heads import verify_by_log_key
from client.failures import NotVerified
from client.judging import load_manifest
from client.known import KnownStatement, signed
from client.wire import load
from crypto import refusals
from crypto.batches import record_leaf, verify_acceptance, verify_manifest
from crypto.canonical import NotCanonical, parse_canonical
from crypto.checkpoints import Checkpoint, open_note, read_body
from crypto.documents import ACCEPTANCE, BATCH, VerifiedDocument, read_document
from crypto.encoding import from_base64url
from crypto.merkle import leaf_hash, root_from_path
from crypto.trust import judge_placement
from schemas.answers import Evidence, EvidenceSchema, ProofPath
from schemas.bulk import RECORD_SCHEMAS, is_record
from schemas.manifests import Manifest

_EVIDENCE = EvidenceSchema()
_INDEX_IN_PLACE = 2
# An act stores few acceptances: a push one. The answer does not say how many.
_MOST_ACCEPTANCES = 4_096


@dataclass(frozen=True, kw_only=True)
class ProvenRecord:
    """A record's newest line as its origin signed it; `place` is [epoch, m, i, j].

    `entry_leaf` is the leaf of the entry that stored it, `checkpoint` the head that holds it and `note` that head as it
    was signed; None while no published head does.
    """

    origin: str
    line: bytes
    value: dict[str, Any]
    manifest: Manifest
    place: tuple[int, ...] | None
    entry_leaf: bytes | None
    checkpoint: Checkpoint | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """Whom evidence is judged by: the origin's and the node's statements, oldest first, and who the node is."""

    origin: str
    node: str
    federation: str
    origin_statements: Sequence[KnownStatement]
    node_statements: Sequence[KnownStatement]


def prove_record(body: bytes, *, record_id: str, known: Known, now: datetime) -> ProvenRecord:
    """Return what the answer to `GET /v1/records/{origin}/{id}` proves.

    Raises:
        NotVerified: `evidence_` and what is not as it must be, with the origin; `checkpoint_…`, with the node.
    """
    said: Evidence = load(_EVIDENCE, body)
    try:
        manifest, acceptance = _judge_batch(said, known, now)
        claims = load_manifest(manifest.claims)
        value = _judge_line(said, claims, record_id=record_id)
        in_log = _judge_log(said, acceptance, known, now)
    except refusals.NotVerified as error:
        raise NotVerified(f"evidence_{error.reason}", about=known.origin) from error
    leaf, checkpoint = (None, None) if in_log is None else in_log
    return ProvenRecord(
        origin=known.origin,
        line=said.line.encode(),
        value=value,
        manifest=claims,
        place=said.place,
        entry_leaf=leaf,
        checkpoint=checkpoint,
        note=said.checkpoint,
    )


def _judge_batch(said: Evidence, known: Known, now: datetime) -> tuple[VerifiedDocument, VerifiedDocument]:
    named = read_document(said.manifest, typ=BATCH)
    accepted = read_document(said.accepted, typ=ACCEPTANCE)
    if (named.organisation, accepted.organisation) != (known.origin, known.node):
        raise refusals.NotVerified("organisation")
    placement = judge_placement(
        manifest=named,
        acceptance=accepted,
        origin_statements=signed(known.origin_statements),
        node_statements=signed(known.node_statements),
        federation=known.federation,
        now=now,
    )
    manifest = verify_manifest(said.manifest, key=placement.record_key, federation=known.federation)
    acceptance = verify_acceptance(
        said.accepted, key=placement.node_key, federation=known.federation, manifest_digest=manifest.digest
    )
    return manifest, acceptance


def _judge_line(said: Evidence, manifest: Manifest, *, record_id: str) -> dict[str, Any]:
    line = said.line.encode()
    root = root_from_path(
        record_leaf(line), index=said.line_path.index, size=manifest.count, path=_steps(said.line_path)
    )
    if root != from_base64url(manifest.root):
        raise refusals.NotVerified("line_path")
    try:
        value = parse_canonical(line)
    except NotCanonical as error:
        raise refusals.NotVerified("line_form") from error
    kind = manifest.kind
    if kind not in RECORD_SCHEMAS or value.get("kind") != kind or not is_record(kind, value):
        raise refusals.NotVerified("line_form")
    if value["id"] != record_id:
        # Another record of the same batch would be as well signed.
        raise refusals.NotVerified("another_record")
    return value


def _judge_log(
    said: Evidence, acceptance: VerifiedDocument, known: Known, now: datetime
) -> tuple[bytes, Checkpoint] | None:
    """Return the entry's leaf and the head that holds it; None where nothing is said of the log yet.

    Raises:
        refusals.NotVerified: `log_members`, `place`, `log_path`: the leaf that the paths lead from is not in the log.
    """
    commitment, p_path, log_path, note = said.commitment, said.p_path, said.log_path, said.checkpoint
    if commitment is None or p_path is None or log_path is None or note is None:
        if any(each is not None for each in (commitment, p_path, log_path, note)):
            raise refusals.NotVerified("log_members")
        return None
    if said.place is None or log_path.index != said.place[_INDEX_IN_PLACE]:
        raise refusals.NotVerified("place")
    checkpoint = _judge_head(note, known, now)
    for p in _roots(leaf_hash(acceptance.digest), p_path):
        leaf = leaf_hash(from_base64url(commitment) + p)
        root = root_from_path(leaf, index=log_path.index, size=checkpoint.size, path=_steps(log_path))
        if root == checkpoint.root:
            return leaf, checkpoint
    raise refusals.NotVerified("log_path")


def _judge_head(note: str, known: Known, now: datetime) -> Checkpoint:
    origin = read_body(open_note(note).body).origin
    node, _, epoch = origin.partition("/log/")
    if node != known.node or not epoch.isdecimal():
        raise refusals.NotVerified("checkpoint_origin")
    return verify_by_log_key(note, log=origin, statements=known.node_statements, at=now)


def _roots(leaf: bytes, path: ProofPath) -> set[bytes]:
    """Return the roots that a path leads to, over the numbers of leaves with which it has its length."""
    steps, roots = _steps(path), set()
    for size in range(path.index + 1, min(2 ** len(steps), _MOST_ACCEPTANCES) + 1):
        try:
            roots.add(root_from_path(leaf, index=path.index, size=size, path=steps))
        except refusals.NotVerified:
            continue
    return roots


def _steps(path: ProofPath) -> list[bytes]:
    return [from_base64url(step) for step in path.path]
