"""Answers about the access trail: entries that were found, counts by what they say, counts by day."""

from dataclasses import dataclass

from schemas.fields import Flag, Part, Text, WireSchema, digest, matching, parts, whole

ENTRIES_A_PAGE = 200
VALUES_A_FACET = 50
DAYS_AT_MOST = 366
_MOST = 9_007_199_254_740_991


@dataclass(frozen=True, kw_only=True)
class FoundEntry:
    """One entry at its place: with `entry`, `salt` and `p` that make its leaf, or `erased`, without them."""

    index: int
    leaf: str
    entry: str | None = None
    salt: str | None = None
    p: str | None = None
    erased: bool | None = None


class FoundEntrySchema(WireSchema):
    """`index` and `leaf` always; either the three that open it, or `erased`, which is true."""

    loads_to = FoundEntry

    index = whole(0, _MOST, required=True)
    leaf = digest(required=True)
    entry = Text()
    salt = digest()
    p = digest()
    erased = Flag()


@dataclass(frozen=True, kw_only=True)
class FoundPage:
    """How it goes on: `next` is the cursor, null where nothing was looked at; entries below `indexed` can be found."""

    next: str | None
    more: bool
    indexed: int


class FoundPageSchema(WireSchema):
    """All members always."""

    loads_to = FoundPage

    next = matching("[A-Za-z0-9_-]+", most=200, required=True, allow_none=True)
    more = Flag(required=True)
    indexed = whole(0, _MOST, required=True)


@dataclass(frozen=True, kw_only=True)
class FoundEntries:
    """`GET /v1/trail`: a page of entries in the order asked for."""

    entries: tuple[FoundEntry, ...]
    page: FoundPage


class FoundEntriesSchema(WireSchema):
    """Both members always."""

    loads_to = FoundEntries

    entries = parts(FoundEntrySchema, most=ENTRIES_A_PAGE, required=True)
    page = Part(FoundPageSchema, required=True)


@dataclass(frozen=True, kw_only=True)
class ValueCount:
    """How many entries say `value`."""

    value: str
    entries: int


class ValueCountSchema(WireSchema):
    """Both members always."""

    loads_to = ValueCount

    value = Text(required=True)
    entries = whole(0, _MOST, required=True)


@dataclass(frozen=True, kw_only=True)
class FacetCounts:
    """`GET /v1/trail/facets`: by each member its 50 most frequent values, the most frequent first.

    `entries` is how many there are in all. `exact` is false where a time was asked for that begins or ends within a
    day of so many entries that not all of them were looked at: the counts are then at least what is told.
    """

    entries: int
    exact: bool
    organisation: tuple[ValueCount, ...]
    keyid: tuple[ValueCount, ...]
    holder: tuple[ValueCount, ...]
    role: tuple[ValueCount, ...]
    action: tuple[ValueCount, ...]
    decision: tuple[ValueCount, ...]
    reason: tuple[ValueCount, ...]
    purpose: tuple[ValueCount, ...]


class FacetCountsSchema(WireSchema):
    """All members always."""

    loads_to = FacetCounts

    entries = whole(0, _MOST, required=True)
    exact = Flag(required=True)
    organisation = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    keyid = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    holder = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    role = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    action = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    decision = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    reason = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)
    purpose = parts(ValueCountSchema, most=VALUES_A_FACET, required=True)


@dataclass(frozen=True, kw_only=True)
class DayOfTrail:
    """How many entries of one UTC day were allowed and refused; at least so many where not `exact`."""

    day: str
    allowed: int
    refused: int
    exact: bool


class DayOfTrailSchema(WireSchema):
    """All members always."""

    loads_to = DayOfTrail

    day = matching(r"\d{4}-\d\d-\d\d", most=10, required=True)
    allowed = whole(0, _MOST, required=True)
    refused = whole(0, _MOST, required=True)
    exact = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class DaysOfTrail:
    """`GET /v1/trail/days`: the newest 366 UTC days at most that have an entry, oldest first."""

    days: tuple[DayOfTrail, ...]


class DaysOfTrailSchema(WireSchema):
    """Always all of it."""

    loads_to = DaysOfTrail

    days = parts(DayOfTrailSchema, most=DAYS_AT_MOST, required=True)
