"""Give a batch its signed place: the next number of its stream, after the one before, at a time that never falls."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from crypto.documents import ACCEPTANCE, document_digest, sign_document
from crypto.encoding import to_base64url
from server.errors import Busy
from server.web.exchange import Node

# Readers hold a place that is further ahead of their clocks than 120 s, and with it all that follow in its stream.
_AHEAD_AT_MOST = timedelta(seconds=60)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class StreamHead:
    """The newest place of a stream, its row locked; `seq` 0 where there is none yet."""

    stream_id: int
    channel_id: int
    audience_id: int
    sha256: bytes
    epoch: int
    seq: int
    head_sha256: bytes | None
    accepted_at: datetime | None
    statement_seq: int


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A batch's place, signed: what is stored, served, and answered."""

    acceptance: str
    acceptance_sha256: bytes
    seq: int
    accepted_at: datetime


def next_moment(head: StreamHead, now: datetime) -> datetime:
    """Return the time of the next place: whole seconds, never before the one that stands.

    Raises:
        Busy: the place that stands is ahead of `now`. This node's clock once leapt: to place more behind it would have
            readers hold what they could have.
    """
    moment = now.astimezone(UTC).replace(microsecond=0)
    if head.accepted_at is None:
        return moment
    if head.accepted_at > now + _AHEAD_AT_MOST:
        log.error("stream_ahead_of_clock", stream_id=head.stream_id, seconds=(head.accepted_at - now).total_seconds())
        raise Busy
    return max(moment, head.accepted_at)


def place(
    node: Node,
    head: StreamHead,
    *,
    manifest_sha256: bytes,
    statement_sha256: bytes,
    node_statement_sha256: bytes,
    at: datetime,
) -> Placement:
    """Return the acceptance that follows `head`; whoever calls holds the lock on its row."""
    claims = {
        "v": 1,
        "federation": node.settings.federation,
        "iss": node.settings.node,
        "manifest_sha256": to_base64url(manifest_sha256),
        "statement_sha256": to_base64url(statement_sha256),
        "node_statement_sha256": to_base64url(node_statement_sha256),
        "stream": to_base64url(head.sha256),
        "seq": head.seq + 1,
        "prev": None if head.head_sha256 is None else to_base64url(head.head_sha256),
        "log": f"{node.settings.log_name}/{head.epoch}",
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    acceptance = sign_document(claims, typ=ACCEPTANCE, key=node.key, keyid=node.keyid)
    return Placement(
        acceptance=acceptance,
        acceptance_sha256=document_digest(acceptance),
        seq=head.seq + 1,
        accepted_at=at,
    )
