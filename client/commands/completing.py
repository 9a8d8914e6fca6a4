"""`havre completion`: the script with which a shell completes commands, options and their words; click's own."""

import os

import rich_click as click
from click.shell_completion import get_completion_class, shell_complete

from client.words import helping

_PROGRAM = "havre"
_VARIABLE = "_HAVRE_COMPLETE"
_SHELLS = ("bash", "zsh", "fish")


@click.command(help=helping.COMPLETION())
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, /, *, shell: str) -> None:
    """Print the script of one shell."""
    script = get_completion_class(shell)
    assert script is not None  # noqa: S101 - click has all three
    click.echo(script(context.find_root().command, {}, _PROGRAM, _VARIABLE).source())


def complete(command: click.Command) -> int | None:
    """Answer a shell that asks for completions, and return the exit code; None: no shell asks."""
    instruction = os.environ.get(_VARIABLE)
    return None if not instruction else shell_complete(command, {}, _PROGRAM, _VARIABLE, instruction)
