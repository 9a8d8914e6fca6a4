"""What a node says of itself and of its caller."""

from dataclasses import dataclass
from datetime import datetime

from schemas.fields import (
    Moment,
    Part,
    Seconds,
    WireSchema,
    choice,
    choices,
    federation,
    fixed,
    jws,
    keyid,
    log_name,
    matching,
    organisation,
    origin_url,
    version_one,
    whole,
)
from schemas.manifests import MAX_SEQ
from schemas.vocabulary.documents import ORGANISATION_STATUS, ROLE, SECTOR

MAX_STATEMENT = 262_144
MAX_MANIFEST = 32_768
_MOST = 9_007_199_254_740_991


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Requests that an organisation and each of its keys may send at once, and again within `seconds`."""

    organisation: int
    key: int
    seconds: int


class RateSchema(WireSchema):
    """All members always."""

    loads_to = Rate

    organisation = whole(1, _MOST, required=True)
    key = whole(1, _MOST, required=True)
    seconds = whole(1, 86_400, required=True)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rate of each class of requests: pushes, other GETs, the rest."""

    push: Rate
    read: Rate
    other: Rate


class RatesSchema(WireSchema):
    """All members always."""

    loads_to = Rates

    push = Part(RateSchema, required=True)
    read = Part(RateSchema, required=True)
    other = Part(RateSchema, required=True)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What this node takes and gives at most: bytes, and counts where the name has no unit."""

    document_bytes: int
    records: int
    line_bytes: int
    group_line_bytes: int
    manifest_bytes: int
    statement_bytes: int
    keys: int
    header_bytes: int
    audience_names: int
    page_bytes: int
    page_records: int
    streams: int
    rates: Rates


class LimitsSchema(WireSchema):
    """All members always."""

    loads_to = Limits

    document_bytes = whole(1, _MOST, required=True)
    records = whole(1, _MOST, required=True)
    line_bytes = whole(1, _MOST, required=True)
    group_line_bytes = whole(1, _MOST, required=True)
    manifest_bytes = whole(1, _MOST, required=True)
    statement_bytes = whole(1, _MOST, required=True)
    keys = whole(1, _MOST, required=True)
    header_bytes = whole(1, _MOST, required=True)
    audience_names = whole(1, _MOST, required=True)
    page_bytes = whole(1, _MOST, required=True)
    page_records = whole(1, _MOST, required=True)
    streams = whole(1, _MOST, required=True)
    rates = Part(RatesSchema, required=True)


PROTOCOL_LIMITS = Limits(
    document_bytes=8_388_608,
    records=4_096,
    line_bytes=16_384,
    group_line_bytes=196_608,
    manifest_bytes=MAX_MANIFEST,
    statement_bytes=MAX_STATEMENT,
    keys=256,
    header_bytes=8_192,
    audience_names=200,
    page_bytes=16_777_216,
    page_records=50_000,
    streams=1_000,
    rates=Rates(
        push=Rate(organisation=12_000, key=6_000, seconds=60),
        read=Rate(organisation=12_000, key=6_000, seconds=60),
        other=Rate(organisation=1_200, key=600, seconds=60),
    ),
)
"""The limits of protocol version 1 (docs/protocol.md §9); a node may set other rates than these."""


@dataclass(frozen=True, kw_only=True)
class Whoami:
    """`GET /v1/whoami`; `key_until` None means no end, `poll_after` is in seconds."""

    organisation: str
    sector: str
    status: str
    keyid: str
    key_until: datetime | None
    roles: tuple[str, ...]
    statement_seq: int
    statement_exp: datetime
    now: datetime
    limits: Limits
    poll_after: int


class WhoamiSchema(WireSchema):
    """All members always; `roles` are those in force, `statement_exp` is in seconds as the claim it repeats."""

    loads_to = Whoami

    organisation = organisation(required=True)
    sector = choice(SECTOR, required=True)
    status = choice(ORGANISATION_STATUS, required=True)
    keyid = keyid(required=True)
    key_until = Moment(required=True, allow_none=True)
    roles = choices(ROLE, required=True)
    statement_seq = whole(1, MAX_SEQ, required=True)
    statement_exp = Seconds(required=True)
    now = Moment(required=True)
    limits = Part(LimitsSchema, required=True)
    poll_after = whole(0, 86_400, required=True)


@dataclass(frozen=True, kw_only=True)
class Log:
    """Which log a node keeps; `verifier_key` is a C2SP note key, `previous` the epoch before; None: not yet, none."""

    name: str
    verifier_key: str | None
    previous: str | None


class LogSchema(WireSchema):
    """All members always."""

    loads_to = Log

    name = log_name(required=True)
    verifier_key = matching(r"[a-z0-9./-]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+", most=300, required=True, allow_none=True)
    previous = log_name(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class WellKnown:
    """`GET /.well-known/havre`; `statement` is the node's own, a JWS."""

    v: int
    federation: str
    node: str
    origin_url: str
    statement: str
    log: Log


class WellKnownSchema(WireSchema):
    """All members always."""

    loads_to = WellKnown

    v = version_one()
    federation = federation(required=True)
    node = organisation(required=True)
    origin_url = origin_url(required=True)
    statement = jws(MAX_STATEMENT, required=True)
    log = Part(LogSchema, required=True)


@dataclass(frozen=True, kw_only=True)
class Health:
    """`GET /healthz`, `GET /readyz`."""

    status: str


class HealthSchema(WireSchema):
    """`status` is `ok`."""

    loads_to = Health

    status = fixed("ok")
