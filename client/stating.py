"""Compose and sign one's own statements: the first, its renewals, revocations, a new root.

A statement lists every key ever used and forgets no revocation; a renewal takes over what the one before said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from client.clock import Source, wire_time
from client.home import Config, KeyFile
from client.known import KnownStatement, read_statement
from crypto.claims import public_key_of
from crypto.documents import ROOT_CONSENT, STATEMENT, read_document, sign_document, sign_possession
from crypto.encoding import to_base64url
from crypto.keys import PrivateKey, keyid, public_key_from_jwk

_HOLDER_BYTES = 9


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What the statement says of exchange keys that it lists for the first time.

    `holder` is an opaque token of the person or system that holds them, never a name; None: a random one for each key.
    No `roles`, in a renewal: those of the exchange keys in force.
    """

    roles: tuple[str, ...]
    holder: str | None = None


def first_statement(
    *,
    config: Config,
    keys: Sequence[KeyFile],
    root: PrivateKey,
    display_name: str,
    sector: str,
    grant: Grant,
    days: int,
    source: Source,
) -> str:
    """Return the first statement of an organisation, signed by its root."""
    now = source.now()
    claims = {
        "v": 1,
        "federation": config.federation,
        "iss": config.organisation,
        "jti": source.identifier(),
        **_lifetime(now, days),
        "seq": 1,
        "prev": None,
        "root": root.public.jwk,
        "display_name": display_name,
        "sector": sector,
        "home": {"node": config.node, "origin_url": config.origin_url},
        "keys": _sorted([_claim(one, config, grant, now, source) for one in _used(keys)]),
        "revoked": [],
        "root_change": None,
    }
    return _sign(claims, root, config)


def next_statement(
    before: str,
    *,
    config: Config,
    keys: Sequence[KeyFile],
    root: PrivateKey,
    new_root: PrivateKey | None = None,
    grant: Grant,
    days: int,
    revoked: Sequence[dict[str, str]] = (),
    source: Source,
) -> str:
    """Return the statement after `before`: longer valid, with the keys that are new, and what is newly revoked.

    `root` is the root of `before`; with `new_root` it consents, and the new one signs.
    """
    known: KnownStatement = read_statement(before, organisation=config.organisation, federation=config.federation)
    said = read_document(before, typ=STATEMENT).claims
    now, seq = source.now(), known.seq + 1
    grant = replace(grant, roles=grant.roles or roles_in_force(known, now))
    listed = {claim["jwk"]["x"] for claim in said["keys"]}
    added = [one for one in _used(keys) if one.key.public.jwk["x"] not in listed]
    renewed = {entry["thumbprint"] for entry in revoked}
    claims = {
        **said,
        "jti": source.identifier(),
        **_lifetime(now, days),
        "seq": seq,
        "prev": known.digest,
        "root": (new_root or root).public.jwk,
        "keys": _sorted([*said["keys"], *(_claim(one, config, grant, now, source) for one in added)]),
        "revoked": [*(entry for entry in said["revoked"] if entry["thumbprint"] not in renewed), *revoked],
        "root_change": None if new_root is None else _consent(root, new_root, seq, config),
    }
    return _sign(claims, new_root or root, config)


def roles_in_force(statement: KnownStatement, at: datetime) -> tuple[str, ...]:
    """Return all roles of the exchange keys that hold at `at` by a statement, sorted."""
    claims = statement.signed.claims
    revoked = {one.thumbprint for one in claims.revoked}
    holding = [
        one
        for one in claims.keys
        if one.use == "exchange"
        and public_key_of(one.jwk).thumbprint not in revoked
        and (one.until is None or one.until > at)
    ]
    return tuple(sorted({role for one in holding for role in one.roles}))


def _lifetime(now: datetime, days: int) -> dict[str, int]:
    return {"iat": int(now.timestamp()), "exp": int((now + timedelta(days=days)).timestamp())}


def _used(keys: Sequence[KeyFile]) -> list[KeyFile]:
    return [one for one in keys if one.use in {"record", "exchange"}]


def _claim(one: KeyFile, config: Config, grant: Grant, now: datetime, source: Source) -> dict[str, Any]:
    is_exchange = one.use == "exchange"
    holder = grant.holder or f"h-{source.random(_HOLDER_BYTES).hex()}"
    return {
        "jwk": one.key.public.jwk,
        "use": one.use,
        "from": wire_time(now),
        "until": None,
        "roles": sorted(set(grant.roles)) if is_exchange else [],
        "holder": holder if is_exchange else None,
        "proof": sign_possession(key=one.key, federation=config.federation, organisation=config.organisation),
    }


def _sorted(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(claims, key=lambda claim: public_key_from_jwk(claim["jwk"]).thumbprint)


def _consent(root: PrivateKey, new_root: PrivateKey, seq: int, config: Config) -> dict[str, str]:
    claims = {
        "v": 1,
        "federation": config.federation,
        "iss": config.organisation,
        "from": root.thumbprint,
        "to": new_root.thumbprint,
        "seq": seq,
    }
    consent = sign_document(claims, typ=ROOT_CONSENT, key=root, keyid=keyid(config.organisation, root.thumbprint))
    return {"from": root.thumbprint, "consent": consent}


def _sign(claims: dict[str, Any], root: PrivateKey, config: Config) -> str:
    token = sign_document(claims, typ=STATEMENT, key=root, keyid=keyid(config.organisation, root.thumbprint))
    # What would be refused by everybody is refused here, before anybody sees it.
    read_statement(token, organisation=config.organisation, federation=config.federation)
    return token


def digest_of(token: str) -> str:
    """Return the digest of a statement, base64url, by which operators name it."""
    return to_base64url(read_document(token, typ=STATEMENT).digest)
