"""Hand out feed pages, single records with their evidence, and stream heads."""

import re
from uuid import UUID

from crypto.encoding import from_base64url
from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from crypto.refusals import NotVerified
from schemas.evidence import Evidence, EvidenceSchema, StreamHeads, StreamHeadsSchema
from server.access import Permission
from server.errors import BadCursor, BadQuery, NotFound, RestartFeed
from server.feed import looking_up, paging
from server.feed.permits import PagePermits
from server.web.endpoints import NDJSON, Endpoints, Parameter
from server.web.exchange import Answer, Exchange

_NAME = r"[a-z0-9.-]{3,100}"
_AFTER = Parameter(
    name="after", form=re.compile(r"[A-Za-z0-9_-]{1,200}"), meaning="the cursor `next` of the page before"
)
_DIGEST_BYTES = 32


def declare_feed(*, page_builds: int) -> Endpoints:
    """Return the feed's endpoints, with at most `page_builds` pages in one process's memory at once."""
    feed = Endpoints(name="feed", description="What an organisation may have, in log order.")
    permits = PagePermits(most=page_builds)

    @feed.get(
        "/v1/feed",
        permission=Permission.READ_FEED,
        answer=None,
        media_type=NDJSON,
        refusals=(BadCursor, RestartFeed),
        query=(
            _AFTER,
            Parameter(
                name="limit",
                form=re.compile(r"[1-9][0-9]{0,3}|[1-4][0-9]{4}|50000"),
                meaning="records a page at most, 1 to 50,000 (4,096)",
            ),
            Parameter(
                name="kind", form=re.compile(r"signal|incident|opinion|group"), meaning="batches of one kind only"
            ),
            Parameter(name="origin", form=re.compile(_NAME), meaning="batches of one origin only"),
            Parameter(name="own", form=re.compile(r"true|false"), meaning="whether one's own batches come too (true)"),
        ),
    )
    def read_feed(exchange: Exchange) -> Answer:
        """Read one page of the caller's feed: documents, then the line `page`."""
        return paging.read_page(exchange, permits)

    @feed.get(
        "/v1/records/<origin>/<record_id>",
        permission=Permission.READ_RECORD,
        answer=EvidenceSchema(),
        refusals=(NotFound,),
    )
    def read_record(exchange: Exchange, origin: str, record_id: str) -> Evidence:
        """Read the newest revision of one record with everything that proves it."""
        if not is_uuid7(record_id) or not is_organisation(origin):
            raise NotFound
        return looking_up.find_record(exchange, origin, UUID(record_id))

    @feed.get(
        "/v1/streams",
        permission=Permission.READ_STREAMS,
        answer=StreamHeadsSchema(),
        refusals=(BadQuery,),
        query=(Parameter(name="after", form=re.compile(r"[A-Za-z0-9_-]{43}"), meaning="the last `stream` seen"),),
    )
    def read_streams(exchange: Exchange) -> StreamHeads:
        """Read the heads of the streams that the caller may see, ordered by name."""
        after = b""
        if "after" in exchange.query:
            try:
                after = from_base64url(exchange.query["after"], length=_DIGEST_BYTES)
            except NotVerified as error:
                raise BadQuery from error
        return looking_up.list_streams(exchange, after=after)

    return feed
