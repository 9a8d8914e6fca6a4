"""Records as NDJSON, CSV, tables and Parquet: nothing lost, nothing that a spreadsheet or a terminal would obey."""

import csv
import io
import json
import sys

import pyarrow.parquet
import pytest

from client.columns import COLUMNS, Shown
from client.failures import NotConfigured
from client.judging import load_manifest
from client.writing import formula_safe, open_writer
from crypto.canonical import canonical_bytes
from tests.partners import an_id
from tests.signals import a_manifest, a_salt, a_signal


def shown(record):
    line = canonical_bytes(record)
    return Shown(origin="hotline.example", line=line, manifest=load_manifest(a_manifest("hotline.example", [line])))


def written(format_, *records, output=None):
    standard = io.BytesIO()
    with open_writer(format_, output, standard=standard) as writer:
        for record in records:
            writer.write(shown(record))
        writer.flush()
    return standard.getvalue()


def a_group(name):
    members = [{"organisation": "hotline.example", "role": "member", "since": "2026-11-01"}]
    said = {"id": an_id(), "kind": "group", "revision": 1, "salt": a_salt(), "status": "active"}
    return said | {"name": name, "purpose_text": "Tests", "members": members, "history": "all"}


def test_ndjson_holds_the_exact_line_beside_origin_and_terms():
    record = a_signal()
    told = json.loads(written("ndjson", record))
    assert (told["origin"], told["record"], told["terms"]["tlp"]) == ("hotline.example", record, "GREEN")


def test_csv_has_one_column_a_member_and_the_exact_line_last():
    record = a_signal(ai={"status": "confirmed", "kind": "fully_synthetic", "basis": ["visual_review", "watermark"]})
    (row,) = csv.DictReader(io.StringIO(written("csv", record).decode()))
    assert tuple(row) == COLUMNS
    assert (row["value"], row["ai.status"], row["ai.basis"], row["classifications"]) == (
        record["value"],
        "confirmed",
        "visual_review watermark",
        "iwf:A",
    )
    assert json.loads(row["record"]) == record


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_of_a_csv_is_taken_for_a_formula(start):
    assert formula_safe(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_a_group_whose_name_is_a_formula_is_harmless_in_a_csv():
    (row,) = csv.DictReader(io.StringIO(written("csv", a_group('=cmd|" /C calc"!A0')).decode()))
    assert row["name"].startswith("'=")


def test_a_csv_that_is_there_is_added_to_without_a_second_header(tmp_path):
    path = tmp_path / "records.csv"
    written("csv", a_signal(), output=path)
    written("csv", a_signal(), output=path)
    assert len(list(csv.DictReader(io.StringIO(path.read_text())))) == 2


def test_a_table_lets_no_name_speak_to_the_terminal():
    table = written("table", a_group("[red]\x1b[31mname")).decode()
    assert "\x1b" not in table
    assert "[red]" in table


@pytest.mark.parametrize("name", [r"\[/red]", r"\\[/red]", "[/red]", r"\[link=https://a.example]b"])
def test_a_name_of_another_organisation_neither_breaks_a_table_nor_marks_it_up(name):
    assert name in written("table", a_group(name)).decode()


def test_parquet_holds_the_same_columns(tmp_path):
    path = tmp_path / "records.parquet"
    record = a_signal()
    written("parquet", record, output=path)
    (row,) = pyarrow.parquet.read_table(path).to_pylist()
    assert tuple(row) == COLUMNS
    assert row["value"] == record["value"]


def test_parquet_writes_over_no_file_and_leaves_no_half_one(tmp_path):
    path = tmp_path / "records.parquet"
    path.write_bytes(b"something else")
    with pytest.raises(NotConfigured, match="file_exists"):
        written("parquet", a_signal(), output=path)
    with pytest.raises(ZeroDivisionError), open_writer("parquet", tmp_path / "new", standard=io.BytesIO()):
        raise ZeroDivisionError
    assert [one.name for one in tmp_path.iterdir()] == ["records.parquet"]


def test_without_pyarrow_parquet_is_refused_with_a_plain_reason(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NotConfigured, match="parquet_missing"):
        written("parquet", a_signal(), output=tmp_path / "new")
