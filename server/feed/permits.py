"""Permits to hold a page in memory: a few a process, and one an organisation, until the page is sent.

A page is up to 16 MiB and its reader may be slow. Without a bound, readers would fill the memory; without the second
one, a single organisation could keep all others from their pages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from server.errors import Busy
from server.watching import metrics


class PagePermits:
    """The permits of one process."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._holders: set[int] = set()
        self._lock = Lock()

    @contextmanager
    def hold(self, organisation_id: int) -> Iterator[None]:
        """Hold a permit of `organisation_id`.

        Raises:
            Busy: it holds one already, or all are held.
        """
        with self._lock:
            if organisation_id in self._holders or len(self._holders) >= self._most:
                metrics.page_builds.labels("refused").inc()
                raise Busy
            self._holders.add(organisation_id)
        metrics.page_builds.labels("held").inc()
        metrics.pages_held.inc()
        try:
            yield
        finally:
            metrics.pages_held.dec()
            with self._lock:
                self._holders.discard(organisation_id)
