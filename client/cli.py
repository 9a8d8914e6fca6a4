"""The `havre` command, for partners.

Exit codes: 0 well, 1 some refused, 2 usage, 3 not authenticated, 4 unreachable, 5 not to be believed.
"""

import sys
from pathlib import Path

import rich_click as click
import stamina.instrumentation
from click.exceptions import Exit

from client.commands.asking import receipts, trust, whoami
from client.commands.doctor import doctor
from client.commands.keys import init, keys
from client.commands.pulling import follow, pull, records, verify
from client.commands.pushing import push, withdraw
from client.commands.statement import apply, statement
from client.commands.telling import Context
from client.failures import Failure

_INTERRUPTED = 130


@click.group()
@click.option(
    "--home",
    envvar="HAVRE_HOME",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: Path.home() / ".havre",
    help="Folder of this organisation's keys, settings and state; HAVRE_HOME, else ~/.havre.",
)
@click.version_option(package_name="havre")
@click.pass_context
def havre(context: click.Context, home: Path) -> None:
    """Exchange hash signals and incident metadata with partners, signed, verified, on record."""
    context.obj = Context(home=home)


for _command in (
    *(init, keys, statement, apply, whoami, trust),
    *(push, pull, follow, records, withdraw, verify, receipts, doctor),
):
    havre.add_command(_command)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    # Retries are told to nobody: standard output is the result.
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        with havre.make_context("havre", arguments) as context:
            try:
                return int(havre.invoke(context) or 0)
            except Failure as failure:
                talking: Context = context.obj or Context(home=Path())
                return talking.fail(failure)
    except Exit as done:
        return int(done.exit_code)
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))
