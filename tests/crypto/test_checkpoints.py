import json
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.checkpoints import (
    COSIGNATURE,
    ED25519,
    MOST_NOTE_BYTES,
    MOST_SIGNATURES,
    Checkpoint,
    NoteSignature,
    body,
    key_id,
    open_note,
    read_body,
    read_verifier_key,
    sign_checkpoint,
    signature_line,
    verifier_key,
    verify_checkpoint,
    verify_note,
)
from crypto.merkle import EMPTY_ROOT
from crypto.refusals import NotVerified
from tests.crypto.builders import OTHER, RECORD

PUBLISHED = json.loads((Path(__file__).parents[1] / "vectors" / "signed_notes.json").read_text(encoding="utf-8"))
LOG = "node.example/log/1"
HEAD = Checkpoint(origin=LOG, size=70_000, root=b"\x07" * 32)
NOTE = sign_checkpoint(HEAD, key=RECORD)
KNOWN = verifier_key(LOG, RECORD.public)
TEXT = body(HEAD)


def line(*, name=LOG, key=RECORD, algorithm=ED25519, signature=None, text=TEXT):
    signed = key.sign(text.encode()) if signature is None else signature
    return signature_line(
        NoteSignature(name=name, key_id=key_id(name, key.public, algorithm=algorithm), signature=signed)
    )


@pytest.mark.parametrize("published", PUBLISHED["verifying"], ids=lambda published: published["source"])
def test_a_published_note_verifies(published):
    assert verify_note(published["note"], verifier_key=published["verifier_key"]).body == published["text"]


@pytest.mark.parametrize("published", PUBLISHED["in_form"], ids=lambda published: published["source"])
def test_a_published_example_is_in_form(published):
    note = open_note(published["note"])
    assert (note.body, [one.name for one in note.signatures]) == (published["text"], published["names"])


def test_the_published_checkpoint_is_read_and_written_again():
    (published,) = [one for one in PUBLISHED["in_form"] if "checkpoint" in one["source"]]
    read = read_body(published["text"])
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert body(read) == published["text"]


def test_a_checkpoint_of_our_key_is_always_the_same_note():
    assert PUBLISHED["own"]["note"] == NOTE
    assert PUBLISHED["own"]["verifier_key"] == KNOWN


def test_a_signed_checkpoint_verifies_with_the_key_of_its_log():
    assert verify_checkpoint(NOTE, verifier_key=KNOWN) == HEAD


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_a_checkpoint_with_any_byte_changed_is_refused(at, change):
    changed = bytearray(NOTE.encode())
    changed[at] ^= change
    try:
        text = changed.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NotVerified):
        verify_checkpoint(text, verifier_key=KNOWN)


def test_another_key_of_the_same_name_verifies_nothing():
    with pytest.raises(NotVerified, match="note_unsigned"):
        verify_checkpoint(NOTE, verifier_key=verifier_key(LOG, OTHER.public))


def test_the_same_key_under_another_name_verifies_nothing():
    with pytest.raises(NotVerified, match="note_unsigned"):
        verify_checkpoint(NOTE, verifier_key=verifier_key("node.example/log/2", RECORD.public))


def test_a_log_signs_no_head_of_another_log():
    text = body(Checkpoint(origin="other.example/log/1", size=1, root=b"x" * 32))
    with pytest.raises(NotVerified, match="checkpoint_origin"):
        verify_checkpoint(f"{text}\n{line(text=text)}", verifier_key=KNOWN)


def test_unknown_keys_and_algorithms_are_ignored():
    foreign = line(name="witness.example", key=OTHER, algorithm=COSIGNATURE, signature=b"x" * 72)
    unknown = line(name=LOG, key=RECORD, algorithm=0xFF, signature=b"x" * 4_900)
    assert verify_checkpoint(NOTE + foreign + unknown, verifier_key=KNOWN) == HEAD


def test_a_second_good_signature_of_one_key_changes_nothing():
    assert verify_checkpoint(NOTE + line(), verifier_key=KNOWN) == HEAD


@pytest.mark.parametrize("signature", [b"x" * 64, b"x" * 63, RECORD.sign(b"another text")])
def test_a_second_signature_of_one_key_that_does_not_verify_refuses_the_note(signature):
    with pytest.raises(NotVerified, match="signature"):
        verify_checkpoint(NOTE + line(signature=signature), verifier_key=KNOWN)
    with pytest.raises(NotVerified, match="signature"):
        verify_checkpoint(f"{body(HEAD)}\n{line(signature=signature)}{line()}", verifier_key=KNOWN)


def test_sixteen_signatures_and_more_are_taken_but_not_without_end():
    foreign = line(name="witness.example", key=OTHER)
    assert verify_checkpoint(NOTE + foreign * (MOST_SIGNATURES - 1), verifier_key=KNOWN) == HEAD
    with pytest.raises(NotVerified, match="note_form"):
        verify_checkpoint(NOTE + foreign * MOST_SIGNATURES, verifier_key=KNOWN)


def test_an_overlong_note_is_refused():
    long = line(name="witness.example", key=OTHER, signature=b"x" * MOST_NOTE_BYTES)
    with pytest.raises(NotVerified, match="note_form"):
        open_note(NOTE + long)


@pytest.mark.parametrize(
    "note",
    [
        *("", "\n", "\n\n", body(HEAD), body(HEAD) + "\n", NOTE.rstrip("\n"), NOTE + "\n", NOTE + "more\n"),
        *(NOTE.replace("\n", "\r\n"), NOTE.replace("—", "-"), NOTE.replace("— ", "—"), NOTE.replace("— ", "—  ")),
        *(NOTE.replace("70000", "70\x00000"), NOTE.replace("70000", "70000\t"), NOTE.replace("70000", "\udc00")),
        *(NOTE.replace("=\n", "\n"), NOTE + "— a+b AAAAAAAA\n", NOTE + "— a\u00a0b AAAAAAAA\n", NOTE + "— a AAAAA=\n"),
        *(NOTE + "— a AAAAAA==\n", NOTE + "—  AAAAAAAA\n", NOTE + "— a AAAA AAAA\n", NOTE + "— a AAAAAAB=\n"),
    ],
)
def test_a_note_in_another_form_is_refused(note):
    with pytest.raises(NotVerified, match=r"note_form|note_unsigned"):
        verify_note(note, verifier_key=KNOWN)


ROOT = b64encode(b"\x07" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        *(f"{LOG}\n070000\n{ROOT}\n", f"{LOG}\n+7\n{ROOT}\n", f"{LOG}\n-7\n{ROOT}\n", f"{LOG}\n\u0667\n{ROOT}\n"),
        *(f"{LOG}\n7 \n{ROOT}\n", f"{LOG}\n\n{ROOT}\n", f"\n7\n{ROOT}\n", f"{LOG}\n7\n{ROOT}", f"{LOG}\n7\n\n"),
        *(
            f"{LOG}\n7\n{ROOT[:-1]}\n",
            f"{LOG}\n7\n{ROOT}=\n",
            f"{LOG}\n7\nAAAA\n",
            f"{LOG}\n7\n",
            f"{LOG}\n0\n{ROOT}\n",
        ),
        *(f"{LOG}\n9223372036854775808\n{ROOT}\n", f"{LOG}\n{'9' * 5_000}\n{ROOT}\n", f"{LOG}\n7\n{ROOT}\n\n"),
    ],
)
def test_a_checkpoint_in_another_form_is_refused(text):
    with pytest.raises(NotVerified, match="checkpoint_form"):
        read_body(text)


def test_the_head_of_an_empty_log_is_a_checkpoint():
    empty = Checkpoint(origin=LOG, size=0, root=EMPTY_ROOT)
    assert verify_checkpoint(sign_checkpoint(empty, key=RECORD), verifier_key=KNOWN) == empty


def test_extension_lines_are_signed_and_kept():
    head = Checkpoint(origin=LOG, size=7, root=b"\x07" * 32, extensions=("one", "two"))
    assert verify_checkpoint(sign_checkpoint(head, key=RECORD), verifier_key=KNOWN) == head


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint(origin="evil\n999", size=7, root=b"\x07" * 32),
        Checkpoint(origin=LOG, size=-1, root=b"\x07" * 32),
        Checkpoint(origin=LOG, size=7, root=b"short"),
        Checkpoint(origin=LOG, size=7, root=b"\x07" * 32, extensions=("",)),
        Checkpoint(origin=LOG, size=7, root=b"\x07" * 32, extensions=("a\nb",)),
        Checkpoint(origin="a b", size=7, root=b"\x07" * 32),
    ],
)
def test_what_would_be_read_otherwise_is_not_signed(head):
    with pytest.raises(ValueError, match="a "):
        sign_checkpoint(head, key=RECORD)


def test_a_known_key_is_read_from_its_line():
    known = read_verifier_key(KNOWN)
    assert (known.name, known.algorithm, known.public) == (LOG, ED25519, RECORD.public)


def test_a_key_of_cosignatures_is_another_key_and_signs_no_checkpoint():
    cosigner = verifier_key(LOG, RECORD.public, algorithm=COSIGNATURE)
    assert read_verifier_key(cosigner).key_id != read_verifier_key(KNOWN).key_id
    with pytest.raises(NotVerified, match="verifier_key"):
        verify_checkpoint(NOTE, verifier_key=cosigner)


@pytest.mark.parametrize(
    "text",
    [
        *("", LOG, KNOWN + "=", KNOWN.upper(), " " + KNOWN, KNOWN + "\n", KNOWN.replace("+", "-"), "+" + KNOWN),
        *(KNOWN.replace(LOG, "other.example"), KNOWN.replace(LOG, "a b"), "a+00000000+AA==", "\udc00+00000000+AA=="),
        verifier_key(LOG, RECORD.public, algorithm=0x02),
    ],
)
def test_a_known_key_in_another_form_is_refused(text):
    with pytest.raises(NotVerified, match="verifier_key"):
        read_verifier_key(text)


def test_a_weak_key_is_never_known():
    with pytest.raises(NotVerified, match="weak_key"):
        read_verifier_key(f"a+00000000+{b64encode(bytes([1]) + bytes(32)).decode()}")
