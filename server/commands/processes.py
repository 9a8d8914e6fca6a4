"""`havre-node api|sequencer|worker`: one process each."""

import signal
import threading

import psycopg
import rich_click as click

from server.commands import serving
from server.commands.saying import settings_or_stop, stop
from server.http_deadlines import Deadlines
from server.logs import set_up_logs
from server.wsgi import NotFit

BIND = "127.0.0.1:8000"
_DEADLINES = Deadlines()


@click.command()
@click.option("--bind", envvar="HAVRE_BIND", default=BIND, show_default=True, help="Loopback address, or unix:/PATH.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads of each process.")
@click.option("--head-seconds", type=click.FloatRange(0.1, _DEADLINES.head), default=_DEADLINES.head, hidden=True)
@click.option("--body-seconds", type=click.FloatRange(0.1, _DEADLINES.body), default=_DEADLINES.body, hidden=True)
def api(*, bind: str, workers: int, threads: int, head_seconds: float, body_seconds: float) -> None:
    """Serve the HTTP API on loopback or a Unix socket, behind a proxy that speaks TLS."""
    settings = settings_or_stop()
    set_up_logs(process="api")
    deadlines = Deadlines(head=head_seconds, body=body_seconds)
    try:
        serving.serve(settings, bind=bind, workers=workers, threads=threads, deadlines=deadlines)
    except serving.BindRefused as error:
        stop(str(error))
    except NotFit as error:
        stop("This node cannot serve:", *(f"  {problem}" for problem in error.problems))


@click.command()
def sequencer() -> None:
    """Give the log's entries their places; of several, one is active and the others wait."""
    from server import sequencer as placing  # noqa: PLC0415 - its name is this command's

    url = settings_or_stop().sequencer_database_url
    if not url:
        stop("HAVRE_SEQUENCER_DATABASE_URL is not set: PostgreSQL, as role havre_sequencer.")
    set_up_logs(process="sequencer")
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_ignored: ending.set())
    placing.run(url, stop=ending)


@click.command()
def worker() -> None:
    """Do the jobs that come by the clock: forget nonces, drop old applications."""
    from server import worker as working  # noqa: PLC0415 - its name is this command's

    url = settings_or_stop().worker_database_url
    if not url:
        stop("HAVRE_WORKER_DATABASE_URL is not set: PostgreSQL, as role havre_worker.")
    set_up_logs(process="worker")
    try:
        working.run(url)
    except working.NoJobs:
        stop("The schema of the jobs is missing: run havre-node migrate.")
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_WORKER_DATABASE_URL.")
