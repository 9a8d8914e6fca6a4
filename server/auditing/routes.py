"""Let auditors search, count and take away the trail; what they asked is entered like any other act.

The exposure reports' endpoints are `exposing_routes`'.
"""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from http import HTTPStatus

from crypto.encoding import to_base64url
from schemas.trail import (
    ENTRIES_A_PAGE,
    DayOfTrail,
    DaysOfTrail,
    DaysOfTrailSchema,
    FacetCounts,
    FacetCountsSchema,
    FoundEntries,
    FoundEntriesSchema,
    FoundEntry,
    FoundPage,
    ValueCount,
)
from server.access import Permission
from server.auditing import bundling, counting, exporting, searching
from server.auditing.exposing_routes import declare_exposure
from server.auditing.filtering import PARAMETERS, TrailFilter
from server.auditing.searching import LIMIT, TrailEntry
from server.auditing.viewing import POOL_SIZE, Viewer, reading, viewer_of
from server.db import Connection, Pool
from server.errors import BadCursor, BadQuery, ExportTooLarge, RoleNotAllowed
from server.feed.permits import PagePermits
from server.web.endpoints import Endpoints, Parameter
from server.web.exchange import Answer, Exchange

_PAGED = (
    Parameter(name="after", form=re.compile(r"[A-Za-z0-9_-]{1,200}"), meaning="the cursor `next` of the page before"),
    Parameter(
        name="limit",
        form=re.compile(r"[1-9][0-9]?|1[0-9]{2}|200"),
        meaning=f"entries a page at most, 1 to {ENTRIES_A_PAGE} ({LIMIT})",
    ),
)
_FORMAT = Parameter(name="format", form=re.compile("csv|ndjson"), meaning="`csv` (text/csv) or `ndjson`, the default")
# Each holds one of the auditor's connections until its last byte is sent; the others are for searches.
_EXPORTS_AT_ONCE = POOL_SIZE // 2


def declare_auditing(trail_pool: Pool | None) -> Endpoints:
    """Return the auditors' endpoints, asked of `trail_pool`; without it they are only told, and serve nobody."""
    auditing = Endpoints(name="auditing", description="The access trail, searched, counted and taken away by auditors.")
    permits = PagePermits(most=_EXPORTS_AT_ONCE)

    @auditing.get(
        "/v1/trail",
        permission=Permission.READ_TRAIL,
        answer=FoundEntriesSchema(),
        refusals=(BadCursor, BadQuery),
        query=(*PARAMETERS, *_PAGED),
    )
    def search_trail(exchange: Exchange) -> FoundEntries:
        """Find entries: of the caller's organisation and of whoever touched its records, or of all."""
        asked = TrailFilter.from_query(exchange.query)
        with reading(trail_pool) as db:
            page = searching.search(
                db,
                viewer_in(exchange),
                asked,
                exchange.query.get("after"),
                int(exchange.query.get("limit", LIMIT)),
            )
        exchange.facts.records = len(page.entries)
        return FoundEntries(
            entries=tuple(_found(entry) for entry in page.entries),
            page=FoundPage(next=page.next, more=page.more, indexed=page.indexed),
        )

    @auditing.get(
        "/v1/trail/facets",
        permission=Permission.READ_TRAIL,
        answer=FacetCountsSchema(),
        refusals=(BadQuery,),
        query=PARAMETERS,
    )
    def count_facets(exchange: Exchange) -> FacetCounts:
        """Count the entries that a search would find, by each of what they say."""
        asked = TrailFilter.from_query(exchange.query)
        with reading(trail_pool) as db:
            facets = counting.facets(db, viewer_in(exchange), asked)
        return FacetCounts(
            entries=facets.entries,
            exact=facets.is_exact,
            **{
                name: tuple(ValueCount(value=value, entries=entries) for value, entries in counts)
                for name, counts in facets.members.items()
            },
        )

    @auditing.get(
        "/v1/trail/days",
        permission=Permission.READ_TRAIL,
        answer=DaysOfTrailSchema(),
        refusals=(BadQuery,),
        query=PARAMETERS,
    )
    def count_days(exchange: Exchange) -> DaysOfTrail:
        """Count the entries that a search would find, by UTC day and decision."""
        asked = TrailFilter.from_query(exchange.query)
        with reading(trail_pool) as db:
            days = counting.days(db, viewer_in(exchange), asked)
        return DaysOfTrail(
            days=tuple(
                DayOfTrail(day=day.day.isoformat(), allowed=day.allowed, refused=day.refused, exact=day.is_exact)
                for day in days
            )
        )

    @auditing.get(
        "/v1/trail/export",
        permission=Permission.EXPORT_TRAIL,
        answer=None,
        media_type=exporting.NDJSON_TYPE,
        other_media_types=(exporting.CSV_TYPE,),
        refusals=(BadQuery, ExportTooLarge),
        query=(*PARAMETERS, _FORMAT),
    )
    def export_trail(exchange: Exchange) -> Answer:
        """Take away the entries that a search would find: 500,000 at most, as a table or as lines that open leaves."""
        asked, viewer = TrailFilter.from_query(exchange.query), viewer_in(exchange)
        db = _held(exchange, trail_pool, permits)
        indexes = exporting.indexes_of(db, viewer, asked)
        exchange.facts.records = len(indexes)
        if exchange.query.get("format") == "csv":
            return _sent_as_made(
                lambda: exporting.csv_chunks(db, viewer, asked, indexes), media_type=exporting.CSV_TYPE
            )
        return _sent_as_made(lambda: exporting.ndjson_chunks(db, viewer, asked, indexes))

    @auditing.get(
        "/v1/trail/bundle",
        permission=Permission.EXPORT_TRAIL,
        answer=None,
        media_type=bundling.MEDIA_TYPE,
        refusals=(BadQuery, ExportTooLarge),
        query=PARAMETERS,
    )
    def bundle_trail(exchange: Exchange) -> Answer:
        """Take away a proof bundle of these entries, 500,000 at most, which proves them without this node."""
        asked, viewer = TrailFilter.from_query(exchange.query), viewer_in(exchange)
        db = _held(exchange, trail_pool, permits)
        contents = bundling.contents_of(db, viewer, asked)
        exchange.facts.records = contents.entries
        return _sent_as_made(
            lambda: bundling.bundle_chunks(db, exchange.node, viewer, asked, now=exchange.now, contents=contents)
        )

    declare_exposure(auditing, trail_pool)
    return auditing


def viewer_in(exchange: Exchange) -> Viewer:
    """Return who looks at the trail in this exchange.

    Raises:
        RoleNotAllowed: nobody who was admitted.
    """
    if exchange.caller.organisation_id is None or exchange.role is None:
        raise RoleNotAllowed
    return viewer_of(
        organisation_id=exchange.caller.organisation_id,
        organisation=exchange.caller.organisation,
        role=exchange.role,
    )


def _held(exchange: Exchange, trail_pool: Pool | None, permits: PagePermits) -> Connection:
    """Return a connection that is held, with a permit, until the answer's last byte is sent.

    Raises:
        Busy: its organisation takes something away already, or too many do.
    """
    exchange.until_sent.enter_context(permits.hold(viewer_in(exchange).organisation_id))
    return exchange.until_sent.enter_context(reading(trail_pool))


def _sent_as_made(make: Callable[[], Iterator[bytes]], *, media_type: str | None = None) -> Answer:
    """Return an answer that is made twice in one transaction: first for its digest, then to be sent as it is made.

    It is never held whole.
    """
    digest, length = sha256(), 0
    for chunk in make():
        digest.update(chunk)
        length += len(chunk)
    return Answer(status=HTTPStatus.OK, chunks=make(), digest=digest.digest(), length=length, media_type=media_type)


def _found(entry: TrailEntry) -> FoundEntry:
    if entry.entry is None or entry.salt is None:
        return FoundEntry(index=entry.index, leaf=to_base64url(entry.leaf), erased=True)
    return FoundEntry(
        index=entry.index,
        leaf=to_base64url(entry.leaf),
        # A text that somebody broke is shown as far as it goes: the leaf then tells.
        entry=entry.entry.decode("utf-8", errors="replace"),
        salt=to_base64url(entry.salt),
        p=to_base64url(entry.p),
    )
