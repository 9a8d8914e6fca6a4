"""`havre-node witness`: what an operator says, and what stands in the policy after it."""

import pytest
from click.testing import CliRunner

from crypto.checkpoints import COSIGNATURE, verifier_key
from crypto.policies import read_policy
from server.cli import main
from tests.partners import FEDERATION, NODE_NAME, ORIGIN_URL, a_key
from tests.witnessing.conftest import WITNESS, WITNESS_KEY
from tests.witnessing.logs import ALog

URL = "https://one.example/v1/witness"


def witness_key(name: str) -> str:
    return verifier_key(name, a_key(name, "witness").public, algorithm=COSIGNATURE)


@pytest.fixture
def run(database, home):
    """Run `havre-node witness …`; its output, and how it ended."""
    environment = {
        "HAVRE_NODE": NODE_NAME,
        "HAVRE_FEDERATION": FEDERATION,
        "HAVRE_ORIGIN_URL": ORIGIN_URL,
        "HAVRE_HOME": str(home),
        "DATABASE_URL": database.app,
    }

    def run(*words: str) -> tuple[int, str]:
        ended = CliRunner().invoke(main, ["witness", *words], env=environment)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


@pytest.fixture
def policy(home):
    return lambda: read_policy((home / "witness-policy").read_bytes())


def test_init_makes_one_key_and_says_how_others_ask_it(run, home):
    for path in home.glob("witness-*.pem"):
        path.unlink()
    first, second = run("init"), run("init")
    assert (first, f"{ORIGIN_URL}/v1/witness" in first[1]) == (second, True)
    assert [path.stat().st_mode & 0o777 for path in home.glob("witness-*.pem")] == [0o600]


def test_watch_adds_a_log_that_is_cosigned_at_once(run, hand_in):
    assert run("watch", ALog().verifier_key)[0] == 0
    assert hand_in(ALog().handed_in(0, 5)).status_code == 200


def test_the_next_epoch_of_a_log_takes_the_place_of_the_one_before(run, policy):
    run("watch", ALog().verifier_key)
    said = run("watch", ALog(origin="other.example/log/2").verifier_key)[1]
    assert [one.key.name for one in policy().logs] == ["other.example/log/2"]
    assert "other.example/log/1" in said


def test_ask_adds_witnesses_that_must_all_have_cosigned(run, policy):
    run("ask", "one", witness_key("one.example"), URL)
    run("ask", "two", witness_key("two.example"), "https://two.example/w")
    assert [(one.name, one.least, one.members) for one in policy().groups] == [("asked", 2, ("one", "two"))]
    assert policy().quorum == "asked"


def test_how_many_must_have_cosigned_can_be_said_and_stays(run, policy):
    run("ask", "one", witness_key("one.example"), URL)
    run("ask", "two", witness_key("two.example"), URL, "--at-least", "any")
    run("ask", "three", witness_key("three.example"), URL)
    assert [one.least for one in policy().groups] == [1]


def test_what_is_watched_stays_when_a_witness_is_asked(run, policy):
    run("watch", ALog().verifier_key)
    run("ask", "one", witness_key("one.example"), URL)
    assert (len(policy().logs), len(policy().witnesses)) == (1, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("watch", witness_key("one.example")),
        ("watch", "nonsense"),
        ("watch", verifier_key("other.example/log/1", WITNESS_KEY.public)),
        ("ask", "one", ALog().verifier_key, URL),
        ("ask", "one", witness_key("one.example"), "http://one.example/v1/witness"),
        ("ask", "one", witness_key("one.example"), "https://user@one.example/w"),
        ("ask", "one", witness_key("one.example"), URL, "--at-least", "2"),
        ("ask", "two words", witness_key("one.example"), URL),
        ("ask", "asked", witness_key("one.example"), URL),
    ],
    ids=[
        "witness as log",
        "no key",
        "own key",
        "log as witness",
        "plain http",
        "user",
        "two of one",
        "name",
        "group's name",
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(run, home, words):
    assert run(*words)[0] == 1
    assert not (home / "witness-policy").exists()


def test_a_policy_of_an_operators_own_is_not_touched(run, home):
    text = f"witness w {witness_key('w.example')}\ngroup mine any w\nquorum mine\n"
    (home / "witness-policy").write_text(text)
    assert run("watch", ALog().verifier_key)[0] == 1
    assert (home / "witness-policy").read_text() == text


def test_list_says_how_far_each_is(run, hand_in, log):
    hand_in(log.handed_in(0, 5))
    run("ask", "one", witness_key("one.example"), URL)
    code, said = run("list")
    assert (code, WITNESS in said) == (0, True)
    assert f"Watched: {log.origin}: 5 entries" in said
    assert "Asked: one at https://one.example/v1/witness: nothing yet" in said


def test_evidence_is_written_down_as_both_notes(run, hand_in, log, tmp_path):
    hand_in(log.handed_in(0, 5))
    hand_in(log.fork(4).handed_in(5, 5))
    folder = tmp_path / "found"
    code, said = run("evidence", "--folder", str(folder))
    notes = sorted(path.read_text() for path in folder.iterdir())
    assert (code, notes) == (0, sorted([log.note(5), log.fork(4).note(5)]))
    assert "two roots for one size" in said


def test_without_evidence_it_says_so(run, node):
    assert run("evidence") == (0, "Nothing was found against any log.\n")
