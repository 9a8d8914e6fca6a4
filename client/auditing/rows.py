"""What auditors read as rows: entries, releases, days; as a table for people, NDJSON, or CSV that is safe to open."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from client.auditing.reading import TrailLine
from client.clock import wire_time
from client.writing import formula_safe
from schemas.exposures import Release
from schemas.trail import DayOfTrail

RowFormat = Literal["table", "ndjson", "csv"]
FORMATS: tuple[RowFormat, ...] = ("table", "ndjson", "csv")
_SHORT = 40
# Nothing is broken: an id that is copied must be whole.
_WIDTH = 300
# The names and the order of the node's own export, where both say the same.
_OF_ENTRIES = (
    *("at", "id", "organisation", "keyid", "role", "action", "purpose", "decision", "reason"),
    *("response_status", "records", "from", "to", "filter", "tlp", "target"),
)
_SHOWN = ("index", "at", "organisation", "action", "decision", "reason", "purpose", "records", "proof", "id")
_OF_RELEASES = (
    *("index", "at", "organisation", "node", "origin", "id", "kind", "revision", "purpose", "action"),
    *("keyid", "leaf"),
)
_SHOWN_RELEASES = ("at", "organisation", "origin", "id", "revision", "purpose", "action", "index")
_OF_SUMS = ("purpose", "times", "first", "last")
_OF_DAYS = ("day", "allowed", "refused", "exact")

Row = Mapping[str, Any]


def entry_rows(lines: Iterable[TrailLine]) -> list[Row]:
    """Return rows of entries; `proof` is `leaf`, `erased` or `ALTERED`."""
    rows: list[Row] = []
    for line in lines:
        proof = "erased" if line.is_erased else "leaf" if line.is_true else "ALTERED"
        said = {name: None if line.entry is None else line.entry.get(name) for name in _OF_ENTRIES}
        rows.append({"index": line.index, **said, "leaf": line.leaf, "proof": proof})
    return rows


def release_rows(releases: Iterable[Release]) -> list[Row]:
    """Return rows of releases."""
    return [asdict(one) | {"at": wire_time(one.at)} for one in releases]


def day_rows(days: Iterable[DayOfTrail]) -> list[Row]:
    """Return rows of days."""
    return [asdict(one) for one in days]


def entries_text(rows: Sequence[Row], form: RowFormat) -> str:
    """Return rows of entries as text."""
    return _text(rows, form, columns=("index", *_OF_ENTRIES, "leaf", "proof"), shown=_SHOWN)


def releases_text(rows: Sequence[Row], form: RowFormat) -> str:
    """Return rows of releases as text."""
    return _text(rows, form, columns=_OF_RELEASES, shown=_SHOWN_RELEASES)


def sums_text(releases: Iterable[Release], *, by: Literal["organisation", "origin"]) -> str:
    """Return how often, first and last, releases went for which purpose to each organisation, or of each origin."""
    times: dict[tuple[str, str], list[datetime]] = {}
    for one in releases:
        times.setdefault((getattr(one, by), one.purpose), []).append(one.at)
    rows = [
        {by: who, "purpose": purpose, "times": len(at), "first": wire_time(min(at)), "last": wire_time(max(at))}
        for (who, purpose), at in sorted(times.items())
    ]
    return _table(rows, (by, *_OF_SUMS))


def days_text(rows: Sequence[Row], form: RowFormat) -> str:
    """Return rows of days as text."""
    return _text(rows, form, columns=_OF_DAYS, shown=_OF_DAYS[:3])


def _text(rows: Sequence[Row], form: RowFormat, *, columns: Sequence[str], shown: Sequence[str]) -> str:
    if form == "ndjson":
        return "".join(orjson.dumps(row, default=_plain).decode() + "\n" for row in rows)
    if form == "csv":
        written = io.StringIO(newline="")
        sheet = csv.writer(written, quoting=csv.QUOTE_ALL)
        sheet.writerow(columns)
        sheet.writerows([formula_safe(_cell(row.get(name))) for name in columns] for row in rows)
        return written.getvalue()
    return _table(rows, shown)


def _table(rows: Sequence[Row], shown: Sequence[str]) -> str:
    if not rows:
        return ""
    table = Table(*shown, box=None)
    for row in rows:
        table.add_row(*(_printable(_cell(row.get(name))) for name in shown))
    text = io.StringIO()
    Console(file=text, width=_WIDTH, no_color=True).print(table)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value, default=_plain).decode()


def _printable(text: str) -> Text:
    short = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
    return Text("".join(one if one.isprintable() else "�" for one in short))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return wire_time(value)
    raise TypeError
