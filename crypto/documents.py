"""Signed documents: JWS (RFC 7515) in the one form that the protocol allows.

PyJWT signs and verifies, but does not parse: what it would forgive is refused here, and the bytes that are read are
the bytes that are verified.

- compact form, each part in canonical base64url, of at most the size its kind may have;
- a header of exactly `alg` (EdDSA), `typ` (the expected one) and `kid` (a keyid that names the verifying key);
- strict JSON in both parts: no repeated name, float, NaN or deep nesting, the payload an object;
- `v` is the integer 1, `federation` and `iss` are the expected ones.

A document's digest is over the ASCII of `header.payload`: the signature is left out, because signatures can be
altered without becoming invalid.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jwt

from crypto.canonical import NotCanonical, canonical_bytes, parse_json
from crypto.encoding import from_base64url
from crypto.keys import PrivateKey, PublicKey, split_keyid
from crypto.keys import keyid as keyid_of
from crypto.refusals import NotVerified

STATEMENT = "havre-statement+jws"
APPROVAL = "havre-approval+jws"
DIRECTORY = "havre-directory+jws"
BATCH = "havre-batch+jws"
ACCEPTANCE = "havre-acceptance+jws"
ROOT_CONSENT = "havre-root+jws"
POSSESSION = "havre-possession+jws"
INVITATION = "havre-invitation+jws"

_KIB = 1024
MAX_DOCUMENT_BYTES: Mapping[str, int] = {
    STATEMENT: 256 * _KIB,
    APPROVAL: 8 * _KIB,
    DIRECTORY: 4096 * _KIB,
    BATCH: 32 * _KIB,
    ACCEPTANCE: 8 * _KIB,
    ROOT_CONSENT: 4 * _KIB,
    POSSESSION: 4 * _KIB,
    INVITATION: 4 * _KIB,
}

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")
_SIGNATURE_BYTES = 64
_VERSION = 1
_JWS = jwt.PyJWS(algorithms=["EdDSA"])
_EDDSA = _JWS.get_algorithm_by_name("EdDSA")


@dataclass(frozen=True, kw_only=True)
class UnverifiedDocument:
    """A document of the right form, of which nothing is proven: who it says it is from, and what it says."""

    token: str
    keyid: str
    organisation: str
    thumbprint: str
    claims: dict[str, Any]
    digest: bytes


@dataclass(frozen=True, kw_only=True)
class VerifiedDocument:
    """A document that the named key of the named organisation has signed for this federation."""

    token: str
    keyid: str
    organisation: str
    thumbprint: str
    claims: dict[str, Any]
    digest: bytes


def sign_document(claims: Mapping[str, Any], *, typ: str, key: PrivateKey, keyid: str) -> str:
    """Return the compact JWS of `claims`, signed by `key`, which `keyid` must name.

    Raises:
        NotVerified: `keyid`: it names another key; `document_size`: longer than `typ` may be.
        NotCanonical: `claims` are outside the line profile.
    """
    if split_keyid(keyid)[1] != key.thumbprint:
        raise NotVerified("keyid")
    payload = canonical_bytes(dict(claims))
    token = _JWS.encode(payload, key.ed25519, algorithm="EdDSA", headers={"typ": typ, "kid": keyid})
    if len(token) > MAX_DOCUMENT_BYTES[typ]:
        raise NotVerified("document_size")
    return token


def document_digest(token: str) -> bytes:
    """Return SHA-256, 32 bytes, over the ASCII `header.payload` of a compact JWS.

    Raises:
        NotVerified: `document_form`.
    """
    if _COMPACT.fullmatch(token) is None:
        raise NotVerified("document_form")
    return _digest(token)


def read_document(token: str, *, typ: str) -> UnverifiedDocument:
    """Return what `token` says, its form judged strictly, its signature not at all.

    Raises:
        NotVerified: `document_size`, `document_form`, `document_header`, `document_claims`, `keyid`.
    """
    if len(token) > MAX_DOCUMENT_BYTES[typ]:
        raise NotVerified("document_size")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise NotVerified("document_form")
    try:
        header = parse_json(from_base64url(parts[1]))
        claims = parse_json(from_base64url(parts[2]))
        from_base64url(parts[3], length=_SIGNATURE_BYTES)
    except (NotCanonical, NotVerified) as error:
        raise NotVerified("document_form") from error
    if type(header) is not dict or set(header) != {"alg", "typ", "kid"}:
        raise NotVerified("document_header")
    if header["alg"] != "EdDSA" or header["typ"] != typ or type(header["kid"]) is not str:
        raise NotVerified("document_header")
    if type(claims) is not dict:
        raise NotVerified("document_claims")
    organisation, thumbprint = split_keyid(header["kid"])
    return UnverifiedDocument(
        token=token,
        keyid=header["kid"],
        organisation=organisation,
        thumbprint=thumbprint,
        claims=claims,
        digest=_digest(token),
    )


def verify_document(token: str, *, typ: str, key: PublicKey, federation: str) -> VerifiedDocument:
    """Return what `key` has signed in `token` for `federation`, in the name of the organisation of its keyid.

    Raises:
        NotVerified: what `read_document` refuses; `keyid`: another key is named; `signature`; `version`;
            `federation`; `issuer`: `iss` is not the keyid's organisation.
    """
    document = read_document(token, typ=typ)
    if document.thumbprint != key.thumbprint:
        raise NotVerified("keyid")
    signed, _, signature = token.rpartition(".")
    if not _EDDSA.verify(signed.encode("ascii"), key.ed25519, from_base64url(signature)):
        raise NotVerified("signature")
    claims = document.claims
    if type(claims.get("v")) is not int or claims["v"] != _VERSION:
        raise NotVerified("version")
    if claims.get("federation") != federation:
        raise NotVerified("federation")
    if claims.get("iss") != document.organisation:
        raise NotVerified("issuer")
    return VerifiedDocument(
        token=token,
        keyid=document.keyid,
        organisation=document.organisation,
        thumbprint=document.thumbprint,
        claims=claims,
        digest=document.digest,
    )


def sign_possession(*, key: PrivateKey, federation: str, organisation: str) -> str:
    """Return the proof that whoever publishes `key` for `organisation` holds it; it has no clock."""
    claims = {"v": _VERSION, "federation": federation, "iss": organisation, "sub": key.thumbprint}
    return sign_document(claims, typ=POSSESSION, key=key, keyid=keyid_of(organisation, key.thumbprint))


def verify_possession(proof: str, *, key: PublicKey, federation: str, organisation: str) -> None:
    """Check that `proof` is by `key` itself, about itself, for `organisation` in `federation`.

    It stops an organisation from listing another's key as its own.

    Raises:
        NotVerified: what `verify_document` refuses; `possession`: claims of another form, key or organisation.
    """
    claims = verify_document(proof, typ=POSSESSION, key=key, federation=federation).claims
    if set(claims) != {"v", "federation", "iss", "sub"}:
        raise NotVerified("possession")
    if claims["sub"] != key.thumbprint or claims["iss"] != organisation:
        raise NotVerified("possession")


def _digest(token: str) -> bytes:
    return sha256(token[: token.rindex(".")].encode("ascii")).digest()
