"""A node's own checkpoints are shown with the cosignatures that its policy names; what a witness does harms nobody."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crypto.checkpoints import COSIGNATURE, Checkpoint, open_note, read_verifier_key, sign_checkpoint, verifier_key
from crypto.cosignatures import cosign, cosigned_at, read_submission
from crypto.merkle import Frontier, root, verify_consistency
from server.db import Connection, connect
from server.errors import Busy
from server.tree.reading import published_checkpoint
from server.witnessing import publishing
from server.witnessing.asking import Asker
from server.witnessing.calling import NoAnswer, WitnessAnswer
from tests.partners import a_key
from tests.witnessing.conftest import WITNESS, handed_in
from tests.witnessing.logs import ALog

OWN = "node.example/log/1"


@dataclass(kw_only=True)
class AWitness:
    """A witness in this process: it answers as the text says, unless a test tells it otherwise."""

    name: str
    size: int = 0
    answer: Callable[[bytes], WitnessAnswer] | None = None
    asked: list[int] = field(default_factory=list)

    @property
    def verifier_key(self) -> str:
        return verifier_key(self.name, a_key(self.name, "witness").public, algorithm=COSIGNATURE)

    @property
    def url(self) -> str:
        return f"https://{self.name}/v1/witness"

    def hand_in(self, body: bytes) -> WitnessAnswer:
        self.asked.append(read_submission(body).old_size)
        return self.honest(body) if self.answer is None else self.answer(body)

    def honest(self, body: bytes) -> WitnessAnswer:
        said = read_submission(body)
        if said.old_size != self.size:
            return WitnessAnswer(status=409, media_type="text/x.tlog.size", body=b"%d\n" % self.size)
        text = open_note(said.note).body
        self.size = int(text.split("\n")[1])
        return self.cosigning(text)

    def cosigning(self, text: str) -> WitnessAnswer:
        line = cosign(text, name=self.name, key=a_key(self.name, "witness"), at=int(datetime.now(UTC).timestamp()))
        return WitnessAnswer(status=200, media_type="text/plain", body=line.encode())


ONE, TWO = "one.witness.example", "two.witness.example"


@dataclass(kw_only=True)
class Own:
    """The node's own log, its two witnesses, and what asks them."""

    home: Path
    database: Any
    worker: Connection
    one: AWitness = field(default_factory=lambda: AWitness(name=ONE))
    two: AWitness = field(default_factory=lambda: AWitness(name=TWO))
    asker: Asker = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        witnesses = {each.url: each for each in (self.one, self.two)}
        self.asker = Asker(home=self.home, hand_in=lambda url, body: witnesses[url].hand_in(body))

    def step(self) -> int:
        return self.asker.step(self.worker)

    def need(self, least: str) -> None:
        """Let the policy need so many of the two witnesses: `all`, `any`; `nothing`: there is none."""
        named = "".join(f"witness {each.name} {each.verifier_key} {each.url}\n" for each in (self.one, self.two))
        path = self.home / "witness-policy"
        if least == "nothing":
            path.unlink()
        else:
            path.write_text(named + f"group both {least} {ONE} {TWO}\nquorum both\n")

    def grow(self, size: int, *, epoch: int = 1) -> None:
        """Sign the node's log at a size, over leaves of ours."""
        leaves = ALog(origin=OWN).leaves(size)
        frontier = Frontier()
        for leaf in leaves:
            frontier.append(leaf)
        head = Checkpoint(origin=f"node.example/log/{epoch}", size=size, root=root(leaves))
        note = sign_checkpoint(head, key=a_key("node", "log"))
        with psycopg.connect(self.database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            db.execute("DELETE FROM placed")
            db.execute("UPDATE log_head SET epoch = %s", [epoch])
            for index, leaf in enumerate(leaves):
                db.execute(
                    "INSERT INTO placed (epoch, index, entry_id, leaf) VALUES (1, %s, gen_random_uuid(), %s)",
                    [index, leaf],
                )
            db.execute(
                "INSERT INTO checkpoint (epoch, size, root, peaks, note, signed_at) VALUES (%s, %s, %s, %s, %s, now())",
                [epoch, size, head.root, b"".join(frontier.peaks), note],
            )

    def shown(self) -> tuple[int, set[str]]:
        """Size of the checkpoint that the world is shown, and the names that cosigned it."""
        with psycopg.connect(self.database.app) as db:
            found = published_checkpoint(db)
        assert found is not None
        known = [read_verifier_key(AWitness(name=name).verifier_key) for name in (ONE, TWO)]
        return found.size, {key.name for key in cosigned_at(open_note(found.note), known)}


@pytest.fixture
def own(home, node, database) -> Iterator[Own]:
    with connect(database.worker, autocommit=True) as worker:
        made = Own(home=home, database=database, worker=worker)
        yield made
        made.asker.close()


def refused(status: int, body: bytes = b"", media_type: str = "text/plain") -> Callable[[bytes], WitnessAnswer]:
    return lambda _body: WitnessAnswer(status=status, media_type=media_type, body=body)


def test_without_a_policy_the_newest_is_shown(own):
    own.grow(5)
    own.step()
    assert own.shown() == (5, set())


def test_a_checkpoint_is_shown_with_the_cosignatures_of_its_quorum(own):
    own.need("all")
    own.grow(5)
    own.step()
    assert own.shown() == (5, {ONE, TWO})


def test_what_the_quorum_has_not_cosigned_yet_is_not_shown(own):
    own.need("all")
    own.grow(5)
    own.step()
    own.grow(9)
    assert own.shown() == (5, {ONE, TWO})
    own.step()
    assert own.shown() == (9, {ONE, TWO})


def test_a_witness_is_asked_from_what_it_knows_with_a_proof_from_there(own):
    proven = []

    def check(body):
        said = read_submission(body)
        log = ALog(origin=OWN)
        verify_consistency(first=5, second=9, first_root=log.root(5), second_root=log.root(9), path=said.proof)
        proven.append(said.old_size)
        return own.one.honest(body)

    own.need("any")
    own.grow(5)
    own.step()
    own.grow(9)
    own.one.answer = check
    own.step()
    assert proven == [5]


def test_a_witness_that_knows_more_than_we_remember_says_so_and_is_asked_again(own):
    own.need("all")
    own.one.size = 3
    own.grow(5)
    own.step()
    assert (own.one.asked, own.shown()) == ([0, 3], (5, {ONE, TWO}))


def test_after_a_restart_it_is_known_what_a_witness_knows(own):
    own.need("any")
    own.grow(5)
    own.step()
    own.grow(9)
    own.restart()
    own.step()
    assert own.one.asked == [0, 5]


def test_what_is_cosigned_already_is_not_asked_for_again(own):
    own.need("all")
    own.grow(5)
    own.step()
    own.step()
    assert own.one.asked == [0]


def test_a_dead_witness_delays_nobody(own):
    release = threading.Event()

    def dead(_body):
        release.wait(20)
        raise NoAnswer("witness_slow")

    own.need("any")
    own.two.answer = dead
    began = datetime.now(UTC)
    own.grow(5)
    own.step()
    own.grow(9)
    own.step()
    took = (datetime.now(UTC) - began).total_seconds()
    release.set()
    assert (own.shown(), took < 2) == ((9, {ONE}), True)


def test_without_its_quorum_what_is_shown_stands_still(own):
    own.need("all")
    own.grow(5)
    own.step()
    own.two.answer = refused(503)
    own.grow(9)
    own.step()
    assert own.shown() == (5, {ONE, TWO})


@pytest.mark.parametrize(
    "answer",
    [
        refused(200, b""),
        refused(200, b"nonsense"),
        refused(200, "\u2014 one.witness.example AAAA\n".encode()),
        refused(409, b"99999\n", "text/x.tlog.size"),
        refused(409, b"-1\n", "text/x.tlog.size"),
        refused(409, b"4\n"),
        refused(404),
        refused(302),
        refused(999),
    ],
    ids=["empty", "nonsense", "short", "larger", "negative", "root", "unknown", "moved", "no status"],
)
def test_a_wrong_answer_is_dropped_and_harms_nobody(own, answer):
    own.need("any")
    own.one.answer = answer
    own.grow(5)
    own.step()
    assert own.shown() == (5, {TWO})


def test_a_cosignature_over_something_else_is_dropped(own):
    own.need("any")
    own.one.answer = lambda _body: own.one.cosigning(f"{OWN}\n6\n{'A' * 43}=\n")
    own.grow(5)
    own.step()
    assert own.shown() == (5, {TWO})


def test_a_cosignature_by_another_key_is_dropped(own):
    def another(body):
        line = cosign(open_note(read_submission(body).note).body, name=ONE, key=a_key("thief"), at=1_700_000_000)
        return WitnessAnswer(status=200, media_type="text/plain", body=line.encode())

    own.need("any")
    own.one.answer = another
    own.grow(5)
    own.step()
    assert own.shown() == (5, {TWO})


def test_a_witness_that_says_another_size_each_time_is_asked_twice(own):
    sizes = iter(range(1, 5))
    own.one.answer = lambda _body: WitnessAnswer(status=409, media_type="text/x.tlog.size", body=b"%d\n" % next(sizes))
    own.need("all")
    own.grow(5)
    own.step()
    assert own.one.asked == [0, 1]


def test_when_a_quorum_comes_into_force_nothing_smaller_is_shown_than_before(own):
    own.need("all")
    own.grow(5)
    own.step()
    own.need("nothing")
    own.grow(9)
    own.step()
    assert own.shown() == (9, set())
    own.need("all")
    own.step()
    assert own.shown() == (9, {ONE, TWO})


def test_until_it_is_chosen_nothing_is_shown(own):
    own.grow(5)
    with psycopg.connect(own.database.owner) as db:
        db.execute(
            "INSERT INTO publication (one, epoch, size, note, is_cosigned, at) VALUES (true, 1, 5, NULL, false, now())"
        )
    with pytest.raises(Busy):
        own.shown()


def test_a_new_epoch_is_shown_before_its_first_cosignature(own):
    own.need("all")
    own.grow(5)
    own.step()
    own.one.answer = own.two.answer = refused(404)
    own.grow(4, epoch=2)
    own.step()
    assert own.shown() == (4, set())


def test_an_epoch_without_a_head_shows_none_of_the_one_before(own):
    own.grow(5)
    with psycopg.connect(own.database.owner) as db:
        db.execute("UPDATE log_head SET epoch = 2")
    with pytest.raises(Busy):
        own.shown()


def test_a_policy_that_cannot_be_read_changes_nothing(own):
    own.need("all")
    own.grow(5)
    own.step()
    (own.home / "witness-policy").write_text("quorum nobody\n")
    own.grow(9)
    own.step()
    assert own.shown() == (5, {ONE, TWO})


def test_old_cosignatures_are_forgotten_but_the_newest_of_each_witness(own):
    own.need("all")
    own.grow(5)
    own.step()
    own.grow(9)
    own.step()
    with psycopg.connect(own.database.owner) as db:
        db.execute("UPDATE cosignature SET cosigned_at = now() - interval '40 days'")
    assert publishing.forget_old(own.worker) == 2
    assert {each.size for each in publishing.newest_cosigned(own.worker).values()} == {9}


def test_a_real_witness_cosigns_the_log_of_a_real_node(own, node, home):
    """One node in both parts: what it sends is what it takes."""
    own.grow(5)
    own_log = verifier_key(OWN, a_key("node", "log").public)
    (home / "witness-policy").write_text(
        f"log {own_log}\nwitness self {WITNESS} https://node.example/v1/witness\nquorum self\n"
    )
    own.asker = Asker(home=home, hand_in=lambda _url, body: _answer(handed_in(node, body)))
    assert own.step() == 1
    own.grow(9)
    assert own.step() == 1
    with psycopg.connect(own.database.app) as db:
        found = published_checkpoint(db)
    assert (found.size, len(cosigned_at(open_note(found.note), [read_verifier_key(WITNESS)]))) == (9, 1)


def _answer(response) -> WitnessAnswer:
    return WitnessAnswer(status=response.status_code, media_type=response.content_type, body=response.get_data())
