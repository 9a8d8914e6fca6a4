"""Take checkpoints of other nodes' logs, and answer with a cosignature (C2SP tlog-witness `add-checkpoint`)."""

from datetime import UTC, datetime
from http import HTTPStatus

import structlog

from crypto.cosignatures import MOST_REQUEST_BYTES, SIZE_MEDIA_TYPE
from crypto.policies import PolicyRefused
from server.errors import CheckpointConflicts, CheckpointNotSigned, ConsistencyNotProven, MalformedBody, NotFound
from server.web.endpoints import Body, Endpoints
from server.web.exchange import Page, Visit
from server.witnessing import cosigning
from server.witnessing.cosigning import OtherSize
from server.witnessing.files import NoWitnessKey, policy_in, witness_key_in

PREFIX = "/v1/witness"
TEXT = "text/plain; charset=utf-8"

witnessing = Endpoints(name="witnessing", description="As a witness of other nodes' logs (C2SP tlog-witness).")

log = structlog.get_logger()


@witnessing.public_post(
    f"{PREFIX}/add-checkpoint",
    body=Body(media_type=TEXT, limit_bytes=MOST_REQUEST_BYTES),
    media_type=TEXT,
    refusals=(MalformedBody, NotFound, CheckpointNotSigned, CheckpointConflicts, ConsistencyNotProven),
)
def add_checkpoint(visit: Visit) -> bytes | Page:
    """Cosign a checkpoint of a watched log that continues the one before; 409 with a size: prove from that one."""
    settings = visit.node.settings
    try:
        key, policy = witness_key_in(settings.home), policy_in(settings.home)
    except NoWitnessKey:
        log.error("witness_key_unusable")  # noqa: TRY400 - the operator sees the sentence in `witness list`
        raise NotFound from None
    except PolicyRefused as refused:
        log.error("witness_policy_refused", reason=refused.reason, line=refused.line)  # noqa: TRY400 - it says all
        raise NotFound from None
    handed = cosigning.read(visit.body_bytes, policy)
    if key is None:
        raise NotFound
    visit.take(f"log {handed.checkpoint.origin}")
    try:
        line = cosigning.witness(visit.pool, handed, name=settings.node, key=key, clock=_now)
    except OtherSize as other:
        return Page(body_bytes=b"%d\n" % other.size, media_type=SIZE_MEDIA_TYPE, status=HTTPStatus.CONFLICT.value)
    return line.encode()


def _now() -> datetime:
    return datetime.now(UTC)
