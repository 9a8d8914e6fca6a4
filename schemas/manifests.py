"""Batch manifests, their audience, and the home node's acceptances."""

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
    group_name,
    log_name,
    matching,
    organisation,
    record_id,
    sorted_set,
    version_one,
    whole,
)
from schemas.rulebook import RULES
from schemas.vocabulary.documents import SECTOR
from schemas.vocabulary.exchange import SHARING_PURPOSE, TLP
from schemas.vocabulary.records import KIND

MAX_RECORDS = 4_096
MAX_NAMES = 200
MAX_SEQ = 9_007_199_254_740_991
MAX_LIFETIME_DAYS = 1_827  # five years and their leap days


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who may have a batch; each list sorted, `[]` in `sectors` and `purposes` narrows nothing."""

    tlp: str
    groups: tuple[str, ...]
    organisations: tuple[str, ...]
    sectors: tuple[str, ...]
    purposes: tuple[str, ...]


class AudienceSchema(WireSchema):
    """All five members always; at most 200 names."""

    loads_to = Audience
    rules = RULES["audience"]

    tlp = choice(TLP, required=True)
    groups = sorted_set(group_name(), most=MAX_NAMES, required=True)
    organisations = sorted_set(organisation(), most=MAX_NAMES, required=True)
    sectors = choices(SECTOR, required=True)
    purposes = choices(SHARING_PURPOSE, required=True)

    @validates_schema
    def _count_names(self, data: dict[str, tuple[str, ...]], **kwargs: object) -> None:  # noqa: ARG002 - marshmallow's signature
        if len(data["groups"]) + len(data["organisations"]) > MAX_NAMES:
            raise ValidationError("length", "organisations")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The claims of `havre-batch+jws`."""

    v: int
    federation: str
    iss: str
    jti: str
    iat: datetime
    kind: str
    schema: str
    audience: Audience
    about: str | None
    expires: datetime
    count: int
    root: str


class ManifestSchema(WireSchema):
    """All members always; `about` names the origin whose records opinions concern, else null.

    `schema` may be a version that this release does not know: a node refuses it by that reason, a relay stops
    the stream.
    """

    loads_to = Manifest
    rules = RULES["manifest"]

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    jti = record_id(required=True)
    iat = Seconds(required=True)
    kind = choice(KIND, required=True)
    schema = matching("[a-z]+/[1-9][0-9]{0,3}", most=20, required=True)
    audience = Part(AudienceSchema, required=True)
    about = organisation(required=True, allow_none=True)
    expires = Moment(required=True)
    count = whole(1, MAX_RECORDS, required=True)
    root = digest(required=True)

    @validates_schema
    def _limit_lifetime(self, data: dict[str, datetime], **kwargs: object) -> None:  # noqa: ARG002 - marshmallow's signature
        lifetime = data["expires"] - data["iat"]
        if lifetime.total_seconds() <= 0 or lifetime.days > MAX_LIFETIME_DAYS:
            raise ValidationError("rule_lifetime", "expires")

    @validates_schema
    def _one_record_a_group(self, data: dict[str, object], **kwargs: object) -> None:  # noqa: ARG002 - marshmallow's signature
        if data["kind"] == "group" and data["count"] != 1:
            raise ValidationError("rule_one_record_a_group", "count")


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """The claims of `havre-acceptance+jws`: the home node's signed place for one batch in its stream."""

    v: int
    federation: str
    iss: str
    manifest_sha256: str
    statement_sha256: str
    node_statement_sha256: str
    stream: str
    seq: int
    prev: str | None
    log: str
    at: datetime


class AcceptanceSchema(WireSchema):
    """All members always; `prev` is null in the first batch of a stream."""

    loads_to = Acceptance
    rules = RULES["acceptance"]

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    manifest_sha256 = digest(required=True)
    statement_sha256 = digest(required=True)
    node_statement_sha256 = digest(required=True)
    stream = digest(required=True)
    seq = whole(1, MAX_SEQ, required=True)
    prev = digest(required=True, allow_none=True)
    log = log_name(required=True)
    at = Moment(required=True)
