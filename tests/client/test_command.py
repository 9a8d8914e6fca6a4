import json
import re

import pytest

from client.cli import run
from tests.client.exchanging import a_signal

TERMS = ["--tlp", "GREEN", "--expires", "2028-01-01"]


@pytest.fixture
def hotline(listening):
    return listening.join("hotline.example")


@pytest.fixture
def platform(listening):
    return listening.join("platform.example", sector="platform")


def havre(member, *arguments):
    return run(["--home", str(member.home.path), *map(str, arguments)])


def a_file(folder, *rows, name="signals.ndjson"):
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def said(capsys):
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_the_same_file_again_pushes_nothing_twice(hotline, tmp_path, capsys):
    path = a_file(tmp_path, a_signal(1), a_signal(2))
    assert havre(hotline, "push", path, *TERMS, "--json") == 0
    assert said(capsys)["pushed"] == 2
    assert havre(hotline, "push", path, *TERMS, "--json") == 0
    assert (outcome := said(capsys))["pushed"] == 0
    assert outcome["already"] == 2


def test_a_row_without_terms_is_refused_because_there_is_no_default(hotline, tmp_path, capsys):
    path = a_file(tmp_path, a_signal(1), a_signal(2, tlp="GREEN", expires="2028-01-01"))
    assert havre(hotline, "push", path, "--json") == 1
    assert (outcome := said(capsys))["pushed"] == 1
    assert outcome["refused"] == 1


def test_refusals_go_to_a_file_with_row_pointer_and_code(hotline, tmp_path, capsys):
    path = a_file(tmp_path, a_signal(1), a_signal(2, value="00"))
    assert havre(hotline, "push", path, *TERMS, "--json") == 1
    refused = [json.loads(line) for line in (tmp_path / "signals.ndjson.refused.ndjson").read_text().splitlines()]
    assert {(one["row"], one["pointer"]) for one in refused} == {(2, "/value")}


def test_a_csv_file_is_pushed_with_paths_as_column_names(hotline, tmp_path, capsys):
    path = tmp_path / "signals.csv"
    path.write_text(
        "signal_type,value,media,classifications.0.scheme,classifications.0.value,classifications.0.assessed_by,"
        "classifications.0.assessed_at,ai.status,origin_of_report,annotations,tlp,expires\n"
        f"sha256,{a_signal(1)['value']},image,ncmec,A1,hotline,2026-11-01,unassessed,hotline,meme infant,"
        "GREEN,2028-01-01\n"
    )
    assert havre(hotline, "push", path, "--json") == 0
    assert said(capsys)["pushed"] == 1


def test_pulled_records_come_as_ndjson_with_their_origin(listening, hotline, platform, tmp_path, capsys):
    havre(hotline, "push", a_file(tmp_path, a_signal(1)), *TERMS)
    listening.place()
    capsys.readouterr()
    assert havre(platform, "pull", "--purpose", "detection") == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["origin"], line["record"]["value"]) == ("hotline.example", a_signal(1)["value"])


def test_a_saved_page_verifies_offline_and_an_altered_one_exits_5(listening, hotline, platform, tmp_path, capsys):
    havre(hotline, "push", a_file(tmp_path, a_signal(1)), *TERMS)
    listening.place()
    havre(platform, "pull", "--purpose", "detection", "--pages", tmp_path / "pages")
    page = next((tmp_path / "pages").iterdir())
    assert havre(platform, "verify", page) == 0
    altered = tmp_path / "altered.ndjson"
    altered.write_bytes(page.read_bytes().replace(b'"image"', b'"video"'))
    assert havre(platform, "verify", altered) == 5


def test_withdrawn_records_arrive_as_withdrawals(listening, hotline, platform, tmp_path, capsys):
    havre(hotline, "push", a_file(tmp_path, a_signal(1)), *TERMS)
    record_id = next(hotline.sdk().live_records()).id
    assert havre(hotline, "withdraw", record_id, "--reason", "error", "--json") == 0
    listening.place()
    capsys.readouterr()
    assert havre(platform, "pull", "--purpose", "detection", "--json") == 0
    assert (counted := said(capsys))["withdrawn"] == 1
    assert counted["records"] == 1
    assert list(platform.sdk().live_records()) == []


def test_whoami_says_organisation_and_roles_as_json(hotline, capsys):
    assert havre(hotline, "whoami", "--json") == 0
    assert said(capsys)["organisation"] == "hotline.example"


def test_doctor_finds_everything_well(hotline, capsys):
    assert havre(hotline, "doctor", "--json") == 0
    assert [one["name"] for one in said(capsys) if one["is_well"]] == [
        *("files", "statement", "node", "round trip", "directory")
    ]


def test_doctor_names_a_key_file_that_others_may_read(hotline, capsys):
    next(hotline.home.path.glob("exchange-*.pem")).chmod(0o644)
    assert havre(hotline, "doctor") == 2
    assert "chmod 600" in capsys.readouterr().out


def test_receipts_are_opened_and_agree(listening, hotline, platform, tmp_path, capsys):
    havre(hotline, "push", a_file(tmp_path, a_signal(1)), *TERMS)
    listening.place()
    havre(platform, "pull", "--purpose", "detection")
    capsys.readouterr()
    assert havre(platform, "receipts", "check", "--json") == 0
    assert said(capsys)["wrong"] == []


def test_a_node_that_does_not_answer_exits_4(hotline, capsys):
    config = hotline.home.read_text("havre.toml")
    moved = config.replace(hotline.home.config().origin_url, "http://127.0.0.1:1")
    hotline.home.write("havre.toml", moved.encode())
    assert havre(hotline, "doctor", "--json") == 4


def test_an_unknown_option_exits_2(hotline, capsys):
    assert havre(hotline, "push", "--no-such-option") == 2


def test_an_unregistered_key_exits_3(listening, hotline, tmp_path, capsys):
    stranger = listening.member(listening.node.partner("stranger.example"))
    assert havre(stranger, "whoami") == 3


# What lies between the node's first statement and its newest only members may read.
@pytest.mark.parametrize("renewals", [0, 1, 3])
def test_keys_statement_and_application_lead_to_admission(listening, tmp_path, capsys, renewals):
    home = ["--home", str(tmp_path / "newcomer")]
    node = listening.node
    for _ in range(renewals):
        assert node.organisation.put_statement(node.organisation.statement()).status == 200
    settings = [
        *("--organisation", "newcomer.example", "--federation", node.settings.federation),
        *("--node", node.settings.node, "--url", node.settings.origin_url),
        *("--node-root", node.organisation.root.thumbprint),
    ]
    assert run([*home, "init", *settings]) == 0
    assert [run([*home, "keys", "new", use]) for use in ("root", "record", "exchange")] == [0, 0, 0]
    roles = [word for role in ("administrator", "consumer", "contributor") for word in ("--role", role)]
    assert run([*home, "statement", "new", "--display-name", "Newcomer", "--sector", "ngo", *roles]) == 0
    assert run([*home, "apply"]) == 0
    assert run([*home, "apply", "--status"]) == 0
    if renewals:
        # Again, while it waits.
        assert node.organisation.put_statement(node.organisation.statement()).status == 200
        assert run([*home, "apply", "--status"]) == 0
    token = (tmp_path / "newcomer" / "statement-1.jws").read_text()
    node.decide("admit", token)
    assert run([*home, "whoami"]) == 0
    assert run([*home, "statement", "renew"]) == 0
    assert run([*home, "statement", "submit", "--json"]) == 0
    assert said(capsys)["statement_seq"] == 2


def test_times_of_whoami_are_told_as_everywhere_else(hotline, capsys):
    assert havre(hotline, "whoami") == 0
    (until,) = [line for line in capsys.readouterr().out.splitlines() if "good until" in line]
    assert re.fullmatch(r"statement \d+, good until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", until)
