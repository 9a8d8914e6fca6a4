"""Cosign a checkpoint of a log that is watched, if it continues what was cosigned before (C2SP tlog-witness).

In this order: form (400), known log (404), signed by it (403), old size not above the new one (400), old size the one
that is known here (409 with that size), proof (422), same size and another root (409). The row of the log is locked
from the look at the known size until the new one is committed, and no cosignature leaves before that: however many
processes are asked at once, and whatever is killed when, no two cosignatures of one witness contradict each other.

Two notes of one size with two roots are kept for ever: they convict the log. A note without a good proof is kept as a
suspicion: anybody who has a note of the log can hand it in with a wrong proof.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from crypto.checkpoints import Checkpoint, open_note, read_body, signature_line, verifier_key, verify_checkpoint
from crypto.cosignatures import Submission, cosign, read_submission
from crypto.keys import PrivateKey
from crypto.merkle import verify_consistency
from crypto.policies import Policy
from crypto.refusals import NotVerified
from server.db import Connection, Pool
from server.errors import CheckpointConflicts, CheckpointNotSigned, ConsistencyNotProven, MalformedBody, NotFound
from server.witnessing import store
from server.witnessing.store import Evidence, Kind, Witnessed

Clock = Callable[[], datetime]

log = structlog.get_logger()


class OtherSize(Exception):
    """The log began from another size than the one that is known here, `size`."""

    def __init__(self, size: int) -> None:
        super().__init__("the witness knows another size")
        self.size = size


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A submission whose checkpoint is signed by the known key of its log.

    `note` is the checkpoint with that key's signatures alone: of what else stood below it nothing is known.
    """

    submission: Submission
    checkpoint: Checkpoint
    note: str
    body: str


def read(body_bytes: bytes, policy: Policy | None) -> Handed:
    """Return what a log has handed in, once it is known that the log did.

    Raises:
        MalformedBody: it is not of its form, or its old size is above the new one.
        NotFound: the log is not watched.
        CheckpointNotSigned: the log's known key has not signed it.
    """
    try:
        submission = read_submission(body_bytes)
        note = open_note(submission.note)
        checkpoint = read_body(note.body)
    except NotVerified as error:
        raise MalformedBody from error
    watched = None if policy is None else policy.log(checkpoint.origin)
    if watched is None:
        raise NotFound
    try:
        verify_checkpoint(submission.note, verifier_key=verifier_key(watched.key.name, watched.key.public))
    except NotVerified as error:
        raise CheckpointNotSigned from error
    if submission.old_size > checkpoint.size:
        raise MalformedBody
    own = [one for one in note.signatures if (one.name, one.key_id) == (watched.key.name, watched.key.key_id)]
    signed = "".join(signature_line(one) for one in own)
    return Handed(submission=submission, checkpoint=checkpoint, note=f"{note.body}\n{signed}", body=note.body)


def witness(pool: Pool, handed: Handed, *, name: str, key: PrivateKey, clock: Clock) -> str:
    """Return the cosignature line, with its LF, of the witness `name`, after it was committed that it was given.

    `clock` gives the moment, read under the lock: of two cosignatures the later one is of the larger tree.

    Raises:
        OtherSize: the log began from another size than the known one.
        CheckpointConflicts: it has signed another checkpoint of that size before.
        ConsistencyNotProven: the proof does not lead from the one to the other.
        psycopg.OperationalError: the database does not answer; nothing was cosigned.
    """
    checkpoint = handed.checkpoint
    # What is stale is told so without waiting for anybody's lock.
    with pool.connection() as db:
        size = store.size_of(db, checkpoint.origin)
        if size != handed.submission.old_size:
            raise OtherSize(size)
    with pool.connection() as db:
        known = store.lock(db, checkpoint.origin, now=clock())
        now = clock()
        if known.size != handed.submission.old_size:
            db.rollback()
            raise OtherSize(known.size)
        try:
            _check_continues(known, handed)
        except CheckpointConflicts:
            _keep(db, known, handed, "same_size", now=now)
            raise
        except ConsistencyNotProven:
            _keep(db, known, handed, "not_extended", now=now)
            raise
        line = cosign(handed.body, name=name, key=key, at=int(now.timestamp()))
        if (known.size, known.note) != (checkpoint.size, handed.note):
            store.advance(db, _witnessed(handed, at=now))
        db.commit()
    log.info("checkpoint_cosigned", origin=checkpoint.origin, size=checkpoint.size)
    return line


def _check_continues(known: Witnessed, handed: Handed) -> None:
    checkpoint, proof = handed.checkpoint, handed.submission.proof
    if known.size == checkpoint.size:
        if proof:
            raise ConsistencyNotProven
        if known.root != checkpoint.root:
            raise CheckpointConflicts
        return
    try:
        verify_consistency(
            first=known.size, second=checkpoint.size, first_root=known.root, second_root=checkpoint.root, path=proof
        )
    except NotVerified as error:
        raise ConsistencyNotProven from error


def _keep(db: Connection, known: Witnessed, handed: Handed, kind: Kind, *, now: datetime) -> None:
    """Keep both notes, and commit; what was never cosigned has nothing to be compared with."""
    is_new = known.size > 0 and store.keep_evidence(
        db,
        Evidence(
            origin=known.origin,
            kind=kind,
            known_note=known.note,
            other_note=handed.note,
            other_size=handed.checkpoint.size,
            other_root=handed.checkpoint.root,
            found_at=now,
        ),
    )
    db.commit()
    if is_new:
        log.error("log_contradicts_itself", origin=known.origin, kind=kind, size=handed.checkpoint.size)


def _witnessed(handed: Handed, *, at: datetime) -> Witnessed:
    checkpoint = handed.checkpoint
    return Witnessed(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root, note=handed.note, at=at)
