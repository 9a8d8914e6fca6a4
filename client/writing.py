"""Write records as NDJSON, CSV, a table for people, or a Parquet file.

CSV is safe to open in a spreadsheet (OWASP, CSV Injection): every cell is quoted, and one that a spreadsheet would take
for a formula begins with an apostrophe. Who reads it by program takes that apostrophe away, or uses NDJSON.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from client.columns import COLUMNS, Shown, row_of
from client.failures import NotConfigured

Format = Literal["ndjson", "csv", "table", "parquet"]
FORMATS: tuple[Format, ...] = ("ndjson", "csv", "table", "parquet")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full width, as OWASP lists them
_ROWS_A_GROUP = 20_000
_ROWS_OF_A_TABLE = 200
_SHORT = 24


class Writer(Protocol):
    """Takes records, one by one."""

    def write(self, shown: Shown) -> None:
        """Write one record."""

    def flush(self) -> None:
        """Give what was written to whoever reads along."""


@contextmanager
def open_writer(format_: Format, output: Path | None, *, standard: BinaryIO) -> Iterator[Writer]:
    """Give a writer to `output`, else to `standard`; NDJSON, CSV and tables are added to a file that is there.

    Raises:
        NotConfigured: `output_needed`, `file_exists`, `parquet_missing`: Parquet wants a new file, and pyarrow.
    """
    if format_ == "parquet":
        with _parquet(output) as writer:
            yield writer
        return
    with ExitStack() as open_files:
        file = standard if output is None else open_files.enter_context(output.open("ab"))
        if format_ == "ndjson":
            yield _Ndjson(file)
        elif format_ == "csv":
            yield _Csv(file, has_header=output is not None and file.tell() > 0)
        else:
            table = _Table(file)
            yield table
            table.close()


class _Ndjson:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, shown: Shown) -> None:
        self._file.write(ndjson_line(shown))

    def flush(self) -> None:
        self._file.flush()


def ndjson_line(shown: Shown) -> bytes:
    """Return `{"origin", "record", "terms"}` as one line."""
    return b'{"origin":"%b","record":%b,"terms":%b}\n' % (shown.origin.encode("ascii"), shown.line, shown.terms)


class _Csv:
    def __init__(self, file: BinaryIO, *, has_header: bool) -> None:
        self._file = file
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text, quoting=csv.QUOTE_ALL)
        if not has_header:
            self._rows.writerow(COLUMNS)

    def write(self, shown: Shown) -> None:
        row = row_of(shown)
        self._rows.writerow([formula_safe(row[name]) for name in COLUMNS])
        self._file.write(self._taken())

    def flush(self) -> None:
        self._file.write(self._taken())
        self._file.flush()

    def _taken(self) -> bytes:
        written = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return written


def formula_safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


class _Table:
    """The first 200 records, and how many more there are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rows: list[dict[str, str]] = []
        self._more = 0

    def write(self, shown: Shown) -> None:
        if len(self._rows) < _ROWS_OF_A_TABLE:
            self._rows.append(row_of(shown))
        else:
            self._more += 1

    def flush(self) -> None:
        pass

    def close(self) -> None:
        table = Table("origin", "kind", "id", "what", "value", "classified", "AI", "TLP", "expires", box=None)
        for row in self._rows:
            what = row["signal_type"] or row["incident_type"] or row["verdict"] or row["name"] or row["status"]
            value = row["value"] or row["severity"] or row["about.origin"]
            cells = (row["origin"], row["kind"], row["id"], what, _short(value), row["classifications"])
            table.add_row(*map(_printable, cells), row["ai.status"], row["tlp"], row["expires"][:10])
        text = io.StringIO()
        if self._rows:
            Console(file=text, width=None if self._file.isatty() else 180, no_color=True).print(table)
        if self._more:
            text.write(f"… +{self._more}\n")
        self._file.write(text.getvalue().encode())
        self._file.flush()


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _printable(text: str) -> Text:
    """Return a cell without what a terminal would obey; nothing in it is the table's own markup."""
    return Text("".join(one if one.isprintable() else "�" for one in text))


class _Parquet:
    def __init__(self, path: Path, arrow: Any, parquet: Any) -> None:
        self._arrow = arrow
        self._schema = arrow.schema([(name, arrow.string()) for name in COLUMNS])
        self._writer = parquet.ParquetWriter(path, self._schema)
        self._rows: list[dict[str, str]] = []

    def write(self, shown: Shown) -> None:
        self._rows.append(row_of(shown))
        if len(self._rows) == _ROWS_A_GROUP:
            self._write_rows()

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._write_rows()
        self._writer.close()

    def _write_rows(self) -> None:
        self._writer.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


@contextmanager
def _parquet(output: Path | None) -> Iterator[Writer]:
    """Give a writer to a Parquet file that is there when all was written, and not before."""
    if output is None:
        raise NotConfigured("output_needed")
    if output.exists():
        raise NotConfigured("file_exists", about=str(output))
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise NotConfigured("parquet_missing") from error
    part = output.with_name(f"{output.name}.part")
    try:
        writer = _Parquet(part, arrow, parquet)
        yield writer
        writer.close()
        part.replace(output)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
