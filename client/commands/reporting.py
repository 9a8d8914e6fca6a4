"""`havre incident`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rich_click as click

from client.commands import checking
from client.commands.outcomes import tell_outcome
from client.commands.telling import Context, pass_context, with_json
from client.commands.terms import take_terms, with_terms
from client.drafting import Draft, RefusedRecord
from client.partner import Partner
from client.pushing import PushOutcome
from client.reading import GivenTerms, draft_of, moment, read_text
from client.words import reporting as words
from schemas.vocabulary.ai import AI_KIND, AI_STATUS, SAFETY_CONTROL, SERVICE_KIND
from schemas.vocabulary.incidents import (
    BUCKET,
    HANDLING,
    INCIDENT_STATE,
    INCIDENT_TYPE,
    PRECISION,
    SEVERITY,
)

_STANDARD_INPUT = "-"
_ALWAYS: dict[str, Any] = {"state": "open", "jurisdictions": [], "ai": {}}
_OPTIONS = (
    click.option("--summary", help=words.SUMMARY()),
    click.option("--handling", multiple=True, type=click.Choice(HANDLING.values), help=words.HANDLING()),
    click.option("--reference", "references", multiple=True, callback=checking.references, help=words.REFERENCE()),
    click.option("--related", multiple=True, callback=checking.records, help=words.RELATED()),
    click.option("--signal", "signals", multiple=True, callback=checking.records, help=words.SIGNAL()),
    click.option("--victims", type=click.Choice(BUCKET.values), help=words.VICTIMS()),
    click.option("--accounts", type=click.Choice(BUCKET.values), help=words.ACCOUNTS()),
    click.option("--files", type=click.Choice(BUCKET.values), help=words.FILES()),
    click.option("--safety-control", type=click.Choice(SAFETY_CONTROL.values), help=words.SAFETY_CONTROL()),
    click.option("--ai-kind", type=click.Choice(AI_KIND.values), help=words.AI_KIND()),
    click.option("--ai-status", type=click.Choice(AI_STATUS.values), help=words.AI_STATUS()),
    click.option("--service-kind", type=click.Choice(SERVICE_KIND.values), help=words.SERVICE_KIND()),
    click.option("--jurisdiction", "jurisdictions", multiple=True, help=words.JURISDICTION()),
    click.option("--reported-at", help=words.REPORTED_AT()),
    click.option("--precision", type=click.Choice(PRECISION.values), help=words.PRECISION()),
    click.option("--occurred", help=words.OCCURRED()),
    click.option("--severity", type=click.Choice(SEVERITY.values), help=words.SEVERITY()),
    click.option("--state", type=click.Choice(INCIDENT_STATE.values), help=words.STATE()),
    click.option("--type", "incident_type", type=click.Choice(INCIDENT_TYPE.values), help=words.TYPE()),
)
_NESTED = {
    "ai_status": ("ai", "status"),
    "ai_kind": ("ai", "kind"),
    "files": ("counts", "files"),
    "accounts": ("counts", "accounts"),
    "victims": ("counts", "victims"),
}


def _with_members(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in _OPTIONS:
        command = option(command)
    return command


@click.command(help=words.INCIDENT())
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--id", "record_id", help=words.ID())
@click.option("--close", "is_closed", is_flag=True, help=words.CLOSE())
@_with_members
@with_terms
@with_json
@pass_context
def incident(context: Context, /, *, file: Path | None, record_id: str | None, is_closed: bool, **options: Any) -> int:
    """Report incidents, or change one."""
    given = take_terms(options)
    said = _members_of(options)
    if is_closed and record_id is None:
        raise click.UsageError(words.CLOSE_NEEDS_ID())
    if is_closed and "state" in said:
        raise click.UsageError(words.STATE_OR_CLOSE())
    if is_closed:
        said["state"] = "closed"
    if (file is None) == (not said) or (file is not None and record_id is not None):
        raise click.UsageError(words.FILE_OR_OPTIONS())
    with context.partner() as partner:
        if record_id is not None:
            return tell_outcome(context, _revise(partner, record_id, said, given))
        refused: list[RefusedRecord] = []
        drafts = list(_drafts(_rows(file, said, refused), given, refused))
        outcome = partner.incidents.report_all(drafts)
        ids = [partner.incidents.id_of(draft) for draft in drafts]
    names = [f"{partner.config.organisation}/{one}" for one in ids if one is not None]
    found = sorted([*refused, *outcome.refused], key=lambda one: one.row or 0)
    named: dict[str, Any] = {"incidents": names} if context.is_json else {str(at): one for at, one in enumerate(names)}
    return tell_outcome(context, outcome, found=found, named=named)


def _revise(partner: Partner, record_id: str, said: dict[str, Any], given: GivenTerms) -> PushOutcome:
    if set(given.members) - {"expires"}:
        raise click.UsageError(words.TERMS_STAY())
    expires = given.members.get("expires")
    own = record_id.removeprefix(f"{partner.config.organisation}/")
    return partner.incidents.revise(own, said, expires=None if expires is None else moment(expires))


def _rows(
    file: Path | None, said: dict[str, Any], refused: list[RefusedRecord]
) -> Iterator[tuple[int, dict[str, Any]]]:
    if file is None:
        return iter([(1, {**_ALWAYS, **said})])
    return read_text(sys.stdin.buffer.read() if str(file) == _STANDARD_INPUT else file.read_bytes(), refused)


def _drafts(
    rows: Iterator[tuple[int, dict[str, Any]]], given: GivenTerms, refused: list[RefusedRecord]
) -> Iterator[Draft]:
    for number, row in rows:
        draft = draft_of(number, row, given)
        if isinstance(draft, Draft):
            yield draft
        else:
            refused.append(draft)


def _members_of(options: dict[str, Any]) -> dict[str, Any]:
    """Return the incident's members that the options say."""
    said: dict[str, Any] = {}
    precision = options.pop("precision", None) or "day"
    for name, value in options.items():
        if value is None or value in ((), []):
            continue
        if name in _NESTED:
            outer, inner = _NESTED[name]
            said.setdefault(outer, {})[inner] = value
        elif name == "occurred":
            first, _, last = value.partition("/")
            said[name] = {"from": first, "to": last or first, "precision": precision}
        elif name in {"handling", "jurisdictions"}:
            said[name] = sorted(set(value))
        else:
            said[name] = list(value) if isinstance(value, tuple) else value
    return said
