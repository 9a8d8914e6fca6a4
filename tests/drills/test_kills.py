"""Kill -9 of api, sequencer or database at each named step of a push, of its placing, and of a pull.

Whatever was acknowledged is in feed and log exactly once; nothing is half; what was not acknowledged is wholly there
or not at all, and the same batch sent again gives the one acceptance; readers end equal to the node.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import psycopg
import pytest

from client.drafting import Draft, Terms
from client.failures import Failure, Unreachable
from client.home import Home
from tests.client.exchanging import a_signal, in_days
from tests.drills.batches import GREEN, Push, a_push
from tests.drills.nodes import DrillNode, wait_until
from tests.drills.reader import Reader
from tests.drills.sdk import PATIENT, PURPOSE, a_home, lines_of_node, live_lines, opened, pull_all
from tests.drills.sockets import NoAnswer, SocketPartner
from tests.drills.steps import LOCK, Hold, Step, at_commit, held
from tests.drills.wholeness import assert_whole
from tests.partners import Answered, an_id

pytestmark = pytest.mark.drill

# In the order in which the transaction of a push comes by. The first batch of a channel also opens its stream.
PUSH_STEPS = [
    Step(table="nonce"),
    Step(table="nonce", when="AFTER"),
    Step(table="audience"),
    Step(table="channel"),
    Step(table="stream"),
    Step(table="batch"),
    Step(table="record"),
    Step(table="stream", act="UPDATE"),
    Step(table="batch", when="AFTER"),
    Step(table="record", when="AFTER"),
    Step(table="stream", when="AFTER", act="UPDATE"),
    Step(table="entry"),
    Step(table="unplaced"),
    Step(table="entry", when="AFTER"),
    Step(table="unplaced", when="AFTER"),
    at_commit("batch"),
    at_commit("entry"),
]
PLACE_STEPS = [
    Step(table="unplaced", act="DELETE"),
    Step(table="placed"),
    Step(table="feed"),
    Step(table="unplaced", when="AFTER", act="DELETE"),
    Step(table="placed", when="AFTER"),
    Step(table="feed", when="AFTER"),
    Step(table="log_head", act="UPDATE"),
    Step(table="log_head", when="AFTER", act="UPDATE"),
    Step(table="entitlement"),
    Step(table="entitlement", when="AFTER"),
    at_commit("placed"),
    at_commit("feed"),
]
PULL_STEPS = [
    Step(table="nonce"),
    Step(table="entry"),
    Step(table="entry", when="AFTER"),
    Step(table="unplaced", when="AFTER"),
    at_commit("entry"),
]


# Passed only by the first batch of a channel.
OPENING = {
    ("audience", "INSERT"),
    ("channel", "INSERT"),
    ("stream", "INSERT"),
    ("entitlement", "INSERT"),
}
OTHER_SECTORS = ["government", "hotline", "law_enforcement", "platform", "research"]


@dataclass(kw_only=True)
class Field:
    """The node of this module, a writer, a reader that proves what it reads, and the home of that reader's SDK."""

    node: DrillNode
    writer: SocketPartner
    reader: Reader
    home: Home
    acknowledged: list[Push] = field(default_factory=list)
    channels: int = 0

    def a_push_for(self, step: Step) -> Push:
        """A batch of the one busy stream, or of a channel of its own where the step is one of opening a channel."""
        if (step.table, step.act) not in OPENING:
            return a_push(self.writer, an_id())
        self.channels += 1
        sectors = [name for bit, name in enumerate(OTHER_SECTORS) if self.channels >> bit & 1]
        return a_push(self.writer, an_id(), audience=GREEN | {"sectors": sorted([*sectors, "ngo"])})

    def push(self, push: Push) -> Answered:
        answered = self.writer.push(push.document)
        if answered.status in {200, 201}:
            self.acknowledged.append(push)
        return answered

    def is_stored(self, push: Push) -> bool:
        """Whether the node has the batch, once nobody works for the killed process any more."""
        with self.node.connect() as db:
            wait_until(
                lambda: (
                    db.execute(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [LOCK]
                    ).fetchone()
                    == (0,)
                ),
                what="for what the killed process left",
            )
            return db.execute("SELECT count(*) FROM batch WHERE jti = %s", [push.jti]).fetchone() == (1,)

    def assert_nothing_was_lost(self) -> None:
        """All that was acknowledged is in feed and log once, in order; reader and SDK end equal to the node."""
        self.node.wait_placed()
        with self.node.connect() as db:
            stored = [batch.jti for batch in assert_whole(db, self.node.simulated)]
            lines = lines_of_node(db)
        assert {push.jti for push in self.acknowledged} <= set(stored)
        self.reader.catch_up()
        assert [jti for _, jti in self.reader.batches] == stored
        pull_all(self.home)
        assert live_lines(self.home) == lines


@pytest.fixture(scope="module")
def field_(killable):
    writer, reading = killable.join("writer.example"), killable.join("reader.example")
    reader = Reader(partner=reading, origins={writer.name: writer})
    field_ = Field(node=killable, writer=writer, reader=reader, home=a_home(killable, reading))
    # The stream has a batch, so that a hole would show.
    assert field_.push(a_push(writer, "first")).status == 201
    return field_


class Request(threading.Thread):
    """A request under way; `answered` is None where its process died."""

    def __init__(self, ask: Callable[[], Answered]) -> None:
        super().__init__()
        self._ask = ask
        self.answered: Answered | None = None
        self.start()

    def run(self) -> None:
        with contextlib.suppress(*NoAnswer):
            self.answered = self._ask()

    @property
    def is_acknowledged(self) -> bool:
        self.join(60)
        return self.answered is not None and self.answered.status < 300


def kill(node: DrillNode, victim: str, hold: Hold) -> None:
    """Kill `victim` with -9, let the step go, and bring the victim back."""
    if victim == "database":
        node.kill_database()
        node.restart_database()
    elif victim == "backend":
        # The server notices, ends every session and recovers by itself.
        os.kill(hold.backend(), signal.SIGKILL)
        # A moment later it still takes new ones.
        wait_until(hold.has_ended, what="for the end of all sessions")
        wait_until(lambda: is_up(node), what="for the database")
    else:
        process = node.api if victim == "api" else node.sequencer
        process.kill()
        hold.release()
        process.start()


def is_up(node: DrillNode) -> bool:
    with contextlib.suppress(psycopg.OperationalError), node.connect():
        return True
    return False


@pytest.mark.parametrize("victim", ["api", "database"])
@pytest.mark.parametrize("step", PUSH_STEPS, ids=str)
def test_a_push_that_is_killed_is_there_wholly_or_not_at_all(field_, step, victim):
    push = field_.a_push_for(step)
    with held(field_.node.database, step) as hold:
        request = Request(lambda: field_.writer.push(push.document))
        hold.wait_reached()
        kill(field_.node, victim, hold)
    assert not request.is_acknowledged
    field_.node.wait_serving(field_.writer)
    # A transaction whose commit was on its way when its client died is committed; every other one is taken back. The
    # commit travels with the entry and its waiting row, in one flight.
    is_on_its_way = victim == "api" and (step.at_commit or step.table in {"entry", "unplaced"})
    assert field_.is_stored(push) == is_on_its_way
    first, second = field_.push(push), field_.push(push)
    assert (first.status, second.status) == (200 if is_on_its_way else 201, 200)
    assert first.json == second.json
    field_.assert_nothing_was_lost()


@pytest.mark.parametrize("step", [Step(table="record"), at_commit("entry")], ids=str)
def test_a_push_whose_database_session_is_killed_is_taken_back_and_can_be_sent_again(field_, step):
    push = field_.a_push_for(step)
    with held(field_.node.database, step) as hold:
        request = Request(lambda: field_.writer.push(push.document))
        hold.wait_reached()
        kill(field_.node, "backend", hold)
    assert not request.is_acknowledged
    field_.node.wait_serving(field_.writer)
    assert not field_.is_stored(push)
    assert field_.push(push).status == 201
    field_.assert_nothing_was_lost()


def test_a_push_that_was_committed_and_never_answered_gives_its_one_acceptance_when_sent_again(field_):
    push = a_push(field_.writer, an_id())
    with held(field_.node.database, at_commit("entry")) as hold:
        request = Request(lambda: field_.writer.push(push.document))
        hold.wait_reached()
        field_.node.api.signal(signal.SIGSTOP)
        hold.release()
        assert field_.is_stored(push)
        field_.node.api.kill()
    assert not request.is_acknowledged
    field_.node.api.start()
    first, second = field_.push(push), field_.push(push)
    assert (first.status, second.status) == (200, 200)
    assert first.json == second.json
    field_.assert_nothing_was_lost()


def test_a_killed_worker_of_the_api_is_replaced_and_its_push_can_be_sent_again(field_):
    push = a_push(field_.writer, an_id())
    with held(field_.node.database, Step(table="record")) as hold:
        request = Request(lambda: field_.writer.push(push.document))
        hold.wait_reached()
        leader, *workers = field_.node.api.pids
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        hold.release()
    assert not request.is_acknowledged
    field_.node.wait_serving(field_.writer)
    assert leader == field_.node.api.pids[0]
    assert not field_.is_stored(push)
    assert field_.push(push).status == 201
    field_.assert_nothing_was_lost()


@pytest.mark.parametrize("victim", ["sequencer", "database"])
@pytest.mark.parametrize("step", PLACE_STEPS, ids=str)
def test_what_was_acknowledged_is_placed_once_though_its_placing_is_killed(field_, step, victim):
    field_.node.wait_placed()
    push = field_.a_push_for(step)
    with held(field_.node.database, step) as hold:
        assert field_.push(push).status == 201
        hold.wait_reached()
        kill(field_.node, victim, hold)
    field_.node.wait_serving(field_.writer)
    assert field_.push(push).status == 200
    field_.assert_nothing_was_lost()


def test_a_second_sequencer_takes_over_from_one_that_is_killed_or_stopped_and_neither_doubles_a_place(field_):
    first = field_.node.sequencer
    second = replace(first, ready="sequencer_stood_by", log=[], child=None, reader=None)
    second.start()
    try:
        assert field_.push(a_push(field_.writer, an_id())).status == 201
        field_.node.wait_placed(seconds=5)
        first.kill()
        assert field_.push(a_push(field_.writer, an_id())).status == 201
        field_.node.wait_placed(seconds=5)
        first.start()
        field_.assert_nothing_was_lost()
    finally:
        second.stop()
    assert field_.push(a_push(field_.writer, an_id())).status == 201
    field_.assert_nothing_was_lost()


@pytest.mark.parametrize("victim", ["api", "database"])
@pytest.mark.parametrize("step", PULL_STEPS, ids=str)
def test_a_pull_that_is_killed_loses_the_reader_nothing(field_, step, victim):
    assert field_.push(a_push(field_.writer, an_id())).status == 201
    field_.node.wait_placed()
    with held(field_.node.database, step) as hold:
        pulling = Request(lambda: field_.reader.partner.get("/v1/feed", purpose="detection"))
        hold.wait_reached()
        kill(field_.node, victim, hold)
    assert not pulling.is_acknowledged
    field_.node.wait_serving(field_.writer)
    field_.assert_nothing_was_lost()


def test_the_sdk_ends_equal_though_the_api_is_killed_under_its_pull(field_):
    field_.node.wait_placed()
    fresh = a_home(field_.node, field_.reader.partner)
    failures: list[Failure] = []

    def pull() -> None:
        try:
            with opened(fresh) as partner:
                for _ in partner.pull(purpose=PURPOSE, limit=5):
                    pass
        except Failure as failure:
            failures.append(failure)

    # Its look at the directory and at its members leaves entries too: the third is of a page.
    with held(field_.node.database, Step(table="entry", when="AFTER")) as hold:
        pulling = threading.Thread(target=pull)
        pulling.start()
        hold.wait_reached()
        field_.node.api.kill()
        hold.release()
        pulling.join(60)
    field_.node.api.start()
    assert [type(failure) for failure in failures] == [Unreachable]
    pull_all(fresh)
    with field_.node.connect() as db:
        assert live_lines(fresh) == lines_of_node(db)


def test_the_sdk_resends_from_its_journal_what_a_kill_took_away(field_):
    home = a_home(field_.node, field_.writer)
    given = [Draft(row=0, record=a_signal(77), terms=Terms(tlp="GREEN", expires=in_days(300)))]
    failures: list[Failure] = []

    def push() -> None:
        try:
            with opened(home) as partner:
                partner.push(given)
        except Failure as failure:
            failures.append(failure)

    with held(field_.node.database, at_commit("batch")) as hold:
        pushing = threading.Thread(target=push)
        pushing.start()
        hold.wait_reached()
        field_.node.api.kill()
        hold.release()
        pushing.join(60)
    field_.node.api.start()
    assert [type(failure) for failure in failures] == [Unreachable]
    with opened(home, patience=PATIENT) as partner:
        again = partner.push(given)
    assert again.refused == []
    with field_.node.connect() as db:
        ((count,),) = db.execute(
            "SELECT count(*) FROM record WHERE value = %s", [bytes.fromhex(a_signal(77)["value"])]
        ).fetchall()
    assert count == 1
    field_.assert_nothing_was_lost()
