"""Give what a filter names as lines to take away: CSV for tables, NDJSON with what opens each leaf.

Lines come as they are read: the memory that an export takes does not grow with it, but for the list of its indexes. An
export has 500,000 entries at most; more are asked for by parts of time.
"""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import orjson

from crypto.encoding import to_base64url
from server.auditing import choosing
from server.auditing.filtering import NEWEST, TrailFilter
from server.auditing.searching import TrailEntry, entries_of, kept, named_indexes
from server.auditing.viewing import Viewer
from server.db import Connection
from server.errors import ExportTooLarge

ENTRIES_AT_MOST = 500_000
CSV_TYPE, NDJSON_TYPE = "text/csv; charset=utf-8; header=present", "application/x-ndjson"
_AT_ONCE = 1_000
_COLUMNS = (
    *("index", "at", "id", "organisation", "keyid", "holder", "role", "action", "purpose", "decision", "reason"),
    *("response_status", "records", "from", "to", "filter", "tlp", "target", "leaf", "erased"),
)
# What a spreadsheet may take for the beginning of a formula, in its wide forms too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - wide signs are meant


def csv_chunks(db: Connection, viewer: Viewer, asked: TrailFilter, indexes: list[int] | None = None) -> Iterator[bytes]:
    """Yield a table (RFC 4180, UTF-8): a header, then a row an entry, in the order asked for; times are UTC.

    `indexes` are those of `indexes_of`, where they are known.

    A cell that a spreadsheet could take for a formula begins with an apostrophe.

    Raises:
        BadQuery: see `choosing.choose`.
        ExportTooLarge: there are more than 500,000 entries.
    """
    yield _rows([_COLUMNS])
    holders = choosing.holders_of(db, viewer)
    for entries in _found(db, viewer, asked, indexes):
        yield _rows(_cells(entry, holders) for entry in entries)


def ndjson_chunks(
    db: Connection, viewer: Viewer, asked: TrailFilter, indexes: list[int] | None = None
) -> Iterator[bytes]:
    """Yield a line an entry in the order asked for: `{index, leaf, entry, salt, p}`, or `{index, leaf, erased}`.

    `indexes` are those of `indexes_of`, where they are known.

    Raises:
        BadQuery: see `choosing.choose`.
        ExportTooLarge: there are more than 500,000 entries.
    """
    for entries in _found(db, viewer, asked, indexes):
        yield b"".join(orjson.dumps(_line(entry), option=orjson.OPT_APPEND_NEWLINE) for entry in entries)


def indexes_of(db: Connection, viewer: Viewer, asked: TrailFilter, *, before: int = 2**62) -> list[int]:
    """Return the indexes below `before` of all entries that `asked` names, in the order asked for.

    Raises:
        BadQuery: see `choosing.choose`.
        ExportTooLarge: there are more than 500,000.
    """
    chosen = choosing.choose(db, viewer, asked)
    if chosen is None:
        return []
    named = named_indexes(db, asked)
    if named is not None:
        indexes = [index for index in kept(db, chosen, named) if index < before]
    else:
        rows = db.execute(
            """
            SELECT index
              FROM trail_posting
             WHERE scope_id = %(scope_id)s
               AND index BETWEEN %(first)s AND %(last)s
               AND index < %(before)s
               AND at >= %(since)s
               AND at < %(until)s
               AND (%(kinds)s::integer[] IS NULL OR combination_id = ANY (%(kinds)s))
             LIMIT %(most)s
            """,
            vars(chosen) | {"before": before, "most": ENTRIES_AT_MOST + 1},
        )
        indexes = [index for (index,) in rows]
    if len(indexes) > ENTRIES_AT_MOST:
        raise ExportTooLarge
    return sorted(indexes, reverse=asked.order == NEWEST)


def _found(db: Connection, viewer: Viewer, asked: TrailFilter, indexes: list[int] | None) -> Iterator[list[TrailEntry]]:
    for part in in_parts(indexes_of(db, viewer, asked) if indexes is None else indexes):
        yield entries_of(db, part)


def in_parts(indexes: list[int]) -> Iterator[list[int]]:
    """Yield `indexes` in their order, 1,000 at a time."""
    for start in range(0, len(indexes), _AT_ONCE):
        yield indexes[start : start + _AT_ONCE]


def _line(entry: TrailEntry) -> dict[str, Any]:
    said: dict[str, Any] = {"index": entry.index, "leaf": to_base64url(entry.leaf)}
    if entry.entry is None or entry.salt is None:
        return said | {"erased": True}
    return said | {
        "entry": entry.entry.decode("utf-8", errors="replace"),
        "salt": to_base64url(entry.salt),
        "p": to_base64url(entry.p),
    }


def _cells(entry: TrailEntry, holders: dict[str, str]) -> list[str]:
    said = entry.said
    keyid = said.get("keyid")
    values: dict[str, Any] = {name: said.get(name) for name in _COLUMNS} | {
        "index": entry.index,
        "at": entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "id": str(entry.entry_id),
        "holder": holders.get(keyid) if isinstance(keyid, str) else None,
        "leaf": to_base64url(entry.leaf),
        "erased": "true" if entry.is_erased else "false",
    }
    return [_safe(value) for value in values.values()]


def _safe(value: object) -> str:
    """Return a cell's text; what a spreadsheet could run begins with an apostrophe instead."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _rows(rows: Any) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
