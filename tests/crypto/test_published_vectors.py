"""Numbers that nobody of us wrote: the examples of the standards that we carry out."""

import base64
import json
from pathlib import Path

import cryptography_vectors
import pytest

from crypto.canonical import canonical_bytes, parse_json
from crypto.encoding import from_base64url
from crypto.identifiers import is_uuid7, uuid7
from crypto.keys import private_key_from_seed, public_key_from_bytes, public_key_from_jwk
from crypto.merkle import inclusion_path, leaf_hash, root, root_from_path
from crypto.messages import content_digest

PUBLISHED = json.loads((Path(__file__).parents[1] / "vectors" / "published.json").read_text())


def _ed25519_cases():
    with cryptography_vectors.open_vector_file(str(Path("asymmetric", "Ed25519", "sign.input")), "r") as file:
        return [tuple(bytes.fromhex(part) for part in line.split(":")[:4]) for line in file if line.strip()]


@pytest.mark.parametrize("case", PUBLISHED["rfc8032"]["cases"])
def test_signatures_are_those_of_rfc_8032(case):
    key = private_key_from_seed(bytes.fromhex(case["seed"]))
    assert key.public.x.hex() == case["public"]
    assert key.sign(bytes.fromhex(case["message"])).hex() == case["signature"]


def test_all_published_ed25519_vectors_sign_and_verify():
    cases = _ed25519_cases()
    assert len(cases) == 1024
    for secret, public, message, signed in cases:
        key = private_key_from_seed(secret[:32])
        assert key.sign(message) + message == signed
        public_key_from_bytes(public).verify(signed[:64], message)


def test_a_thumbprint_is_that_of_rfc_8037():
    vector = PUBLISHED["rfc8037_thumbprint"]
    assert public_key_from_jwk(vector["jwk"]).thumbprint == vector["thumbprint"]


def test_the_jws_example_of_rfc_8037_verifies():
    vector = PUBLISHED["rfc8037_jws"]
    key = public_key_from_jwk(PUBLISHED["rfc8037_thumbprint"]["jwk"])
    key.verify(from_base64url(vector["signature"]), vector["signed"].encode())


def test_the_signed_request_of_rfc_9421_has_our_signature():
    vector = PUBLISHED["rfc9421_b_2_6"]
    key = private_key_from_seed(from_base64url(vector["seed"]))
    assert key.public.jwk["x"] == vector["x"]
    assert key.sign("\n".join(vector["base"]).encode()) == base64.b64decode(vector["signature"])


def test_a_content_digest_is_that_of_rfc_9530():
    vector = PUBLISHED["rfc9530"]
    assert content_digest(vector["body"].encode()) == vector["field"]


def test_text_is_written_as_in_rfc_8785():
    vector = PUBLISHED["rfc8785_text"]
    assert canonical_bytes(parse_json(vector["input"].encode())).hex() == vector["canonical_hex"]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size):
    vector = PUBLISHED["certificate_transparency"]
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in vector["leaves"][:size]]
    assert root(leaves).hex() == vector["roots"][size - 1]


def test_a_path_leads_to_the_published_root():
    vector = PUBLISHED["certificate_transparency"]
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in vector["leaves"]]
    path = inclusion_path(leaves[:7], 6)
    assert root_from_path(leaves[6], index=6, size=7, path=path).hex() == vector["roots"][6]


def test_the_uuid_of_rfc_9562_is_made_of_its_parts():
    vector = PUBLISHED["rfc9562"]
    assert is_uuid7(vector["uuid"])
    hexadecimal = vector["uuid"].replace("-", "")
    random = bytes.fromhex(hexadecimal[12:])
    assert str(uuid7(now_ms=vector["milliseconds"], random=random)) == vector["uuid"]
