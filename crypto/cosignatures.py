"""Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519), and how a log asks for one (C2SP tlog-witness).

A cosignature says: at this time, this was the largest tree of this log that I had seen, and it is consistent with every
one that I saw before. Signatures of keys that are not known are ignored; one that names a known key and does not verify
refuses the whole note.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from crypto.checkpoints import (
    COSIGNATURE,
    Note,
    NoteSignature,
    VerifierKey,
    key_id,
    open_note,
    read_signature_line,
    signature_line,
)
from crypto.keys import PrivateKey
from crypto.refusals import NotVerified

MOST_PROOF_LINES = 63
MOST_REQUEST_BYTES = 32 * 1024
MOST_ANSWER_BYTES = 16 * 1024
SIZE_MEDIA_TYPE = "text/x.tlog.size"

_HASH_BYTES = 32
_TIME_BYTES = 8
_LATEST = (1 << 63) - 1
_SIGNATURE_BYTES = 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a log sends to a witness: the size that the witness knows, the proof from there, and the new checkpoint.

    `proof` is a consistency path (RFC 9162 §2.1.4); `note` is the exact text of the signed checkpoint.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: str


def cosign(body: str, *, name: str, key: PrivateKey, at: int) -> str:
    """Return the cosignature line, with its LF, of the witness `name` over a checkpoint's text, at `at` (seconds)."""
    signed = at.to_bytes(_TIME_BYTES, "big") + key.sign(_message(body, at))
    named = NoteSignature(name=name, key_id=key_id(name, key.public, algorithm=COSIGNATURE), signature=signed)
    return signature_line(named)


def verify_cosignature(signature: NoteSignature, body: str, *, witness: VerifierKey) -> int:
    """Return the time (seconds) at which the known `witness` cosigned a checkpoint's text.

    Raises:
        NotVerified: `cosignature_key`: it is another key's; `cosignature_form`; `signature`.
    """
    if witness.algorithm != COSIGNATURE or (signature.name, signature.key_id) != (witness.name, witness.key_id):
        raise NotVerified("cosignature_key")
    if len(signature.signature) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise NotVerified("cosignature_form")
    at = int.from_bytes(signature.signature[:_TIME_BYTES], "big")
    # A time of 0 says nothing about when; more is outside the text's range.
    if not 0 < at <= _LATEST:
        raise NotVerified("cosignature_form")
    witness.public.verify(signature.signature[_TIME_BYTES:], _message(body, at))
    return at


def cosigned_at(note: Note, witnesses: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Return which of the known `witnesses` cosigned `note`, each with its newest time (seconds).

    Raises:
        NotVerified: a signature names one of them and does not verify.
    """
    known = {(one.name, one.key_id): one for one in witnesses}
    found: dict[VerifierKey, int] = {}
    for signature in note.signatures:
        witness = known.get((signature.name, signature.key_id))
        if witness is not None:
            at = verify_cosignature(signature, note.body, witness=witness)
            found[witness] = max(at, found.get(witness, 0))
    return found


def submission_bytes(submission: Submission) -> bytes:
    """Return the body of an `add-checkpoint` request."""
    proof = [b64encode(step).decode("ascii") for step in submission.proof]
    return "\n".join([f"old {submission.old_size}", *proof, "", submission.note]).encode()


def read_submission(body: bytes) -> Submission:
    """Return what an `add-checkpoint` request says; nothing of it is believed.

    Raises:
        NotVerified: `submission_form`, `note_form`.
    """
    if len(body) > MOST_REQUEST_BYTES:
        raise NotVerified("submission_form")
    try:
        head, divided, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise NotVerified("submission_form") from error
    old, *lines = head.split("\n")
    size = old.removeprefix("old ")
    if not divided or not old.startswith("old ") or len(lines) > MOST_PROOF_LINES or not _SIZE.fullmatch(size):
        raise NotVerified("submission_form")
    open_note(note)
    return Submission(old_size=int(size), proof=tuple(_hash(line) for line in lines), note=note)


def read_cosignatures(answer: bytes) -> list[NoteSignature]:
    """Return the signature lines of a witness's good answer, none of them verified.

    Raises:
        NotVerified: `note_form`.
    """
    try:
        *lines, rest = answer.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise NotVerified("note_form") from error
    if rest or not lines or len(answer) > MOST_ANSWER_BYTES:
        raise NotVerified("note_form")
    return [read_signature_line(line) for line in lines]


def read_size(answer: bytes) -> int:
    """Return the size of the newest tree that a witness says it knows.

    Raises:
        NotVerified: `size_form`.
    """
    text = answer.decode("ascii", errors="replace")
    if not text.endswith("\n") or _SIZE.fullmatch(text[:-1]) is None:
        raise NotVerified("size_form")
    return int(text)


def _message(body: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def _hash(line: str) -> bytes:
    try:
        data = b64decode(line, validate=True)
    except ValueError as error:
        raise NotVerified("submission_form") from error
    if len(data) != _HASH_BYTES or b64encode(data).decode("ascii") != line:
        raise NotVerified("submission_form")
    return data
