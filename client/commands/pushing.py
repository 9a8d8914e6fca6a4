"""`havre push` and `havre withdraw`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from client.commands.telling import Context, json_text, pass_context, with_json
from client.drafting import RefusedRecord
from client.failures import Failure
from client.pushing import PushOutcome
from client.reading import BadTerms, GivenTerms, count_rows, moment, read_rows
from client.words import pushing as words
from client.words.refusing import explain
from schemas.vocabulary.documents import SECTOR
from schemas.vocabulary.exchange import SHARING_PURPOSE, TLP
from schemas.vocabulary.records import WITHDRAWAL_REASON

_MOST_EXPLAINED = 10


def _as_moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        try:
            moment(value)
        except BadTerms as error:
            raise click.BadParameter(words.NOT_A_MOMENT()) from error
    return value


@click.command(help=words.PUSH())
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tlp", type=click.Choice([*TLP.values, "RED"]), help=words.TLP())
@click.option("--expires", callback=_as_moment, help=words.EXPIRES())
@click.option("--purpose", "purposes", multiple=True, type=click.Choice(SHARING_PURPOSE.values), help=words.PURPOSE())
@click.option("--sector", "sectors", multiple=True, type=click.Choice(SECTOR.values), help=words.SECTOR())
@click.option("--organisation", "organisations", multiple=True, help=words.ORGANISATION())
@click.option("--group", "groups", multiple=True, help=words.GROUP())
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help=words.REFUSED(),
)
@with_json
@pass_context
def push(context: Context, /, *, file: Path, refused: Path | None, **options: object) -> int:
    """Push the records of FILE, NDJSON or CSV. The same file again pushes nothing twice.

    There is no default for --tlp and --expires: a row that gets them neither by its own members nor by options is
    refused.
    """
    given = GivenTerms(members={name: value for name, value in options.items() if value})
    unreadable: list[RefusedRecord] = []
    refused = refused or file.with_name(f"{file.name}.refused.ndjson")
    _check_place(refused)
    with context.partner() as partner, _bar() as bar:
        task = bar.add_task(words.PROGRESS(), total=count_rows(file))
        try:
            outcome = partner.push(
                read_rows(file, given, unreadable), progress=lambda done: bar.update(task, advance=done)
            )
        except Failure:
            waiting = partner.count_unsent()
            if waiting:
                context.warn(words.STILL_UNSENT(unsent=waiting))
            raise
    found = sorted([*unreadable, *outcome.refused], key=lambda one: one.row or 0)
    if found:
        refused.write_text("".join(json_text(one) + "\n" for one in found), encoding="utf-8")
    return _tell(context, outcome, found, refused)


@click.command(help=words.WITHDRAW())
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, type=click.Choice(WITHDRAWAL_REASON.values), help=words.WITHDRAW_REASON())
@with_json
@pass_context
def withdraw(context: Context, /, *, ids: tuple[str, ...], reason: str) -> int:
    """Withdraw one's own records by their ids; `-` reads ids from standard input. It is final."""
    named = [line.strip() for line in sys.stdin if line.strip()] if ids == ("-",) else list(ids)
    with context.partner() as partner:
        outcome = partner.withdraw(named, reason=reason)
    return _tell(context, outcome, outcome.refused, None)


def _check_place(path: Path) -> None:
    """Find out that refusals could not be written before anything is pushed.

    Raises:
        OSError: the folder is not there, or no file can be made in it.
    """
    was_there = path.exists()
    with path.open("a", encoding="utf-8"):
        pass
    if not was_there:
        path.unlink()


def _tell(context: Context, outcome: PushOutcome, found: Sequence[RefusedRecord], refused: Path | None) -> int:
    rows = len({(one.row, one.id) for one in found})
    result = {
        "pushed": outcome.pushed,
        "already": outcome.already,
        "resent": outcome.resent,
        "unsent": outcome.unsent,
        "refused": rows,
        "batches": outcome.batches,
        "refusals": refused if found else None,
    }
    told = words.PUSHED(pushed=outcome.pushed, already=outcome.already, refused=rows)
    if outcome.resent:
        told += words.RESENT(resent=outcome.resent)
    if outcome.unsent:
        told += words.UNSENT(unsent=outcome.unsent)
    if found and refused is not None:
        told += words.WHY(path=refused)
    context.tell(result, told + _explained(found))
    return 1 if found else 0


def _explained(found: Sequence[RefusedRecord]) -> str:
    """Return a line for each of the first refusals, and how many more there are."""
    told = "".join(
        "\n" + explain(record_id=one.id, pointer=one.pointer, code=one.code) for one in found[:_MOST_EXPLAINED]
    )
    more = len(found) - _MOST_EXPLAINED
    return told + ("\n" + words.MORE_REFUSED(more=more) if more > 0 else "")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
