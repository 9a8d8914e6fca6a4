"""`havre opine` and `havre opinions`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rich_click as click

from client.commands import checking
from client.commands.outcomes import check_place, progress_bar, tell_outcome, write_refusals
from client.commands.telling import Context, pass_context, with_json
from client.commands.terms import as_moment
from client.drafting import RefusedRecord
from client.opining import Opinion
from client.reading import BadTerms, moment, read_members, read_text
from client.words import opining as words
from client.words import pushing as giving
from schemas.vocabulary.exchange import SHARING_PURPOSE
from schemas.vocabulary.incidents import BUCKET
from schemas.vocabulary.sharing import OPINION_REASON, REVIEWED_BY, VERDICT

_TOLD = ("record", "origin")
_STANDARD_INPUT = "-"
_MEMBERS = ("origin", "id", "verdict", "reviewed_by", "reason", "matches", "told")


@click.command(help=words.OPINE())
@click.argument("record", required=False, callback=checking.record)
@click.argument("verdict", required=False, type=click.Choice(VERDICT.values))
@click.option("--reason", type=click.Choice(OPINION_REASON.values), help=words.REASON())
@click.option("--reviewed-by", type=click.Choice(REVIEWED_BY.values), help=words.REVIEWED_BY())
@click.option("--matches", type=click.Choice(BUCKET.values), help=words.MATCHES())
@click.option("--from", "from_", help=words.FROM())
@click.option("--to", help=words.TO())
@click.option("--to-origin-only/--to-all", "is_to_origin", default=None, help=words.TO_ORIGIN_ONLY())
@click.option("--expires", callback=as_moment, help=words.EXPIRES())
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), help=words.FILE()
)
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help=giving.REFUSED())
@with_json
@pass_context
def opine(
    context: Context,
    /,
    *,
    record: str | None,
    verdict: str | None,
    is_to_origin: bool | None,
    file: Path | None,
    refused: Path | None,
    **options: Any,
) -> int:
    """Give one opinion, or those of a file."""
    said = {name.rstrip("_"): value for name, value in options.items() if value is not None}
    if is_to_origin is not None:
        said["told"] = _TOLD[is_to_origin]
    if (record is None) == (file is None) or (record is None) != (verdict is None):
        raise click.UsageError(words.ONE_OR_FILE())
    if file is not None:
        return _opine_all(context, file, refused, said)
    if "reviewed_by" not in said:
        raise click.UsageError(words.REVIEWED_BY_NEEDED())
    origin, _, record_id = str(record).partition("/")
    one = _opinion(0, {**said, "origin": origin, "id": record_id, "verdict": verdict})
    if isinstance(one, RefusedRecord):
        raise click.UsageError(giving.NOT_A_MOMENT())
    with context.partner() as partner:
        outcome = partner.opinions.give([one])
    return tell_outcome(context, outcome)


@click.command(help=words.OPINIONS())
@click.argument("record", callback=checking.record)
@click.option("--purpose", required=True, type=click.Choice(SHARING_PURPOSE.values), help=words.PURPOSE())
@with_json
@pass_context
def opinions(context: Context, /, *, record: str, purpose: str) -> None:
    """Count the opinions on a record."""
    origin, _, record_id = record.partition("/")
    with context.partner() as partner:
        counted = partner.opinions.of(origin, record_id, purpose=purpose)
    counts = counted.counts
    told = words.COUNTED(
        seen=counts.seen,
        confirmed=counts.confirmed,
        disputed=counts.disputed,
        not_actionable=counts.not_actionable,
        outdated=counts.outdated,
    )
    context.tell(counted, told + (f"\n{words.DISPUTED()}" if counted.disputed else ""))


def _opine_all(context: Context, file: Path, refused: Path | None, said: dict[str, Any]) -> int:
    is_piped = str(file) == _STANDARD_INPUT
    if refused is None and not is_piped:
        refused = file.with_name(f"{file.name}.refused.ndjson")
    if refused is not None:
        check_place(refused)
    unreadable: list[RefusedRecord] = []
    rows = read_text(sys.stdin.buffer.read(), unreadable) if is_piped else read_members(file, unreadable)
    with context.partner() as partner, progress_bar() as bar:
        task = bar.add_task(giving.PROGRESS(), total=None)
        outcome = partner.opinions.give(
            _opinions(rows, said, unreadable), progress=lambda done: bar.update(task, advance=done)
        )
    found = sorted([*unreadable, *outcome.refused], key=lambda one: one.row or 0)
    if refused is not None:
        write_refusals(refused, found)
    return tell_outcome(context, outcome, found=found, refused=refused)


def _opinions(
    rows: Iterator[tuple[int, dict[str, Any]]], said: dict[str, Any], refused: list[RefusedRecord]
) -> Iterator[Opinion]:
    for number, row in rows:
        one = _opinion(number, {**said, **row})
        if isinstance(one, Opinion):
            yield one
        else:
            refused.append(one)


def _opinion(number: int, row: dict[str, Any]) -> Opinion | RefusedRecord:
    """Return the opinion that a row says; its words are judged with the record that they become."""
    members = {name: value for name, value in row.items() if name in _MEMBERS}
    if row.get("kind", "opinion") != "opinion":
        return RefusedRecord(row=number, id="", pointer="/kind", code="kind_differs")
    if set(row) - {*_MEMBERS, "kind", "from", "to", "expires"} or not all(
        isinstance(value, str) for value in row.values()
    ):
        return RefusedRecord(row=number, id="", pointer="", code="unknown_member")
    missing = next((name for name in ("origin", "id", "verdict", "reviewed_by") if name not in members), None)
    if missing is not None:
        return RefusedRecord(row=number, id=members.get("id", ""), pointer=f"/{missing}", code="required")
    if members.get("told", "record") not in _TOLD:
        return RefusedRecord(row=number, id=members["id"], pointer="/told", code="not_one_of")
    try:
        expires = moment(row["expires"]) if "expires" in row else None
    except BadTerms as error:
        return RefusedRecord(row=number, id=members["id"], pointer="/expires", code=error.code)
    period = (
        (str(row.get("from", row.get("to"))), str(row.get("to", row.get("from"))))
        if {"from", "to"} & set(row)
        else None
    )
    return Opinion(row=number, expires=expires, period=period, **members)
