"""Keys, their names and their files."""

import copy
import pickle
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from crypto.identifiers import is_uuid7, uuid7
from crypto.keys import (
    PublicKey,
    encode_private_key,
    keyid,
    load_private_key,
    private_key_from_seed,
    public_key_from_bytes,
    public_key_from_jwk,
    split_keyid,
)
from crypto.refusals import NotVerified

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
KEY = private_key_from_seed(b"\x01" * 32)
THUMBPRINT = KEY.thumbprint


def _encoded(y, sign):
    return (y | sign << 255).to_bytes(32, "little")


def _added(one, other):
    # The addition of RFC 8032 section 5.1.4, in affine form.
    (x1, y1), (x2, y2) = one, other
    both = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + both, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - both, -1, P) % P


def _x_of(y):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    return x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P


def _points_of_order_8():
    """All multiples of a point of order 8, computed here and not copied: order times any point of the curve."""
    order = 2**252 + 27742317777372353535851937790883648493
    y = 4 * pow(5, -1, P) % P
    while True:
        y = (y + 1) % P
        if pow((y * y - 1) * pow(D * y * y + 1, -1, P) % P, (P - 1) // 2, P) != 1:
            continue
        torsion, power, rest = (0, 1), (_x_of(y), y), order
        while rest:
            torsion = _added(torsion, power) if rest & 1 else torsion
            power, rest = _added(power, power), rest >> 1
        multiples = [torsion]
        while multiples[-1] != (0, 1):
            multiples.append(_added(multiples[-1], torsion))
        if len(multiples) == 8:
            return multiples


SMALL_ORDER = sorted({_encoded(y, sign) for _, y in _points_of_order_8() for sign in (0, 1)})
NOT_CANONICAL = [_encoded(y, sign) for y in range(P, 2**255) for sign in (0, 1)]


def test_there_are_ten_small_order_and_four_more_spellings_of_two_of_them():
    assert len(SMALL_ORDER) == 10
    assert len({*SMALL_ORDER, *(_encoded(P + y, sign) for y in (0, 1) for sign in (0, 1))}) == 14


@pytest.mark.parametrize("x", SMALL_ORDER)
def test_a_point_of_small_order_is_refused(x):
    Ed25519PublicKey.from_public_bytes(x)  # the library takes it
    with pytest.raises(NotVerified, match="weak_key"):
        public_key_from_bytes(x)


@pytest.mark.parametrize("x", NOT_CANONICAL)
def test_an_encoding_beyond_the_field_is_refused(x):
    with pytest.raises(NotVerified, match="weak_key"):
        public_key_from_bytes(x)


def test_the_greatest_canonical_encoding_that_is_no_weak_point_is_taken():
    assert public_key_from_bytes(_encoded(P - 2, 0)).x == _encoded(P - 2, 0)


def test_with_a_weak_point_any_message_would_verify():
    identity = Ed25519PublicKey.from_public_bytes(_encoded(1, 0))
    identity.verify(_encoded(1, 0) + bytes(32), b"whatever")


@pytest.mark.parametrize("x", [b"", b"\x01" * 31, b"\x01" * 33])
def test_a_public_key_is_32_bytes(x):
    with pytest.raises(NotVerified, match="key_form"):
        public_key_from_bytes(x)


def test_a_jwk_and_its_key_are_the_same():
    assert public_key_from_jwk(KEY.public.jwk) == KEY.public


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AAAA"},
        {"use": "sig"},
        {"kid": "x"},
        {"crv": "Ed448"},
        {"crv": "X25519"},
        {"kty": "EC"},
        {"x": None},
        {"x": 1},
    ],
)
def test_a_jwk_of_another_form_is_refused(change):
    with pytest.raises(NotVerified, match="key_form"):
        public_key_from_jwk(KEY.public.jwk | change)


def test_a_jwk_without_x_is_refused():
    with pytest.raises(NotVerified, match="key_form"):
        public_key_from_jwk({"crv": "Ed25519", "kty": "OKP"})


def test_what_is_no_object_is_no_jwk():
    with pytest.raises(NotVerified, match="key_form"):
        public_key_from_jwk(["crv", "kty", "x"])


@pytest.mark.parametrize("change", ["=", "A", "!"])
def test_a_second_spelling_of_x_is_refused(change):
    with pytest.raises(NotVerified, match="base64url"):
        public_key_from_jwk(KEY.public.jwk | {"x": KEY.public.jwk["x"] + change})


def test_a_signature_verifies_over_its_message_only():
    signature = KEY.sign(b"a")
    KEY.public.verify(signature, b"a")
    with pytest.raises(NotVerified, match="signature"):
        KEY.public.verify(signature, b"b")


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(length):
    with pytest.raises(NotVerified, match="signature"):
        KEY.public.verify(bytes(length), b"a")


def test_a_signature_whose_second_half_was_raised_by_the_order_is_refused():
    signature = KEY.sign(b"a")
    raised = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    with pytest.raises(NotVerified, match="signature"):
        KEY.public.verify(signature[:32] + raised.to_bytes(32, "little"), b"a")


@pytest.mark.parametrize("passphrase", [None, b"synthetic"])
def test_a_key_file_opens_to_the_same_key(passphrase):
    pem = encode_private_key(KEY, passphrase=passphrase)
    assert load_private_key(pem, passphrase=passphrase).public == KEY.public


def test_a_key_file_under_a_passphrase_says_so():
    assert encode_private_key(KEY, passphrase=b"synthetic").startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")


@pytest.mark.parametrize("passphrase", [None, b"other"])
def test_a_key_file_does_not_open_with_another_passphrase(passphrase):
    pem = encode_private_key(KEY, passphrase=b"synthetic")
    with pytest.raises(NotVerified, match="key_file"):
        load_private_key(pem, passphrase=passphrase)


def test_a_passphrase_for_an_open_file_is_refused():
    with pytest.raises(NotVerified, match="key_file"):
        load_private_key(encode_private_key(KEY), passphrase=b"synthetic")


def test_a_key_of_another_kind_is_refused():
    other = Ed448PrivateKey.from_private_bytes(b"\x01" * 57)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(NotVerified, match="key_file"):
        load_private_key(pem)


def test_what_is_no_key_file_is_refused():
    with pytest.raises(NotVerified, match="key_file"):
        load_private_key(b"no key")


def test_a_published_pkcs8_file_opens():
    with cryptography_vectors.open_vector_file(
        str(Path("asymmetric", "Ed25519", "ed25519-pkcs8.pem")), "rb"
    ) as published:
        assert len(load_private_key(published.read()).public.x) == 32


def test_a_seed_is_32_bytes():
    with pytest.raises(NotVerified, match="key_form"):
        private_key_from_seed(b"\x01" * 31)


def test_a_private_key_never_shows_itself():
    assert "01010101" not in repr(KEY)
    assert "ed25519" not in repr(KEY)


@pytest.mark.parametrize("leak", [pickle.dumps, copy.deepcopy])
def test_a_private_key_is_not_copied_by_accident(leak):
    with pytest.raises(TypeError, match="private key"):
        leak(KEY)


def test_public_keys_are_equal_by_their_bytes():
    assert isinstance(KEY.public, PublicKey)
    assert KEY.public != private_key_from_seed(b"\x02" * 32).public


def test_a_keyid_names_organisation_and_thumbprint():
    assert split_keyid(keyid("hotline.example", THUMBPRINT)) == ("hotline.example", THUMBPRINT)


@pytest.mark.parametrize(
    "organisation",
    [
        *("", "hotline", "Hotline.example", "hotline..example", ".example", "hotline.example.", "-a.example"),
        *("a-.example", "a_b.example", "xn--htline-bxa.example", "a.b.c.d.e.f", "hotline.example\n", "hôtline.example"),
        *("a" * 64 + ".example", ".".join(["a" * 33] * 3) + ".example", "hotline.example/x", "a b.example"),
    ],
)
def test_a_keyid_of_another_form_of_name_is_refused(organisation):
    with pytest.raises(NotVerified, match="keyid"):
        keyid(organisation, THUMBPRINT)


@pytest.mark.parametrize("named", ["a.example", "a1-2.b.c.d.example", "a" * 63 + ".example", "9.example"])
def test_a_lower_case_name_of_two_to_five_labels_is_an_organisation(named):
    assert split_keyid(f"{named}/{THUMBPRINT}")[0] == named


@pytest.mark.parametrize("thumbprint", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "=", THUMBPRINT + "/x"])
def test_a_keyid_of_another_form_of_thumbprint_is_refused(thumbprint):
    with pytest.raises(NotVerified, match="keyid"):
        split_keyid(f"hotline.example/{thumbprint}")


def test_a_keyid_without_a_thumbprint_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        split_keyid("hotline.example")


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_a_uuid_of_version_7_begins_with_its_time(now_ms, random):
    made = uuid7(now_ms=now_ms, random=random)
    assert is_uuid7(str(made))
    assert made.int >> 80 == now_ms


@pytest.mark.parametrize(("now_ms", "random"), [(-1, bytes(10)), (2**48, bytes(10)), (0, bytes(9)), (0, bytes(11))])
def test_a_uuid_of_wrong_parts_is_not_made(now_ms, random):
    with pytest.raises(ValueError, match=r"bits|bytes"):
        uuid7(now_ms=now_ms, random=random)


@pytest.mark.parametrize(
    "text",
    [
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        None,
    ],
)
def test_another_spelling_or_version_is_no_uuid_7(text):
    assert not is_uuid7(text)
