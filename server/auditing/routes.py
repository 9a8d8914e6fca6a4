"""Let auditors search, count and take away the trail; what they asked is entered like any other act.

The exposure reports' endpoints are `exposing_routes`'.
"""

import re

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
from server.auditing import counting, searching
from server.auditing.exposing_routes import declare_exposure
from server.auditing.filtering import PARAMETERS, TrailFilter
from server.auditing.searching import LIMIT, TrailEntry
from server.auditing.viewing import Viewer, reading, viewer_of
from server.db import Pool
from server.errors import BadCursor, BadQuery, RoleNotAllowed
from server.web.endpoints import Endpoints, Parameter
from server.web.exchange import Exchange

_PAGED = (
    Parameter(name="after", form=re.compile(r"[A-Za-z0-9_-]{1,200}"), meaning="the cursor `next` of the page before"),
    Parameter(
        name="limit",
        form=re.compile(r"[1-9][0-9]?|1[0-9]{2}|200"),
        meaning=f"entries a page at most, 1 to {ENTRIES_A_PAGE} ({LIMIT})",
    ),
)


def declare_auditing(trail_pool: Pool | None) -> Endpoints:
    """Return the auditors' endpoints, asked of `trail_pool`; without it they are only told, and serve nobody."""
    auditing = Endpoints(name="auditing", description="The access trail, searched, counted and taken away by auditors.")

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
