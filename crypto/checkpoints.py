"""Signed notes (C2SP signed-note) and the signed head of a log (C2SP tlog-checkpoint).

- A note is believed only with a signature of a key that was known before: of whatever else signed, nothing is said.
- Every signature that names the known key must verify; a second, broken one refuses the note.
- Signatures of unknown keys and algorithms are ignored, as the text says, but their lines must be in form.
- One spelling: canonical base64, sizes without leading zeros, no control characters, limits on length.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from crypto.keys import PrivateKey, PublicKey, public_key_from_bytes
from crypto.merkle import EMPTY_ROOT
from crypto.refusals import NotVerified

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_ID_BYTES = 4
# signed-note: at least 16 signatures must be taken, and those of other algorithms reach 5 kB.
MOST_SIGNATURES = 64
MOST_NOTE_BYTES = 512 * 1024
_MOST_SIZE = (1 << 63) - 1
_ROOT_BYTES = 32
_SIGNATURE_BYTES = 64
_MARK = "\u2014 "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_VERIFIER_KEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The head of a log: its name, how many leaves, the 32-byte root over them; extension lines are opaque."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NoteSignature:
    """One signature line: name and 4-byte id of the key, and what that key's algorithm makes of the text."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note as it was read, nothing of it believed: its text with the last LF, and its signatures in order."""

    body: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, kw_only=True)
class VerifierKey:
    """A key that is known: name, 4-byte id, byte of the signature's type, and the public key."""

    name: str
    key_id: bytes
    algorithm: int
    public: PublicKey


def body(checkpoint: Checkpoint) -> str:
    """Return the text that a checkpoint's signatures are made over; every line ends with LF.

    Raises:
        ValueError: it would not be read as the same checkpoint.
    """
    lines = [checkpoint.origin, str(checkpoint.size), b64encode(checkpoint.root).decode("ascii")]
    text = "\n".join([*lines, *checkpoint.extensions, ""])
    try:
        is_same = read_body(text) == checkpoint
    except NotVerified as error:
        raise ValueError("a checkpoint is an origin, a size and a root") from error
    if not is_same:
        raise ValueError("a checkpoint's lines are not empty and hold no line feed")
    return text


def read_body(text: str) -> Checkpoint:
    """Return the checkpoint that the text of a note spells.

    Raises:
        NotVerified: `checkpoint_form`.
    """
    _check_characters(text, "checkpoint_form")
    *lines, rest = text.split("\n")
    if rest or len(lines) < 3 or "" in lines or _SIZE.fullmatch(lines[1]) is None:  # noqa: PLR2004  origin, size, root
        raise NotVerified("checkpoint_form")
    origin, size, root = lines[0], int(lines[1]), _from_base64(lines[2], "checkpoint_form")
    if size > _MOST_SIZE or len(root) != _ROOT_BYTES or (size == 0 and root != EMPTY_ROOT):
        raise NotVerified("checkpoint_form")
    return Checkpoint(origin=origin, size=size, root=root, extensions=tuple(lines[3:]))


def sign_checkpoint(checkpoint: Checkpoint, *, key: PrivateKey) -> str:
    """Return the note: the checkpoint's text and the Ed25519 signature of `key`, whose name is the origin.

    Raises:
        ValueError: the origin cannot name a key, or the checkpoint is not in form.
    """
    text = body(checkpoint)
    named = read_verifier_key(verifier_key(checkpoint.origin, key.public))
    signed = NoteSignature(name=named.name, key_id=named.key_id, signature=key.sign(text.encode()))
    return f"{text}\n{signature_line(signed)}"


def signature_line(signature: NoteSignature) -> str:
    """Return the line of a signature, with its LF."""
    spelled = b64encode(signature.key_id + signature.signature).decode("ascii")
    return f"{_MARK}{signature.name} {spelled}\n"


def open_note(text: str) -> Note:
    """Return the text of a note and its signatures, of which none is verified yet.

    Raises:
        NotVerified: `note_form`.
    """
    _check_characters(text, "note_form")
    # signed-note: the last empty line divides.
    said, divided, signed = text.rpartition("\n\n")
    *lines, rest = signed.split("\n")
    if not divided or rest or not 1 <= len(lines) <= MOST_SIGNATURES:
        raise NotVerified("note_form")
    return Note(body=said + "\n", signatures=tuple(read_signature_line(line) for line in lines))


def read_signature_line(line: str) -> NoteSignature:
    """Return the signature that a line, without its LF, spells.

    Raises:
        NotVerified: `note_form`.
    """
    name, _, spelled = line.removeprefix(_MARK).partition(" ")
    signed = _from_base64(spelled, "note_form")
    if not line.startswith(_MARK) or not _is_key_name(name) or len(signed) <= KEY_ID_BYTES:
        raise NotVerified("note_form")
    return NoteSignature(name=name, key_id=signed[:KEY_ID_BYTES], signature=signed[KEY_ID_BYTES:])


def verify_note(text: str, *, verifier_key: str) -> Note:
    """Return a note that the known key signed (Ed25519 over the text).

    Raises:
        NotVerified: `note_form`, `verifier_key`; `note_unsigned`: not signed by this key; `signature`.
    """
    known = read_verifier_key(verifier_key)
    if known.algorithm != ED25519:
        raise NotVerified("verifier_key")
    note = open_note(text)
    own = [one for one in note.signatures if (one.name, one.key_id) == (known.name, known.key_id)]
    if not own:
        raise NotVerified("note_unsigned")
    for one in own:
        if len(one.signature) != _SIGNATURE_BYTES:
            raise NotVerified("signature")
        known.public.verify(one.signature, note.body.encode())
    return note


def verify_checkpoint(note: str, *, verifier_key: str) -> Checkpoint:
    """Return the checkpoint of the log that `verifier_key` names; the origin is the key's name.

    Raises:
        NotVerified: as `verify_note`; `checkpoint_form`; `checkpoint_origin`: of another log.
    """
    checkpoint = read_body(verify_note(note, verifier_key=verifier_key).body)
    if checkpoint.origin != read_verifier_key(verifier_key).name:
        raise NotVerified("checkpoint_origin")
    return checkpoint


def key_id(name: str, public: PublicKey, *, algorithm: int = ED25519) -> bytes:
    """Return the first 4 bytes of SHA-256(name, LF, byte of the signature's type, 32-byte key)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public.x).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, public: PublicKey, *, algorithm: int = ED25519) -> str:
    """Return the one-line form of a key that others check with: `<name>+<id in hex>+<base64 of type and key>`.

    Raises:
        ValueError: the name is empty, or holds a space or a plus.
    """
    if not _is_key_name(name):
        raise ValueError("a key's name has no spaces and no plus")
    spelled = b64encode(bytes([algorithm]) + public.x).decode("ascii")
    return f"{name}+{key_id(name, public, algorithm=algorithm).hex()}+{spelled}"


def read_verifier_key(text: str) -> VerifierKey:
    """Return the known key that `text` spells; of Ed25519 signatures or of cosignatures.

    Raises:
        NotVerified: `verifier_key`: not in form, of an unknown type, or its id is another key's; `weak_key`.
    """
    matched = _VERIFIER_KEY.fullmatch(text)
    if matched is None or not _is_key_name(matched["name"]):
        raise NotVerified("verifier_key")
    spelled = _from_base64(matched["key"], "verifier_key")
    if len(spelled) != 1 + _ROOT_BYTES or spelled[0] not in {ED25519, COSIGNATURE}:
        raise NotVerified("verifier_key")
    name, algorithm, public = matched["name"], spelled[0], public_key_from_bytes(spelled[1:])
    named = key_id(name, public, algorithm=algorithm)
    if named.hex() != matched["id"]:
        raise NotVerified("verifier_key")
    return VerifierKey(name=name, key_id=named, algorithm=algorithm, public=public)


def _is_key_name(name: str) -> bool:
    # An attacker's name with a space in it would be read as another name and a signature.
    return bool(name) and not any(
        each.isspace() or each == "+" or each < " " or "\ud800" <= each <= "\udfff" for each in name
    )


def _check_characters(text: str, reason: str) -> None:
    if any(each < " " and each != "\n" for each in text):
        raise NotVerified(reason)
    try:
        length = len(text.encode())
    except UnicodeEncodeError as error:
        raise NotVerified(reason) from error
    if length > MOST_NOTE_BYTES:
        raise NotVerified(reason)


def _from_base64(text: str, reason: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except ValueError as error:
        raise NotVerified(reason) from error
    if b64encode(data).decode("ascii") != text:
        raise NotVerified(reason)
    return data
