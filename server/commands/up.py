"""`havre-node up`: a whole node on one machine."""

from pathlib import Path

import psycopg
import rich_click as click

from server import wsgi
from server.commands import founding, running, serving, single
from server.commands.keyfiles import KeyFileRefused, make_exchange_key, refuse_partners_folder
from server.commands.processes import BIND
from server.commands.saying import say, stop
from server.embedded import EmbeddedPostgresError
from server.errors import Refusal
from server.logs import set_up_logs
from server.settings import Settings, SettingsMissing, read_settings


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".havre"),
    show_default=True,
    help="Holds the database, the node's keys (HAVRE_HOME says nothing here) and, for a trial, two operators' keys.",
)
@click.option("--bind", envvar="HAVRE_BIND", help=f"Loopback address, or unix:/PATH; {BIND} at first, then as before.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes of the api.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads of each.")
@click.option(
    "--metrics-port",
    envvar="HAVRE_METRICS_PORT",
    type=click.IntRange(1, 65_533),
    help="Port of 127.0.0.1 for metrics of the api; those of sequencer and worker are the two that follow.",
)
def up(*, folder: Path, bind: str | None, workers: int, threads: int, metrics_port: int | None) -> None:
    """Run a whole node here: PostgreSQL unless DATABASE_URL names one, api, sequencer, worker and eraser."""
    set_up_logs(process="up")
    folder = folder.resolve()
    home = folder / "home"
    try:
        refuse_partners_folder(folder, home)
        names = single.names_of(home) or _names_for_trial(bind)
        bind = bind or single.bind_of(names["HAVRE_ORIGIN_URL"])
        running.check_free(serving.check_bind(bind))
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        folder.chmod(0o711)
        # What HAVRE_HOME names may be a partner's folder, or another node's.
        environment = running.with_defaults(names) | {"HAVRE_HOME": str(home)}
        with running.database_of(folder / "database", environment) as urls:
            environment |= urls
            settings = read_settings(environment)
            own = _prepare(settings, folder)
            options = _options(bind=bind, workers=workers, threads=threads, metrics_port=metrics_port)
            running.run(
                environment,
                bind=bind,
                own=own,
                options=options,
                when_ready=lambda: say(f"Ready at {settings.origin_url}"),
            )
    except serving.BindRefused as error:
        stop(str(error))
    except SettingsMissing as error:
        stop("These settings are missing or wrong:", *(f"  {problem}" for problem in error.problems))
    except (EmbeddedPostgresError, founding.NotInitialised, KeyFileRefused, running.NotRunning) as error:
        stop(str(error))
    except wsgi.NotFit as error:
        stop("This node cannot serve:", *(f"  {problem}" for problem in error.problems))
    except Refusal as error:
        stop(f"The node's statement is not of its form ({error.code}).")
    except psycopg.OperationalError:
        stop("The database cannot be reached.")
    say("Stopped.")


def _options(*, bind: str, workers: int, threads: int, metrics_port: int | None) -> dict[str, tuple[str, ...]]:
    """Return what each process is told on its command line."""
    options: dict[str, tuple[str, ...]] = {
        "api": ("--bind", bind, "--workers", str(workers), "--threads", str(threads)),
    }
    if metrics_port is not None:
        for port, name in enumerate(("api", "sequencer", "worker"), start=metrics_port):
            options[name] = (*options.get(name, ()), "--metrics-port", str(port))
    return options


def _prepare(settings: Settings, folder: Path) -> running.OwnNode:
    if not settings.owner_database_url:
        stop("HAVRE_OWNER_DATABASE_URL is not set: with a database of your own, `up` migrates it as its owner.")
    if not (settings.home / founding.STATEMENT_FILE).exists():
        folders = [folder / name for name in ("first-operator", "second-operator")]
        operators = [
            make_exchange_key(each, federation=settings.federation, organisation=settings.node) for each in folders
        ]
        founding.begin_node(settings, display_name=settings.node, sector="ngo", operators=operators)
        say(f"New node {settings.node} in {settings.home}; two operators' keys, for a trial, in {folder}.")
    root = founding.root_thumbprint(settings)
    say(
        f"The node's root is {root}: partners and operators pin it with --node-root.",
        "For the commands of an operator, in another shell:",
        f"  export HAVRE_NODE={settings.node} HAVRE_FEDERATION={settings.federation} "
        f"HAVRE_ORIGIN_URL={settings.origin_url} HAVRE_NODE_ROOT={root}",
    )
    say(*running.migrate_all(settings, settings.owner_database_url))
    # Said here once, instead of by a process that ends again and again.
    node = wsgi.load_node(settings)
    wsgi.load_trail(settings)
    return running.OwnNode(host=settings.host, key=node.key.public)


def _names_for_trial(bind: str | None) -> dict[str, str]:
    host = bind or BIND
    return {
        "HAVRE_NODE": "node.localhost",
        "HAVRE_FEDERATION": "localhost",
        "HAVRE_ORIGIN_URL": "http://localhost" if host.startswith("unix:") else single.origin_of(host),
    }
