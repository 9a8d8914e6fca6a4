"""Take batches in."""

from collections.abc import Mapping
from http import HTTPStatus

from schemas.answers import BatchOutcomeSchema
from server.access import Permission
from server.batches import pushing
from server.batches.kinds import KindRules
from server.errors import BatchIdTaken, MalformedBody, NotOrigin, RecordsRefused
from server.web.endpoints import NDJSON, Body, Endpoints
from server.web.exchange import Answer, Exchange

DOCUMENT_LIMIT_BYTES = 8 * 1024 * 1024


def declare_batches(kinds: Mapping[str, KindRules]) -> Endpoints:
    """Return the endpoints that take batches of these kinds."""
    batches = Endpoints(name="batches", description="Signed batches of records, pushed by their origin.")

    @batches.post(
        "/v1/batches",
        permission=Permission.PUSH_BATCH,
        body=Body(media_type=NDJSON, limit_bytes=DOCUMENT_LIMIT_BYTES),
        answer=BatchOutcomeSchema(),
        status=(HTTPStatus.CREATED, HTTPStatus.OK),
        refusals=(MalformedBody, NotOrigin, BatchIdTaken, RecordsRefused),
    )
    def push_batch(exchange: Exchange) -> Answer:
        """Store one signed batch, whole or not at all."""
        return pushing.accept(exchange, kinds)

    return batches
