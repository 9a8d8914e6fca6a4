"""What a judge needs to see of statements, approvals and batches.

The judges are pure and know no schema: whatever has these attributes can be judged. Attribute names are the claims'
own, with `from_` for `from`; all times are aware. `schemas` has frozen dataclasses that fit.
"""

# ruff: noqa: D102  the attributes are the claims of docs/protocol.md, and are described there

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from crypto.keys import PublicKey, public_key_from_jwk


class Jwk(Protocol):
    """A public key as JWK."""

    @property
    def crv(self) -> str: ...
    @property
    def kty(self) -> str: ...
    @property
    def x(self) -> str: ...


class KeyClaim(Protocol):
    """One key of a statement."""

    @property
    def jwk(self) -> Jwk: ...
    @property
    def use(self) -> str: ...
    @property
    def from_(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def roles(self) -> Sequence[str]: ...
    @property
    def holder(self) -> str | None: ...
    @property
    def proof(self) -> str: ...


class Revocation(Protocol):
    """One key that holds no more."""

    @property
    def thumbprint(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def reason(self) -> str: ...


class RootChange(Protocol):
    """The old root's thumbprint and its consent."""

    @property
    def from_(self) -> str: ...
    @property
    def consent(self) -> str: ...


class Home(Protocol):
    """The node where an organisation pushes."""

    @property
    def node(self) -> str: ...
    @property
    def origin_url(self) -> str: ...


class Statement(Protocol):
    """The claims of a statement."""

    @property
    def federation(self) -> str: ...
    @property
    def iss(self) -> str: ...
    @property
    def iat(self) -> datetime: ...
    @property
    def exp(self) -> datetime: ...
    @property
    def seq(self) -> int: ...
    @property
    def prev(self) -> str | None: ...
    @property
    def root(self) -> Jwk: ...
    @property
    def display_name(self) -> str: ...
    @property
    def sector(self) -> str: ...
    @property
    def home(self) -> Home: ...
    @property
    def keys(self) -> Sequence[KeyClaim]: ...
    @property
    def revoked(self) -> Sequence[Revocation]: ...
    @property
    def root_change(self) -> RootChange | None: ...


class Approval(Protocol):
    """The claims of an approval."""

    @property
    def federation(self) -> str: ...
    @property
    def iss(self) -> str: ...
    @property
    def jti(self) -> str: ...
    @property
    def iat(self) -> datetime: ...
    @property
    def exp(self) -> datetime: ...
    @property
    def act(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def document_sha256(self) -> str: ...
    @property
    def sector(self) -> str: ...
    @property
    def home(self) -> Home: ...
    @property
    def display_name(self) -> str: ...
    @property
    def roles_at_most(self) -> Sequence[str]: ...


class Document(Protocol):
    """A signed document, read or verified (`crypto/documents.py`)."""

    @property
    def organisation(self) -> str: ...
    @property
    def thumbprint(self) -> str: ...
    @property
    def claims(self) -> dict[str, Any]: ...
    @property
    def digest(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class SignedStatement:
    """A statement's claims with the 32-byte digest of the document that was verified to hold them."""

    claims: Statement
    digest: bytes


def public_key_of(jwk: Jwk) -> PublicKey:
    """Return the key of a JWK that has been loaded to attributes.

    Raises:
        NotVerified: `key_form`, `weak_key`, `base64url`.
    """
    return _key_of(jwk.crv, jwk.kty, jwk.x)


@lru_cache(maxsize=4096)
def _key_of(crv: str, kty: str, x: str) -> PublicKey:
    return public_key_from_jwk({"crv": crv, "kty": kty, "x": x})
