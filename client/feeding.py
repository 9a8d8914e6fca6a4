"""Read a feed to its end, or for ever: ask for page after page, keep each, tell hooks, wait."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from client import hooks
from client.answer import Answer
from client.clock import Source
from client.failures import Refused, Unreachable
from client.hooks import HookFailed, Tell
from client.pulled import DEFAULT_LIMIT, Filter, PulledPage
from client.pulling import Puller
from client.state import feeds
from client.state.opening import State
from client.stopping import Stop
from client.waiting import Waiting

_ANOTHER_EPOCH = "restart_feed"
_RESTARTING = frozenset({"bad_cursor", _ANOTHER_EPOCH})
"""Refusals after which a feed is read again from its start."""

BeginAnew = Callable[[], None]
"""Send again what the node may have lost: it says that its log is in another epoch."""

Ask = Callable[[str, str], Answer]
"""Return the verified answer to a GET of a target for a purpose."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is read: for which purpose, which part of the feed, how many records a page."""

    purpose: str
    only: Filter
    limit: int = DEFAULT_LIMIT


class Feed:
    """The feeds of one partner, `organisation`."""

    def __init__(
        self, *, organisation: str, state: State, puller: Puller, ask: Ask, begin_anew: BeginAnew, source: Source
    ) -> None:
        self._begin_anew = begin_anew
        self._organisation = organisation
        self._state = state
        self._puller = puller
        self._ask = ask
        self._source = source

    def pages(self, asked: Asked) -> Iterator[PulledPage]:
        """Yield the pages that are there, each kept before it is yielded."""
        directory = self._puller.prepare(now=self._source.now())
        is_more, may_restart = True, True
        while is_more:
            with self._state.transaction():
                feed_id, after = feeds.feed_of(self._state.db, purpose=asked.purpose, filter_text=asked.only.text)
            try:
                answer = self._ask(asked.only.target(after=after, limit=asked.limit), asked.purpose)
            except Refused as refusal:
                # The cursor was for what this partner might read before: from the start, once; doubles are dropped.
                if refusal.code not in _RESTARTING or after is None or not may_restart:
                    raise
                may_restart = False
                if refusal.code == _ANOTHER_EPOCH:
                    self._begin_anew()
                self._puller.restart(refusal, feed_id=feed_id, after=after, now=self._source.now())
                continue
            page = self._puller.keep(answer, feed_id=feed_id, after=after, directory=directory, now=self._source.now())
            yield page
            is_more = page.more

    def follow(self, asked: Asked, *, tell: Tell | None, stop: Stop) -> Iterator[PulledPage]:
        """Yield pages for ever; whenever all are read the hook is told what has changed, in whatever way.

        Where the node does not answer, or the hook fails, it is tried again, after waits that double.
        """
        node, hook = Waiting(self._source), Waiting(self._source)
        if tell is not None:
            hooks.begin(self._state, now=self._source.now())
        while True:
            try:
                for page in self.pages(asked):
                    node.went_well(page.poll_after_seconds)
                    yield page
            except Unreachable as failure:
                node.failed(failure.retry_after_seconds)
            remaining = node.seconds
            while remaining > 0:
                # Also where the node does not answer: what has expired is removed by the clock alone.
                pause = min(remaining, self._tell(tell, asked, hook) or remaining)
                stop.wait(pause)
                remaining -= pause

    def _tell(self, tell: Tell | None, asked: Asked, hook: Waiting) -> float | None:
        """Tell the hook; return after how many seconds to tell again what it did not take, None where it took all."""
        if tell is None:
            return None
        now = self._source.now()
        try:
            hooks.tell_waiting(self._state, tell, only=asked.only, organisation=self._organisation, now=now)
        except HookFailed:
            hook.failed()
            return hook.seconds
        hook.went_well(0)
        return None
