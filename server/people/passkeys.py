"""Ask browsers for passkeys and judge what they answer (Web Authentication Level 3), by the library `webauthn`.

Wanted always: a credential that the authenticator itself can find again (discoverable), the person verified by it
(PIN, finger, face), our exact origin, our RP id, no frame of another site, a challenge of ours that was not answered
before, a counter that does not go back. No attestation is asked for and none is taken: which maker built the
authenticator decides nothing here, and the parsers of the formats stay shut.

What is wrong has a constant token for the entry; nothing of what a browser sent is kept or repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import encode_cbor, parse_cbor
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from crypto.canonical import NotCanonical, parse_json
from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified

# What a library's parser may raise over bytes that a stranger made, besides its own.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
_ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_ASKING_MS = 120_000
_ANSWER_BYTES = 16 * 1024
_LEAST_ID_BYTES, _MOST_ID_BYTES = 16, 1_023
_RP_BYTES, _FLAGS_AT = 32, 32
_VERIFIED = 0x04
_RESPONSES = (
    frozenset({"clientDataJSON", "attestationObject"}),
    frozenset({"clientDataJSON", "authenticatorData", "signature", "userHandle"}),
)


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """For whom a passkey is good: `id` is the host of `origin`."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a browser gave, read and not yet judged: which credential and whose, over which challenge."""

    credential_id: bytes
    user_handle: bytes | None
    challenge: bytes
    answer: dict[str, Any]
    client: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class NewPasskey:
    """A passkey that was just made; `is_synced` if copies of it may be on other devices."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


def relying_party(*, origin_url: str, node: str) -> RelyingParty | None:
    """Return for whom passkeys of this node are good, or None: an IP address can have none (its §5.1.2)."""
    host = urlsplit(origin_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return RelyingParty(id=host, name=node, origin=origin_url)
    return None


def creation_options(
    party: RelyingParty, *, user_handle: bytes, user_name: str, challenge: bytes, known: Sequence[bytes]
) -> str:
    """Return the options of `navigator.credentials.create()` as JSON; `known` are credentials not to be made again."""
    return options_to_json(
        generate_registration_options(
            rp_id=party.id,
            rp_name=party.name,
            user_id=user_handle,
            user_name=user_name,
            challenge=challenge,
            timeout=_ASKING_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
            supported_pub_key_algs=_ALGORITHMS,
        )
    )


def request_options(party: RelyingParty, *, challenge: bytes, allowed: Sequence[bytes] = ()) -> str:
    """Return the options of `navigator.credentials.get()` as JSON; with none `allowed` the browser lets one choose."""
    return options_to_json(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=_ASKING_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in allowed],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_answer(text: str) -> Given:
    """Return what a browser gave, as `PublicKeyCredential.toJSON` writes it; nothing is judged but its form.

    Raises:
        NotVerified: `passkey_form`.
    """
    if len(text) > _ANSWER_BYTES:
        raise NotVerified("passkey_form")
    try:
        return _given(_object(parse_json(text.encode())))
    except (NotCanonical, NotVerified, *_MALFORMED) as error:
        raise NotVerified("passkey_form") from error


def verify_assertion(party: RelyingParty, given: Given, *, challenge: bytes, public_key: bytes, sign_count: int) -> int:
    """Check that the holder of `public_key` answered `challenge` here and was verified; return the new counter.

    Raises:
        NotVerified: `foreign_origin`, `framed`, `foreign_party`, `person_not_verified`, `counter`, `passkey`.
    """
    _check_client(party, given, kind="webauthn.get")
    try:
        authenticator_data = from_base64url(given.answer["response"]["authenticatorData"])
    except (NotVerified, *_MALFORMED) as error:
        raise NotVerified("passkey_form") from error
    _check_authenticator(party, authenticator_data)
    counter = int.from_bytes(authenticator_data[_FLAGS_AT + 1 : _FLAGS_AT + 5])
    if (counter or sign_count) and counter <= sign_count:
        raise NotVerified("counter")
    try:
        verified = verify_authentication_response(
            credential=given.answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise NotVerified("passkey") from error
    return verified.new_sign_count


def verify_registration(party: RelyingParty, given: Given, *, challenge: bytes) -> NewPasskey:
    """Check that a passkey was made here, for `challenge`, by an authenticator that verified its person; return it.

    Raises:
        NotVerified: `foreign_origin`, `framed`, `foreign_party`, `person_not_verified`, `passkey_form`, `passkey`.
    """
    _check_client(party, given, kind="webauthn.create")
    plain, authenticator_data = _unattested(given.answer)
    _check_authenticator(party, authenticator_data)
    try:
        verified = verify_registration_response(
            credential=plain,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except _MALFORMED as error:
        raise NotVerified("passkey") from error
    if verified.credential_id != given.credential_id:
        raise NotVerified("passkey")
    return NewPasskey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        is_synced=verified.credential_device_type.value == "multi_device",
    )


def keyid_of_passkey(organisation: str, public_key: bytes) -> str:
    """Return the name of a passkey in entries: its organisation, and SHA-256 over its public key."""
    return f"{organisation}/{to_base64url(sha256(public_key).digest())}"


def _given(answer: dict[str, Any]) -> Given:
    response = _object(answer["response"])
    # Our own page sends these and no others.
    if set(answer) != {"id", "rawId", "type", "response"} or set(response) not in _RESPONSES:
        raise NotVerified("passkey_form")
    credential_id = from_base64url(answer["rawId"])
    if answer["id"] != answer["rawId"] or not _LEAST_ID_BYTES <= len(credential_id) <= _MOST_ID_BYTES:
        raise NotVerified("passkey_form")
    client = _client_data(response["clientDataJSON"])
    handle = response.get("userHandle")
    return Given(
        credential_id=credential_id,
        user_handle=None if handle is None else from_base64url(handle),
        challenge=from_base64url(client["challenge"]),
        answer=answer,
        client=client,
    )


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise NotVerified("passkey_form")
    return value


def _client_data(text: str) -> dict[str, Any]:
    """Return what the browser says of the ceremony; the browser may add members, and ours are what we expect."""
    client = _object(orjson.loads(from_base64url(text)))
    if any(type(client.get(name)) is not str for name in ("type", "challenge", "origin")):
        raise NotVerified("passkey_form")
    return client


def _check_client(party: RelyingParty, given: Given, *, kind: str) -> None:
    if given.client["type"] != kind:
        raise NotVerified("passkey_form")
    if given.client["origin"] != party.origin:
        raise NotVerified("foreign_origin")
    # In a frame of another site a person cannot see whom the passkey is given to. (its §5.8.1)
    if given.client.get("crossOrigin", False) is not False or "topOrigin" in given.client:
        raise NotVerified("framed")


def _check_authenticator(party: RelyingParty, data: bytes) -> None:
    """Name what the library would refuse without a name (its §6.1)."""
    if len(data) < _FLAGS_AT + 5:
        raise NotVerified("passkey_form")
    if data[:_RP_BYTES] != sha256(party.id.encode()).digest():
        raise NotVerified("foreign_party")
    if not data[_FLAGS_AT] & _VERIFIED:
        raise NotVerified("person_not_verified")


def _unattested(answer: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return `answer` without the attestation that some send unasked, and the authenticator's data in it."""
    try:
        data = _bytes(_object(parse_cbor(from_base64url(answer["response"]["attestationObject"])))["authData"])
    except (NotVerified, *_MALFORMED) as error:
        raise NotVerified("passkey_form") from error
    plain = to_base64url(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data}))
    return {**answer, "response": {**answer["response"], "attestationObject": plain}}, data


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise NotVerified("passkey_form")
    return value
