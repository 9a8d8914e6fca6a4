"""The `havre` command, for partners.

Exit codes: 0 well, 1 some refused, 2 usage, 3 not authenticated, 4 unreachable, 5 not to be believed.
"""

import os
import sqlite3
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

import rich_click as click
import stamina.instrumentation
from click.exceptions import Exit

from client.commands.asking import trust, whoami
from client.commands.checkpointing import checkpoint
from client.commands.completing import complete, completion
from client.commands.doctor import doctor
from client.commands.grouping import group
from client.commands.holding import records, verify
from client.commands.inviting import people
from client.commands.keys import init, keys
from client.commands.opining import opine, opinions
from client.commands.proving import receipts
from client.commands.pulling import follow, pull
from client.commands.pushing import push, withdraw
from client.commands.reporting import incident
from client.commands.statement import apply, statement
from client.commands.status import status
from client.commands.telling import Context
from client.commands.trailing import audit
from client.failures import Failure, NotConfigured
from client.words import helping

_INTERRUPTED = 130


@click.group(help=helping.HAVRE())
@click.option(
    "--home",
    envvar="HAVRE_HOME",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: Path.home() / ".havre",
    help=helping.HOME(),
)
@click.version_option(package_name="havre")
@click.pass_context
def havre(context: click.Context, home: Path) -> None:
    """Exchange hash signals and incident metadata with partners, signed, verified, on record."""
    context.obj = Context(home=home)


for _command in (
    *(init, keys, statement, apply, whoami, trust),
    *(push, pull, follow, records, status, withdraw, verify, receipts, doctor, completion),
    *(group, opine, opinions, incident, audit, checkpoint, people),
):
    havre.add_command(_command)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    # Retries are told to nobody: standard output is the result.
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        with havre.make_context("havre", arguments) as context:
            try:
                done = _within_reach(lambda: int(havre.invoke(context) or 0))
            except Failure as failure:
                talking: Context = context.obj or Context(home=Path())
                done = talking.fail(failure)
            return done
    except Exit as done:
        return int(done.exit_code)
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot write an accent gets another letter, never a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    completed = complete(havre)
    code = run(sys.argv[1:]) if completed is None else completed
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has gone, and the interpreter would try once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or NotConfigured.exit_code
    sys.exit(code)


def _within_reach(command: Callable[[], int]) -> int:
    """Run a command; what this machine's files and pipes refuse is told like every other failure.

    Raises:
        NotConfigured: `stdout_closed`, `file_unusable`, `state_busy`, `state_damaged`.
    """
    try:
        done = command()
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise NotConfigured("stdout_closed") from error
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        raise NotConfigured("file_unusable", about=f"{where}{error.strerror or error}") from error
    except sqlite3.OperationalError as error:
        raise NotConfigured("state_busy", about=str(error)) from error
    except sqlite3.DatabaseError as error:
        raise NotConfigured("state_damaged", about=str(error)) from error
    return done
