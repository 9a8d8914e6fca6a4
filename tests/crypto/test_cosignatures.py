import struct
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from crypto.checkpoints import COSIGNATURE, open_note, read_signature_line, read_verifier_key, verifier_key
from crypto.cosignatures import (
    Submission,
    cosign,
    cosigned_at,
    read_cosignatures,
    read_size,
    read_submission,
    submission_bytes,
    verify_cosignature,
)
from crypto.refusals import NotVerified
from tests.crypto.builders import OTHER, RECORD

NAME = "witness.example/w1"
BODY = "other.example/log/1\n15368405\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n"
AT = 1_679_315_147
KNOWN = read_verifier_key(verifier_key(NAME, RECORD.public, algorithm=COSIGNATURE))
LINE = cosign(BODY, name=NAME, key=RECORD, at=AT)
NOTE = f"{BODY}\n{LINE}"
HASH = b"\x01" * 32
# The request that stands in c2sp.org/tlog-witness.
PUBLISHED = (
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zy"
    "WE+xeMcTOAYQ8=\n"
).encode()


def signed(line=LINE):
    return read_signature_line(line.removesuffix("\n"))


def reason_of(call):
    with pytest.raises(NotVerified) as caught:
        call()
    return caught.value.reason


def test_a_cosignature_is_what_the_text_says_byte_for_byte():
    """key id, time and signature, over two lines and the checkpoint's text (c2sp.org/tlog-cosignature)."""
    spelled = b64decode(LINE.split(" ")[2])
    assert spelled[:4] == sha256(NAME.encode() + b"\n\x04" + RECORD.public.x).digest()[:4]
    assert struct.unpack(">Q", spelled[4:12]) == (AT,)
    message = b"cosignature/v1\ntime 1679315147\n" + BODY.encode()
    Ed25519PublicKey.from_public_bytes(RECORD.public.x).verify(spelled[12:], message)


def test_a_known_witness_is_believed_with_its_time():
    assert verify_cosignature(signed(), BODY, witness=KNOWN) == AT


def test_a_cosignature_over_another_text_is_not():
    assert reason_of(lambda: verify_cosignature(signed(), BODY.replace("5\n", "6\n"), witness=KNOWN)) == "signature"


def test_a_cosignature_with_another_time_is_not():
    altered = b64decode(LINE.split(" ")[2])
    moved = altered[:4] + (AT + 1).to_bytes(8, "big") + altered[12:]
    line = f"\u2014 {NAME} {b64encode(moved).decode()}\n"
    assert reason_of(lambda: verify_cosignature(signed(line), BODY, witness=KNOWN)) == "signature"


@pytest.mark.parametrize("at", [0, 1 << 63])
def test_a_time_that_says_nothing_is_none(at):
    line = cosign(BODY, name=NAME, key=RECORD, at=at)
    assert reason_of(lambda: verify_cosignature(signed(line), BODY, witness=KNOWN)) == "cosignature_form"


def test_a_plain_signature_is_no_cosignature():
    plain = f"\u2014 {NAME} {b64encode(KNOWN.key_id + RECORD.sign(BODY.encode())).decode()}\n"
    assert reason_of(lambda: verify_cosignature(signed(plain), BODY, witness=KNOWN)) == "cosignature_form"


def test_a_log_key_is_no_witness():
    log_key = read_verifier_key(verifier_key(NAME, RECORD.public))
    assert reason_of(lambda: verify_cosignature(signed(), BODY, witness=log_key)) == "cosignature_key"


def test_who_cosigned_a_note_is_told_and_the_unknown_are_ignored():
    unknown = cosign(BODY, name="unknown.example", key=OTHER, at=AT)
    assert cosigned_at(open_note(NOTE + unknown), [KNOWN]) == {KNOWN: AT}


def test_of_two_cosignatures_by_one_witness_the_later_counts():
    later = cosign(BODY, name=NAME, key=RECORD, at=AT + 60)
    assert cosigned_at(open_note(f"{BODY}\n{later}{LINE}"), [KNOWN]) == {KNOWN: AT + 60}


def test_a_false_cosignature_of_a_known_witness_refuses_the_note():
    false = cosign(BODY + "more\n", name=NAME, key=RECORD, at=AT)
    assert reason_of(lambda: cosigned_at(open_note(NOTE + false), [KNOWN])) == "signature"


def test_the_published_request_is_read_and_written_again():
    said = read_submission(PUBLISHED)
    assert (said.old_size, len(said.proof), said.note.split("\n")[0]) == (20852014, 4, "example.com/behind-the-sofa")
    assert submission_bytes(said) == PUBLISHED


def test_a_request_without_a_proof_is_read():
    said = Submission(old_size=0, proof=(), note=NOTE)
    assert read_submission(submission_bytes(said)) == said


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old -1\n\n" + NOTE.encode(),
        b"old 01\n\n" + NOTE.encode(),
        b"old  1\n\n" + NOTE.encode(),
        b"old \xc2\xb2\n\n" + NOTE.encode(),
        b"new 1\n\n" + NOTE.encode(),
        b"1\n\n" + NOTE.encode(),
        b"old 1\nAAAA\n\n" + NOTE.encode(),
        b"old 1\n" + b64encode(HASH).rstrip(b"=") + b"\n\n" + NOTE.encode(),
        b"old 1\n" + (b64encode(HASH) + b"\n") * 64 + b"\n" + NOTE.encode(),
        b"old 1\n\n" + BODY.encode(),
        b"old 1\r\n\r\n" + NOTE.encode(),
        b"old 1\n\n" + NOTE.encode() + b"A" * 40_000,
        b"old 1\n\n\xff" + NOTE.encode(),
    ],
)
def test_a_request_out_of_form_is_refused(body):
    assert reason_of(lambda: read_submission(body)) in {"submission_form", "note_form"}


def test_the_answer_of_a_witness_is_lines():
    assert read_cosignatures((LINE + LINE).encode()) == [signed(), signed()]


@pytest.mark.parametrize("answer", [b"", b"\n", LINE[:-1].encode(), b"\xff\n", LINE.encode() * 200])
def test_an_answer_out_of_form_is_refused(answer):
    assert reason_of(lambda: read_cosignatures(answer)) == "note_form"


def test_a_size_is_a_number_and_a_line():
    assert read_size(b"12\n") == 12


@pytest.mark.parametrize(
    "answer", [b"", b"12", b"012\n", b"-1\n", b"1\n2\n", b"12\n\n", b"\xd9\xa1\n", b"9" * 40 + b"\n"]
)
def test_a_size_out_of_form_is_refused(answer):
    assert reason_of(lambda: read_size(answer)) == "size_form"
