"""Tell what organisations say of a record."""

from uuid import UUID

from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from schemas.evidence import OpinionCounts, OpinionCountsSchema
from server.access import Permission
from server.errors import NotFound
from server.opinions import counting
from server.web.endpoints import Endpoints
from server.web.exchange import Exchange

opinions = Endpoints(name="opinions", description="What organisations say of each other's records, counted.")


@opinions.get(
    "/v1/records/<origin>/<record_id>/opinions",
    permission=Permission.READ_OPINIONS,
    answer=OpinionCountsSchema(),
    refusals=(NotFound,),
)
def read_opinions(exchange: Exchange, origin: str, record_id: str) -> OpinionCounts:
    """Read how many opinions on a record, of those that the caller may see, give each verdict."""
    if not is_uuid7(record_id) or not is_organisation(origin):
        raise NotFound
    return counting.count_opinions(exchange, origin, UUID(record_id))
