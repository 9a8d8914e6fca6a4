"""`havre-node`: what an operator runs.

Exit codes: 0 done, 1 not done (the sentences on stderr say why), 2 the command was not written as it must be.
"""

from importlib import import_module
from typing import Any

import rich_click as click

from server.commands.following import follow_parent

# Each command's module is loaded when it is asked for: `--help` and the sequencer need no HTTP server.
_COMMANDS = {
    "api": ("server.commands.processes", "api"),
    "sequencer": ("server.commands.processes", "sequencer"),
    "worker": ("server.commands.processes", "worker"),
    "eraser": ("server.commands.retaining", "eraser"),
    "metrics": ("server.commands.processes", "metrics"),
    "up": ("server.commands.up", "up"),
    "init": ("server.commands.preparing", "init"),
    "migrate": ("server.commands.preparing", "migrate"),
    "operator-key": ("server.commands.preparing", "operator_key"),
    "restore": ("server.commands.restoring", "restore"),
    "admit": ("server.commands.members", "admit"),
    "suspend": ("server.commands.members", "suspend"),
    "lift": ("server.commands.members", "lift"),
    "hold": ("server.commands.retaining", "hold"),
    "release": ("server.commands.retaining", "release"),
    "holds": ("server.commands.retaining", "holds"),
    "reindex": ("server.commands.reindexing", "reindex"),
    "statement": ("server.commands.statement", "statement"),
    "witness": ("server.commands.witnessing", "witness"),
    "status": ("server.commands.looking", "status"),
    "docs": ("server.commands.looking", "docs"),
}


class _Commands(click.RichGroup):
    """The commands by name, loaded late."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: Any = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--with-parent", is_flag=True, hidden=True, help="End when the process that started this one ends.")
@click.version_option(package_name="havre")
def main(*, with_parent: bool) -> None:
    """Run a node of Havre: its processes, its database, its members."""
    if with_parent:
        follow_parent()


if __name__ == "__main__":
    main()
