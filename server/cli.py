"""`havre-node`: what an operator runs.

Exit codes: 0 done, 1 not done (the sentences on stderr say why), 2 the command was not written as it must be.
"""

import sys
from typing import NoReturn

import rich_click as click

from server.commands.following import follow_parent
from server.logs import set_up_logs
from server.settings import Settings, SettingsMissing, read_settings

_BIND = "127.0.0.1:8000"
_DEADLINE_SECONDS = 30.0


def stop(*sentences: str) -> NoReturn:
    """End the command, saying why."""
    for sentence in sentences:
        click.echo(sentence, err=True)
    sys.exit(1)


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsMissing as error:
        stop("These settings are missing or wrong:", *(f"  {problem}" for problem in error.problems))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--with-parent", is_flag=True, hidden=True, help="End when the process that started this one ends.")
@click.version_option(package_name="havre")
def main(*, with_parent: bool) -> None:
    """Run a node of Havre: its processes, its database, its members."""
    if with_parent:
        follow_parent()


@main.command()
@click.option("--bind", envvar="HAVRE_BIND", default=_BIND, show_default=True, help="Loopback address or unix:/PATH.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads of each process.")
@click.option("--body-seconds", type=click.FloatRange(0.1, _DEADLINE_SECONDS), default=_DEADLINE_SECONDS, hidden=True)
@click.option("--head-seconds", type=click.FloatRange(0.1, 10.0), default=10.0, hidden=True)
def api(*, bind: str, workers: int, threads: int, body_seconds: float, head_seconds: float) -> None:
    """Serve the HTTP API on loopback or a Unix socket, behind a proxy that speaks TLS."""
    from server import wsgi  # noqa: PLC0415 - each command loads only what it needs
    from server.commands import serving  # noqa: PLC0415
    from server.http_deadlines import Deadlines  # noqa: PLC0415

    settings = _settings()
    set_up_logs(process="api")
    deadlines = Deadlines(head=head_seconds, body=body_seconds)
    try:
        serving.serve(settings, bind=bind, workers=workers, threads=threads, deadlines=deadlines)
    except serving.BindRefused as error:
        stop(str(error))
    except wsgi.NotFit as error:
        stop("This node cannot serve:", *(f"  {problem}" for problem in error.problems))


if __name__ == "__main__":
    main()
