"""A small authenticator of our own: makes passkeys and answers challenges, honestly or as an attack wants it.

It knows nothing of the node: it reads the options that a page carries and writes what a browser would send.
"""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

from crypto.encoding import from_base64url, to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
_AAGUID = bytes(16)
_ES256 = -7


@dataclass(kw_only=True)
class Credential:
    """One passkey as its authenticator has it."""

    credential_id: bytes
    user_handle: bytes
    rp_id: str
    key: ec.EllipticCurvePrivateKey
    counter: int = 0


@dataclass(kw_only=True)
class Authenticator:
    """One device; `origin` is the page that the browser shows."""

    origin: str = "https://node.example"
    credentials: list[Credential] = field(default_factory=list)

    def create(self, options: str, *, flags: int = PRESENT | VERIFIED, **said: Any) -> str:
        """What a browser sends after `navigator.credentials.create()`; `said` alters the client data."""
        asked = json.loads(options)
        made = Credential(
            credential_id=secrets.token_bytes(32),
            user_handle=from_base64url(asked["user"]["id"]),
            rp_id=asked["rp"]["id"],
            key=ec.generate_private_key(ec.SECP256R1()),
        )
        self.credentials.append(made)
        attested = _AAGUID + len(made.credential_id).to_bytes(2) + made.credential_id + cose_key(made.key)
        data = _authenticator_data(made, flags | ATTESTED) + attested
        response = {
            "clientDataJSON": self._client_data("webauthn.create", asked["challenge"], said),
            "attestationObject": to_base64url(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return _answer(made, response)

    def get(
        self,
        options: str,
        *,
        flags: int = PRESENT | VERIFIED,
        credential: Credential | None = None,
        handle: bytes | None = None,
        **said: Any,
    ) -> str:
        """What a browser sends after `navigator.credentials.get()`, with the newest passkey or with `credential`."""
        asked = json.loads(options)
        chosen = credential or self.credentials[-1]
        chosen.counter += 1
        client_data = self._client_data("webauthn.get", asked["challenge"], said)
        data = _authenticator_data(chosen, flags)
        signed = data + sha256(from_base64url(client_data)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": to_base64url(data),
            "signature": to_base64url(chosen.key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": to_base64url(handle or chosen.user_handle),
        }
        return _answer(chosen, response)

    def _client_data(self, kind: str, challenge: str, said: dict[str, Any]) -> str:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return to_base64url(json.dumps(told | said).encode())


def cose_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as COSE writes it (RFC 9053 §7.1.1)."""
    numbers = key.public_key().public_numbers()
    return encode_cbor({1: 2, 3: _ES256, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


def _authenticator_data(credential: Credential, flags: int) -> bytes:
    return sha256(credential.rp_id.encode()).digest() + bytes([flags]) + credential.counter.to_bytes(4)


def _answer(credential: Credential, response: dict[str, str]) -> str:
    name = to_base64url(credential.credential_id)
    return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
