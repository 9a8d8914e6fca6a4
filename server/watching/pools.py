"""Watch a pool of connections: how many there are, how many are free, who waits."""

import threading
import weakref

from server.db import Pool
from server.watching import metrics

_EVERY_SECONDS = 5.0


def watch_pool(pool: Pool) -> None:
    """Look at `pool` every few seconds, in a thread that ends with it."""
    threading.Thread(target=_watch, args=(weakref.ref(pool),), name="pool-watch", daemon=True).start()


def look_at(pool: Pool) -> None:
    """Tell how `pool` is now."""
    stats = pool.get_stats()
    metrics.pool_connections.labels("open").set(stats.get("pool_size", 0))
    metrics.pool_connections.labels("free").set(stats.get("pool_available", 0))
    metrics.pool_waiting.set(stats.get("requests_waiting", 0))


def _watch(pool: "weakref.ref[Pool]") -> None:
    pause = threading.Event()
    while (watched := pool()) is not None and not watched.closed:
        look_at(watched)
        del watched
        pause.wait(_EVERY_SECONDS)
