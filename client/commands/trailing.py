"""`havre audit search|show|exposure|days|export|bundle`: read the trail over the signed API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import rich_click as click

from client.auditing.reading import ExportFormat, Trail, TrailLine, line_of_opened
from client.auditing.rows import (
    FORMATS,
    RowFormat,
    day_rows,
    days_text,
    entries_text,
    entry_rows,
    release_rows,
    releases_text,
    sums_text,
)
from client.commands import checking
from client.commands.auditing import audit, printable
from client.commands.searching import NAMED, asked_of, origin_option, with_federation, with_search, with_times
from client.commands.telling import Command, Context, pass_context, with_json
from client.failures import NotVerified, Refused
from client.partner import Partner
from client.wire import Patience
from client.words import trailing as words
from crypto.encoding import from_base64url
from crypto.identifiers import is_uuid7
from schemas.vocabulary.exchange import PURPOSE
from schemas.vocabulary.records import KIND

__all__ = ["audit"]

_NOT_FOUND = 404
_RECEIPT_CHARACTERS = 43
# How many releases are told as a table, where nobody says how many.
_TOLD = 50
# What is taken away may be large, and is made while one waits.
_FOR_FILES = Patience(attempts=3, seconds=7_200, answer_seconds=7_200)
_FILE = click.Path(dir_okay=False, path_type=Path)


def _with_format(command: Command) -> Command:
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help=words.FORMAT()
    )(command)


@audit.command("search", help=f"{words.SEARCH()}\n\n{words.PROOF()}")
@with_search
@click.option("--most", type=click.IntRange(1), default=50, show_default=True, help=words.MOST())
@_with_format
@with_json
@pass_context
def search(context: Context, /, *, is_federation: bool, most: int, form: RowFormat, **asked: str | None) -> int:
    """Search the trail."""
    said = asked_of(asked)
    with _asking(context, said) as partner:
        lines, is_more = _trail(partner, is_federation).find(most=most, **said)
    altered = sum(not line.is_true for line in lines)
    rows = entry_rows(lines)
    told = entries_text(rows, form)
    if form == "table":
        told += words.FOUND(count=len(lines)) + (f" {words.MORE()}" if is_more else "")
    context.tell({"entries": rows, "more": is_more}, told.rstrip("\n"))
    if altered:
        context.warn(words.ALTERED(count=altered))
    return 5 if altered else 0


@audit.command("show", help=words.SHOW())
@click.argument("what")
@with_federation
@with_json
@pass_context
def show(context: Context, /, *, what: str, is_federation: bool) -> int:
    """Show one entry, with its proof."""
    if not is_uuid7(what) and len(what) != _RECEIPT_CHARACTERS:
        raise click.UsageError(words.WHAT())
    with context.partner() as partner:
        line = _find(partner, what, is_federation)
        if line is None:
            context.tell({"entry": None}, words.NOT_FOUND())
            return 1
        size = _proven_size(partner, line)
    told = [f"{name:>18}  {printable(str(value))}" for name, value in _members(line) if value is not None]
    context.tell(
        {"index": line.index, "leaf": line.leaf, "entry": line.entry, "is_true": line.is_true, "head": size},
        "\n".join([*told, _proof_words(line, size)]),
    )
    return 0 if line.is_true else 5


@audit.command("exposure", help=words.EXPOSURE())
@click.argument("whose", callback=checking.record_or_organisation)
@origin_option
@click.option("--kind", type=click.Choice(KIND.values), help=words.KIND())
@click.option("--purpose", type=click.Choice(PURPOSE.values), help=words.PURPOSE())
@with_times
@click.option("--most", type=click.IntRange(1), help=words.MOST_RELEASES(count=_TOLD))
@with_federation
@_with_format
@with_json
@pass_context
def exposure(
    context: Context, /, *, whose: str, is_federation: bool, most: int | None, form: RowFormat, **asked: str | None
) -> None:
    """Tell to whom a record was released, or what was released to an organisation."""
    name = None if "/" in whose else whose
    given = asked_of(asked)
    if name is None and given:
        raise click.UsageError(words.NOT_OF_A_RECORD(options=", ".join(f"--{one}" for one in given)))
    with _asking(context, given) as partner:
        trail = _trail(partner, is_federation)
        if name is None:
            origin, _, record_id = whose.partition("/")
            report: Any = trail.exposure_of_record(origin, record_id)
        else:
            report = trail.exposure_of_organisation(name, **given)
    if most is None and form == "table" and not context.is_json:
        most = _TOLD
    rows = release_rows(report.releases[:most])
    told = releases_text(rows, form)
    if form == "table":
        told = _exposure_words(report, name) + told
    left = len(report.releases) - len(rows)
    said = asdict(report) | {"releases": rows, "more": left > 0}
    del said["page"]
    context.tell(said, told.rstrip("\n"))
    if left:
        context.warn(words.MORE_RELEASES(count=left))


@audit.command("days", help=words.DAYS())
@with_search
@_with_format
@with_json
@pass_context
def days(context: Context, /, *, is_federation: bool, form: RowFormat, **asked: str | None) -> None:
    """Count entries by UTC day."""
    said = asked_of(asked)
    with _asking(context, said) as partner:
        rows = day_rows(_trail(partner, is_federation).days(**said))
    context.tell({"days": rows}, days_text(rows, form).rstrip("\n"))


@audit.command("export", help=words.EXPORT())
@click.argument("file", type=_FILE)
@with_search
@click.option(
    "--format", "form", type=click.Choice(("csv", "ndjson")), default="csv", show_default=True, help=words.FILE_FORMAT()
)
@with_json
@pass_context
def export(context: Context, /, *, file: Path, is_federation: bool, form: ExportFormat, **asked: str | None) -> None:
    """Write all entries that a search finds to a new file."""
    said = asked_of(asked)
    with _asking(context, said, patience=_FOR_FILES) as partner:
        _trail(partner, is_federation).export(file, form=form, **said)
    context.tell({"file": str(file), "format": form}, words.SAVED(file=file))


@audit.command("bundle", help=words.BUNDLE())
@click.argument("file", type=_FILE)
@with_search
@with_json
@pass_context
def bundle(context: Context, /, *, file: Path, is_federation: bool, **asked: str | None) -> None:
    """Write a proof bundle of what a search finds."""
    said = asked_of(asked)
    with _asking(context, said, patience=_FOR_FILES) as partner:
        _trail(partner, is_federation).bundle(file, **said)
    context.tell({"file": str(file)}, words.SAVED_BUNDLE(file=file))


@contextmanager
def _asking(context: Context, asked: Mapping[str, str], *, patience: Patience | None = None) -> Iterator[Partner]:
    """Open the partner; where the node refuses a question of good form, say which options name what it may not know."""
    try:
        with context.partner(patience=patience) as partner:
            yield partner
    except Refused as refusal:
        named = [f"--{name}" for name in NAMED if name in asked]
        if refusal.code == "bad_query" and named:
            context.warn(words.NOBODY_KNOWN(options=", ".join(named)))
        raise


def _trail(partner: Partner, is_federation: bool) -> Trail:  # noqa: FBT001 - passed on
    return partner.trail_as("federation_auditor" if is_federation else "auditor")


def _find(partner: Partner, what: str, is_federation: bool) -> TrailLine | None:  # noqa: FBT001 - passed on
    if is_uuid7(what):
        return next(islice(_trail(partner, is_federation).search(most=1, id=what), 1), None)
    try:
        return line_of_opened(what, partner.read(f"/v1/log/entries/{what}", action="read_own_entry").body)
    except Refused as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        return None


def _proven_size(partner: Partner, line: TrailLine) -> int | None:
    """Return the size of the signed head that holds the entry; None where none reaches it yet."""
    head = partner.checkpoints.advance()
    if head is None or not 0 <= line.index < head.size:
        return None
    try:
        partner.checkpoints.includes(from_base64url(line.leaf, length=32), line.index)
    except NotVerified as failure:
        raise NotVerified(failure.reason, about=line.leaf) from failure
    return head.size


def _members(line: TrailLine) -> list[tuple[str, Any]]:
    return [("index", line.index), ("leaf", line.leaf), *(line.entry or {}).items()]


def _proof_words(line: TrailLine, size: int | None) -> str:
    if line.is_erased:
        return words.ERASED(index=line.index)
    if not line.is_true:
        return words.IS_ALTERED()
    return words.NOT_YET(index=line.index) if size is None else words.IN_HEAD(index=line.index, size=size)


def _exposure_words(report: Any, name: str | None) -> str:
    if name is None:
        organisations = len({one.organisation for one in report.releases})
        told = words.RELEASED(releases=len(report.releases), organisations=organisations, until=report.until)
    else:
        told = words.RECEIVED(releases=len(report.releases), organisation=name, until=report.until)
    if not report.complete:
        told += f"\n{words.INCOMPLETE()}"
    if not report.releases:
        return told
    return f"{told}\n{sums_text(report.releases, by='organisation' if name is None else 'origin')}\n"
