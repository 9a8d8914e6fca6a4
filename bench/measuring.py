"""Hold what was measured: pairs of our rate and the yardstick's, taken in turns, and what they say together.

The machine is shared and noisy: one number means little, so both sides run in turns (A B A B ...) and each pair gives
one ratio. Reported are the median and the smallest and largest pair.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

_PERCENT = 99


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One turn of each: units a second of ours and of the yardstick."""

    ours: float
    yardstick: float

    @property
    def ratio(self) -> float:
        """Return how much of the yardstick's rate is ours."""
        return self.ours / self.yardstick


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The result of one name. `limit` is a goal to reach, or for a figure (`is_figure`) a bound to keep below."""

    name: str
    value: float
    limit: float
    spread: tuple[float, float]
    ours: str
    yardstick: str
    is_figure: bool = False
    where_time_goes: str = ""

    @property
    def is_missed(self) -> bool:
        """Return whether the goal is not reached, or the bound not kept."""
        return self.value > self.limit if self.is_figure else self.value < self.limit

    def as_json(self) -> dict[str, object]:
        """Return what `results.json` holds under the name."""
        names = ("figure", "bound") if self.is_figure else ("ratio", "goal")
        return {
            names[0]: round(self.value, 3),
            names[1]: self.limit,
            "spread": [round(self.spread[0], 3), round(self.spread[1], 3)],
        }


def take_turns(ours: Callable[[], float], yardstick: Callable[[], float], *, pairs: int) -> list[Pair]:
    """Return `pairs` pairs of rates, each side run in turn."""
    taken = []
    for _ in range(pairs):
        rate = ours()
        taken.append(Pair(ours=rate, yardstick=yardstick()))
    return taken


def ratio_of(name: str, pairs: Sequence[Pair], *, goal: float, unit: str, miss: str = "", also: str = "") -> Measured:
    """Return the median ratio of `pairs`; `miss` says where the time goes if it is below `goal`."""
    ratios = [pair.ratio for pair in pairs]
    return Measured(
        name=name,
        value=median(ratios),
        limit=goal,
        spread=(min(ratios), max(ratios)),
        ours=f"{median(pair.ours for pair in pairs):,.0f} {unit}{also}",
        yardstick=f"{median(pair.yardstick for pair in pairs):,.0f} {unit}",
        where_time_goes=miss,
    )


def growth_of(name: str, small: Sequence[Pair], large: Sequence[Pair], *, goal: float, miss: str = "") -> Measured:
    """Return the median ratio at the large size, of the median ratio at the small one."""
    before = median(pair.ratio for pair in small)
    ratios = [pair.ratio / before for pair in large]
    return Measured(
        name=name,
        value=median(ratios),
        limit=goal,
        spread=(min(ratios), max(ratios)),
        ours=f"ratio {median(pair.ratio for pair in large):.2f} when large",
        yardstick=f"ratio {before:.2f} when small",
        where_time_goes=miss,
    )


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def per_second(count: int, work: Callable[[], object]) -> float:
    """Return how many of `count` things `work` does a second."""
    return count / seconds(work)


def percentile(values: Sequence[float], percent: int = _PERCENT) -> float:
    """Return the value that `percent` of `values` do not exceed.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[ceil(len(values) * percent / 100) - 1]
