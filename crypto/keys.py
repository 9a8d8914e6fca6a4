"""Ed25519 keys (RFC 8032), their names (RFC 7638, RFC 8037) and their files.

- Weak points are refused when a key is loaded: with the points of order 1, 2, 4 and 8 almost anything verifies,
  and an encoding with y >= p gives one point two names.
- A private key never shows itself: not in `repr`, not in an error.
- A `keyid` is `<organisation>/<thumbprint>`, in one spelling.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Literal, NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified

KeyUse = Literal["root", "record", "exchange", "node", "log", "witness"]

_KEY_BYTES = 32
_P = 2**255 - 19
_Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# y of the points of order 4, 1, 2 and, twice, 8 (RFC 8032 §5.1; each stands for both signs of x).
_WEAK_Y = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})

_ORGANISATION_LENGTH = 100
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORGANISATION = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{1,4}}")


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    """A public key that is no weak point; `x` is its 32 bytes, `thumbprint` its RFC 7638 name in base64url."""

    x: bytes
    thumbprint: str = field(compare=False)
    ed25519: Ed25519PublicKey = field(repr=False, compare=False)

    @property
    def jwk(self) -> dict[str, str]:
        """Return the JWK with exactly `crv`, `kty` and `x` (RFC 8037 §2)."""
        return {"crv": "Ed25519", "kty": "OKP", "x": to_base64url(self.x)}

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check the 64-byte `signature` of this key over `message`.

        Raises:
            NotVerified: `signature`.
        """
        try:
            self.ed25519.verify(signature, message)
        except InvalidSignature as error:
            raise NotVerified("signature") from error


@dataclass(frozen=True, kw_only=True)
class PrivateKey:
    """A private key; what it shows of itself is its public half."""

    public: PublicKey
    ed25519: Ed25519PrivateKey = field(repr=False, compare=False)

    @property
    def thumbprint(self) -> str:
        """Return the RFC 7638 thumbprint of the public half."""
        return self.public.thumbprint

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over `message`."""
        return self.ed25519.sign(message)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into a file by accident."""
        raise TypeError("a private key is not serialised but by encode_private_key")


@lru_cache(maxsize=4096)
def public_key_from_bytes(x: bytes) -> PublicKey:
    """Return the public key with the 32-byte encoding `x` (RFC 8032 §5.1.2).

    Raises:
        NotVerified: `key_form`: not 32 bytes; `weak_key`: small order or not canonical.
    """
    if len(x) != _KEY_BYTES:
        raise NotVerified("key_form")
    y = int.from_bytes(x, "little") & ((1 << 255) - 1)
    if y >= _P or y in _WEAK_Y:
        raise NotVerified("weak_key")
    # RFC 7638 §3.2: the required members of an OKP key, in order, without spaces.
    named = f'{{"crv":"Ed25519","kty":"OKP","x":"{to_base64url(x)}"}}'
    thumbprint = to_base64url(sha256(named.encode("ascii")).digest())
    return PublicKey(x=x, thumbprint=thumbprint, ed25519=Ed25519PublicKey.from_public_bytes(x))


def public_key_from_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """Return the public key of a JWK with exactly `crv`, `kty` and `x`.

    Raises:
        NotVerified: `key_form`, `weak_key`, `base64url`. A private member (`d`) is a wrong form too.
    """
    if not isinstance(jwk, Mapping) or set(jwk) != {"crv", "kty", "x"}:
        raise NotVerified("key_form")
    x = jwk["x"]
    if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519" or not isinstance(x, str):
        raise NotVerified("key_form")
    return public_key_from_bytes(from_base64url(x, length=_KEY_BYTES))


def private_key_from_seed(seed: bytes) -> PrivateKey:
    """Return the private key of a 32-byte `seed` (RFC 8032 §5.1.5).

    Raises:
        NotVerified: `key_form`: not 32 bytes.
    """
    if len(seed) != _KEY_BYTES:
        raise NotVerified("key_form")
    return _private_key(Ed25519PrivateKey.from_private_bytes(seed))


def load_private_key(pem: bytes, *, passphrase: bytes | None = None) -> PrivateKey:
    """Return the Ed25519 key in PKCS#8 `pem`, opened with `passphrase` where there is one.

    Raises:
        NotVerified: `key_file`: no such key, or another passphrase.
    """
    try:
        key = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NotVerified("key_file") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NotVerified("key_file")
    return _private_key(key)


def encode_private_key(key: PrivateKey, *, passphrase: bytes | None = None) -> bytes:
    """Return `key` as PKCS#8 PEM (RFC 8410 §7), encrypted where there is a `passphrase`."""
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase)
    return key.ed25519.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def is_organisation(name: str) -> bool:
    """Return whether `name` is a lower-case LDH name of 2 to 5 labels, at most 100 characters, no IDN."""
    return len(name) <= _ORGANISATION_LENGTH and _ORGANISATION.fullmatch(name) is not None


def keyid(organisation: str, thumbprint: str) -> str:
    """Return `<organisation>/<thumbprint>`.

    Raises:
        NotVerified: `keyid`: one of the two is not in its form.
    """
    named = f"{organisation}/{thumbprint}"
    split_keyid(named)
    return named


@lru_cache(maxsize=4096)
def split_keyid(keyid: str) -> tuple[str, str]:
    """Return the organisation and the thumbprint that `keyid` names.

    Raises:
        NotVerified: `keyid`: not of the one form.
    """
    organisation, slash, thumbprint = keyid.partition("/")
    if not slash or not is_organisation(organisation):
        raise NotVerified("keyid")
    try:
        from_base64url(thumbprint, length=_KEY_BYTES)
    except NotVerified as error:
        raise NotVerified("keyid") from error
    return organisation, thumbprint


def _private_key(key: Ed25519PrivateKey) -> PrivateKey:
    return PrivateKey(public=public_key_from_bytes(key.public_key().public_bytes_raw()), ed25519=key)
