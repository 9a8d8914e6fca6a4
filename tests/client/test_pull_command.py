"""`havre pull`, `follow`, `records` and `status` as a person or a script runs them."""

import csv
import io
import json
import os
import signal
import sys
import time

import pytest

from client.cli import run
from client.partner import Partner
from tests.client.scripted import PURPOSE, ended
from tests.signals import a_signal, a_withdrawal, an_audience, signals

PULL = ("pull", "--purpose", PURPOSE)


@pytest.fixture
def hotline(scripted):
    return scripted.join("hotline.example", sector="hotline")


@pytest.fixture
def havre(scripted, hotline, monkeypatch, tmp_path):
    platform = scripted.join("platform.example", sector="platform")
    monkeypatch.setattr(Partner, "open", lambda _path, **_patience: scripted.sdk(platform))
    return lambda *arguments: run(["--home", str(tmp_path), *map(str, arguments)])


def test_pull_writes_csv_to_a_file_and_counts_as_json(scripted, hotline, havre, tmp_path, capsys):
    scripted.page(scripted.place(hotline, signals(2)))
    path = tmp_path / "new.csv"
    assert havre(*PULL, "--format", "csv", "--output", path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["records"] == 2
    assert len(list(csv.DictReader(io.StringIO(path.read_text())))) == 2


def test_pull_shows_only_what_was_asked_for_and_every_withdrawal(scripted, hotline, havre, capsys):
    known = a_signal()
    wanted = a_signal(ai={"status": "confirmed", "kind": "fully_synthetic"})
    scripted.page(scripted.place(hotline, [known, wanted]), scripted.place(hotline, [a_withdrawal(known)]))
    assert havre(*PULL, "--ai-status", "confirmed") == 0
    told = [json.loads(line)["record"] for line in capsys.readouterr().out.splitlines()]
    assert [(one["id"], one["status"]) for one in told] == [(wanted["id"], "active"), (known["id"], "withdrawn")]


def test_records_are_written_as_a_table_for_people(scripted, hotline, havre, capsys):
    record = a_signal()
    scripted.page(scripted.place(hotline, [record]))
    havre(*PULL)
    capsys.readouterr()
    assert havre("records", "--format", "table") == 0
    assert record["id"] in capsys.readouterr().out


def test_parquet_without_a_file_is_refused_before_anything_is_pulled(scripted, hotline, havre, capsys):
    scripted.page(scripted.place(hotline, signals(1)))
    assert havre(*PULL, "--format", "parquet") == 2
    assert "--output" in capsys.readouterr().err
    assert len(scripted.pages) == 1


def test_an_end_is_told_to_the_person(scripted, hotline, havre, capsys):
    audience = an_audience("AMBER", organisations=["platform.example"])
    batch = scripted.place(hotline, signals(1), audience=audience)
    scripted.page(batch, ended(batch.stream))
    assert havre(*PULL) == 0
    assert "1 streams have ended" in capsys.readouterr().err
    havre("status")
    assert "ended: 1 records of hotline.example deleted" in capsys.readouterr().out


def test_status_is_plain_words_or_one_object(scripted, hotline, havre, capsys):
    scripted.page(scripted.place(hotline, signals(2)).erasing(0))
    havre(*PULL)
    capsys.readouterr()
    assert havre("status") == 0
    told = capsys.readouterr().out
    assert "platform.example holds 1 live records" in told
    assert "WITHHELD: 1 lines of hotline.example" in told
    assert havre("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["withheld"] == {"hotline.example": 1}


def a_hook(folder, *, exits=0):
    """A command that keeps what it is told, ends its parent, and exits with a code."""
    path = folder / "hook.py"
    path.write_text(
        "import os, signal, sys\n"
        f"open({str(folder / 'told')!r}, 'a').write(sys.stdin.read())\n"
        "os.kill(os.getppid(), signal.SIGTERM)\n"
        f"sys.exit({exits})\n"
    )
    return f"{sys.executable} {path}"


def test_follow_runs_the_command_with_changes_and_ends_well_on_sigterm(scripted, hotline, havre, tmp_path):
    record = a_signal()
    scripted.page(scripted.place(hotline, [record]))
    assert havre("follow", "--purpose", PURPOSE, "--on-change", a_hook(tmp_path)) == 0
    (told,) = map(json.loads, (tmp_path / "told").read_text().splitlines())
    assert (told["change"], told["record"], told["terms"]["tlp"]) == ("added", record, "GREEN")
    with Partner.open(tmp_path) as partner:
        assert partner.status().changes_waiting == 0


def test_what_a_failing_command_was_told_waits_for_the_next_run(scripted, hotline, havre, tmp_path, capsys):
    scripted.page(scripted.place(hotline, signals(1)))
    assert havre("follow", "--purpose", PURPOSE, "--on-change", a_hook(tmp_path, exits=3)) == 0
    assert "ended with 3" in capsys.readouterr().err
    assert havre("follow", "--purpose", PURPOSE, "--on-change", a_hook(tmp_path)) == 0
    assert len((tmp_path / "told").read_text().splitlines()) == 2


def test_follow_without_a_hook_writes_records_until_it_is_asked_to_end(scripted, hotline, havre, monkeypatch, capsys):
    scripted.page(scripted.place(hotline, signals(1)))
    monkeypatch.setattr(time, "sleep", lambda _seconds: os.kill(os.getpid(), signal.SIGTERM))
    assert havre("follow", "--purpose", PURPOSE) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_command_that_cannot_be_read_is_refused(scripted, hotline, havre):
    assert havre("follow", "--purpose", PURPOSE, "--on-change", "'unfinished") == 2
