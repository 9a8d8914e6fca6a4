"""Count entries by day for a chart and the table beside it: every day present, oldest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from server.console.charts import Chart, Counted, draw_days

DAYS_SHOWN = 30
MOST_DAYS_SHOWN = 92


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """How many entries of one UTC day were allowed and refused."""

    day: date
    allowed: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class DaysShown:
    """A stretch of days: each day's counts, their sums, and the chart of them."""

    counts: tuple[DayCount, ...]
    allowed: int
    refused: int
    chart: Chart


def show_days(counted: Iterable[Counted], *, first: date, last: date) -> DaysShown:
    """Return the days from `first` to `last`, both included, at most `MOST_DAYS_SHOWN` of them: the newest."""
    first = max(first, last - timedelta(days=MOST_DAYS_SHOWN - 1))
    by_day = {one.day: one for one in counted}
    counts = []
    for passed in range((last - first).days + 1):
        day = first + timedelta(days=passed)
        one = by_day.get(day)
        counts.append(DayCount(day=day, allowed=one.allowed if one else 0, refused=one.refused if one else 0))
    return DaysShown(
        counts=tuple(counts),
        allowed=sum(one.allowed for one in counts),
        refused=sum(one.refused for one in counts),
        chart=draw_days(counts),
    )
