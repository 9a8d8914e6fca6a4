"""Show the trail: the filter in a sentence, its entries, days and values, and the way from any number to its page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from crypto.encoding import from_base64url, to_base64url
from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from crypto.refusals import NotVerified
from server.access import Permission, Purpose, Role
from server.auditing import counting
from server.auditing.filtering import NEWEST, OLDEST, PARAMETERS, TrailFilter
from server.auditing.searching import LIMIT, entry_at, search
from server.auditing.viewing import Viewer, viewer_of
from server.console import shapes, store
from server.console.days import DAYS_SHOWN, DaysShown, show_days
from server.console.door import ConsoleVisit, Moved, Pages, Shown
from server.console.rendering import FIND
from server.console.rows import row_of
from server.console.sentences import chosen_of, sentence_of
from server.errors import BadQuery, NotFound
from server.organisations.store import organisation_named
from server.web.endpoints import Parameter

trail = Pages(name="trail")

_AFTER = Parameter(name="after", form=re.compile(r"[A-Za-z0-9_-]{1,200}"), meaning="Where to go on.")
_SEARCHED = Parameter(name="q", form=re.compile(r"[ A-Za-z0-9._/-]{1,250}"), meaning="Anything that has a name.")
_LEAF_BYTES = 32
_VALUES_OF_A_FACET = 12
# Days are counted back from the end of a filter: there are none before the first of the calendar.
_NO_LOG_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
# What a form offers to choose from; the rest is written.
_OFFERED: Mapping[str, tuple[str, ...]] = {
    "role": tuple(Role),
    "decision": ("allowed", "refused"),
    "purpose": tuple(Purpose),
    "order": (NEWEST, OLDEST),
}


@trail.get("/console/trail", permission=Permission.READ_TRAIL, query=(*PARAMETERS, _AFTER))
def trail_page(visit: ConsoleVisit) -> Shown:
    """Show the entries of a filter."""
    asked, viewer = TrailFilter.from_query(visit.query), viewer_at(visit)
    found = search(visit.trail, viewer, asked, visit.query.get("after"), LIMIT)
    visit.facts.records = len(found.entries)
    counted = counting.facets(visit.trail, viewer, asked)
    page = shapes.TrailShown(
        sentence=sentence_of(asked, visit.language),
        chosen=chosen_of(asked, visit.language),
        fields=tuple(
            shapes.Field(name=one.name, value=visit.query.get(one.name, ""), values=_OFFERED.get(one.name))
            for one in PARAMETERS
        ),
        order=asked.order,
        query=asked.to_query(),
        rows=tuple(row_of(entry) for entry in found.entries),
        next=found.next if found.more else None,
        is_continued="after" in visit.query,
        limit=LIMIT,
        days=days_shown(visit, viewer, asked),
        facets=facets_of(counted.members, asked),
        found=counted.entries,
        is_exact=counted.is_exact,
    )
    return Shown(template="trail.html", values={"page": page})


@trail.get(FIND, permission=Permission.READ_TRAIL, query=(_SEARCHED,))
def find(visit: ConsoleVisit) -> Moved:
    """Go to the page of whatever was written: index, request id, leaf, keyid, key, record or organisation.

    Raises:
        BadQuery: nothing has a name of this form.
        NotFound: there is no such thing for this viewer.
    """
    return Moved(location=_address_of(visit, visit.query.get("q", "").strip()))


def viewer_at(visit: ConsoleVisit) -> Viewer:
    """Return as whom a person looks at the trail."""
    return viewer_of(
        organisation_id=visit.person.organisation_id, organisation=visit.person.organisation, role=visit.role
    )


def days_shown(visit: ConsoleVisit, viewer: Viewer, asked: TrailFilter) -> DaysShown:
    """Return the days of a filter: those that it names, or the last 30."""
    until = visit.now if asked.until is None else max(asked.until, _NO_LOG_BEFORE) - timedelta(microseconds=1)
    last = min(visit.now, until).date()
    first = asked.since.date() if asked.since else last - timedelta(days=DAYS_SHOWN - 1)
    bounded = asked if asked.since else replace(asked, since=datetime(first.year, first.month, first.day, tzinfo=UTC))
    return show_days(counting.days(visit.trail, viewer, bounded), first=min(first, last), last=last)


def facets_of(counted: Mapping[str, Sequence[tuple[str, int]]], asked: TrailFilter) -> tuple[shapes.Facet, ...]:
    """Return the values under a filter, the most frequent first, each with the filter narrowed to it."""
    query = asked.to_query()
    facets = []
    for name, values in counted.items():
        shown = tuple(
            shapes.FacetValue(
                value=value, count=count, query={**query, name: value}, is_chosen=query.get(name) == value
            )
            for value, count in values[:_VALUES_OF_A_FACET]
        )
        if shown:
            facets.append(shapes.Facet(name=name, values=shown))
    return tuple(facets)


def _address_of(visit: ConsoleVisit, text: str) -> str:
    """Return the address of what `text` names; what names nothing is refused, and so kept as a digest alone."""
    name, _, rest = text.partition("/")
    named: int | bytes | UUID | None = None
    if text.isascii() and text.isdigit() and len(text) <= len(str(2**62)):
        named = int(text)
    elif is_uuid7(text):
        named = UUID(text)
    elif (digest := _digest(text)) is not None:
        named = digest
    elif is_organisation(name):
        return _address_below(visit, name, rest)
    if named is None:
        raise BadQuery
    entry = entry_at(visit.trail, viewer_at(visit), named)
    if entry is not None:
        return f"/console/entries/{entry.index}"
    if isinstance(named, bytes) and (organisation := store.holder_of_key(visit.db, named)) is not None:
        return f"/console/trail?keyid={organisation}/{to_base64url(named)}"
    raise NotFound


def _address_below(visit: ConsoleVisit, name: str, rest: str) -> str:
    if organisation_named(visit.db, name) is None:
        raise NotFound
    if not rest:
        return f"/console/organisations/{name}"
    if is_uuid7(rest):
        return f"/console/records/{name}/{rest}/exposure"
    if _digest(rest) is not None:
        return f"/console/trail?keyid={name}/{rest}"
    raise BadQuery


def _digest(text: str) -> bytes | None:
    try:
        return from_base64url(text, length=_LEAF_BYTES)
    except NotVerified:
        return None
