"""The numbers that a process counts of itself, by prometheus-client; off or on, counting costs some microseconds.

Rule: the value of a label is a word of this program (a permission, a code, a decision), never what somebody sent.
With `PROMETHEUS_MULTIPROC_DIR` set before this module is loaded, the processes of the api count in files there, and
one exporter adds them up (`sharing`).
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

registry = CollectorRegistry()

exchanges = Counter(
    "havre_exchanges",
    "Answered requests by action and decision; action is public or none outside the guard.",
    ("action", "decision"),
    registry=registry,
)
refusals = Counter("havre_refusals", "Refused requests by the code of the problem.", ("code",), registry=registry)
exchange_seconds = Histogram(
    "havre_exchange_seconds",
    "Time from a request's arrival at the guard to its answer, before it is sent.",
    ("action",),
    buckets=_SECONDS,
    registry=registry,
)
pushed_records = Counter("havre_pushed_records", "Records of batches that were stored.", registry=registry)
page_builds = Counter(
    "havre_page_builds", "Pages of feeds that were begun (held) or refused as busy.", ("result",), registry=registry
)
pages_held = Gauge(
    "havre_pages_held",
    "Pages that are held in memory until they are sent.",
    registry=registry,
    multiprocess_mode="livesum",
)
pool_connections = Gauge(
    "havre_pool_connections",
    "Connections to the database: size of the pools, and how many of them are free.",
    ("state",),
    registry=registry,
    multiprocess_mode="livesum",
)
pool_waiting = Gauge(
    "havre_pool_waiting",
    "Requests that wait for a connection to the database.",
    registry=registry,
    multiprocess_mode="livesum",
)
placed_entries = Counter("havre_placed_entries", "Entries that this sequencer gave their places.", registry=registry)
sequencer_active = Gauge(
    "havre_sequencer_active", "1 if this sequencer places entries, 0 if it stands by.", registry=registry
)
sequencer_step_seconds = Histogram(
    "havre_sequencer_step_seconds", "Time of a step that placed entries.", buckets=_SECONDS, registry=registry
)


def names() -> set[str]:
    """Return the names under which what is declared here is scraped."""
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {family.name + suffix for family in registry.collect() for suffix in suffixes[family.type]}
