"""Evidence that a node suppressed or falsified an entry: signed by the node itself, for anybody to check offline.

The node's answer to an act names the entry's leaf, its receipt. What convicts the node is a second answer or document
of its own that cannot be true beside it:

- `missing`: a day later it signs that there is no such entry;
- `not_placed`: a day later it signs that the entry has no place in the log yet;
- `false_entry`: what it opens does not make the leaf, or says something else than the signed request and its answer;
- `other_leaf`: it signs that the entry stands at an index, and a head of the log in which another leaf stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import orjson
from marshmallow import ValidationError

from client.anchors import Anchors
from client.answer import Answer
from client.auditing.heads import verify_by_log_key
from client.failures import NodeRootDiffers, NotVerified, RootChanged
from client.judging import Named
from client.known import KnownStatement, extend_chain
from client.pages import read_contents, served_by
from client.receipts import finding, opened_entry
from client.state.receipts import Receipt
from client.wire import load
from crypto import refusals
from crypto.acts import read_signed_base
from crypto.canonical import NotCanonical, parse_json
from crypto.claims import public_key_of
from crypto.encoding import from_base64url, to_base64url
from crypto.keys import split_keyid
from crypto.merkle import root_from_path
from crypto.message_form import digest_field
from crypto.messages import SignedRequest, verify_response
from crypto.statements import key_at
from schemas.answers import BatchOutcomeSchema
from schemas.problems import ProblemSchema
from schemas.suppressions import (
    LeafThere,
    SignedExchange,
    Suppression,
    SuppressionSchema,
)

DAY_SECONDS = 86_400
_NOT_FOUND = 404
_OK = 200
_CREATED = 201


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What evidence proves: which kind of suppression, of which act of whom, when it was answered."""

    what: str
    detail: str
    node: str
    organisation: str
    leaf: str
    target: str
    answered_at: datetime


def act_of(kept: Receipt) -> SignedExchange | None:
    """Return the exchange behind a receipt; None where an older release kept too little of it."""
    if kept.content_type is None or not kept.signature_input or not kept.answer_signature or kept.answered_at is None:
        return None
    return SignedExchange(
        base=kept.signature_base.decode("ascii"),
        signature=kept.signature,
        status=kept.status,
        content_type=kept.content_type,
        body_sha256=kept.response_sha256,
        receipt=kept.leaf,
        answered_at=kept.answered_at,
        signature_input=kept.signature_input,
        answer_signature=kept.answer_signature,
        body=None,
    )


def look_up_of(answer: Answer) -> SignedExchange:
    """Return the exchange in which the node was asked for the entry, with the body of its answer."""
    return SignedExchange(
        base=answer.request.base.decode("ascii"),
        signature=to_base64url(answer.request.signature),
        status=answer.status,
        content_type=answer.content_type,
        body_sha256=answer.body_sha256,
        receipt=answer.receipt or None,
        answered_at=answer.created,
        signature_input=answer.signature_input,
        answer_signature=answer.signature,
        body=answer.body.decode("utf-8", errors="replace"),
    )


def evidence_bytes(one: Suppression) -> bytes:
    """Return evidence as it is written to a file."""
    return orjson.dumps(SuppressionSchema().dump(one), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_evidence_file(data: bytes) -> Suppression:
    """Return the evidence that a file holds; nothing of it is proven.

    Raises:
        NotVerified: `evidence_form`.
    """
    try:
        one: Suppression = SuppressionSchema().load(parse_json(data))
    except (NotCanonical, ValidationError) as error:
        raise NotVerified("evidence_form") from error
    return one


def prove(one: Suppression, *, node_root: str, answer: bytes | None = None) -> Proven:
    """Return what evidence proves, by the node's own signatures alone.

    `answer` is the body that the act was answered with, if it was kept: with it the entry's counts are judged, too.

    Raises:
        NodeRootDiffers, NotVerified: the node did not sign what is shown; `nothing_proven`: it did, and nothing in it
            contradicts itself; `other_answer`: that is not what the act was answered with.
    """
    anchors = Anchors(federation=one.federation, node=one.node, node_root=node_root)
    statements = _node_statements(anchors, one.statements)
    request = _verify(one.act, statements)
    asked = _verify(one.look_up, statements)
    if one.act.receipt is None or not asked.target_uri.endswith(f"/v1/log/entries/{one.act.receipt}"):
        raise NotVerified("nothing_proven")
    what, detail = _judge(one, request, statements, answer)
    return Proven(
        what=what,
        detail=detail,
        node=one.node,
        organisation=request.organisation,
        leaf=one.act.receipt,
        target=request.target_uri,
        answered_at=datetime.fromtimestamp(one.act.answered_at, tz=UTC),
    )


def _judge(
    one: Suppression, request: SignedRequest, statements: Sequence[KnownStatement], answer: bytes | None
) -> tuple[str, str]:
    body = (one.look_up.body or "").encode()
    is_late = one.look_up.answered_at - one.act.answered_at >= DAY_SECONDS
    if one.look_up.status == _NOT_FOUND and is_late and _code_of(body) == "not_found":
        return "missing", ""
    if one.look_up.status != _OK:
        raise NotVerified("nothing_proven")
    records, served = _moved(one, request, answer)
    kept = Receipt(
        leaf=one.act.receipt or "",
        action=one.action,
        target="/" + request.target_uri.split("/", 3)[3],
        signature_base=request.base,
        signature=one.act.signature,
        status=one.act.status,
        response_sha256=one.act.body_sha256,
        # What came with the answer is its partner's word alone, unless it is shown.
        records=records,
        served=served,
    )
    found = finding(kept, body, is_answer_known=answer is not None)
    if found is not None:
        return "false_entry", found
    opened = opened_entry(body)
    if opened.index is None and is_late:
        return "not_placed", ""
    if opened.index is not None and one.checkpoint is not None and one.leaf_there is not None:
        _prove_other_leaf(one, statements, opened.index, one.checkpoint, one.leaf_there)
        return "other_leaf", ""
    raise NotVerified("nothing_proven")


def _moved(one: Suppression, request: SignedRequest, answer: bytes | None) -> tuple[int | None, str | None]:
    """Return how many records an answer carried, and the root over what a page served; None where it is not shown."""
    if answer is None:
        return None, None
    if to_base64url(sha256(answer).digest()) != one.act.body_sha256:
        raise NotVerified("other_answer")
    if one.action == "read_feed" and one.act.status == _OK:
        after = dict(parse_qsl(urlsplit(request.target_uri).query)).get("after")
        contents = read_contents(answer, after=after)
        named = [item for item in contents.items if isinstance(item, Named)]
        return contents.page.records, served_by(named)
    if one.action == "push_batch" and one.act.status == _CREATED:
        count: int = load(BatchOutcomeSchema(), answer).count
        return count, None
    return None, None


def _prove_other_leaf(
    one: Suppression, statements: Sequence[KnownStatement], index: int, note: str, there: LeafThere
) -> None:
    claims = statements[-1].signed.claims
    log = note.partition("\n")[0]
    if not log.startswith(f"{one.node}/log/"):
        raise NotVerified("nothing_proven")
    head = verify_by_log_key(note, log=log, statements=statements, at=claims.iat)
    try:
        leaf = from_base64url(there.leaf, length=32)
        path = [from_base64url(step, length=32) for step in there.path]
        reached = root_from_path(leaf, index=index, size=head.size, path=path)
    except refusals.NotVerified as error:
        raise NotVerified("nothing_proven") from error
    if reached != head.root or there.leaf == one.act.receipt:
        raise NotVerified("nothing_proven")


def _node_statements(anchors: Anchors, tokens: Sequence[str]) -> list[KnownStatement]:
    try:
        chain = extend_chain(
            [],
            tokens,
            organisation=anchors.node,
            federation=anchors.federation,
            pinned=anchors.node_root,
            is_replaced=lambda _statement: False,
        )
    except RootChanged as failure:
        raise NodeRootDiffers(anchors.node, failure.thumbprint, pinned=anchors.node_root) from failure
    if not chain:
        raise NotVerified("evidence_form", about=anchors.node)
    return chain


def _verify(one: SignedExchange, statements: Sequence[KnownStatement]) -> SignedRequest:
    """Return the request of an exchange whose answer the node's key has signed for it."""
    node = statements[-1].signed.claims.iss
    keyid = one.signature_input.partition('keyid="')[2].partition('"')[0]
    try:
        request = read_signed_base(one.base.encode(), signature=from_base64url(one.signature, length=64))
        digest = from_base64url(one.body_sha256, length=32)
        organisation, thumbprint = split_keyid(keyid)
        claim = key_at(
            statements[-1].signed.claims, thumbprint, use="node", at=datetime.fromtimestamp(one.answered_at, tz=UTC)
        )
        headers = [
            ("content-type", one.content_type),
            ("content-digest", digest_field(digest)),
            ("signature-input", one.signature_input),
            ("signature", one.answer_signature),
        ]
        if one.receipt is not None:
            headers.append(("havre-receipt", one.receipt))
        said = verify_response(
            request=request,
            status=one.status,
            headers=headers,
            body=None,
            body_digest=digest,
            key=public_key_of(claim.jwk),
            keyid=keyid,
            now=one.answered_at,
        )
    except (refusals.NotVerified, UnicodeEncodeError) as error:
        raise NotVerified("evidence_signature", about=node) from error
    if organisation != node or said.created != one.answered_at:
        raise NotVerified("evidence_signature", about=node)
    if one.body is not None and sha256(one.body.encode()).digest() != digest:
        raise NotVerified("evidence_signature", about=node)
    return request


def _code_of(body: bytes) -> str:
    try:
        code: str = ProblemSchema().load(parse_json(body)).code
    except (NotCanonical, ValidationError):
        return ""
    return code
