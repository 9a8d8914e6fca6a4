"""Accept one pushed batch, whole or not at all.

The order of judgement is the order of the answers: too large (413), not the form (400), not the origin or its role
(403), the id taken (409), and then everything that is wrong with manifest and records at once (422). The stream's row
is locked before anything that another push could change is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from marshmallow import ValidationError

from crypto.batches import stream_id, verify_lines, verify_manifest
from crypto.canonical import canonical_bytes
from crypto.documents import BATCH, UnverifiedDocument, read_document
from crypto.encoding import from_base64url
from crypto.identifiers import is_uuid7
from crypto.keys import public_key_from_bytes
from crypto.refusals import NotVerified
from schemas.answers import BatchOutcome
from schemas.bulk import problems_of
from schemas.manifests import Manifest, ManifestSchema
from server.access import ALLOWANCES
from server.batches import looking_store, store
from server.batches.columns import Columns, columns_of
from server.batches.kinds import KindRules
from server.batches.placing import StreamHead, next_moment, place
from server.batches.reading import Reading, cut, read_records
from server.batches.revising import judge_revisions
from server.errors import BatchIdTaken, NotOrigin, RecordsRefused, RefusedMember, RoleNotAllowed
from server.web.exchange import Answer, Exchange, Node

STREAMS_AT_MOST = 1_000
_CLOCK_DIFFERENCE = timedelta(seconds=60)
# Everyone in the federation may have these; named audiences come with groups.
_OPEN_TLP = frozenset({"CLEAR", "GREEN"})

_manifest_schema = ManifestSchema()


@dataclass(frozen=True, kw_only=True)
class _Push:
    """A pushed batch whose form is right and whose origin is the caller."""

    token: UnverifiedDocument
    manifest: Manifest
    rules: KindRules
    reading: Reading
    columns: Columns
    origin_id: int


def accept(exchange: Exchange, kinds: Mapping[str, KindRules]) -> Answer:
    """Store the batch and return its acceptance: 201, or 200 with the stored one if it is here already."""
    pushed = cut(exchange.body_bytes)
    token = _read_manifest(pushed.manifest)
    rules = kinds.get(str(token.claims.get("kind")))
    reading = read_records(pushed.lines, rules if rules is not None else _any_of(kinds))
    origin_id = _judge_origin(exchange, token, rules, reading)
    manifest = _judge_form(exchange, token, origin_id, rules, reading)
    if rules is None:
        raise RecordsRefused([_of_manifest("/kind", "unsupported_kind")])
    push = _Push(
        token=token,
        manifest=manifest,
        rules=rules,
        reading=reading,
        columns=columns_of(reading.lines),
        origin_id=origin_id,
    )
    # Whatever needs no lock comes before it: other pushes to the stream wait from here until we commit.
    refused = [*reading.refused, *_judge_lines(push)]
    known = _lock_stream(exchange, push)
    if known.stored is not None:
        return _answer_again(exchange, push, known.stored)
    at = next_moment(known.head, exchange.now)
    refused += _judge_manifest(push, known.signer, exchange.node, at)
    refused += _judge_records(exchange, push, known, at)
    if refused:
        raise RecordsRefused(_in_order(refused))
    return _store(exchange, push, known.head, known.signer, at)


def _read_manifest(token: str) -> UnverifiedDocument:
    try:
        return read_document(token, typ=BATCH)
    except NotVerified as error:
        raise RecordsRefused([_of_manifest("", "manifest_not_verified")]) from error


def _any_of(kinds: Mapping[str, KindRules]) -> KindRules:
    # The lines of an unknown kind are still read for their line profile, which is judged before the kind.
    return next(iter(kinds.values()))


def _judge_origin(exchange: Exchange, token: UnverifiedDocument, rules: KindRules | None, reading: Reading) -> int:
    caller = exchange.caller
    if caller.organisation_id is None or not token.organisation == token.claims.get("iss") == caller.organisation:
        raise NotOrigin
    # A withdrawal is taken from its origin whatever role it has lost.
    if rules is not None and not reading.only_withdraws and not caller.roles & ALLOWANCES[rules.permission].roles:
        raise RoleNotAllowed
    return caller.organisation_id


def _judge_form(
    exchange: Exchange, token: UnverifiedDocument, origin_id: int, rules: KindRules | None, reading: Reading
) -> Manifest:
    """Return the manifest in its form; without one there is no stream to look at, so what is wrong is told now."""
    audience = token.claims.get("audience")
    manifest: Manifest | None = None
    refused = []
    if isinstance(audience, dict) and audience.get("tlp") == "RED":
        refused.append(_of_manifest("/audience/tlp", "red_is_for_persons"))
    else:
        try:
            manifest = _manifest_schema.load(token.claims)
        except ValidationError:
            problems = problems_of(_manifest_schema, token.claims)
            refused += [_of_manifest(problem.pointer, problem.code) for problem in problems]
    if rules is None and not refused:
        refused.append(_of_manifest("/kind", "unsupported_kind"))
    if refused or manifest is None:
        _judge_id(exchange, token, origin_id)
        raise RecordsRefused([*refused, *(reading.refused if rules is not None else [])])
    return manifest


def _judge_id(exchange: Exchange, token: UnverifiedDocument, origin_id: int) -> None:
    """Tell that the id is taken before what is wrong with the manifest: what stands under an id was of its form."""
    jti = token.claims.get("jti")
    if (
        isinstance(jti, str)
        and is_uuid7(jti)
        and looking_store.batch_of(exchange.db, origin_id=origin_id, jti=UUID(jti))
    ):
        raise BatchIdTaken


def _lock_stream(exchange: Exchange, push: _Push) -> looking_store.Known:
    channel = looking_store.ChannelName(
        origin_id=push.origin_id,
        kind=push.manifest.kind,
        audience_sha256=sha256(canonical_bytes(push.token.claims["audience"])).digest(),
    )

    def locked() -> looking_store.Known | None:
        return looking_store.lock_and_look(
            exchange.db,
            channel=channel,
            jti=UUID(push.manifest.jti),
            thumbprint=from_base64url(push.token.thumbprint, length=32),
            columns=push.columns,
        )

    known = locked()
    if known is None:
        _open_stream(exchange, push, channel.audience_sha256)
        known = locked()
    if known is None:
        raise LookupError("the stream was opened and is not there")
    return known


def _open_stream(exchange: Exchange, push: _Push, audience_sha256: bytes) -> None:
    epoch = store.current_epoch(exchange.db)
    _judge_streams(exchange, push, epoch)
    named = stream_id(
        federation=exchange.node.settings.federation,
        origin=exchange.caller.organisation,
        kind=push.manifest.kind,
        audience=push.token.claims["audience"],
        about=push.manifest.about,
        log=f"{exchange.node.settings.log_name}/{epoch}",
    )
    store.open_stream(
        exchange.db,
        sha256=from_base64url(named, length=32),
        origin_id=push.origin_id,
        kind=push.manifest.kind,
        audience=push.manifest.audience,
        audience_sha256=audience_sha256,
        epoch=epoch,
    )


def _judge_streams(exchange: Exchange, push: _Push, epoch: int) -> None:
    # Every stream is a row that its pushes take turns on, and an audience that every reader's interval is opened for.
    if store.live_streams(exchange.db, origin_id=push.origin_id, epoch=epoch, now=exchange.now) >= STREAMS_AT_MOST:
        raise RecordsRefused(_in_order([_of_manifest("/audience", "too_many_streams"), *push.reading.refused]))


def _answer_again(exchange: Exchange, push: _Push, stored: looking_store.StoredBatch) -> Answer:
    if stored.manifest_sha256 != push.token.digest:
        raise BatchIdTaken
    accepted = orjson.loads(stored.head.split(b"\n")[1])["accepted"]
    exchange.facts.tlp = push.manifest.audience.tlp
    exchange.facts.records = 0
    outcome = BatchOutcome(batch=push.manifest.jti, accepted=accepted, count=stored.record_count)
    return Answer(status=HTTPStatus.OK, value=outcome)


def _judge_manifest(push: _Push, signer: looking_store.Signer, node: Node, at: datetime) -> list[RefusedMember]:
    manifest, refused = push.manifest, []
    try:
        _verify(push, signer, node, at)
    except NotVerified:
        refused.append(_of_manifest("", "manifest_not_verified"))
    if manifest.schema != push.rules.schema:
        refused.append(_of_manifest("/schema", "unknown_schema"))
    if manifest.audience.tlp not in _OPEN_TLP:
        refused.append(_of_manifest("/audience/tlp", "unsupported_audience"))
    if manifest.iat > at + _CLOCK_DIFFERENCE:
        refused.append(_of_manifest("/iat", "in_the_future"))
    if manifest.expires <= at:
        refused.append(_of_manifest("/expires", "expired"))
    if manifest.about is not None:
        refused.append(_of_manifest("/about", "rule_about"))
    return refused


def _judge_lines(push: _Push) -> list[RefusedMember]:
    try:
        verify_lines(push.token.claims, push.reading.leaves)
    except NotVerified as error:
        return [_of_manifest(f"/{error.reason}", "manifest_not_verified")]
    return []


def _verify(push: _Push, signer: looking_store.Signer, node: Node, at: datetime) -> None:
    """Check that the origin's record key signed the manifest, and that key and statements hold at `at`.

    Raises:
        NotVerified: they do not.
    """
    if signer.x is None or signer.use != "record" or signer.revoked_at is not None:
        raise NotVerified("record_key")
    if signer.valid_from is None or at < signer.valid_from:
        raise NotVerified("not_yet")
    if signer.valid_until is not None and at >= signer.valid_until:
        raise NotVerified("ended")
    if signer.home != node.settings.node:
        raise NotVerified("home")
    if at >= signer.statement_exp or signer.statement_iat > at + _CLOCK_DIFFERENCE:
        raise NotVerified("statement")
    if at >= signer.node_statement_exp or signer.node_statement_iat > at + _CLOCK_DIFFERENCE:
        raise NotVerified("node_statement")
    verify_manifest(push.token.token, key=public_key_from_bytes(signer.x), federation=node.settings.federation)


def _judge_records(exchange: Exchange, push: _Push, known: looking_store.Known, at: datetime) -> list[RefusedMember]:
    refused = judge_revisions(
        push.reading.lines, known.revisions, channel_id=known.head.channel_id, expires_at=push.manifest.expires
    )
    for taken in known.taken:
        if taken.expires_at <= at:
            store.give_up(exchange.db, taken)
        else:
            refused.append(RefusedMember(index=taken.index, pointer="/value", code="value_already_shared"))
    if known.revisions and not refused:
        ids = [revision.id_bytes for revision in known.revisions]
        store.supersede(exchange.db, origin_id=push.origin_id, ids=ids)
    return refused


def _store(exchange: Exchange, push: _Push, head: StreamHead, signer: looking_store.Signer, at: datetime) -> Answer:
    placement = place(
        exchange.node,
        head,
        manifest_sha256=push.token.digest,
        statement_sha256=signer.statement_sha256,
        node_statement_sha256=signer.node_statement_sha256,
        at=at,
    )
    manifest_line, _, body = exchange.body_bytes.partition(b"\n")
    head_bytes = b'%b\n{"accepted":"%b"}\n' % (manifest_line, placement.acceptance.encode("ascii"))
    document = head_bytes + body
    batch = store.NewBatch(
        origin_id=push.origin_id,
        jti=UUID(push.manifest.jti),
        manifest_sha256=push.token.digest,
        record_count=push.manifest.count,
        expires_at=push.manifest.expires,
        entry_id=exchange.request_id,
        entry_position=0,
        record_key=from_base64url(push.token.thumbprint, length=32),
        node_key=from_base64url(exchange.node.key.thumbprint, length=32),
        head=head_bytes,
        head_sha256=sha256(head_bytes).digest(),
        document=document,
        document_sha256=sha256(document).digest(),
        statement_seq=signer.statement_seq,
    )
    store.insert_batch(exchange.db, head, placement, batch, push.columns)
    exchange.facts.records = push.manifest.count
    exchange.facts.tlp = push.manifest.audience.tlp
    exchange.facts.acceptances.append(placement.acceptance_sha256)
    outcome = BatchOutcome(batch=push.manifest.jti, accepted=placement.acceptance, count=push.manifest.count)
    return Answer(status=HTTPStatus.CREATED, value=outcome)


def _of_manifest(pointer: str, code: str) -> RefusedMember:
    return RefusedMember(index=None, pointer=pointer, code=code)


def _in_order(refused: list[RefusedMember]) -> list[RefusedMember]:
    unique: dict[tuple[Any, ...], RefusedMember] = {
        (member.index, member.pointer, member.code): member for member in refused
    }
    return sorted(
        unique.values(),
        key=lambda member: (-1 if member.index is None else member.index, member.pointer, member.code),
    )
