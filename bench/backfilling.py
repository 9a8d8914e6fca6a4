"""backfill: from a group's new revision until its newcomer has the first page of the past, in ordinary pages.

The newcomer has pulled its feed to the end. The group's owner shares the revision that names it; from the answer on the
newcomer asks every ten milliseconds, until a page has come that holds records. What an old member's page of the same
limit takes is measured before and after it. Each round has a newcomer of its own.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median

from bench.grouping import Group
from bench.idling import end_of_feed
from bench.measuring import Measured, seconds
from bench.partners import Partner
from bench.raw_http import Connection
from bench.surroundings import Surroundings, consumer

# What the SDK asks for.
_LIMIT = 10_000
_POLL_SECONDS = 0.01
_GIVE_UP_SECONDS = 60
_ORDINARY_PAGES = 3
_PAGES_AT_MOST = 2.0


@dataclass(frozen=True, kw_only=True)
class _Round:
    """Seconds: until the newcomer's first page had come, and what a page took an old member."""

    newcomer: float
    ordinary: float


def measure(surroundings: Surroundings, group: Group, old: Partner, cursor: str | None, *, rounds: int) -> Measured:
    """Let `rounds` newcomers join `group`, one after the other; `old` pulls its pages from `cursor` on."""
    taken = [_round(surroundings, group, old, cursor, number) for number in range(1, rounds + 1)]
    pages = [each.newcomer / each.ordinary for each in taken]
    return Measured(
        name="backfill",
        value=median(pages),
        limit=_PAGES_AT_MOST,
        spread=(min(pages), max(pages)),
        ours=f"{1000 * median(each.newcomer for each in taken):.0f} ms until a page of {_LIMIT:,} records",
        yardstick=f"{1000 * median(each.ordinary for each in taken):.0f} ms, such a page of an old member",
        is_figure=True,
        where_time_goes="the sequencer's poll and step, the newcomer's own poll, then a page as any",
    )


def _round(surroundings: Surroundings, group: Group, old: Partner, cursor: str | None, number: int) -> _Round:
    newcomer = consumer(surroundings, f"newcomer-{number}.example")
    at_end = end_of_feed(surroundings, newcomer)
    surroundings.settle()
    with Connection(surroundings.port) as connection:
        # First of all once: pages that lie in memory are compared with pages that do.
        _pull(surroundings, connection, old, cursor)
        before = _ordinary(surroundings, connection, old, cursor)
        with Connection(surroundings.port) as owner:
            group.add(owner, newcomer)
            waited = _until_it_comes(surroundings, connection, newcomer, at_end)
        after = _ordinary(surroundings, connection, old, cursor)
    return _Round(newcomer=waited, ordinary=median([*before, *after]))


def _ordinary(surroundings: Surroundings, connection: Connection, old: Partner, cursor: str | None) -> Sequence[float]:
    return [seconds(lambda: _pull(surroundings, connection, old, cursor)) for _ in range(_ORDINARY_PAGES)]


def _until_it_comes(surroundings: Surroundings, connection: Connection, newcomer: Partner, cursor: str) -> float:
    started = time.perf_counter()
    while time.perf_counter() - started < _GIVE_UP_SECONDS:
        asked = time.perf_counter()
        if _pull(surroundings, connection, newcomer, cursor):
            return time.perf_counter() - started
        time.sleep(max(0.0, asked + _POLL_SECONDS - time.perf_counter()))
    raise RuntimeError("a newcomer got nothing")


def _pull(surroundings: Surroundings, connection: Connection, partner: Partner, cursor: str | None) -> int:
    """Return how many records came."""
    target = f"/v1/feed?limit={_LIMIT}" + ("" if cursor is None else f"&after={cursor}")
    answer = connection.send(surroundings.request(partner, "GET", target, purpose="detection"))
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"a pull was answered {answer.status}")
    records: int = json.loads(answer.tail.splitlines()[-1])["page"]["records"]
    return records
