"""Count the entries that a filter names: by each of what they say, and by UTC day.

Counts are kept by combination, in all and by day, so that counting takes no longer in a longer log. A time that begins
or ends within a day is counted there entry by entry, up to a bound: beyond it the count is "at least".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

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
    """Entries by day and combination; `unsure` are the days of which not all entries were looked at."""

    entries: Counter[tuple[date, int]]
    unsure: set[date]

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
    is_kept_so = not (chosen.is_timed or asked.record or asked.id)
    counted = None if is_kept_so else _counted(db, asked, chosen, newest_days=None)
    if counted is None:
        numbers = Counter({number: kind.entries for number, kind in kinds.items()})
    else:
        numbers = Counter()
        for (_, number), entries in counted.entries.items():
            numbers[number] += entries
    members: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for number, entries in numbers.items():
        for name, value in kinds[number].said.items() if number in kinds else ():
            if value is not None:
                members[name][value] += entries
    return Facets(
        members={name: _most_frequent(counts) for name, counts in members.items()},
        entries=sum(numbers.values()),
        is_exact=counted is None or not counted.unsure,
    )


def days(db: Connection, viewer: Viewer, asked: TrailFilter) -> list[DayCount]:
    """Return the newest 366 UTC days at most on which there are entries that `asked` names, oldest first.

    Raises:
        BadQuery: see `choosing.choose`.
    """
    chosen = choosing.choose(db, viewer, asked)
    if chosen is None:
        return []
    if chosen.kinds is None and not (chosen.is_timed or asked.record or asked.id):
        return _all_days(db, chosen)
    counted = _counted(db, asked, chosen, newest_days=DAYS_AT_MOST)
    refused = _refused(db, {number for _, number in counted.entries})
    found: dict[date, list[int]] = {}
    for (day, number), entries in counted.entries.items():
        found.setdefault(day, [0, 0])[number in refused] += entries
    return [
        DayCount(day=day, allowed=found[day][0], refused=found[day][1], is_exact=day not in counted.unsure)
        for day in sorted(found)[-DAYS_AT_MOST:]
    ]


def _most_frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:VALUES_A_FACET]


def _counted(db: Connection, asked: TrailFilter, chosen: Chosen, *, newest_days: int | None) -> _Counted:
    """Count by day; where no beginning is asked for, of the newest so many days alone, if that is said."""
    counted = _Counted(entries=Counter(), unsure=set())
    named = named_indexes(db, asked)
    if named is not None:
        counted.add(_days_of(db, chosen, list(kept(db, chosen, named))))
        return counted
    first_day, last_day = day_after(chosen.since), day_of(chosen.until)
    if first_day > last_day:
        _count_within(db, chosen, counted, chosen.since, chosen.until)
        return counted
    first = first_day
    if newest_days is not None and asked.since is None and (newest := _newest_day(db, chosen, last_day)) is not None:
        first = max(first_day, newest - timedelta(days=newest_days - 1))
    counted.add(_whole_days(db, chosen, first, last_day))
    if chosen.since < first_day:
        _count_within(db, chosen, counted, chosen.since, first_day)
    if last_day < chosen.until:
        _count_within(db, chosen, counted, last_day, chosen.until)
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


def _newest_day(db: Connection, chosen: Chosen, before: datetime) -> datetime | None:
    row = db.execute(
        "SELECT max(day) FROM trail_day_total WHERE scope_id = %(scope_id)s AND day < %(before)s",
        {"scope_id": chosen.scope_id, "before": before.date()},
    ).fetchone()
    return None if row is None or row[0] is None else datetime.combine(row[0], datetime.min.time(), UTC)


def _all_days(db: Connection, chosen: Chosen) -> list[DayCount]:
    rows = db.execute(
        """
        SELECT day, allowed, refused
          FROM trail_day_total
         WHERE scope_id = %(scope_id)s
         ORDER BY day DESC
         LIMIT %(most)s
        """,
        {"scope_id": chosen.scope_id, "most": DAYS_AT_MOST},
    )
    return [DayCount(day=day, allowed=allowed, refused=refused) for day, allowed, refused in reversed(rows.fetchall())]


def _whole_days(db: Connection, chosen: Chosen, first: datetime, last: datetime) -> list[tuple[date, int, int]]:
    return db.execute(
        """
        SELECT trail_day.day, trail_day.combination_id, trail_day.entries
          FROM trail_tally
          JOIN trail_day USING (scope_id, combination_id)
         WHERE trail_tally.scope_id = %(scope_id)s
           AND trail_day.day >= %(first)s
           AND trail_day.day < %(last)s
           AND (%(kinds)s::integer[] IS NULL OR trail_tally.combination_id = ANY (%(kinds)s))
        """,
        {"scope_id": chosen.scope_id, "kinds": chosen.kinds, "first": first.date(), "last": last.date()},
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
