"""`havre-node status|docs`: look at a node, and write the pages that come from the code."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from schemas.tables import with_tables
from server.commands import reporting, single
from server.commands.processes import BIND
from server.commands.saying import say, settings_or_stop, stop
from server.web import pages

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_MARKS = {True: "ok", False: "NOT", None: "  ?"}


@click.command()
@click.option("--folder", type=_FOLDER, help="Of a node that `up` runs on this machine; else the environment says all.")
@click.option("--bind", envvar="HAVRE_BIND", help=f"Where the api of this node is; {BIND} unless the folder says more.")
@click.option(
    "--need",
    "needed",
    type=click.Choice(["api", "sequencer", "worker", "eraser", "log", "statement", "keys"]),
    multiple=True,
    help="Judge by this alone, and by the database and the node's identity; without it, by everything.",
)
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON, for a program.")
def status(*, folder: Path | None, bind: str | None, needed: Sequence[str], as_json: bool) -> None:
    """Say how the node is; ends with status 1 if it is not well."""
    if folder is None:
        settings = settings_or_stop()
    else:
        environment = single.environment_of(folder.resolve())
        if environment is None:
            stop(f"No node runs in {folder}: havre-node up --folder {folder}")
        settings, bind = settings_or_stop(environment), bind or single.bind_of(environment["HAVRE_ORIGIN_URL"])
    lines = reporting.report(settings, bind=bind or BIND)
    failed = reporting.failed(lines, needed)
    if as_json:
        told = [{"name": line.name, "says": line.says, "well": line.is_well} for line in lines]
        say(json.dumps({"well": not failed, "not_well": failed, "lines": told}))
    else:
        say(f"Not well: {', '.join(failed)}." if failed else "The node is well.")
        say(*(f"{_MARKS[line.is_well]:>3}  {line.name:<10} {line.says}" for line in lines))
    if failed:
        sys.exit(1)


@click.command()
@click.option("--folder", type=_FOLDER, default=Path("docs"))
def docs(*, folder: Path) -> None:
    """Write the pages that are made from the code: each problem code, and the tables of enumerations."""
    problems = folder / "problems"
    problems.mkdir(mode=0o755, exist_ok=True)
    written = {f"{code}.md": page for code, page in pages.problem_pages().items()} | {"README.md": pages.index_page()}
    for path in problems.glob("*.md"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        path = problems / name
        path.write_text(text)
        path.chmod(0o644)
    records = folder / "records.md"
    records.write_text(with_tables(records.read_text(encoding="utf-8")), encoding="utf-8")
    say(f"Wrote {len(written)} pages into {problems}, and the tables of {records}.")
