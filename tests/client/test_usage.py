"""What is wrong on this side: exit code 2 and a sentence, never a traceback."""

import json
import subprocess
import sys

import pytest

from client.cli import run
from tests.client.exchanging import a_signal
from tests.client.test_command import TERMS, a_file, havre, said
from tests.client.test_stating import ROOT_OF_NODE, SETTINGS
from tests.partners import a_key


@pytest.fixture
def hotline(listening):
    return listening.join("hotline.example")


@pytest.fixture
def platform(listening):
    return listening.join("platform.example", sector="platform")


def words(capsys):
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--organisation", "Not A Name"),
        ("--federation", "no/federation"),
        ("--node", "single"),
        ("--url", "node.example"),
        ("--url", "https://node.example/"),
        ("--node-root", ROOT_OF_NODE[:-1]),
        ("--node-root", "<thumbprint>"),
    ],
)
def test_settings_of_a_wrong_form_are_refused(tmp_path, option, value):
    changed = [*SETTINGS]
    changed[changed.index(option) + 1] = value
    assert run(["--home", str(tmp_path / "home"), "init", *changed]) == 2
    assert not (tmp_path / "home").exists()


def test_a_second_init_changes_nothing(tmp_path):
    home = ["--home", str(tmp_path / "home")]
    assert run([*home, "init", *SETTINGS]) == 0
    before = (tmp_path / "home" / "havre.toml").read_text()
    other = [word.replace("newcomer", "other") for word in SETTINGS]
    assert run([*home, "init", *other]) == 2
    assert (tmp_path / "home" / "havre.toml").read_text() == before


def test_a_home_below_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(["--home", str(tmp_path / "file" / "home"), "init", *SETTINGS]) == 2
    assert "cannot be used" in words(capsys)


def test_trust_in_an_unknown_organisation_is_refused(hotline, capsys):
    assert havre(hotline, "trust", "nobody.example", ROOT_OF_NODE) == 2
    assert "nobody.example" in words(capsys)


def test_trust_in_something_that_is_no_thumbprint_is_refused(hotline):
    assert havre(hotline, "trust", "node.example", "THUMBPRINT") == 2


def test_a_mistyped_pin_of_the_node_is_told_and_never_answered_with_trust(listening, hotline, capsys):
    config = hotline.home.read_text("havre.toml")
    pinned = listening.node.organisation.root.thumbprint
    hotline.home.write("havre.toml", config.replace(pinned, a_key("another").thumbprint).encode())
    assert havre(hotline, "whoami") == 5
    told = words(capsys)
    assert "correct it in havre.toml" in told
    assert pinned in told
    assert "havre trust" not in told


def test_refusals_that_could_not_be_written_are_found_before_the_push(hotline, tmp_path, capsys):
    path = a_file(tmp_path, a_signal(1, value="00"), a_signal(2))
    assert havre(hotline, "push", path, *TERMS, "--refused", tmp_path / "no" / "x") == 2
    assert list(hotline.sdk().live_records()) == []


def test_a_file_for_pulled_lines_that_cannot_be_made_is_refused(hotline, tmp_path):
    assert havre(hotline, "pull", "--purpose", "detection", "--out", tmp_path / "no" / "x") == 2


def test_a_folder_for_pages_that_cannot_be_made_is_refused(hotline, tmp_path):
    (tmp_path / "file").write_text("")
    assert havre(hotline, "pull", "--purpose", "detection", "--pages", tmp_path / "file" / "pages") == 2


@pytest.mark.parametrize("command", [["records"], ["doctor"], ["whoami"]])
def test_a_damaged_state_file_is_named(hotline, capsys, command):
    hotline.home.write("state.sqlite", b"not a database, but long enough to look like one " * 40)
    assert havre(hotline, *command) == 2
    both = capsys.readouterr()
    assert "state file is damaged" in both.out + both.err


def test_a_reader_that_goes_away_ends_the_command_without_a_traceback(hotline, tmp_path):
    hotline.sdk().push([])
    program = "import sys; from client.cli import main; sys.argv[1:] = sys.argv[1:]; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "--home", str(hotline.home.path), "keys", "list"],
        stdout=closed_pipe(),
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr
    assert b"Exception ignored" not in ended.stderr


def closed_pipe():
    import os  # noqa: PLC0415 - for this pipe alone

    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_a_column_that_is_named_twice_is_refused(hotline, tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("value,signal_type,value\n00,sha256,11\n")
    assert havre(hotline, "push", path, *TERMS) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_file_that_is_no_utf_8_is_refused(hotline, tmp_path, encoding):
    path = tmp_path / "signals.csv"
    path.write_bytes("signal_type,value\nsha256,00\n".encode(encoding))
    assert havre(hotline, "push", path, *TERMS) == 2


def test_a_file_with_bytes_of_another_encoding_is_refused(hotline, tmp_path):
    path = tmp_path / "signals.ndjson"
    path.write_bytes(b'{"value":"\xe9"}\n')
    assert havre(hotline, "push", path, *TERMS) == 2


def test_an_end_that_is_no_moment_is_refused(hotline, tmp_path):
    assert havre(hotline, "push", a_file(tmp_path, a_signal(1)), "--tlp", "GREEN", "--expires", "soon") == 2


def test_a_file_that_is_no_page_is_refused_as_usage(hotline, tmp_path):
    path = tmp_path / "readme.txt"
    path.write_text("Not a page.\n")
    assert havre(hotline, "verify", path) == 2


def test_pulled_and_kept_lines_say_their_terms(listening, hotline, platform, tmp_path, capsys):
    havre(hotline, "push", a_file(tmp_path, a_signal(1)), *TERMS, "--purpose", "detection")
    listening.place()
    capsys.readouterr()
    expected = {
        "tlp": "GREEN",
        "expires": "2028-01-01T00:00:00Z",
        "purposes": ["detection"],
        **{name: [] for name in ("sectors", "organisations", "groups")},
    }
    assert havre(platform, "pull", "--purpose", "detection") == 0
    assert json.loads(capsys.readouterr().out)["terms"] == expected
    assert havre(platform, "records") == 0
    assert json.loads(capsys.readouterr().out)["terms"] == expected


def test_doctor_finds_a_suspended_organisation_ill(listening, hotline, capsys):
    node = listening.node
    node.decide("suspend", hotline.simulated.statements[-1])
    assert havre(hotline, "doctor", "--json") in {1, 3}
    assert "suspended" in said(capsys)[-1]["words"]


def test_doctor_says_that_an_application_is_pending(listening, tmp_path, capsys):
    home = ["--home", str(tmp_path / "newcomer")]
    node = listening.node
    settings = [
        *("--organisation", "newcomer.example", "--federation", node.settings.federation),
        *("--node", node.settings.node, "--url", node.settings.origin_url),
        *("--node-root", node.organisation.root.thumbprint),
    ]
    run([*home, "init", *settings])
    for use in ("root", "record", "exchange"):
        run([*home, "keys", "new", use])
    run([*home, "statement", "new", "--display-name", "Newcomer", "--sector", "ngo", "--role", "administrator"])
    assert run([*home, "apply"]) == 0
    capsys.readouterr()
    assert run([*home, "doctor"]) == 1
    assert "application pending" in capsys.readouterr().out


def test_a_refused_application_says_what_is_wrong_with_it(listening, tmp_path, capsys):
    stranger = listening.node.partner("stranger.example")
    member = listening.member(stranger)
    elsewhere = {"node": "elsewhere.example", "origin_url": "https://elsewhere.example"}
    member.home.write("statement-1.jws", stranger.statement(home=elsewhere).encode())
    assert havre(member, "apply") == 1
    assert "\n  /" in words(capsys)


def test_a_push_that_fails_says_how_many_are_still_to_be_sent(hotline, tmp_path, capsys):
    hotline.sdk().trust.standing("hotline.example")
    config = hotline.home.read_text("havre.toml")
    moved = config.replace(hotline.home.config().origin_url, "http://127.0.0.1:1")
    hotline.home.write("havre.toml", moved.encode())
    assert havre(hotline, "push", a_file(tmp_path, a_signal(1), a_signal(2)), *TERMS) == 4
    assert "2 signed earlier are still to be sent" in words(capsys)
