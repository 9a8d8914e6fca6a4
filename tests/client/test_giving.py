"""The commands that give: terms, groups, opinions, incidents; each with its exit code and its words."""

import io
import json
from types import SimpleNamespace

import pytest

from client.cli import run
from client.reading import GivenTerms, read_rows
from tests.client.exchanging import a_signal, drafts
from tests.client.test_command import TERMS, a_file, havre, said
from tests.client.test_incidents import an_incident

LIVES = ["--expires", "2028-01-01"]


@pytest.fixture
def hotline(listening):
    return listening.join("hotline.example")


@pytest.fixture
def platform(listening, hotline):
    return listening.join("platform.example", sector="platform")


def a_group(member, capsys, *more):
    described = ["--name", "Synthetic circle", "--purpose-text", "To test.", "--history", "all", *LIVES]
    assert havre(member, "group", "create", *described, *more, "--json") == 0
    return said(capsys)["group"]


def pulled(member, capsys):
    assert havre(member, "pull", "--purpose", "detection", "--json") == 0
    capsys.readouterr()


def words(capsys):
    both = capsys.readouterr()
    return both.out + both.err


def a_pulled_signal(listening, hotline, reader, capsys):
    hotline.sdk().push(drafts(1))
    listening.place()
    pulled(reader, capsys)
    return f"hotline.example/{next(iter(hotline.sdk().live_records())).id}"


def test_a_group_is_created_shown_listed_changed_and_withdrawn(hotline, platform, capsys):
    name = a_group(hotline, capsys, "--member", "platform.example")
    assert havre(hotline, "group", "remove", name, "platform.example") == 0
    assert havre(hotline, "group", "add", name, "platform.example", "--observer") == 0
    assert havre(hotline, "group", "change", name, "--name", "Other circle") == 0
    capsys.readouterr()
    assert havre(hotline, "group", "show", name) == 0
    shown = words(capsys)
    assert "Other circle" in shown
    assert "observer platform.example" in shown
    assert havre(hotline, "group", "list", "--json") == 0
    assert [(one["group"], one["revision"]) for one in said(capsys)] == [(name, 4)]
    assert havre(hotline, "group", "withdraw", name, "--reason", "other") == 0
    capsys.readouterr()
    assert havre(hotline, "group", "show", name) == 2
    assert "havre group list" in words(capsys)


def test_signals_are_pushed_to_a_group_by_an_option(listening, hotline, platform, tmp_path, capsys):
    name = a_group(hotline, capsys, "--member", "platform.example")
    amber = ["--tlp", "AMBER", *LIVES, "--group", name, "--purpose", "detection"]
    assert havre(hotline, "push", a_file(tmp_path, a_signal(1)), *amber) == 0
    listening.place()
    pulled(platform, capsys)
    assert len(list(platform.sdk().live_records(kind="signal"))) == 1


def test_an_unknown_group_is_refused_with_a_sentence(hotline, platform, tmp_path, capsys):
    unknown = "platform.example/0193a5c0-0000-7000-8000-000000000001"
    amber = ["--tlp", "AMBER", *LIVES, "--group", unknown]
    assert havre(hotline, "push", a_file(tmp_path, a_signal(1)), *amber) == 1
    assert "unknown_group: no such group, or this organisation is not in it" in words(capsys)


@pytest.mark.parametrize("option", [["--group", "circle"], ["--organisation", "Not A Name"]])
def test_a_name_of_a_wrong_form_is_refused_as_usage(tmp_path, option):
    path = a_file(tmp_path, a_signal(1))
    assert run(["--home", str(tmp_path), "push", str(path), "--tlp", "AMBER", *LIVES, *option]) == 2


def test_the_second_machine_is_told_what_to_do(listening, hotline, platform, capsys):
    name = a_group(hotline, capsys)
    listening.place()
    second = listening.member(hotline.simulated, folder="second-machine")
    pulled(second, capsys)
    assert havre(hotline, "group", "change", name, "--name", "First") == 0
    capsys.readouterr()
    assert havre(second, "group", "change", name, "--name", "Second") == 1
    assert "another machine of this organisation has changed it meanwhile; pull" in words(capsys)


def test_an_opinion_is_given_and_counted(listening, hotline, platform, capsys):
    record = a_pulled_signal(listening, hotline, platform, capsys)
    assert havre(platform, "opine", record, "disputed", "--reason", "adult", "--reviewed-by", "one_person") == 0
    capsys.readouterr()
    assert havre(platform, "opinions", record, "--purpose", "detection") == 0
    assert "disputed 1" in words(capsys)
    assert havre(platform, "opinions", record, "--purpose", "detection", "--json") == 0
    assert said(capsys)["counts"]["disputed"] == 1


def test_a_file_of_opinions_gives_those_that_can_be_given(listening, hotline, platform, tmp_path, capsys):
    origin, _, record_id = a_pulled_signal(listening, hotline, platform, capsys).partition("/")
    path = tmp_path / "opinions.csv"
    path.write_text(
        f"origin,id,verdict,reviewed_by,from,to\n{origin},{record_id},seen,automated,2026-11-01,2026-11-07\n"
        f"{origin},0193a5c0-0000-7000-8000-000000000001,seen,automated,,\n"
    )
    assert havre(platform, "opine", "--file", path, "--to-origin-only", "--json") == 1
    assert (outcome := said(capsys))["pushed"] == 1
    assert outcome["refused"] == 1
    (refused,) = [json.loads(line) for line in (tmp_path / "opinions.csv.refused.ndjson").read_text().splitlines()]
    assert (refused["row"], refused["code"]) == (2, "unknown_record")


def test_an_opinion_without_record_and_file_is_refused_as_usage(tmp_path):
    assert run(["--home", str(tmp_path), "opine"]) == 2


def test_an_incident_is_reported_from_options_closed_and_withdrawn(listening, hotline, platform, capsys):
    signal = a_pulled_signal(listening, hotline, platform, capsys)
    described = [
        *("--type", "ai_csam_generated", "--severity", "high", "--occurred", "2026-11-01/2026-11-03"),
        *("--reported-at", "2026-11-04T10:00:00Z", "--service-kind", "generative_ai_api", "--signal", signal),
        *("--ai-status", "confirmed", "--ai-kind", "fully_synthetic", "--safety-control", "none", "--files", "1"),
        *("--reference", "national_hotline:X-1", "--jurisdiction", "FR", "--handling", "removed"),
    ]
    assert havre(platform, "incident", *described, *TERMS, "--json") == 0
    (name,) = said(capsys)["incidents"]
    assert havre(platform, "incident", "--id", name, "--close", "--json") == 0
    (live,) = platform.sdk().live_records(kind="incident")
    assert (json.loads(live.line)["state"], live.revision) == ("closed", 2)
    assert havre(platform, "withdraw", name, "--reason", "legal") == 0
    assert list(platform.sdk().live_records(kind="incident")) == []


def test_incidents_are_read_from_standard_input_pretty_or_not(hotline, capsys, monkeypatch):
    pretty = json.dumps([an_incident(), an_incident(severity="low")], indent=2).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(pretty)))
    assert havre(hotline, "incident", "-", *TERMS, "--json") == 0
    assert (outcome := said(capsys))["pushed"] == 2
    assert len(outcome["incidents"]) == 2


def test_an_incident_of_a_wrong_form_is_told_in_words_before_it_is_sent(hotline, tmp_path, capsys):
    path = a_file(tmp_path, an_incident(severity="awful"), name="incident.json")
    assert havre(hotline, "incident", path, *TERMS) == 1
    assert "/severity not_one_of: not one of the words that may stand here" in words(capsys)
    assert hotline.sdk().count_unsent() == 0


@pytest.mark.parametrize(
    "arguments",
    [["--close"], ["--id", "x", "--close", "--state", "open"], [], ["-", "--id", "x"], ["-", "--files", "1"]],
)
def test_an_incident_command_that_says_too_little_or_two_things_is_refused_as_usage(tmp_path, arguments):
    assert run(["--home", str(tmp_path), "incident", *arguments]) == 2


def test_a_file_of_mixed_kinds_is_refused_row_by_row(hotline, tmp_path, capsys):
    path = a_file(tmp_path, a_signal(1), {"kind": "incident", **an_incident()}, a_signal(2))
    assert havre(hotline, "push", path, *TERMS) == 1
    told = words(capsys)
    assert "2 pushed" in told
    assert "/kind kind_differs" in told


def test_a_group_in_a_file_of_records_is_sent_to_its_own_command(hotline, tmp_path, capsys):
    assert havre(hotline, "push", a_file(tmp_path, {"kind": "group"}), *TERMS) == 1
    assert "havre group create" in words(capsys)


@pytest.mark.parametrize("cell", ['"=HYPERLINK(1)"', '"one\ntwo"', "+1", "@SUM(1)", "-1"])
def test_a_cell_with_a_formula_or_a_line_break_is_refused(tmp_path, cell):
    path = tmp_path / "incidents.csv"
    path.write_text(f"kind,summary\nincident,{cell}\n")
    refused = []
    assert list(read_rows(path, GivenTerms(), refused)) == []
    assert [(one.row, one.code) for one in refused] == [(1, "bad_cell")]


def test_a_base64_value_may_begin_with_a_plus_sign(tmp_path):
    path = tmp_path / "signals.csv"
    path.write_text("signal_type,value,tlp,expires\nphotodna,+abc,GREEN,2028-01-01\n")
    (draft,) = read_rows(path, GivenTerms(), [])
    assert draft.record["value"] == "+abc"


def test_what_was_done_is_told_in_french(hotline, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HAVRE_LANG", "fr")
    assert havre(hotline, "push", a_file(tmp_path, a_signal(1)), *TERMS) == 0
    assert "Déposées : 1" in capsys.readouterr().out


def test_json_stays_english_for_a_french_reader(hotline, capsys, monkeypatch):
    monkeypatch.setenv("HAVRE_LANG", "fr")
    assert run(["--home", str(hotline.home.path), "doctor", "--json"]) == 0
    assert "closed to others" in said(capsys)[0]["words"]
