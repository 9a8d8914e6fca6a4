"""JWS in the one form, with the traps of a forgiving library closed."""

import json
from hashlib import sha256

import jwt
import pytest

from crypto.canonical import canonical_bytes
from crypto.documents import (
    ACCEPTANCE,
    BATCH,
    POSSESSION,
    document_digest,
    read_document,
    sign_document,
    sign_possession,
    verify_document,
    verify_possession,
)
from crypto.encoding import to_base64url
from crypto.keys import keyid
from crypto.refusals import NotVerified
from tests.crypto.builders import FEDERATION, NODE, ORGANISATION, OTHER, RECORD

KEYID = keyid(ORGANISATION, RECORD.thumbprint)
CLAIMS = {"v": 1, "federation": FEDERATION, "iss": ORGANISATION, "count": 3}
HEADER = {"alg": "EdDSA", "typ": BATCH, "kid": KEYID}


def a_document(**changes):
    return sign_document(CLAIMS | changes, typ=BATCH, key=RECORD, keyid=KEYID)


def handmade(header=None, payload=None, *, signer=RECORD):
    """A token signed over whatever is given: what an attacker who holds a key can make."""
    header = json.dumps(HEADER).encode() if header is None else header
    payload = canonical_bytes(CLAIMS) if payload is None else payload
    signed = f"{to_base64url(header)}.{to_base64url(payload)}"
    return f"{signed}.{to_base64url(signer.sign(signed.encode()))}"


def verified(token, *, typ=BATCH, key=RECORD.public, federation=FEDERATION):
    return verify_document(token, typ=typ, key=key, federation=federation)


def test_a_signed_document_verifies_and_says_who_signed_what():
    document = verified(a_document())
    assert (document.keyid, document.organisation, document.thumbprint) == (KEYID, ORGANISATION, RECORD.thumbprint)
    assert document.claims == CLAIMS


def test_a_handmade_document_of_the_form_verifies_in_any_order_of_header_and_claims():
    payload = json.dumps(dict(reversed(CLAIMS.items())), indent=1).encode()
    assert verified(handmade(json.dumps(dict(reversed(HEADER.items()))).encode(), payload)).claims == CLAIMS


def test_another_jws_library_verifies_ours():
    payload = jwt.PyJWS().decode(a_document(), RECORD.public.ed25519, algorithms=["EdDSA"])
    assert json.loads(payload) == CLAIMS


def test_the_digest_leaves_the_signature_out():
    token = a_document()
    expected = sha256(token.rsplit(".", 1)[0].encode()).digest()
    assert document_digest(token) == verified(token).digest == expected


def test_what_is_no_document_has_no_digest():
    with pytest.raises(NotVerified, match="document_form"):
        document_digest("a.b")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "Ed25519"},
        {"alg": "eddsa"},
        {"typ": "JWT"},
        {"typ": ACCEPTANCE},
        {"typ": "application/" + BATCH},
        {"kid": 1},
        {"kid": None},
        {"crit": ["b64"], "b64": False},
        {"jwk": RECORD.public.jwk},
        {"cty": "JWT"},
        {"jku": "https://node.example/keys"},
    ],
)
def test_a_header_of_another_form_is_refused(header):
    with pytest.raises(NotVerified, match="document_header"):
        verified(handmade(json.dumps(HEADER | header).encode()))


@pytest.mark.parametrize("name", ["alg", "typ", "kid"])
def test_a_header_without_one_of_its_members_is_refused(name):
    header = {other: value for other, value in HEADER.items() if other != name}
    with pytest.raises(NotVerified, match="document_header"):
        verified(handmade(json.dumps(header).encode()))


def test_a_header_that_is_no_object_is_refused():
    with pytest.raises(NotVerified, match="document_header"):
        verified(handmade(b'["alg"]'))


def test_a_header_with_a_repeated_name_is_refused():
    header = json.dumps(HEADER)[:-1] + f', "typ": "{BATCH}"}}'
    with pytest.raises(NotVerified, match="document_form"):
        verified(handmade(header.encode()))


@pytest.mark.parametrize(
    "payload",
    [
        b'{"v":1,"v":1,"federation":"test.example","iss":"hotline.example"}',
        b'{"v":1.0,"federation":"test.example","iss":"hotline.example"}',
        b'{"v":1,"exp":1e3}',
        b'{"v":1,"x":NaN}',
        b'{"v":1,"x":' + b"[" * 17 + b"]" * 17 + b"}",
        b"{",
        b"\xff",
    ],
)
def test_claims_that_are_not_strict_json_are_refused(payload):
    with pytest.raises(NotVerified, match="document_form"):
        verified(handmade(payload=payload))


@pytest.mark.parametrize("payload", [b"[]", b'"text"', b"1", b"null"])
def test_claims_that_are_no_object_are_refused(payload):
    with pytest.raises(NotVerified, match="document_claims"):
        verified(handmade(payload=payload))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token.replace(".", "=.", 1),
        lambda token: token + ".x",
        lambda token: token.rsplit(".", 1)[0],
        lambda token: token.rsplit(".", 1)[0] + ".",
        lambda token: token[:-1] + chr(ord(token[-1]) + 1),
        lambda token: "." + token.split(".", 1)[1],
        lambda token: json.dumps({"payload": token}),
    ],
)
def test_a_second_spelling_of_a_document_is_refused(spoil):
    with pytest.raises(NotVerified, match="document_form"):
        verified(spoil(a_document()))


def test_a_document_that_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(NotVerified, match="document_size"):
        read_document("x" * 32_769, typ=BATCH)


def test_a_document_that_would_be_too_long_is_not_signed():
    with pytest.raises(NotVerified, match="document_size"):
        a_document(x="x" * 32_769)


def test_a_document_is_not_signed_in_the_name_of_another_key():
    with pytest.raises(NotVerified, match="keyid"):
        sign_document(CLAIMS, typ=BATCH, key=OTHER, keyid=KEYID)


def test_a_document_that_names_another_key_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        verified(a_document(), key=OTHER.public)


def test_a_document_that_another_key_signed_is_refused():
    with pytest.raises(NotVerified, match="signature"):
        verified(handmade(signer=OTHER))


def test_a_document_whose_claims_were_altered_is_refused():
    header, _, signature = a_document().split(".")
    altered = to_base64url(canonical_bytes(CLAIMS | {"count": 4}))
    with pytest.raises(NotVerified, match="signature"):
        verified(f"{header}.{altered}.{signature}")


@pytest.mark.parametrize("version", [2, True, "1", None])
def test_another_version_is_refused(version):
    with pytest.raises(NotVerified, match="version"):
        verified(a_document(v=version))


def test_claims_without_a_version_are_refused():
    with pytest.raises(NotVerified, match="version"):
        verified(handmade(payload=b"{}"))


def test_a_document_of_another_federation_is_refused():
    with pytest.raises(NotVerified, match="federation"):
        verified(a_document(), federation="other.example")


def test_a_document_in_the_name_of_another_organisation_is_refused():
    with pytest.raises(NotVerified, match="issuer"):
        verified(a_document(iss="platform.example"))


def test_a_keyid_of_another_form_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        verified(handmade(json.dumps(HEADER | {"kid": "Hotline.example/x"}).encode()))


def a_proof(organisation=ORGANISATION):
    return sign_possession(key=RECORD, federation=FEDERATION, organisation=organisation)


def proven(proof, *, key=RECORD.public, organisation=ORGANISATION):
    verify_possession(proof, key=key, federation=FEDERATION, organisation=organisation)


def test_a_key_proves_that_it_is_held():
    proven(a_proof())


def test_a_proof_for_another_organisation_is_refused():
    with pytest.raises(NotVerified, match="possession"):
        proven(a_proof(NODE))


def test_a_proof_by_another_key_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        proven(a_proof(), key=OTHER.public)


@pytest.mark.parametrize("claims", [{"sub": OTHER.thumbprint}, {"sub": RECORD.thumbprint, "exp": 1}, {}])
def test_a_proof_of_another_key_or_form_is_refused(claims):
    said = {"v": 1, "federation": FEDERATION, "iss": ORGANISATION} | claims
    with pytest.raises(NotVerified, match="possession"):
        proven(sign_document(said, typ=POSSESSION, key=RECORD, keyid=KEYID))
