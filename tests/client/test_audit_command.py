"""`havre audit verify` and `compare` at a desk without a network: what is said, remembered and kept."""

import orjson
import pytest

from client.auditing.actions import ACTIONS
from client.cli import run
from client.home import Config, Home
from crypto.acts import WIRE_ACTIONS
from server.access import Permission
from server.console.words.labels import LABELS
from tests.client.bundling import a_bundle, a_signed_act, opened, some_log
from tests.crypto.builders import FEDERATION, NODE, ORGANISATION, ORIGIN, OTHER
from tests.crypto.organisations import NODE_ROOT


@pytest.fixture
def home(tmp_path):
    """The home of an auditor who has never asked a node."""
    made = Home(tmp_path / "auditor")
    made.create()
    made.write_config(
        Config(
            organisation=ORGANISATION,
            federation=FEDERATION,
            node=NODE,
            origin_url=ORIGIN,
            node_root=NODE_ROOT.thumbprint,
        )
    )
    return made.path


@pytest.fixture
def havre(home, capsys):
    """Runs the command; returns exit code and what it said."""

    def ran(*arguments, at=home):
        code = run(["--home", str(at), "audit", *map(str, arguments)])
        return code, capsys.readouterr().out

    return ran


@pytest.fixture
def bundle(tmp_path):
    """Writes a bundle of a log of so many entries, honest or another history."""
    numbers = iter(range(100))

    def written(size=12, *, forked=False, **said):
        log = some_log(size)
        if forked:
            log[9] = opened(a_signed_act(9, target="/v1/whoami?"))
        return a_bundle(log, **said).write(tmp_path / f"{next(numbers)}.zip")

    return written


def test_a_whole_bundle_is_told_in_words_and_remembered(havre, bundle, home):
    code, words = havre("verify", bundle())
    assert (code, words.splitlines()[0].split(".")[0]) == (0, "WHOLE")
    assert "from now on this one is" in words
    assert sorted(path.name for path in (home / "audited").iterdir()) == [f"{NODE}-1.checkpoint", f"{NODE}-1.marks"]


def test_the_next_bundle_is_compared_with_the_one_before(havre, bundle):
    havre("verify", bundle(12))
    code, words = havre("verify", bundle(20))
    assert (code, "All 12 entries that were proven before" in words) == (0, True)


def test_another_history_is_told_by_index_and_both_heads_are_kept(havre, bundle, home):
    havre("verify", bundle(12))
    code, words = havre("verify", bundle(20, forked=True))
    assert code == 1
    assert "history was rewritten" in words
    assert "entry 9 was altered in the log itself" in words
    assert len(list((home / "evidence").glob("*.checkpoint"))) == 2


def test_what_was_found_once_is_found_again_because_a_false_head_is_never_remembered(havre, bundle):
    havre("verify", bundle(12))
    forked = bundle(20, forked=True)
    assert [havre("verify", forked)[0] for _ in range(2)] == [1, 1]


def test_an_earlier_head_is_given_as_a_file_too(havre, bundle, tmp_path, home):
    note = tmp_path / "before.checkpoint"
    note.write_text(a_bundle(some_log(12)).note)
    assert havre("verify", bundle(20, forked=True), "--since", note)[0] == 1
    _, said = havre("verify", bundle(20, forked=True), "--since", bundle(12), "--json")
    assert [(one["what"], one["index"]) for one in orjson.loads(said)["findings"]][-1] == ("replaced", 9)


def test_without_a_home_the_root_is_given(havre, bundle, tmp_path):
    nowhere = tmp_path / "nowhere"
    assert havre("verify", bundle(), at=nowhere)[0] == 2
    assert havre("verify", bundle(), "--node-root", NODE_ROOT.thumbprint, at=nowhere)[0] == 0
    assert not nowhere.exists()


def test_a_log_of_another_key_exits_5(havre, bundle):
    assert havre("verify", bundle(log_key=OTHER))[0] == 5


def test_the_verdict_is_told_in_french(havre, bundle, monkeypatch):
    monkeypatch.setenv("HAVRE_LANG", "fr")
    code, words = havre("verify", bundle(left_out={9}))
    assert (code, words.startswith("NON INTACT.")) == (1, True)
    assert "l'entrée 9 a été supprimée" in words


def test_two_bundles_of_one_log_tell_one_history(havre, bundle):
    code, words = havre("compare", bundle(20), bundle(12))
    assert (code, words.startswith("ONE HISTORY. The first 12 entries")) == (0, True)


def test_two_auditors_who_were_shown_two_histories_have_proof(havre, bundle):
    code, words = havre("compare", bundle(12), bundle(20, forked=True))
    assert (code, words.startswith("TWO HISTORIES")) == (1, True)
    assert "entry 9 was altered in the log itself" in words


def test_a_bundle_is_compared_with_a_bare_checkpoint(havre, bundle, tmp_path):
    note = tmp_path / "theirs.checkpoint"
    note.write_text(a_bundle(some_log(12)).note)
    assert havre("compare", bundle(20), note)[0] == 0
    assert havre("compare", bundle(20, forked=True), note)[0] == 1


def test_two_bare_checkpoints_need_the_nodes_key(havre, tmp_path):
    note = tmp_path / "theirs.checkpoint"
    note.write_text(a_bundle(some_log(12)).note)
    assert havre("compare", note, note)[0] == 2


def test_a_checkpoint_that_another_key_signed_proves_nothing(havre, bundle, tmp_path):
    note = tmp_path / "theirs.checkpoint"
    note.write_text(a_bundle(some_log(12), log_key=OTHER).note)
    assert havre("compare", bundle(20), note)[0] == 5


def test_a_remembered_head_that_somebody_changed_is_not_used(havre, bundle, home):
    havre("verify", bundle())
    (home / "audited" / f"{NODE}-1.checkpoint").write_text("nothing")
    assert havre("verify", bundle())[0] == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--since", "01/11/2026"),
        ("--since", "2026-11-01T08:00:00+01:00"),
        ("--until", "2026-02-30"),
        ("--organisation", "Hotline Example"),
        ("--origin", "lonely"),
        ("--keyid", "hotline.example/short"),
        ("--holder", "Jo Doe"),
        ("--reason", "Not a word"),
        ("--id", "0abc"),
        ("--action", "read_fed"),
    ],
)
@pytest.mark.parametrize("command", ["search", "days"])
def test_what_is_not_of_its_form_is_refused_here_by_the_name_of_its_option(home, capsys, command, option, value):
    assert run(["--home", str(home), "audit", command, option, value]) == 2
    told = capsys.readouterr().err
    assert (option in told, value in told) == (True, False)


def test_a_misspelt_act_is_told_what_it_may_have_been(home, capsys):
    assert run(["--home", str(home), "audit", "search", "--action", "read_fed"]) == 2
    assert "read_feed" in capsys.readouterr().err


def test_a_record_is_asked_for_with_its_origin(home, capsys):
    record = "0193a5c0-0000-7000-8000-000000000001"
    assert run(["--home", str(home), "audit", "search", "--record", record]) == 2
    assert "--origin" in capsys.readouterr().err


def test_a_time_in_which_nothing_can_be_is_refused(home, capsys):
    assert run(["--home", str(home), "audit", "search", "--since", "2026-11-02", "--until", "2026-11-01"]) == 2
    assert "--until" in capsys.readouterr().err


def test_the_exposure_of_a_record_takes_no_filter_that_it_would_not_use(home, capsys):
    record = "hotline.example/0193a5c0-0000-7000-8000-000000000001"
    assert run(["--home", str(home), "audit", "exposure", record, "--since", "2026-11-02"]) == 2
    assert "--since" in capsys.readouterr().err


def test_a_head_that_is_given_and_remembered_is_told_once(havre, bundle):
    before = bundle(12)
    havre("verify", before)
    _, words = havre("verify", bundle(20), "--since", before)
    assert words.count("that were proven before") == 1


def test_every_act_that_a_permission_or_the_console_names_can_be_searched():
    assert {*Permission, *LABELS["action"], *WIRE_ACTIONS} - ACTIONS == set()
