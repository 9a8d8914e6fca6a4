"""Count the entries that a filter names: by each of what they say, and by UTC day.

Counts are kept by combination, in all and by day, so that counting takes no longer in a longer log. A time that begins
or ends within a day is counted there entry by entry, up to a bound: beyond it the count is "at least".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from server.auditing import choosing
from server.auditing.choosing import Chosen, day_after, day_of
from server.auditing.filtering import FACETS, TrailFilter
from server.auditing.searching import kept, named_indexes
from server.auditing.viewing import Viewer
from server.db import Connection

VALUES_A_FACET = 50
DAYS_AT_MOST = 366
_LOOKED = 20_000


@dataclass(frozen=True, kw_only=True)
class Facets:
    """By each member of `FACETS` its most frequent values with their counts; where not `is_exact`, at least so many.

    `entries` is how many there are in all.
    """

    members: dict[str, list[tuple[str, int]]]
    entries: int
    is_exact: bool


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """How many entries of one UTC day were allowed and refused; where not `is_exact`, at least so many."""

    day: date
    allowed: int
    refused: int
    is_exact: bool = True


@dataclass(kw_only=True)
class _Counted:
    """Entries that were counted one by one, by day and combination, and the whole days that are kept counted.

    `unsure` are the days of which not all entries were looked at; `first` and `last` bound the whole days, the second
    not included.
    """

    entries: Counter[tuple[date, int]]
    unsure: set[date]
    first: datetime | None = None
    last: datetime | None = None

    def add(self, rows: Iterable[tuple[date, int, int]]) -> None:
        for day, combination_id, number in rows:
            self.entries[day, combination_id] += number


def facets(db: Connection, viewer: Viewer, asked: TrailFilter) -> Facets:
    """Return how many of the entries that `asked` names say what.

    Raises:
        BadQuery: see `choosing.choose`.
    """
    chosen = choosing.choose(db, viewer, asked)
    if chosen is None:
        return Facets(members={name: [] for name in FACETS}, entries=0, is_exact=True)
    kinds = choosing.kinds_of(db, viewer, chosen)
    is_exact = True
    if chosen.is_timed or asked.record or asked.id:
        counted = _count(db, asked, chosen)
        numbers = Counter(_in_whole_days(db, chosen, counted))
        for (_, number), entries in counted.entries.items():
            numbers[number] += entries
        is_exact = not counted.unsure
    else:
        numbers = Counter({number: kind.entries for number, kind in kinds.items()})
    members: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for number, entries in numbers.items():
        for name, value in kinds[number].said.items() if number in kinds else ():
            if value is not None:
                members[name][value] += entries
    return Facets(
        members={name: _most_frequent(counts) for name, counts in members.items()},
        entries=sum(numbers.values()),
        is_exact=is_exact,
    )


def days(db: Connection, viewer: Viewer, asked: TrailFilter) -> list[DayCount]:
    """Return the newest 366 UTC days at most on which there are entries that `asked` names, oldest first.

    Raises:
        BadQuery: see `choosing.choose`.
    """
    chosen = choosing.choose(db, viewer, asked)
    if chosen is None:
        return []
    counted = _count(db, asked, chosen)
    refused = _refused(db, {number for _, number in counted.entries})
    found = {day: [allowed, refused] for day, allowed, refused in _whole_days(db, asked, chosen, counted)}
    for (day, number), entries in counted.entries.items():
        found.setdefault(day, [0, 0])[number in refused] += entries
    return [
        DayCount(day=day, allowed=found[day][0], refused=found[day][1], is_exact=day not in counted.unsure)
        for day in sorted(found)[-DAYS_AT_MOST:]
        if any(found[day])
    ]


def _most_frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:VALUES_A_FACET]


def _count(db: Connection, asked: TrailFilter, chosen: Chosen) -> _Counted:
    """Count what must be counted one by one, and say which whole days there are besides."""
    counted = _Counted(entries=Counter(), unsure=set())
    named = named_indexes(db, asked)
    if named is not None:
        counted.add(_days_of(db, chosen, list(kept(db, chosen, named))))
        return counted
    first, last = day_after(chosen.since), day_of(chosen.until)
    if first > last:
        _count_within(db, chosen, counted, chosen.since, chosen.until)
        return counted
    counted.first, counted.last = first, last
    if chosen.since < first:
        _count_within(db, chosen, counted, chosen.since, first)
    if last < chosen.until:
        _count_within(db, chosen, counted, last, chosen.until)
    return counted


def _count_within(db: Connection, chosen: Chosen, counted: _Counted, since: datetime, until: datetime) -> None:
    """Count entries one by one in a time within one UTC day."""
    bounds = choosing.bounds_of(db, since, until)
    if bounds is None:
        return
    rows = db.execute(
        """
        SELECT combination_id,
               count(*) FILTER (WHERE at >= %(since)s
                                  AND at < %(until)s
                                  AND combination_id <> 0
                                  AND (%(kinds)s::integer[] IS NULL OR combination_id = ANY (%(kinds)s))),
               count(*)
          FROM (SELECT combination_id, at
                  FROM trail_posting
                 WHERE scope_id = %(scope_id)s
                   AND index BETWEEN %(first)s AND %(last)s
                 ORDER BY index DESC
                 LIMIT %(most)s) AS looked
         GROUP BY combination_id
        """,
        {
            "scope_id": chosen.scope_id,
            "kinds": chosen.kinds,
            "first": bounds[0],
            "last": bounds[1],
            "since": since,
            "until": until,
            "most": _LOOKED,
        },
    ).fetchall()
    counted.add((since.date(), number, entries) for number, entries, _ in rows if entries)
    if sum(looked for _, _, looked in rows) == _LOOKED:
        counted.unsure.add(since.date())


def _in_whole_days(db: Connection, chosen: Chosen, counted: _Counted) -> dict[int, int]:
    """Return how many entries each combination has in the whole days."""
    if counted.first is None or counted.last is None:
        return {}
    rows = db.execute(
        """
        SELECT trail_day.combination_id, sum(trail_day.entries)::bigint
          FROM trail_tally
          JOIN trail_day USING (scope_id, combination_id)
         WHERE trail_tally.scope_id = %(scope_id)s
           AND trail_day.day >= %(first)s
           AND trail_day.day < %(last)s
           AND (%(kinds)s::integer[] IS NULL OR trail_tally.combination_id = ANY (%(kinds)s))
         GROUP BY trail_day.combination_id
        """,
        {
            "scope_id": chosen.scope_id,
            "kinds": chosen.kinds,
            "first": counted.first.date(),
            "last": counted.last.date(),
        },
    )
    return dict(rows.fetchall())


def _whole_days(db: Connection, asked: TrailFilter, chosen: Chosen, counted: _Counted) -> list[tuple[date, int, int]]:
    """Return the newest 366 of the whole days, each with how many entries were allowed and refused."""
    if counted.first is None or counted.last is None:
        return []
    bounds = {
        "scope_id": chosen.scope_id,
        "kinds": chosen.kinds,
        "first": counted.first.date(),
        "last": counted.last.date(),
        "most": DAYS_AT_MOST,
        "allowed": asked.decision in {None, "allowed"},
        "refused": asked.decision in {None, "refused"},
    }
    if chosen.is_all_but_decision:
        return db.execute(
            """
            SELECT day, CASE WHEN %(allowed)s THEN allowed ELSE 0 END, CASE WHEN %(refused)s THEN refused ELSE 0 END
              FROM trail_day_total
             WHERE scope_id = %(scope_id)s
               AND day >= %(first)s
               AND day < %(last)s
             ORDER BY day DESC
             LIMIT %(most)s
            """,
            bounds,
        ).fetchall()
    return db.execute(
        """
        WITH newest AS (
            SELECT day
              FROM trail_day_total
             WHERE scope_id = %(scope_id)s
               AND day >= %(first)s
               AND day < %(last)s
             ORDER BY day DESC
             LIMIT %(most)s
        )
        SELECT trail_day.day,
               coalesce(sum(trail_day.entries) FILTER (WHERE trail_combination.decision = 'allowed'), 0)::bigint,
               coalesce(sum(trail_day.entries) FILTER (WHERE trail_combination.decision = 'refused'), 0)::bigint
          FROM unnest(%(kinds)s::integer[]) AS kind (combination_id)
          JOIN trail_combination USING (combination_id)
          JOIN trail_day USING (combination_id)
         WHERE trail_day.scope_id = %(scope_id)s
           AND trail_day.day >= (SELECT min(day) FROM newest)
           AND trail_day.day <= (SELECT max(day) FROM newest)
         GROUP BY trail_day.day
        """,
        bounds,
    ).fetchall()


def _days_of(db: Connection, chosen: Chosen, indexes: list[int]) -> list[tuple[date, int, int]]:
    return db.execute(
        """
        SELECT (at AT TIME ZONE 'UTC')::date, combination_id, count(*)
          FROM trail_posting
         WHERE scope_id = %(scope_id)s
           AND index = ANY (%(indexes)s)
           AND combination_id <> 0
         GROUP BY 1, 2
        """,
        {"scope_id": chosen.scope_id, "indexes": indexes},
    ).fetchall()


def _refused(db: Connection, numbers: set[int]) -> set[int]:
    rows = db.execute(
        """
        SELECT combination_id
          FROM trail_combination
         WHERE combination_id = ANY (%(numbers)s)
           AND decision = 'refused'
        """,
        {"numbers": sorted(numbers)},
    )
    return {number for (number,) in rows}
