"""Compute where the bars of a chart of days stand; the template draws them. The table beside it says the same.

Everything is in the units of the drawing's view box. Bars of one day stand on each other: allowed below, refused above
and hatched, so that they differ without their colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

WIDTH = 720
HEIGHT = 150
LEFT = 56
_TOP = 10
_BOTTOM = 26
_GAP = 0.22
# A count that is there is seen, however small beside the others.
_LEAST_HEIGHT = 1.5
_LABELLED_DAYS = 4


class Counted(Protocol):
    """How many entries of one UTC day were allowed and refused."""

    @property
    def day(self) -> date:
        """The day."""

    @property
    def allowed(self) -> int:
        """Entries allowed."""

    @property
    def refused(self) -> int:
        """Entries refused."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a bar: its upper edge and its height, 0 where there is nothing."""

    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One day: both parts, and the words that a pointer shows."""

    x: float
    width: float
    allowed: Part
    refused: Part
    title: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A number beside the chart, and how far down it stands."""

    at: float
    value: int


@dataclass(frozen=True, kw_only=True)
class DayTick:
    """A day below the chart: where, and which end of it stands there."""

    at: float
    value: date
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing of days, ready to be written as SVG."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    days: tuple[DayTick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def draw_days(counts: Sequence[Counted]) -> Chart:
    """Return the chart of `counts`, oldest day first, every day present; an empty one without days."""
    most = _round_up(max((one.allowed + one.refused for one in counts), default=0))
    floor = HEIGHT - _BOTTOM
    a_unit = (floor - _TOP) / most
    step = (WIDTH - LEFT) / max(len(counts), 1)
    bars = []
    for place, one in enumerate(counts):
        allowed = _part(one.allowed, a_unit, floor)
        refused = _part(one.refused, a_unit, allowed.y)
        bars.append(
            Bar(
                x=round(LEFT + step * (place + _GAP / 2), 1),
                width=round(step * (1 - _GAP), 1),
                allowed=allowed,
                refused=refused,
                title=f"{one.day.isoformat()}: {one.allowed} + {one.refused}",
            )
        )
    values = (0, most // 2, most) if most > 1 else (0, most)
    ticks = tuple(Tick(at=round(floor - value * a_unit, 1), value=value) for value in values)
    return Chart(bars=tuple(bars), ticks=ticks, days=_day_ticks(counts, step))


def _part(count: int, a_unit: float, below: float) -> Part:
    height = 0.0 if count == 0 else max(count * a_unit, _LEAST_HEIGHT)
    return Part(y=round(below - height, 1), height=round(height, 1))


def _day_ticks(counts: Sequence[Counted], step: float) -> tuple[DayTick, ...]:
    if not counts:
        return ()
    last = len(counts) - 1
    shown = sorted({round(last * part / (_LABELLED_DAYS - 1)) for part in range(_LABELLED_DAYS)})
    return tuple(
        DayTick(
            at=round(WIDTH if place == last and last else LEFT + step * (place if place == 0 else place + 0.5), 1),
            value=counts[place].day,
            anchor="start" if place == 0 else "end" if place == last else "middle",
        )
        for place in shown
    )


def _round_up(most: int) -> int:
    """Return the next of 1, 2, 4, 5, 10, 20, 40, 50, 100 … : even numbers, so that the half is whole from 2 on."""
    if most <= 1:
        return 1
    size = 1
    while size * 10 <= most:
        size *= 10
    steps: tuple[int, ...] = (1, 2, 4, 10) if size == 1 else (1, 2, 4, 5, 10)
    return next(size * step for step in (*steps, 20) if size * step >= most)
