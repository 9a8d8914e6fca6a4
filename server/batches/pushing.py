"""Accept one pushed batch, whole or not at all.

The order of judgement is the order of the answers: too large (413), not the form (400), not the origin or its role
(403), the id taken (409), and then everything that is wrong with manifest and records at once (422). The stream's row
is locked before anything that another push could change is read.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID

import orjson

from crypto.batches import stream_id, verify_lines, verify_manifest
from crypto.canonical import canonical_bytes
from crypto.encoding import from_base64url
from crypto.keys import public_key_from_bytes
from crypto.refusals import NotVerified
from schemas.answers import BatchOutcome
from server.batches import looking_store, store
from server.batches.addressing import judge_groups, judge_organisations
from server.batches.kinds import KindRules, Pushed
from server.batches.placing import next_moment, place
from server.batches.receiving import Push, in_order, of_manifest, receive, refused_without_stream
from server.batches.revising import judge_revisions
from server.errors import BatchIdTaken, RecordsRefused, RefusedMember
from server.retention.marking import mark_legal
from server.sharing import changing
from server.web.exchange import Answer, Exchange, Node

STREAMS_AT_MOST = 1_000
_CLOCK_DIFFERENCE = timedelta(seconds=60)


def accept(exchange: Exchange, kinds: Mapping[str, KindRules]) -> Answer:
    """Store the batch and return its acceptance: 201, or 200 with the stored one if it is here already."""
    push = receive(exchange, kinds)
    # Whatever needs no lock comes before it: other pushes to the stream wait from here until we commit.
    refused = [*push.reading.refused, *_judge_lines(push)]
    if push.rules.judge_form is not None:
        refused += push.rules.judge_form(push.manifest, push.reading.lines)
    if push.rules.take_locks is not None:
        push.rules.take_locks(exchange.db)
    known = _lock_stream(exchange, push)
    if known.stored is not None:
        return _answer_again(exchange, push, known.stored)
    at = next_moment(known.head, exchange.now)
    refused += _judge_manifest(push, known.signer, exchange.node, at)
    refused += _judge_audience(exchange, push)
    pushed = _as_its_kind_sees_it(exchange, push, known, at)
    refused += _judge_records(pushed, push, known)
    if refused:
        raise RecordsRefused(in_order(refused))
    return _store(exchange, push, known, pushed)


def _lock_stream(exchange: Exchange, push: Push) -> looking_store.Known:
    channel = looking_store.ChannelName(
        origin_id=push.origin_id,
        kind=push.manifest.kind,
        audience_sha256=sha256(canonical_bytes(push.token.claims["audience"])).digest(),
        about_id=push.about_id,
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
        _open_stream(exchange, push, channel)
        known = locked()
    if known is None:
        raise LookupError("the stream was opened and is not there")
    return known


def _open_stream(exchange: Exchange, push: Push, channel: looking_store.ChannelName) -> None:
    epoch = store.current_epoch(exchange.db)
    _judge_streams(exchange, push, epoch)
    # Before any stream: whoever holds this lock may wait for one.
    changing.lock_access(exchange.db)
    _judge_names(exchange, push)
    audience_id = store.open_audience(exchange.db, push.manifest.audience, sha256=channel.audience_sha256)
    if audience_id is not None:
        changing.open_audience(exchange.db, entry_id=exchange.request_id, audience_id=audience_id, now=exchange.now)
    named = stream_id(
        federation=exchange.node.settings.federation,
        origin=exchange.caller.organisation,
        kind=push.manifest.kind,
        audience=push.token.claims["audience"],
        about=push.manifest.about,
        log=f"{exchange.node.settings.log_name}/{epoch}",
    )
    store.open_stream(exchange.db, channel, sha256=from_base64url(named, length=32), epoch=epoch)


def _judge_streams(exchange: Exchange, push: Push, epoch: int) -> None:
    # Every stream is a row that its pushes take turns on, and an audience that every reader's interval is opened for.
    count = store.streams_with_one_more(
        exchange.db, origin_id=push.origin_id, about_id=push.about_id, epoch=epoch, now=exchange.now
    )
    if count > STREAMS_AT_MOST:
        raise refused_without_stream(exchange, push, [of_manifest("/audience", "too_many_streams")])


def _judge_names(exchange: Exchange, push: Push) -> None:
    """Refuse a stream to names that are not known. What only withdraws finds no record of its own in a new stream."""
    if push.reading.only_withdraws:
        return
    refused = judge_organisations(exchange.db, push.manifest.audience)
    refused += _judge_audience(exchange, push)
    if refused:
        raise refused_without_stream(exchange, push, refused)


def _judge_audience(exchange: Exchange, push: Push) -> list[RefusedMember]:
    # A withdrawal is taken from its origin whatever group it has lost: a list must be mendable.
    if push.reading.only_withdraws or push.rules.names_itself:
        return []
    return judge_groups(exchange.db, push.manifest.audience, organisation_id=push.origin_id, now=exchange.now)


def _as_its_kind_sees_it(exchange: Exchange, push: Push, known: looking_store.Known, at: datetime) -> Pushed:
    return Pushed(
        db=exchange.db,
        entry_id=exchange.request_id,
        origin_id=push.origin_id,
        about_id=push.about_id,
        audience_id=known.head.audience_id,
        manifest=push.manifest,
        lines=push.reading.lines,
        known=known.revisions,
        at=at,
    )


def _answer_again(exchange: Exchange, push: Push, stored: looking_store.StoredBatch) -> Answer:
    if stored.manifest_sha256 != push.token.digest:
        raise BatchIdTaken
    accepted = orjson.loads(stored.head.split(b"\n")[1])["accepted"]
    exchange.facts.tlp = push.manifest.audience.tlp
    exchange.facts.records = 0
    outcome = BatchOutcome(batch=push.manifest.jti, accepted=accepted, count=stored.record_count)
    return Answer(status=HTTPStatus.OK, value=outcome)


def _judge_manifest(push: Push, signer: looking_store.Signer, node: Node, at: datetime) -> list[RefusedMember]:
    manifest, refused = push.manifest, []
    try:
        _verify(push, signer, node, at)
    except NotVerified:
        refused.append(of_manifest("", "manifest_not_verified"))
    if manifest.schema != push.rules.schema:
        refused.append(of_manifest("/schema", "unknown_schema"))
    if manifest.iat > at + _CLOCK_DIFFERENCE:
        refused.append(of_manifest("/iat", "in_the_future"))
    if manifest.expires <= at:
        refused.append(of_manifest("/expires", "expired"))
    return refused


def _judge_lines(push: Push) -> list[RefusedMember]:
    try:
        verify_lines(push.token.claims, push.reading.leaves)
    except NotVerified as error:
        return [of_manifest(f"/{error.reason}", "manifest_not_verified")]
    return []


def _verify(push: Push, signer: looking_store.Signer, node: Node, at: datetime) -> None:
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


def _judge_records(pushed: Pushed, push: Push, known: looking_store.Known) -> list[RefusedMember]:
    refused = judge_revisions(
        pushed.lines, known.revisions, channel_id=known.head.channel_id, expires_at=push.manifest.expires
    )
    if push.rules.judge is not None:
        refused += push.rules.judge(pushed)
    for taken in known.taken:
        if taken.expires_at <= pushed.at:
            store.give_up(pushed.db, taken)
        else:
            refused.append(RefusedMember(index=taken.index, pointer="/value", code="value_already_shared"))
    if known.revisions and not refused:
        ids = [revision.id_bytes for revision in known.revisions]
        store.supersede(pushed.db, origin_id=push.origin_id, ids=ids)
    return refused


def _store(exchange: Exchange, push: Push, known: looking_store.Known, pushed: Pushed) -> Answer:
    placement = place(
        exchange.node,
        known.head,
        manifest_sha256=push.token.digest,
        statement_sha256=known.signer.statement_sha256,
        node_statement_sha256=known.signer.node_statement_sha256,
        at=pushed.at,
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
        statement_seq=known.signer.statement_seq,
    )
    store.insert_batch(exchange.db, known.head, placement, batch, push.columns)
    if push.rules.store is not None:
        push.rules.store(pushed)
    legal = [line.id_bytes for line in push.reading.lines if line.is_legal]
    if legal:
        mark_legal(exchange.db, origin_id=push.origin_id, record_ids=legal, now=pushed.at)
    exchange.facts.records = push.manifest.count
    exchange.facts.tlp = push.manifest.audience.tlp
    exchange.facts.acceptances.append(placement.acceptance_sha256)
    outcome = BatchOutcome(batch=push.manifest.jti, accepted=placement.acceptance, count=push.manifest.count)
    return Answer(status=HTTPStatus.CREATED, value=outcome)
