"""`havre checkpoint`: what was seen of the node's log, and what a partner demands of its witnesses."""

import pytest

from client.cli import run
from client.commands.wording import words_of
from client.failures import NotVerified
from client.home import Home
from client.words import checkpoints as words
from crypto.checkpoints import COSIGNATURE, verifier_key
from crypto.policies import read_policy
from tests.client.scripted import LOG, PURPOSE
from tests.partners import NODE_NAME, a_key
from tests.witnessing.logs import ALog, ShownLog

OWN = ALog(origin=LOG, key=a_key(NODE_NAME, "log"))


def witness_key(name: str) -> str:
    return verifier_key(name, a_key(name, "witness").public, algorithm=COSIGNATURE)


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "home")
    made.create()
    return made


@pytest.fixture
def havre(home):
    return lambda *said: run(["--home", str(home.path), "checkpoint", *said])


def policy_of(home):
    return read_policy((home.path / "witness-policy").read_bytes())


def test_witness_demands_all_of_those_that_were_named(havre, home):
    assert [havre("witness", name, witness_key(f"{name}.example")) for name in ("one", "two")] == [0, 0]
    policy = policy_of(home)
    assert not policy.is_met([policy.witnesses[0].key])
    assert policy.is_met([one.key for one in policy.witnesses])


def test_witness_demands_as_many_as_is_said(havre, home):
    havre("witness", "one", witness_key("one.example"))
    havre("witness", "two", witness_key("two.example"), "--at-least", "any")
    policy = policy_of(home)
    assert policy.is_met([policy.witnesses[0].key])


@pytest.mark.parametrize(
    "said",
    [
        ("one", "nonsense"),
        ("one", OWN.verifier_key),
        ("two words", witness_key("one.example")),
        ("one", witness_key("one.example"), "--at-least", "2"),
        ("one", witness_key("one.example"), "--at-least", "none"),
    ],
    ids=["no key", "a log's key", "name", "two of one", "no number"],
)
def test_what_is_no_witness_is_refused_as_written_wrongly(havre, home, said):
    assert havre("witness", *said) == 2
    assert not (home.path / "witness-policy").exists()


def test_a_policy_written_by_hand_is_not_touched(havre, home, capsys):
    text = f"witness w {witness_key('w.example')}\ngroup mine any w\nquorum mine\n"
    home.write("witness-policy", text.encode())
    assert havre("witness", "one", witness_key("one.example")) == 2
    assert home.read_text("witness-policy") == text
    assert "by hand" in capsys.readouterr().err


def test_each_way_in_which_a_log_is_not_believed_has_words():
    said = {reason: words_of(NotVerified(reason)) for reason in words.NOT_BELIEVED}
    assert all(one.startswith(words.NOT_BELIEVED[reason].en) for reason, one in said.items())


def test_the_words_about_a_fork_name_the_folder_of_evidence(scripted):
    member = scripted.join("hotline.example")
    scripted.log = ShownLog(log=OWN, size=5)
    partner = scripted.sdk(member)
    list(partner.pull(purpose=PURPOSE))
    scripted.log = ShownLog(log=OWN.fork(3), size=5)
    with pytest.raises(NotVerified) as caught:
        list(partner.pull(purpose=PURPOSE))
    partner.close()
    assert str(scripted.folder / "evidence") in words_of(caught.value)
