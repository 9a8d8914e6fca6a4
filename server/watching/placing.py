"""Tell operators how a sequencer gets on: its counters at each step, an event a minute."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from server.watching import metrics

_TOLD_EVERY_SECONDS = 60.0

log = structlog.get_logger()


class Placing:
    """The steps of the one sequencer that is active."""

    def __init__(self) -> None:
        self._placed = self._steps = 0
        self._told_at = time.monotonic()

    def step(self, placed: int, *, seconds: float) -> None:
        """Tell of a step that gave `placed` entries their places in `seconds`."""
        metrics.placed_entries.inc(placed)
        metrics.sequencer_step_seconds.observe(seconds)
        self._placed += placed
        self._steps += 1
        if time.monotonic() - self._told_at >= _TOLD_EVERY_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Say how many were placed since this was last said."""
        log.info("entries_placed", count=self._placed, steps=self._steps)
        self._placed = self._steps = 0
        self._told_at = time.monotonic()


@contextmanager
def being_active() -> Iterator[Placing]:
    """Let this sequencer be the active one for as long as it lasts."""
    placing = Placing()
    metrics.sequencer_active.set(1)
    try:
        yield placing
    finally:
        metrics.sequencer_active.set(0)
        placing.tell()
