"""Organisations with real keys: their statements, the approvals of two operators, their signed requests."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import itemgetter

from crypto.documents import APPROVAL, STATEMENT, document_digest, sign_document, sign_possession
from crypto.encoding import to_base64url
from crypto.identifiers import uuid7
from crypto.keys import KeyUse, PrivateKey, private_key_from_seed
from crypto.keys import keyid as keyid_of
from crypto.messages import sign_request

_STATEMENT_LIFE = timedelta(days=365)
_APPROVAL_LIFE = timedelta(days=7)
_NONCE_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Place:
    """A node as partners know it."""

    federation: str
    node: str
    origin_url: str


@dataclass(frozen=True, kw_only=True)
class ListedKey:
    """A key as a statement lists it."""

    key: PrivateKey
    use: KeyUse
    roles: Sequence[str] = ()
    holder: str | None = None


@dataclass(frozen=True, kw_only=True)
class Partner:
    """One organisation with its keys; `requests` signs requests, `records` manifests."""

    place: Place
    name: str
    sector: str
    roles: Sequence[str]
    root: PrivateKey
    records: PrivateKey
    requests: PrivateKey

    @property
    def keyid(self) -> str:
        """Return the name of the key that signs requests."""
        return keyid_of(self.name, self.requests.thumbprint)

    def statement(self) -> str:
        """Return the organisation's first statement."""
        keys = [
            ListedKey(key=self.records, use="record"),
            ListedKey(key=self.requests, use="exchange", roles=self.roles, holder=f"{self.name.split('.')[0]}-1"),
        ]
        return sign_statement(self.place, self.name, self.sector, root=self.root, keys=keys)

    def headers(
        self, method: str, target: str, *, purpose: str, body: bytes | None = None, content_type: str | None = None
    ) -> dict[str, str]:
        """Return the headers that make this request a signed one, now."""
        return sign_request(
            method=method,
            target_uri=self.place.origin_url + target,
            purpose=purpose,
            body=body,
            content_type=content_type,
            key=self.requests,
            keyid=self.keyid,
            created=int(time.time()),
            nonce=to_base64url(secrets.token_bytes(_NONCE_BYTES)),
        )


def make_partner(place: Place, name: str, *, roles: Sequence[str], sector: str = "hotline") -> Partner:
    """Return an organisation with keys that its name alone decides: they are worth nothing outside a bench."""
    root, records, requests = (key_from(f"{name} {use}") for use in ("root", "record", "exchange"))
    return Partner(
        place=place, name=name, sector=sector, roles=sorted(roles), root=root, records=records, requests=requests
    )


def key_from(text: str) -> PrivateKey:
    """Return the key whose seed is the digest of `text`."""
    return private_key_from_seed(sha256(text.encode()).digest())


def sign_statement(place: Place, name: str, sector: str, *, root: PrivateKey, keys: Sequence[ListedKey]) -> str:
    """Return a first statement of `name` at the node of `place`, with these keys."""
    now = datetime.now(UTC).replace(microsecond=0)
    listed = [(each.key.thumbprint, _claim(place, name, each, since=now)) for each in keys]
    claims = {
        "v": 1,
        "federation": place.federation,
        "iss": name,
        "jti": _new_id(),
        "iat": int(now.timestamp()),
        "exp": int((now + _STATEMENT_LIFE).timestamp()),
        "seq": 1,
        "prev": None,
        "root": root.public.jwk,
        "display_name": name,
        "sector": sector,
        "home": {"node": place.node, "origin_url": place.origin_url},
        "keys": [claim for _, claim in sorted(listed, key=itemgetter(0))],
        "revoked": [],
        "root_change": None,
    }
    return sign_document(claims, typ=STATEMENT, key=root, keyid=keyid_of(name, root.thumbprint))


def sign_approval(place: Place, operator: PrivateKey, subject: Partner, statement: str) -> str:
    """Return an operator's word that `subject` is admitted by `statement` with the roles it asks for."""
    now = datetime.now(UTC).replace(microsecond=0)
    claims = {
        "v": 1,
        "federation": place.federation,
        "iss": place.node,
        "jti": _new_id(),
        "iat": int(now.timestamp()),
        "exp": int((now + _APPROVAL_LIFE).timestamp()),
        "act": "admit",
        "subject": subject.name,
        "document_sha256": to_base64url(document_digest(statement)),
        "sector": subject.sector,
        "home": {"node": place.node, "origin_url": place.origin_url},
        "display_name": subject.name,
        "roles_at_most": list(subject.roles),
    }
    return sign_document(claims, typ=APPROVAL, key=operator, keyid=keyid_of(place.node, operator.thumbprint))


def _claim(place: Place, name: str, listed: ListedKey, *, since: datetime) -> dict[str, object]:
    return {
        "jwk": listed.key.public.jwk,
        "use": listed.use,
        "from": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "until": None,
        "roles": sorted(listed.roles),
        "holder": listed.holder,
        "proof": sign_possession(key=listed.key, federation=place.federation, organisation=name),
    }


def _new_id() -> str:
    return str(uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10)))
