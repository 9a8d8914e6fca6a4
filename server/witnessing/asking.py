"""Have this node's checkpoints cosigned by the witnesses that its policy names, about once a second.

- In rounds: all witnesses that are free are asked for one checkpoint, the newest; a round ends when the quorum has
  cosigned it, when all have answered, or after five seconds.
- Each witness has one question at a time, in a thread of its own: one that is dead, slow or talks too long is left out
  of the next rounds until it has answered, and after each failure for longer. It delays nobody else.
- Nothing that a witness says is believed but a cosignature that verifies with the key of the policy; every other answer
  is dropped, and told in the service log.
- What a witness knows of us is learnt from its cosignatures and, after a 409, from what it says.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from threading import Event

import psycopg
import structlog

from crypto.checkpoints import open_note, signature_line
from crypto.cosignatures import (
    SIZE_MEDIA_TYPE,
    Submission,
    read_cosignatures,
    read_size,
    submission_bytes,
    verify_cosignature,
)
from crypto.policies import Policy, PolicyRefused, PolicyWitness
from crypto.refusals import NotVerified
from server.db import Connection, connect
from server.tree.reading import StoredCheckpoint, consistency, newest_checkpoint
from server.witnessing import calling, publishing
from server.witnessing.calling import NoAnswer, WitnessAnswer
from server.witnessing.files import policy_in
from server.witnessing.publishing import Cosigned, spelled

# Any number, the same in all processes: one that asks a database.
ADVISORY_LOCK = 4_711_206
_PAUSE_SECONDS = 1.0
_ROUND_SECONDS = 5.0
_RECONNECT_SECONDS = 1.0
_LONGEST_REST_SECONDS = 300.0
_AT_ONCE = 32
_CLOCK_DIFFERENCE_SECONDS = 300
_FORGET_SECONDS = 3_600.0

_REASONS = {
    HTTPStatus.NOT_FOUND.value: "witness_does_not_watch_us",
    HTTPStatus.FORBIDDEN.value: "witness_has_another_key",
    HTTPStatus.UNPROCESSABLE_ENTITY.value: "witness_proof_refused",
}

log = structlog.get_logger()

HandIn = Callable[[str, bytes], WitnessAnswer]


@dataclass(kw_only=True)
class _Asked:
    """What is known of one witness by its key: what it has cosigned, and when it may be asked again."""

    known: tuple[int, int] = (0, 0)
    is_busy: bool = False
    failures: int = 0
    rests_until: float = 0.0

    def failed(self, now: float) -> None:
        """Let it rest, longer after each failure."""
        self.failures += 1
        self.rests_until = now + min(_LONGEST_REST_SECONDS, 2.0 ** min(self.failures, 9))


@dataclass(frozen=True, kw_only=True)
class _Question:
    witness: PolicyWitness
    checkpoint: StoredCheckpoint
    old_size: int
    is_second: bool = False


@dataclass(frozen=True, kw_only=True)
class _Answered:
    question: _Question
    answer: WitnessAnswer | None
    reason: str | None = None


@dataclass(kw_only=True)
class Asker:
    """Asks for one node; `home` holds its policy, `hand_in` sends (tests give another)."""

    home: Path
    hand_in: HandIn = calling.hand_in
    round_seconds: float = _ROUND_SECONDS
    _asked: dict[str, _Asked] = field(default_factory=dict)
    _answers: "queue.SimpleQueue[_Answered]" = field(default_factory=queue.SimpleQueue)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="witness")
    )
    _refused_line: int | None = None

    def step(self, db: Connection) -> int:
        """Ask one round, and publish what the quorum has cosigned; return how many cosignatures were kept.

        `db` commits by itself.
        """
        try:
            policy = policy_in(self.home)
        except PolicyRefused as refused:
            # What is shown stays as it is until somebody has mended the file.
            if self._refused_line != refused.line:
                log.error("witness_policy_refused", reason=refused.reason, line=refused.line)  # noqa: TRY400 - says all
            self._refused_line = refused.line
            return 0
        self._refused_line = None
        publishing.follow_policy(db, policy, now=datetime.now(UTC))
        newest = newest_checkpoint(db)
        if policy is None or newest is None:
            return 0
        waiting = sum(self._ask(db, witness, newest) for witness in policy.witnesses)
        return self._collect(db, policy, newest, waiting)

    def close(self) -> None:
        """Wait for nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, db: Connection, witness: PolicyWitness, newest: StoredCheckpoint) -> bool:
        """Ask a witness that is free and has not cosigned the newest; return whether it was asked."""
        if witness.url is None:
            return False
        asked = self._asked.get(spelled(witness.key))
        if asked is None:
            asked = self._asked[spelled(witness.key)] = _Asked(known=_known(db, witness))
        if asked.is_busy or time.monotonic() < asked.rests_until or asked.known == (newest.epoch, newest.size):
            return False
        old_size = asked.known[1] if asked.known[0] == newest.epoch and asked.known[1] <= newest.size else 0
        self._send(db, _Question(witness=witness, checkpoint=newest, old_size=old_size))
        return True

    def _send(self, db: Connection, question: _Question) -> None:
        first, second = question.old_size, question.checkpoint.size
        proof = consistency(db, first, second) if 0 < first < second else []
        body = submission_bytes(Submission(old_size=first, proof=tuple(proof), note=question.checkpoint.note))
        self._asked[spelled(question.witness.key)].is_busy = True
        self._threads.submit(self._call, question, body)

    def _call(self, question: _Question, body: bytes) -> None:
        answered = _Answered(question=question, answer=None, reason="witness_failed")
        try:
            answer = self.hand_in(question.witness.url or "", body)
            answered = _Answered(question=question, answer=answer)
        except NoAnswer as failure:
            answered = _Answered(question=question, answer=None, reason=failure.reason)
        finally:
            self._answers.put(answered)

    def _collect(self, db: Connection, policy: Policy, newest: StoredCheckpoint, waiting: int) -> int:
        """Take answers until the round is over; those to earlier rounds, too."""
        kept, until = 0, time.monotonic() + self.round_seconds
        while True:
            try:
                left = max(0.0, until - time.monotonic()) if waiting > 0 else 0.0
                answered = self._answers.get(timeout=left) if left else self._answers.get_nowait()
            except queue.Empty:
                return kept
            is_of_round = answered.question.checkpoint == newest
            waiting -= is_of_round
            outcome = self._judge(db, answered)
            if outcome == "again":
                waiting += is_of_round
            if outcome == "kept":
                kept += 1
                checkpoint = answered.question.checkpoint
                is_met = publishing.publish(
                    db, policy, epoch=checkpoint.epoch, size=checkpoint.size, now=datetime.now(UTC)
                )
                if is_met and is_of_round:
                    waiting = 0

    def _judge(self, db: Connection, answered: _Answered) -> str:
        """Return what came of an answer: `kept`, `again` (it is asked again, from another size) or `dropped`."""
        question, answer = answered.question, answered.answer
        asked = self._asked[spelled(question.witness.key)]
        asked.is_busy = False
        reason = answered.reason
        if answer is not None:
            try:
                if answer.status == HTTPStatus.OK:
                    publishing.keep(db, _cosigned(question, answer, now=datetime.now(UTC)))
                    asked.known, asked.failures = (question.checkpoint.epoch, question.checkpoint.size), 0
                    return "kept"
                reason = _reason_of(answer)
                if reason == "witness_other_size":
                    return self._ask_again(db, question, read_size(answer.body), asked)
            except NotVerified as error:
                reason = f"witness_{error.reason}"
        log.warning("witness_did_not_cosign", witness=question.witness.name, reason=reason)
        if reason == "witness_proof_refused":
            # What it knows is not what we believe that it knows: it says so if asked from nothing.
            asked.known = (0, 0)
        asked.failed(time.monotonic())
        return "dropped"

    def _ask_again(self, db: Connection, question: _Question, size: int, asked: _Asked) -> str:
        newest = question.checkpoint
        if size > newest.size or question.is_second:
            # It has cosigned more of our log than there is: we are behind, or it lies. Or it says a new size each time.
            log.error("witness_knows_more", witness=question.witness.name, size=size, ours=newest.size)
            asked.failed(time.monotonic())
            return "dropped"
        asked.known = (newest.epoch, size)
        self._send(db, _Question(witness=question.witness, checkpoint=newest, old_size=size, is_second=True))
        return "again"


def start(database_url: str, *, home: Path, stop: Event) -> threading.Thread:
    """Ask in a thread until `stop` is set."""
    thread = threading.Thread(
        target=run, args=(database_url,), kwargs={"home": home, "stop": stop}, name="asker", daemon=True
    )
    thread.start()
    return thread


def run(database_url: str, *, home: Path, stop: Event) -> None:
    """Ask until `stop` is set; wait while another process does, come back when the database does."""
    asker = Asker(home=home)
    try:
        while not stop.is_set():
            try:
                with connect(database_url, autocommit=True, connect_timeout=10) as db:
                    _serve(db, asker, stop)
            except psycopg.Error as error:
                log.warning("asker_lost_database", error=type(error).__name__)
                stop.wait(_RECONNECT_SECONDS)
    finally:
        asker.close()


def _serve(db: Connection, asker: Asker, stop: Event) -> None:
    while db.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone() != (True,):
        if stop.wait(_RECONNECT_SECONDS):
            return
    forgotten_at = 0.0
    while not stop.is_set():
        asker.step(db)
        if time.monotonic() > forgotten_at + _FORGET_SECONDS:
            publishing.forget_old(db)
            forgotten_at = time.monotonic()
        stop.wait(_PAUSE_SECONDS)


def _known(db: Connection, witness: PolicyWitness) -> tuple[int, int]:
    newest = publishing.newest_cosigned(db).get(spelled(witness.key))
    return (0, 0) if newest is None else (newest.epoch, newest.size)


def _cosigned(question: _Question, answer: WitnessAnswer, *, now: datetime) -> Cosigned:
    """Return the cosignature of the known key in a good answer; what else stands there is ignored.

    Raises:
        NotVerified: there is none, or it does not verify.
    """
    key, checkpoint = question.witness.key, question.checkpoint
    body = open_note(checkpoint.note).body
    for signature in read_cosignatures(answer.body):
        if (signature.name, signature.key_id) != (key.name, key.key_id):
            continue
        at = verify_cosignature(signature, body, witness=key)
        if at > now.timestamp() + _CLOCK_DIFFERENCE_SECONDS:
            raise NotVerified("cosignature_time")
        return Cosigned(
            epoch=checkpoint.epoch,
            size=checkpoint.size,
            witness=spelled(key),
            line=signature_line(signature).removesuffix("\n"),
            cosigned_at=now,
        )
    raise NotVerified("cosignature_missing")


def _reason_of(answer: WitnessAnswer) -> str:
    if answer.status == HTTPStatus.CONFLICT:
        is_size = answer.media_type.partition(";")[0].strip() == SIZE_MEDIA_TYPE
        return "witness_other_size" if is_size else "witness_has_another_root"
    return _REASONS.get(answer.status, "witness_refused")
