"""`havre-node api|sequencer|worker`: one process each."""

import signal
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import rich_click as click

from server.commands.saying import settings_or_stop, stop
from server.http_deadlines import Deadlines
from server.logs import set_up_logs
from server.watching import listening
from server.watching.tracing import set_up_traces
from server.wsgi import NotFit

if TYPE_CHECKING:
    from server.watching.asking import Question

BIND = "127.0.0.1:8000"
_DEADLINES = Deadlines()
_PORT = click.IntRange(1, 65_535)
_METRICS = "Port of 127.0.0.1 that gives metrics to Prometheus; without it nobody serves them."


@click.command()
@click.option("--bind", envvar="HAVRE_BIND", default=BIND, show_default=True, help="Loopback address, or unix:/PATH.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads of each process.")
@click.option("--metrics-port", envvar="HAVRE_METRICS_PORT", type=_PORT, help=_METRICS)
@click.option("--head-seconds", type=click.FloatRange(0.1, _DEADLINES.head), default=_DEADLINES.head, hidden=True)
@click.option("--body-seconds", type=click.FloatRange(0.1, _DEADLINES.body), default=_DEADLINES.body, hidden=True)
def api(
    *, bind: str, workers: int, threads: int, metrics_port: int | None, head_seconds: float, body_seconds: float
) -> None:
    """Serve the HTTP API on loopback or a Unix socket, behind a proxy that speaks TLS."""
    settings = settings_or_stop()
    set_up_logs(process="api")
    deadlines = Deadlines(head=head_seconds, body=body_seconds)
    try:
        with listening.exporter(metrics_port):
            # What counts is loaded with it: by then it must be said where the processes count together.
            from server.commands import serving  # noqa: PLC0415 - see above

            try:
                serving.serve(settings, bind=bind, workers=workers, threads=threads, deadlines=deadlines)
            except serving.BindRefused as error:
                stop(str(error))
    except listening.PortTaken as error:
        stop(str(error))
    except NotFit as error:
        stop("This node cannot serve:", *(f"  {problem}" for problem in error.problems))


@click.command(hidden=True)
@click.option("--listener", type=int, required=True)
def metrics(*, listener: int) -> None:
    """Serve what the processes of an api count; started by it, ends with it."""
    from server.watching import exporting  # noqa: PLC0415 - what the others do not need

    settings = settings_or_stop()
    set_up_logs(process="metrics")
    # A terminal's Ctrl-C goes to all; the api ends this process when it has ended the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    exporting.serve_shared(socket.socket(fileno=listener), settings.database_url)


@click.command()
@click.option("--metrics-port", envvar="HAVRE_METRICS_PORT", type=_PORT, help=_METRICS)
def sequencer(*, metrics_port: int | None) -> None:
    """Give the log's entries their places and sign its head; of several, one is active and the others wait."""
    from server import sequencer as placing  # noqa: PLC0415 - its name is this command's
    from server.watching import asking  # noqa: PLC0415 - not before the api has said where it counts

    settings = settings_or_stop()
    url = settings.sequencer_database_url
    if not url:
        stop("HAVRE_SEQUENCER_DATABASE_URL is not set: PostgreSQL, as role havre_sequencer.")
    set_up_logs(process="sequencer")
    set_up_traces(process="sequencer")
    _give_metrics(metrics_port, url, asking.OF_SEQUENCER)
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_ignored: ending.set())
    placing.run(url, stop=ending, home=settings.home, log_name=settings.log_name)


@click.command()
@click.option("--metrics-port", envvar="HAVRE_METRICS_PORT", type=_PORT, help=_METRICS)
def worker(*, metrics_port: int | None) -> None:
    """Do the jobs that come by the clock: mark what is due to go, forget what is over, ask witnesses to cosign."""
    from server import worker as working  # noqa: PLC0415 - its name is this command's
    from server.watching import asking  # noqa: PLC0415 - not before the api has said where it counts
    from server.witnessing import asking as witnesses  # noqa: PLC0415 - what the others do not need

    settings = settings_or_stop()
    url = settings.worker_database_url
    if not url:
        stop("HAVRE_WORKER_DATABASE_URL is not set: PostgreSQL, as role havre_worker.")
    set_up_logs(process="worker")
    set_up_traces(process="worker")
    _give_metrics(metrics_port, url, asking.OF_WORKER)
    ending = threading.Event()
    witnesses.start(url, home=settings.home, stop=ending)
    try:
        working.run(url, node=settings.node, keep=timedelta(days=settings.retention_days))
    except working.NoJobs:
        stop("The schema of the jobs is missing: run havre-node migrate.")
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_WORKER_DATABASE_URL.")
    finally:
        ending.set()


def _give_metrics(port: int | None, database_url: str, questions: "Sequence[Question]") -> None:
    """Serve this process's metrics beside its work, if a port was given."""
    if port is None:
        return
    from server.watching import exporting  # noqa: PLC0415 - not before the api has said where it counts

    try:
        exporting.serve_beside(listening.listen(port), database_url, questions)
    except listening.PortTaken as error:
        stop(str(error))
