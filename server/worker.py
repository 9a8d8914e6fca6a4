"""The worker: jobs by the clock, in PostgreSQL itself (procrastinate), as a role that may do nothing else.

- Every minute: forget nonces whose time has passed (a replay is refused by its clock long before); mark the lines that
  are due to be erased; end the groups whose time is over.
- Beside them, in a thread: keep the index of the trail (`auditing.indexing`).
- Every hour: drop applications that waited 14 days, sessions of last month, and the finished jobs of this worker.

procrastinate's tables live in a schema of their own, made and renewed by `havre-node migrate` as the owner.
"""

import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import LiteralString

import procrastinate
import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from psycopg import sql

from server.auditing import indexing
from server.db import connect
from server.retention import ending, marking

SCHEMA = "procrastinate"
# Any number, the same in all that migrate.
_MIGRATING_LOCK = 7_301_460
_OPTIONS = f"-c search_path={SCHEMA},public -c timezone=UTC -c statement_timeout=60000"
_CONNECTIONS = 4
_KEEP_JOBS_HOURS = 72
_GRACE_SECONDS = 30

log = structlog.get_logger()

# The tasks are found by import; where their jobs are kept is told when the worker runs.
jobs = App(connector=PsycopgConnector())


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What the jobs that write beyond one statement need: where, for which node, and how long what is over is kept."""

    database_url: str
    node: str
    keep: timedelta


class NoJobs(Exception):
    """The schema of the jobs is missing: `havre-node migrate` makes it."""


@jobs.periodic(cron="* * * * *")
@jobs.task(name="forget_nonces", queueing_lock="forget_nonces", pass_context=True)
async def forget_nonces(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - a periodic task's
    """Forget nonces that no request could use any more."""
    forgotten = await _count(
        context,
        "WITH gone AS (DELETE FROM public.nonce WHERE expires_at < now() RETURNING 1) SELECT count(*) FROM gone",
    )
    log.info("nonces_forgotten", count=forgotten)


@jobs.periodic(cron="* * * * *")
@jobs.task(name="mark_due", queueing_lock="mark_due", pass_context=True)
async def mark_due(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - see above
    """Mark the lines that expired, were replaced or withdrawn long enough ago; the eraser removes them."""
    await asyncio.to_thread(_mark_due, context.additional_context["duty"])


@jobs.periodic(cron="* * * * *")
@jobs.task(name="end_expired_groups", queueing_lock="end_expired_groups", pass_context=True)
async def end_expired_groups(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - see above
    """End the groups whose time is over."""
    await asyncio.to_thread(_end_expired_groups, context.additional_context["duty"])


@jobs.periodic(cron="7 * * * *")
@jobs.task(name="drop_applications", queueing_lock="drop_applications", pass_context=True)
async def drop_applications(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - see above
    """Drop applications that nobody decided within their 14 days."""
    dropped = await _count(
        context,
        """
        WITH gone AS (DELETE FROM public.application WHERE expires_at < now() RETURNING 1)
        SELECT count(*) FROM gone
        """,
    )
    log.info("applications_dropped", count=dropped)


@jobs.periodic(cron="17 * * * *")
@jobs.task(name="forget_rates", queueing_lock="forget_rates", pass_context=True)
async def forget_rates(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - see above
    """Forget the buckets that nobody took from for a day: they are full, as one that is not there."""
    forgotten = await _count(
        context,
        """
        WITH gone AS (DELETE FROM public.rate WHERE refilled_at < now() - interval '1 day' RETURNING 1)
        SELECT count(*) FROM gone
        """,
    )
    log.info("rates_forgotten", count=forgotten)


@jobs.periodic(cron="19 * * * *")
@jobs.task(name="forget_sessions", queueing_lock="forget_sessions", pass_context=True)
async def forget_sessions(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - see above
    """Forget sessions a month after they were opened, and answered challenges that nobody could answer any more."""
    sessions = await _count(
        context,
        """
        WITH gone AS (DELETE FROM public.session WHERE signed_in_at < now() - interval '30 days' RETURNING 1)
        SELECT count(*) FROM gone
        """,
    )
    challenges = await _count(
        context,
        """
        WITH gone AS (DELETE FROM public.challenge WHERE expires_at < now() - interval '1 hour' RETURNING 1)
        SELECT count(*) FROM gone
        """,
    )
    log.info("sessions_forgotten", sessions=sessions, challenges=challenges)


@jobs.periodic(cron="23 * * * *")
@jobs.task(name="forget_jobs", queueing_lock="forget_jobs", pass_context=True)
async def forget_jobs(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - see above
    """Forget finished jobs after three days."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=_KEEP_JOBS_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


def _mark_due(duty: Duty) -> None:
    with connect(duty.database_url, autocommit=True, connect_timeout=10) as db:
        looked = marking.mark_due(db, keep=duty.keep)
    log.info("due_lines_marked", expired_batches=looked.expired, replacing_batches=looked.replaced)


def _end_expired_groups(duty: Duty) -> None:
    with connect(duty.database_url, connect_timeout=10) as db:
        ended = ending.end_expired_groups(db, node=duty.node, now=datetime.now(UTC))
    log.info("expired_groups_ended", count=ended)


def run(database_url: str, *, node: str, keep: timedelta) -> None:
    """Work for `node` until SIGTERM or SIGINT; running jobs are finished first. What is over is kept for `keep`.

    Raises:
        NoJobs: the schema of the jobs is missing.
        psycopg.OperationalError: the database cannot be reached.
    """
    with connect(database_url, connect_timeout=10) as db:
        made = db.execute("SELECT to_regclass('procrastinate.procrastinate_jobs') IS NOT NULL").fetchone()
    if made != (True,):
        raise NoJobs
    connector = PsycopgConnector(
        conninfo=database_url, kwargs={"options": _OPTIONS}, min_size=1, max_size=_CONNECTIONS, timeout=30
    )
    stop = threading.Event()
    indexer = indexing.start(database_url, stop=stop)
    try:
        with jobs.replace_connector(connector) as app:
            asyncio.run(_work(app, Duty(database_url=database_url, node=node, keep=keep)))
    finally:
        stop.set()
        indexer.join(_GRACE_SECONDS)


def migrate_jobs(owner_url: str) -> list[str]:
    """Bring the schema of the jobs to what the installed procrastinate needs; return the names of what was applied.

    Runs as the owner, never as a superuser; `havre_worker` gets what a worker needs, nobody else gets anything.
    """
    with connect(owner_url) as db:
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATING_LOCK])
        db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(SCHEMA)))
        db.execute("CREATE TABLE IF NOT EXISTS applied_migration (name text PRIMARY KEY)")
        known = {name for (name,) in db.execute("SELECT name FROM applied_migration")}
        steps = _steps()
        if not known:
            applied = ["schema"]
            db.execute(_as_query(App(connector=PsycopgConnector()).schema_manager.get_schema()))
        else:
            applied = [name for name in steps if name not in known]
            for name in applied:
                db.execute(_as_query(steps[name]))
        for name in steps:
            db.execute("INSERT INTO applied_migration (name) VALUES (%s) ON CONFLICT DO NOTHING", [name])
        _grant(db)
    return applied


def _steps() -> dict[str, str]:
    """Return procrastinate's own migrations by name, oldest first."""
    folder = resources.files("procrastinate.sql") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def _as_query(text: str) -> bytes:
    # Without parameters psycopg sends it as it is, several statements at once.
    return text.encode()


def _grant(db: psycopg.Connection) -> None:
    for statement in (
        "REVOKE ALL ON SCHEMA procrastinate FROM PUBLIC",
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA procrastinate FROM PUBLIC",
        "GRANT USAGE ON SCHEMA procrastinate TO havre_worker",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO havre_worker",
        "REVOKE ALL ON procrastinate.applied_migration FROM havre_worker",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA procrastinate TO havre_worker",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA procrastinate TO havre_worker",
    ):
        db.execute(statement)


async def _work(app: App, duty: Duty) -> None:
    async with app.open_async():
        await app.run_worker_async(
            name="havre-worker", shutdown_graceful_timeout=_GRACE_SECONDS, additional_context={"duty": duty}
        )


async def _count(context: procrastinate.JobContext, query: LiteralString) -> int:
    row = await context.app.connector.execute_query_one_async(query)
    return int(row["count"])
