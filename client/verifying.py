"""Verify a saved page or batch file offline: by the statements that are known here, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from client.failures import NotVerified
from client.judging import JudgedBatch, judge_batch, read_named
from client.known import signed
from client.trusting import Trust
from crypto import refusals
from crypto.batches import ChainHead, MalformedDocument, StoredDocument, split_documents, verify_chain_step


@dataclass(frozen=True, kw_only=True)
class VerifiedFile:
    """What a file proves: its batches, in order; `records` counts lines that came, `erased` those that did not."""

    batches: Sequence[JudgedBatch]
    records: int
    erased: int
    set_aside: int
    other_lines: int


def verify_file(data: bytes, *, trust: Trust, now: datetime) -> VerifiedFile:
    """Return what the placed batches of a file prove.

    Batches of one stream must stand in its order; between them a file may leave out others.

    Raises:
        NotVerified: something in it is not to be believed; `unknown_origin`: no statement of it is known here.
    """
    try:
        parts = split_documents(data)
    except MalformedDocument as error:
        raise NotVerified(f"file_{error.reason}") from error
    judged = [_judge(part, trust, now) for part in parts if isinstance(part, StoredDocument)]
    if not judged:
        raise NotVerified("file_empty")
    _check_chains(judged)
    return VerifiedFile(
        batches=judged,
        records=sum(len(one.lines) for one in judged),
        erased=sum(len(one.erased) for one in judged),
        set_aside=sum(one.set_aside is not None for one in judged),
        other_lines=len(parts) - len(judged),
    )


def _judge(document: StoredDocument, trust: Trust, now: datetime) -> JudgedBatch:
    named = read_named(document)
    if not trust.statements(named.origin):
        raise NotVerified("unknown_origin", about=named.origin)
    anchors = trust.anchors
    return judge_batch(
        named,
        origin_statements=signed(trust.statements(named.origin)),
        node_statements=signed(trust.statements(anchors.node)),
        node=anchors.node,
        federation=anchors.federation,
        now=now,
    )


def _check_chains(batches: Sequence[JudgedBatch]) -> None:
    heads: dict[str, ChainHead] = {}
    for batch in batches:
        stream = batch.placement.stream
        previous = heads.get(stream)
        if previous is not None and batch.placement.seq > previous.seq + 1:
            previous = None
        try:
            heads[stream] = verify_chain_step(
                batch.acceptance, statement_seq=batch.placement.statement_seq, previous=previous
            )
        except refusals.NotVerified as error:
            raise NotVerified(error.reason, about=batch.origin) from error
