"""Run the measurements in an order that lets them share what they fill, and return what was measured.

What needs no database comes first; then the auditor's part, between two nodes of its own; then all else on one node.
There, what surrounds the measured feed comes first: other members, other audiences, and the group with whom all is
shared. The database grows from 10,000 records on. At each size both sides are filled alike, then all is placed,
vacuumed, analysed and checkpointed, and only then measured: pulls first, pushes last, as they change what is there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench import auditing, backfilling, bundling, remembering, sequencing, verifying, yardsticks
from bench.audiences import AUDIENCES, MEMBERS, add_members, open_audiences
from bench.generating import prove
from bench.grouping import Group
from bench.idling import Idling
from bench.measuring import Measured, Pair, growth_of, percentile, ratio_of
from bench.partners import Partner
from bench.pulling import Psql, Pulling
from bench.pushing import Pushing
from bench.raw_http import Connection
from bench.singles import Singles, Watcher, bare_endpoint
from bench.surroundings import Surroundings, consumer, contributor, described, surrounded

SIZES = (10_000, 100_000, 1_000_000)
NAMES = (
    *("push", "pull", "pull_10k", "verify", "verify_full", "single", "growth_push", "growth_pull"),
    *("sequencer", "place_p99_ms", "page_memory_mb", "idle_poll", "backfill"),
    *("trail_page", "exposure", "proof_p99_ms", "bundle_verify", "bundle_hashing"),
)
_SMALL, _MIDDLE = SIZES[0], SIZES[1]
_PUSHES = {"push", "growth_push"}
_PULLS = {"pull", "pull_10k", "growth_pull"}
_GROWTH = {"growth_push", "growth_pull"}
_WITHOUT_A_NODE = {"verify", "verify_full"} | bundling.NAMES
_PAGE, _SMALL_PAGE = 50_000, 10_000
_READERS = ("platform.example", "ministry.example", "platform-1.example", "platform-2.example")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured: which names, up to how many records, how long."""

    names: frozenset[str]
    records: int
    quick: bool

    def wants(self, *names: str) -> bool:
        """Return whether one of `names` is to be measured."""
        return not self.names.isdisjoint(names)

    @property
    def sizes(self) -> list[int]:
        """Return the sizes at which the database is measured, rising."""
        if self.wants(*_GROWTH):
            return [size for size in SIZES if size <= self.records]
        return sorted({self.middle, self.records} if self.wants("backfill") else {self.middle})

    @property
    def audiences(self) -> int:
        """Return how many audiences surround what is measured."""
        return 200 if self.quick else AUDIENCES

    @property
    def middle(self) -> int:
        """Return the size at which everything but growth is measured."""
        return min(_MIDDLE, self.records)


@dataclass(kw_only=True)
class Series:
    """The pairs of each size."""

    push: dict[int, list[Pair]] = field(default_factory=dict)
    pull: dict[int, list[Pair]] = field(default_factory=dict)
    pull_small: dict[int, list[Pair]] = field(default_factory=dict)


def run(plan: Plan, tell: Callable[[str], None]) -> tuple[list[Measured], dict[str, object]]:
    """Return what was measured, in the order of `NAMES`, and the facts about the surroundings."""
    prove()
    measured: list[Measured] = []
    facts: dict[str, object] = {}
    if plan.wants("verify", "verify_full"):
        tell("verify, verify_full")
        measured += verifying.measure(records=20_000 if plan.quick else 50_000, pairs=5 if plan.quick else 11)
    if plan.wants(*bundling.NAMES):
        tell("bundle_verify, bundle_hashing")
        measured += bundling.measure(entries=plan.records, pairs=5 if plan.quick else 11)
    if plan.wants(*auditing.NAMES):
        measured += auditing.measure(plan.names, size=plan.records, quick=plan.quick, tell=tell)
    if plan.names - _WITHOUT_A_NODE - auditing.NAMES:
        with surrounded() as surroundings:
            yardsticks.create(surroundings)
            measured += _in_database(plan, surroundings, tell)
            facts = described(surroundings)
    wanted = {each.name: each for each in measured if each.name in plan.names}
    return [wanted[name] for name in NAMES if name in wanted], facts


def _in_database(plan: Plan, surroundings: Surroundings, tell: Callable[[str], None]) -> Iterator[Measured]:
    series = Series()
    tell(f"{MEMBERS} members, {plan.audiences:,} audiences")
    add_members(surroundings)
    readers = [consumer(surroundings, name) for name in _READERS]
    open_audiences(surroundings, contributor(surroundings, "library.example"), count=plan.audiences)
    owner = contributor(surroundings, "hotline.example")
    group = Group(surroundings, owner)
    with Connection(surroundings.port) as connection:
        group.add(connection, *readers)
    surroundings.wait_until_placed()
    with Psql(surroundings) as psql:
        pulling = Pulling(surroundings, readers[0], psql)
        pulling.begin_here()
        pushing = Pushing(surroundings, owner, group.audience)
        pushing.warm_up()
        for size in plan.sizes:
            tell(f"filling up to {size:,} records")
            pushing.fill(size)
            _measure_at(plan, size, surroundings, pushing, pulling, series, tell)
            if size == plan.middle:
                yield from _once(plan, surroundings, readers, tell)
        if plan.wants("backfill"):
            tell("backfill")
            yield backfilling.measure(surroundings, group, readers[0], pulling.start, rounds=3 if plan.quick else 7)
    yield from _ratios(plan, series)
    if plan.wants("sequencer"):
        tell("sequencer")
        yield _sequencer(surroundings, drains=3 if plan.quick else 7)


def _measure_at(  # noqa: PLR0917 - one caller, and each is a thing of its own
    plan: Plan,
    size: int,
    surroundings: Surroundings,
    pushing: Pushing,
    pulling: Pulling,
    series: Series,
    tell: Callable[[str], None],
) -> None:
    pairs = 4 if plan.quick else 9
    if plan.wants(*_PULLS):
        tell(f"pull at {size:,} records")
        surroundings.wait_until_placed()
        yardsticks.fill_lines(surroundings)
        surroundings.settle()
        pulling.pair(limit=_SMALL_PAGE, pages=1)
        pulling.rewind()
        series.pull_small[size] = [
            pulling.pair(limit=_SMALL_PAGE, pages=1 if size == _SMALL else 4) for _ in range(2 * pairs)
        ]
        if size == plan.middle:
            pulling.rewind()
            series.pull[size] = [pulling.pair(limit=_PAGE, pages=2) for _ in range(pairs)]
    if plan.wants(*_PUSHES):
        tell(f"push at {size:,} records")
        surroundings.settle()
        series.push[size] = [pushing.pair(batches=10 if plan.quick else 20) for _ in range(pairs)]


def _once(
    plan: Plan, surroundings: Surroundings, readers: Sequence[Partner], tell: Callable[[str], None]
) -> Iterator[Measured]:
    if plan.wants("idle_poll", "single", "place_p99_ms"):
        with bare_endpoint(surroundings) as port:
            yield from _idle(plan, surroundings, readers, port, tell)
            yield from _singles(plan, surroundings, port, tell)
    if plan.wants("page_memory_mb"):
        tell("page_memory_mb")
        yield _memory(remembering.peak(surroundings, readers[:2], rounds=2 if plan.quick else 6))


def _idle(
    plan: Plan, surroundings: Surroundings, readers: Sequence[Partner], port: int, tell: Callable[[str], None]
) -> Iterator[Measured]:
    if plan.wants("idle_poll"):
        tell("idle_poll")
        surroundings.settle()
        idling = Idling(surroundings, readers, port)
        idling.pair(requests=100)
        pairs = [idling.pair(requests=400 if plan.quick else 1_200) for _ in range(5 if plan.quick else 11)]
        yield ratio_of(
            "idle_poll",
            pairs,
            goal=0.4,
            unit="requests/s",
            miss="the walls around an empty page, its entry and its commit among them, against one look",
        )


def _singles(plan: Plan, surroundings: Surroundings, port: int, tell: Callable[[str], None]) -> Iterator[Measured]:
    if plan.wants("single", "place_p99_ms"):
        tell("single, place_p99_ms")
        surroundings.settle()
        partners = [contributor(surroundings, f"hotline-{number}.example") for number in range(1, 5)]
        singles = Singles(surroundings, partners, port)
        singles.pair(requests=100)
        if plan.wants("single"):
            pairs = [singles.pair(requests=200 if plan.quick else 600) for _ in range(5 if plan.quick else 11)]
            yield ratio_of(
                "single",
                pairs,
                goal=0.5,
                unit="requests/s",
                miss="four round trips against one, then Python around them; cryptography is the least",
            )
        if plan.wants("place_p99_ms"):
            yield _place(surroundings, singles, rounds=2 if plan.quick else 5)


def _place(surroundings: Surroundings, singles: Singles, *, rounds: int) -> Measured:
    p99s, waits = [], []
    for _ in range(rounds):
        watcher = Watcher(surroundings)
        with watcher.watching():
            singles.push(requests=400)
        p99s.append(percentile(watcher.waits))
        waits += watcher.waits
    return Measured(
        name="place_p99_ms",
        value=percentile(waits),
        limit=100,
        spread=(min(p99s), max(p99s)),
        ours=f"median {median(waits):.0f} ms, worst {max(waits):.0f} ms under the load of single",
        yardstick="a bound",
        is_figure=True,
    )


def _memory(peak: tuple[float, float, int]) -> Measured:
    before, most, page_bytes = peak
    return Measured(
        name="page_memory_mb",
        value=most,
        limit=200,
        spread=(most, most),
        ours=f"{before:.0f} MiB before, pages of {page_bytes / 1024 / 1024:.1f} MiB",
        yardstick="a bound",
        is_figure=True,
    )


def _sequencer(surroundings: Surroundings, *, drains: int) -> Measured:
    goal = sequencing.GOAL_ENTRIES_PER_SECOND
    pairs = [
        Pair(ours=sequencing.drain(surroundings, entries=40_000, run=number), yardstick=goal)
        for number in range(drains)
    ]
    return ratio_of("sequencer", pairs, goal=1, unit="entries/s")


def _ratios(plan: Plan, series: Series) -> Iterator[Measured]:
    middle, largest = plan.middle, plan.sizes[-1]
    if middle in series.push:
        yield ratio_of(
            "push",
            series.push[middle],
            goal=0.5,
            unit="records/s",
            miss="the loop over records (canonical check, validator, columns); the insert under the stream's lock",
        )
    if middle in series.pull:
        yield ratio_of(
            "pull",
            series.pull[middle],
            goal=2,
            unit="records/s",
            miss="stored documents out of PostgreSQL, each digested as it comes; then sending",
        )
        yield ratio_of(
            "pull_10k",
            series.pull_small[middle],
            goal=1.5,
            unit="records/s",
            miss="the fixed cost of a request, then as pull",
        )
    yield from _growths(series.push, "growth_push", largest)
    yield from _growths(series.pull_small, "growth_pull", largest)


def _growths(pairs: dict[int, list[Pair]], name: str, largest: int) -> Sequence[Measured]:
    if largest == _SMALL or _SMALL not in pairs or largest not in pairs:
        return []
    return [growth_of(name, pairs[_SMALL], pairs[largest], goal=0.95, miss="see docs/performance.md")]
