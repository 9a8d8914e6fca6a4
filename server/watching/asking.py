"""What the database says of a node, asked anew at each scrape: a few small questions, read-only, within a deadline.

A database that does not answer in time is told as `havre_database_up 0`, soon, and nothing else is then said of it: an
old number would be worse than none.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from server.db import Connection, connect

_DEADLINE_SECONDS = 3.0
_CONNECT_SECONDS = 2
_STATEMENT_MS = "2000"
_COUNTED_AT_MOST = 100_000
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)

# Every gauge that is asked of the database, with what it says.
GAUGES = {
    "havre_database_up": "1 if the database answered in time.",
    "havre_database_unanswered": "Questions that the database refused to this process.",
    "havre_log_size": "Entries in the log.",
    "havre_sequencer_lag_entries": "Committed entries without a place (counted up to 100,000).",
    "havre_unplaced_oldest_seconds": "Age of the oldest entry without a place; 0 if there is none.",
    "havre_organisations": "Organisations by status.",
    "havre_applications_pending": "Statements that wait for the operators.",
    "havre_statement_expiry_days": "Days until the node's statement ends, or the soonest of its members'.",
    "havre_key_expiry_days": "Days until no key of some use is left: of the node, or of the soonest of its members.",
    "havre_directory_expiry_hours": "Hours until the newest directory ends.",
    "havre_streams_ahead": "Streams whose newest place is more than 60 s ahead of the database's clock.",
    "havre_groups_expiring": "Live groups that expire within 7 days.",
    "havre_jobs": "Jobs of the worker by status, of the last three days.",
    "havre_worker_heartbeat_seconds": "Time since a worker was last alive.",
}

Question = Callable[[Connection, datetime], Iterable[GaugeMetricFamily]]


class DatabaseWatch(Collector):
    """Asks the database of this process, as its role, whenever somebody scrapes."""

    def __init__(self, database_url: str, questions: Sequence[Question]) -> None:
        self._database_url = database_url
        self._questions = questions
        self._lock = threading.Lock()
        self._asker: threading.Thread | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give what the database said, or that it said nothing."""
        answers = self._ask_in_time()
        yield _gauge("havre_database_up", 0 if answers is None else 1)
        yield from answers or ()

    def _ask_in_time(self) -> list[GaugeMetricFamily] | None:
        with self._lock:
            # One that still waits for a database that hangs is not joined by a second.
            if self._asker is not None and self._asker.is_alive():
                return None
            told: queue.SimpleQueue[list[GaugeMetricFamily] | None] = queue.SimpleQueue()
            self._asker = threading.Thread(target=lambda: told.put(self._ask()), daemon=True)
            self._asker.start()
            try:
                return told.get(timeout=_DEADLINE_SECONDS)
            except queue.Empty:
                return None

    def _ask(self) -> list[GaugeMetricFamily] | None:
        try:
            with connect(self._database_url, connect_timeout=_CONNECT_SECONDS) as db:
                db.read_only = True
                return self._answers(db)
        except psycopg.Error:
            return None

    def _answers(self, db: Connection) -> list[GaugeMetricFamily]:
        families: list[GaugeMetricFamily] = []
        unanswered = 0
        for question in self._questions:
            try:
                with db.transaction():
                    db.execute("SELECT set_config('statement_timeout', %s, true)", [_STATEMENT_MS])
                    families += question(db, datetime.now(UTC))
            except psycopg.Error:
                if db.broken or db.closed:
                    raise
                unanswered += 1
        return [*families, _gauge("havre_database_unanswered", unanswered)]


def log_of(db: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    """Say how long the log is and what waits for its place (any role that may read the queue)."""
    row = db.execute(
        """
        SELECT log_head.size,
               (SELECT count(*) FROM (SELECT FROM unplaced LIMIT %(most)s) AS counted),
               (SELECT entry_id FROM unplaced ORDER BY unplaced_id LIMIT 1)
          FROM log_head
        """,
        {"most": _COUNTED_AT_MOST},
    ).fetchone()
    if row is None:
        return
    size, waiting, oldest = row
    yield _gauge("havre_log_size", size)
    yield _gauge("havre_sequencer_lag_entries", waiting)
    yield _gauge("havre_unplaced_oldest_seconds", 0 if oldest is None else age_of(oldest, now).total_seconds())


def age_of(entry_id: UUID, now: datetime) -> timedelta:
    """Return how long ago the request of this entry arrived: its id is a UUIDv7, made then (RFC 9562 §5.7)."""
    arrived_at = datetime.fromtimestamp((entry_id.int >> 80) / 1000, UTC)
    return max(now - arrived_at, timedelta())


def members_of(db: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:  # noqa: ARG001 - a question's form
    """Say how many organisations there are, and how many wait (as `havre_app`)."""
    by_status = _labelled("havre_organisations", "status")
    counted = {"active": 0, "suspended": 0}
    counted |= dict(db.execute("SELECT status, count(*) FROM organisation GROUP BY status").fetchall())
    for status, count in counted.items():
        by_status.add_metric([status], count)
    yield by_status
    row = db.execute("SELECT count(*) FROM application WHERE status = 'pending' AND expires_at > now()").fetchone()
    if row is not None:
        yield _gauge("havre_applications_pending", row[0])


def expiries_of(db: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    """Say when statements, keys and the directory run out (as `havre_app`)."""
    statements = db.execute(
        """
        SELECT organisation.organisation_id = node.organisation_id AS is_node, min(statement.expires_at)
          FROM organisation
          JOIN statement ON statement.statement_id = organisation.statement_id
         CROSS JOIN node
         WHERE organisation.status = 'active'
         GROUP BY is_node
        """
    ).fetchall()
    yield _days("havre_statement_expiry_days", dict(statements), now)
    # The newest end of each use counts: a key that is being replaced may run out.
    keys = db.execute(
        """
        SELECT held.is_node, min(nullif(held.until, 'infinity'))
          FROM (SELECT organisation.organisation_id = node.organisation_id AS is_node,
                       max(coalesce(signing_key.valid_until, 'infinity')) AS until
                  FROM signing_key
                  JOIN organisation USING (organisation_id)
                 CROSS JOIN node
                 WHERE organisation.status = 'active'
                   AND signing_key.use <> 'root'
                   AND signing_key.revoked_at IS NULL
                 GROUP BY organisation.organisation_id, node.organisation_id, signing_key.use) AS held
         WHERE held.is_node OR held.until > now()
         GROUP BY held.is_node
        """
    ).fetchall()
    yield _days("havre_key_expiry_days", dict(keys), now)
    row = db.execute("SELECT expires_at FROM directory ORDER BY seq DESC LIMIT 1").fetchone()
    if row is not None:
        yield _gauge("havre_directory_expiry_hours", (row[0] - now) / _HOUR)


def sharing_of(db: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:  # noqa: ARG001 - a question's form
    """Say which streams are ahead of the clock, and which groups end soon (as `havre_app`)."""
    row = db.execute(
        """
        SELECT (SELECT count(*) FROM stream WHERE accepted_at > now() + interval '60 seconds'),
               (SELECT count(*) FROM sharing_group WHERE is_live AND expires_at < now() + interval '7 days')
        """
    ).fetchone()
    if row is not None:
        yield _gauge("havre_streams_ahead", row[0])
        yield _gauge("havre_groups_expiring", row[1])


def jobs_of(db: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    """Say how the worker's jobs are (as `havre_worker`)."""
    by_status = _labelled("havre_jobs", "status")
    counted = {"failed": 0}
    query = "SELECT status::text, count(*) FROM procrastinate.procrastinate_jobs GROUP BY status"
    for status, count in (counted | dict(db.execute(query).fetchall())).items():
        by_status.add_metric([status], count)
    yield by_status
    row = db.execute("SELECT max(last_heartbeat) FROM procrastinate.procrastinate_workers").fetchone()
    if row is not None and row[0] is not None:
        yield _gauge("havre_worker_heartbeat_seconds", (now - row[0]).total_seconds())


OF_API: tuple[Question, ...] = (log_of, members_of, expiries_of, sharing_of)
OF_SEQUENCER: tuple[Question, ...] = (log_of,)
OF_WORKER: tuple[Question, ...] = (jobs_of,)


def _gauge(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name], value=value)


def _labelled(name: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name], labels=[label])


def _days(name: str, until: dict[bool, datetime | None], now: datetime) -> GaugeMetricFamily:
    family = _labelled(name, "of")
    for is_node, at in until.items():
        if at is not None:
            family.add_metric(["node" if is_node else "members"], (at - now) / _DAY)
    return family
