"""Read files of records, NDJSON or CSV, row by row, with terms by option or by row.

A row's own `tlp expires purposes sectors groups organisations` stand before the options; there is no default for `tlp`
and `expires`. CSV columns are paths into the record: `signal_type`, `ai.status`, `classifications.0.scheme`; an empty
cell is an absent member, lists of words are separated by blanks. A cell with a line break, or one that a spreadsheet
would take for a formula, is refused: it would be one on a partner's screen, too.

A file holds records of one kind; what is of another kind than its first row is refused, and groups are.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from marshmallow import ValidationError

from client.drafting import Draft, RefusedRecord, Terms
from client.failures import NotConfigured
from crypto import refusals
from crypto.batches import parse_time
from crypto.canonical import NotCanonical, parse_json
from schemas.manifests import AudienceSchema

_LISTS = ("groups", "organisations", "sectors", "purposes")
_TERMS = ("tlp", "expires", *_LISTS)
_WHOLE = frozenset({"quality", "print_bytes", "max_distance", "confidence", "revision"})
_FLAGS = frozenset({"manifest_present", "signature_valid"})
_WORD_LISTS = frozenset({"annotations", "basis", "handling", "jurisdictions", "accepts_sectors", *_LISTS})
_MAX_ITEMS = 64
_FORMULA = ("=", "+", "-", "@", "\t")
_ENCODED = frozenset({"value", "salt"})  # base64 may begin with a plus sign
_AUDIENCE = AudienceSchema()


class BadTerms(ValueError):
    """Terms that no batch can have; `code` says why, `pointer` where."""

    def __init__(self, code: str, *, pointer: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.pointer = pointer


@dataclass(frozen=True, kw_only=True)
class GivenTerms:
    """Terms from options: what a row does not say itself."""

    members: Mapping[str, Any] = field(default_factory=dict)

    def of(self, row: dict[str, Any]) -> Terms:
        """Return the terms of a row and take them out of it.

        Raises:
            BadTerms: `terms_missing`, `terms_form`, `red_is_for_persons`.
        """
        said = {name: row.pop(name) for name in _TERMS if name in row}
        members = {**self.members, **said}
        if members.get("tlp") is None or members.get("expires") is None:
            raise BadTerms("terms_missing")
        if members["tlp"] == "RED":
            raise BadTerms("red_is_for_persons")
        about = row.get("about") if row.get("kind") == "opinion" else None
        try:
            lists = tuple(tuple(sorted(set(members.get(name) or ()))) for name in _LISTS)
            return _terms(members["tlp"], members["expires"], lists, about["origin"] if about is not None else None)
        except (TypeError, KeyError) as error:
            raise BadTerms("terms_form") from error


@lru_cache(maxsize=1024)
def _terms(tlp: str, expires: str, lists: tuple[tuple[str, ...], ...], about: str | None) -> Terms:
    named = dict(zip(_LISTS, lists, strict=True))
    try:
        _AUDIENCE.load({"tlp": tlp, **{name: list(values) for name, values in named.items()}})
    except ValidationError as error:
        said = error.messages if isinstance(error.messages, dict) else {}
        rules = (
            (f"/audience/{name}", code)
            for name, codes in said.items()
            for code in codes
            if isinstance(code, str) and code.startswith("rule_")
        )
        pointer, code = next(rules, ("", "terms_form"))
        raise BadTerms(code, pointer=pointer) from error
    return Terms(tlp=tlp, expires=moment(expires), about=about, **named)


def moment(text: object) -> datetime:
    """Return the moment of RFC 3339 text with `Z`, or of a date: its first second.

    Raises:
        BadTerms: `terms_form`.
    """
    if isinstance(text, str) and len(text) == len("2026-01-01"):
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise BadTerms("terms_form") from error
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    try:
        return parse_time(text)
    except refusals.NotVerified as error:
        raise BadTerms("terms_form") from error


def read_rows(path: Path, given: GivenTerms, refused: list[RefusedRecord]) -> Iterator[Draft]:
    """Yield the drafts of a file; rows that are none go to `refused`. Rows count from 1, a CSV's header not.

    Raises:
        NotConfigured: `column_twice`, `not_csv`.
    """
    kind: object = None
    for number, row in read_members(path, refused):
        said = row.get("kind", "signal")
        kind = said if kind is None else kind
        if said == "group" or said != kind:
            code = "kind_differs" if said != kind else "use_group_command"
            refused.append(RefusedRecord(row=number, id="", pointer="/kind", code=code))
            continue
        draft = draft_of(number, row, given)
        if isinstance(draft, Draft):
            yield draft
        else:
            refused.append(draft)


def draft_of(number: int, row: dict[str, Any], given: GivenTerms) -> Draft | RefusedRecord:
    """Return the draft that a row's members and the terms make."""
    try:
        return Draft(row=number, terms=given.of(row), record=row)
    except BadTerms as error:
        return RefusedRecord(row=number, id="", pointer=error.pointer, code=error.code)


def read_members(path: Path, refused: list[RefusedRecord]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each row's number, from 1, and its members, of an NDJSON or CSV file; what is none goes to `refused`."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = _csv_rows(file) if path.suffix.lower() == ".csv" else _ndjson_rows(file)
        yield from _numbered(rows, refused)


def read_text(data: bytes, refused: list[RefusedRecord]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield numbers and members as `read_members` does, of NDJSON, one JSON object or an array of them.

    Raises:
        NotConfigured: `not_utf8`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotConfigured("not_utf8") from error
    try:
        whole = parse_json(text.encode())
    except NotCanonical:
        yield from _numbered(_ndjson_rows(StringIO(text)), refused)
        return
    objects = whole if isinstance(whole, list) else [whole]
    yield from _numbered((one if isinstance(one, dict) else "not_an_object" for one in objects), refused)


def _numbered(
    rows: Iterable[dict[str, Any] | str], refused: list[RefusedRecord]
) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str):
            refused.append(RefusedRecord(row=number, id="", pointer="", code=row))
        else:
            yield number, row


def count_rows(path: Path) -> int:
    """Return about how many rows a file has, for a progress bar, after a look at its bytes.

    Raises:
        NotConfigured: `not_utf8`: it is no UTF-8 text, so that none of it means what it seems to.
    """
    lines, decoder = 0, codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                lines += piece.count(b"\n")
                if "\0" in decoder.decode(piece):
                    raise NotConfigured("not_utf8", about=str(path))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise NotConfigured("not_utf8", about=str(path)) from error
    return max(lines - (path.suffix.lower() == ".csv"), 0)


def _ndjson_rows(file: Iterable[str]) -> Iterator[dict[str, Any] | str]:
    for line in file:
        if not line.strip():
            continue
        try:
            value = parse_json(line.encode())
        except (NotCanonical, UnicodeEncodeError):
            yield "not_json"
            continue
        yield value if isinstance(value, dict) else "not_an_object"


def _csv_rows(file: TextIO) -> Iterator[dict[str, Any] | str]:
    rows = csv.DictReader(file)
    columns = [name.strip() for name in rows.fieldnames or ()]
    for name in columns:
        if columns.count(name) > 1:
            raise NotConfigured("column_twice", about=name)
    for cells in _readable(rows):
        if None in cells or None in cells.values():
            yield "wrong_number_of_cells"
            continue
        row: dict[str, Any] = {}
        try:
            for path, cell in cells.items():
                if cell.strip() != "":
                    _put(row, path.strip(), cell.strip(" "))
        except ValueError:
            yield "bad_cell"
            continue
        yield row


def _readable(rows: "csv.DictReader[str]") -> Iterator[dict[Any, Any]]:
    try:
        yield from rows
    except csv.Error as error:
        raise NotConfigured("not_csv", about=f"line {rows.line_num}: {error}") from error


def _put(row: dict[str, Any], path: str, cell: str) -> None:
    """Put a cell where its column's path leads.

    Raises:
        ValueError: the path leads nowhere, or the cell is not of its type.
    """
    steps = path.split(".")
    name = steps[-1]
    place: Any = row
    for step, after in pairwise(steps):
        place = _enter(place, step, [] if after.isdecimal() else {})
    if not isinstance(place, dict):
        raise ValueError(path)  # noqa: TRY004 - a wrong path in a file, not a wrong type in a program
    if any(sign in cell for sign in "\r\n") or (cell.startswith(_FORMULA) and name not in _ENCODED):
        raise ValueError(path)
    place[name] = _value(name, cell)


def _enter(place: Any, step: str, empty: Any) -> Any:
    if isinstance(place, dict):
        return place.setdefault(step, empty)
    index = int(step)
    if index > len(place) or index >= _MAX_ITEMS:
        raise ValueError(step)
    if index == len(place):
        place.append(empty)
    return place[index]


def _value(name: str, cell: str) -> Any:
    if name in _WHOLE:
        return int(cell)
    if name in _FLAGS:
        return {"true": True, "false": False}[cell] if cell in {"true", "false"} else cell
    if name in _WORD_LISTS:
        return sorted(set(cell.split()))
    return cell
