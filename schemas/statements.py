"""Statements: an organisation's own signed keys and roles; with root consents and proofs of possession."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import ValidationError, validates_schema

from schemas.fields import (
    Moment,
    Part,
    Seconds,
    WireSchema,
    choice,
    choices,
    digest,
    federation,
    fixed,
    free_text,
    jws,
    organisation,
    origin_url,
    parts,
    record_id,
    token,
    version_one,
    whole,
)
from schemas.rulebook import RULES
from schemas.vocabulary.documents import REVOCATION_REASON, ROLE, SECTOR, USE

MAX_KEYS = 256
MAX_SEQ = 9_007_199_254_740_991
MAX_PROOF = 2_048


@dataclass(frozen=True, kw_only=True)
class Jwk:
    """An Ed25519 public key (RFC 8037), exactly these members."""

    crv: str
    kty: str
    x: str


class JwkSchema(WireSchema):
    """`{crv: "Ed25519", kty: "OKP", x}`; whether `x` is a safe point is judged where the key is loaded."""

    loads_to = Jwk

    crv = fixed("Ed25519")
    kty = fixed("OKP")
    x = digest(required=True)


@dataclass(frozen=True, kw_only=True)
class KeyClaim:
    """One key of a statement, with what it may do and when; `until` None means no end."""

    jwk: Jwk
    use: str
    from_: datetime
    until: datetime | None
    roles: tuple[str, ...]
    holder: str | None
    proof: str


class KeyClaimSchema(WireSchema):
    """All members always; `holder` is null and `roles` empty unless the key is for exchange."""

    loads_to = KeyClaim
    rules = RULES["key"]

    jwk = Part(JwkSchema, required=True)
    use = choice(USE, required=True)
    from_ = Moment(required=True, data_key="from")
    until = Moment(required=True, allow_none=True)
    roles = choices(ROLE, required=True)
    holder = token(64, required=True, allow_none=True)
    proof = jws(MAX_PROOF, required=True)


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """A key that no longer holds; `compromised` acts backward from `at`."""

    thumbprint: str
    at: datetime
    reason: str


class RevocationSchema(WireSchema):
    """All members always."""

    loads_to = Revocation

    thumbprint = digest(required=True)
    at = Moment(required=True)
    reason = choice(REVOCATION_REASON, required=True)


@dataclass(frozen=True, kw_only=True)
class RootChange:
    """The old root's thumbprint and its signed consent to this statement's root."""

    from_: str
    consent: str


class RootChangeSchema(WireSchema):
    """Both members always."""

    loads_to = RootChange

    from_ = digest(required=True, data_key="from")
    consent = jws(MAX_PROOF, required=True)


@dataclass(frozen=True, kw_only=True)
class Home:
    """The node where an organisation pushes."""

    node: str
    origin_url: str


class HomeSchema(WireSchema):
    """Both members always."""

    loads_to = Home

    node = organisation(required=True)
    origin_url = origin_url(required=True)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The claims of `havre-statement+jws`."""

    v: int
    federation: str
    iss: str
    jti: str
    iat: datetime
    exp: datetime
    seq: int
    prev: str | None
    root: Jwk
    display_name: str
    sector: str
    home: Home
    keys: tuple[KeyClaim, ...]
    revoked: tuple[Revocation, ...]
    root_change: RootChange | None


class StatementSchema(WireSchema):
    """All members always; at most 400 days and 256 keys, sorted by thumbprint (judged where keys are loaded)."""

    loads_to = Statement
    rules = RULES["statement"]

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    jti = record_id(required=True)
    iat = Seconds(required=True)
    exp = Seconds(required=True)
    seq = whole(1, MAX_SEQ, required=True)
    prev = digest(required=True, allow_none=True)
    root = Part(JwkSchema, required=True)
    display_name = free_text(100, required=True)
    sector = choice(SECTOR, required=True)
    home = Part(HomeSchema, required=True)
    keys = parts(KeyClaimSchema, most=MAX_KEYS, required=True)
    revoked = parts(RevocationSchema, most=MAX_KEYS, unique_by=("thumbprint",), required=True)
    root_change = Part(RootChangeSchema, required=True, allow_none=True)

    @validates_schema
    def _no_key_twice(self, data: dict[str, tuple[KeyClaim, ...]], **kwargs: object) -> None:  # noqa: ARG002 - marshmallow's signature
        if len({key.jwk.x for key in data["keys"]}) != len(data["keys"]):
            raise ValidationError("not_unique", "keys")

    @validates_schema
    def _roles_apart_by_holder(self, data: dict[str, tuple[KeyClaim, ...]], **kwargs: object) -> None:  # noqa: ARG002 - marshmallow's signature
        by_holder: dict[str, set[str]] = {}
        for key in data["keys"]:
            if key.holder is not None:
                by_holder.setdefault(key.holder, set()).update(key.roles)
        for roles in by_holder.values():
            for rule in RULES["roles"]:
                if not rule.is_kept_by({"roles": sorted(roles)}):
                    raise ValidationError(f"rule_{rule.name}", "keys")


@dataclass(frozen=True, kw_only=True)
class RootConsent:
    """The claims of `havre-root+jws`: the old root (`from`) agrees that `to` takes over with statement `seq`."""

    v: int
    federation: str
    iss: str
    from_: str
    to: str
    seq: int


class RootConsentSchema(WireSchema):
    """All members always; `from` and `to` are thumbprints."""

    loads_to = RootConsent

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    from_ = digest(required=True, data_key="from")
    to = digest(required=True)
    seq = whole(1, MAX_SEQ, required=True)


@dataclass(frozen=True, kw_only=True)
class Possession:
    """The claims of `havre-possession+jws`: a key's own word that `iss` holds it; `sub` is its thumbprint."""

    v: int
    federation: str
    iss: str
    sub: str


class PossessionSchema(WireSchema):
    """All members always; no clock."""

    loads_to = Possession

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    sub = digest(required=True)
