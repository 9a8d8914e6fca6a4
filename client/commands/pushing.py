"""`havre push` and `havre withdraw`."""

import sys
from pathlib import Path
from typing import Any

import rich_click as click

from client.commands.outcomes import check_place, progress_bar, tell_outcome, write_refusals
from client.commands.telling import Context, pass_context, with_json
from client.commands.terms import take_terms, with_terms
from client.drafting import RefusedRecord
from client.failures import Failure
from client.reading import count_rows, read_rows
from client.words import pushing as words
from schemas.vocabulary.records import WITHDRAWAL_REASON


@click.command(help=words.PUSH())
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_terms
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help=words.REFUSED(),
)
@with_json
@pass_context
def push(context: Context, /, *, file: Path, refused: Path | None, **options: Any) -> int:
    """Push the records of a file under the terms of its rows and of the options."""
    given = take_terms(options)
    unreadable: list[RefusedRecord] = []
    refused = refused or file.with_name(f"{file.name}.refused.ndjson")
    check_place(refused)
    with context.partner() as partner, progress_bar() as bar:
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
    write_refusals(refused, found)
    return tell_outcome(context, outcome, found=found, refused=refused)


@click.command(help=words.WITHDRAW())
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, type=click.Choice(WITHDRAWAL_REASON.values), help=words.WITHDRAW_REASON())
@with_json
@pass_context
def withdraw(context: Context, /, *, ids: tuple[str, ...], reason: str) -> int:
    """Withdraw records by their ids, one's own name before them or not."""
    named = [line.strip() for line in sys.stdin if line.strip()] if ids == ("-",) else list(ids)
    with context.partner() as partner:
        own = f"{partner.config.organisation}/"
        outcome = partner.withdraw([one.removeprefix(own) for one in named], reason=reason)
    return tell_outcome(context, outcome)
