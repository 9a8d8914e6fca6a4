"""The access trail: one entry, and what opens it."""

from dataclasses import dataclass
from datetime import datetime

from schemas.fields import (
    Items,
    Moment,
    Part,
    Text,
    WireSchema,
    choice,
    digest,
    free_text,
    keyid,
    matching,
    organisation,
    record_id,
    version_one,
    whole,
)
from schemas.vocabulary.documents import ACT, ROLE
from schemas.vocabulary.exchange import DECISION, TLP
from schemas.vocabulary.records import KIND

_MOST = 9_007_199_254_740_991


@dataclass(frozen=True, kw_only=True)
class OpenedEntry:
    """`GET /v1/log/entries/{leaf}`: the canonical text of the entry, and what makes its leaf with it.

    `index` is its place in the log, None while it waits for one.
    """

    entry: str
    salt: str
    p: str
    index: int | None


class OpenedEntrySchema(WireSchema):
    """All members always."""

    loads_to = OpenedEntry

    entry = Text(required=True)
    salt = digest(required=True)
    p = digest(required=True)
    index = whole(0, _MOST, required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a pull asked for, as the texts of its parameters; or what an approval was of, and whom it was about."""

    kind: str | None = None
    origin: str | None = None
    own: str | None = None
    act: str | None = None
    subject: str | None = None


class FilterSchema(WireSchema):
    """Each member only where it was asked for."""

    loads_to = Filter

    kind = choice(KIND)
    origin = organisation()
    own = matching("true|false", most=5)
    act = choice(ACT)
    subject = organisation()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`entry/1`: one exchange in the access trail; `from_` and `to` are places `[epoch, m, i, j]`."""

    v: int
    id: str
    at: datetime
    node: str
    organisation: str | None
    keyid: str | None
    role: str | None
    action: str
    purpose: str | None
    decision: str
    reason: str | None
    target: str | None
    signature_base: str | None
    signature: str | None
    response_status: int | None
    response_digest: str | None
    records: int | None
    served: str | None
    filter: Filter | None
    from_: tuple[int, ...] | None
    to: tuple[int, ...] | None
    tlp: str | None
    policy: str | None


class EntrySchema(WireSchema):
    """All members always; in a refused entry `target` and `signature_base` are digests."""

    loads_to = Entry

    v = version_one()
    id = record_id(required=True)
    at = Moment(required=True)
    node = organisation(required=True)
    organisation = organisation(required=True, allow_none=True)
    keyid = keyid(required=True, allow_none=True)
    role = choice(ROLE, required=True, allow_none=True)
    action = matching("[a-z][a-z_]*", most=40, required=True)
    purpose = matching("[a-z][a-z_]*", most=40, required=True, allow_none=True)
    decision = choice(DECISION, required=True)
    reason = matching("[a-z][a-z0-9_]*", most=64, required=True, allow_none=True)
    target = free_text(8_192, required=True, allow_none=True)
    signature_base = Text(required=True, allow_none=True)
    signature = matching("[A-Za-z0-9_-]{85}[AQgw]", most=86, required=True, allow_none=True)
    response_status = whole(100, 599, required=True, allow_none=True)
    response_digest = digest(required=True, allow_none=True)
    records = whole(0, _MOST, required=True, allow_none=True)
    served = digest(required=True, allow_none=True)
    filter = Part(FilterSchema, required=True, allow_none=True)
    from_ = Items(whole(0, _MOST), required=True, allow_none=True, data_key="from")
    to = Items(whole(0, _MOST), required=True, allow_none=True)
    tlp = choice(TLP, required=True, allow_none=True)
    policy = digest(required=True, allow_none=True)
