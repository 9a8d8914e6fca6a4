"""Who received what: the exposure of a record, of an organisation, and the proof of one release."""

from dataclasses import dataclass
from datetime import datetime

from schemas.fields import (
    Flag,
    Items,
    Moment,
    Part,
    WireSchema,
    choice,
    digest,
    keyid,
    matching,
    organisation,
    parts,
    record_id,
    whole,
)
from schemas.manifests import MAX_RECORDS
from schemas.vocabulary.exchange import PURPOSE
from schemas.vocabulary.records import KIND

RELEASES_A_PAGE = 1_000
_MOST = 9_007_199_254_740_991
# Revisions whose entry is the last of a page come whole.
_RELEASES_AT_MOST = 100_000


@dataclass(frozen=True, kw_only=True)
class Release:
    """One revision that one signed request was answered with.

    `node` is the organisation itself where it asked as a node, for those at home there; else None. The request is the
    entry at `index` of the log, `leaf` its receipt, `keyid` the key that signed it.
    """

    organisation: str
    node: str | None
    origin: str
    id: str
    kind: str
    revision: int
    at: datetime
    purpose: str
    action: str
    index: int
    leaf: str
    keyid: str


class ReleaseSchema(WireSchema):
    """All members always."""

    loads_to = Release

    node = organisation(required=True, allow_none=True)
    origin = organisation(required=True)
    organisation = organisation(required=True)
    id = record_id(required=True)
    kind = choice(KIND, required=True)
    revision = whole(1, _MOST, required=True)
    at = Moment(required=True)
    purpose = choice(PURPOSE, required=True)
    action = matching("[a-z][a-z_]*", most=40, required=True)
    index = whole(0, _MOST, required=True)
    leaf = digest(required=True)
    keyid = keyid(required=True)


@dataclass(frozen=True, kw_only=True)
class ExposedRevision:
    """A revision that has its place: the batch that brought it (its `jti`), and that batch's entry."""

    revision: int
    batch: str
    at: datetime
    index: int
    is_withdrawal: bool


class ExposedRevisionSchema(WireSchema):
    """All members always."""

    loads_to = ExposedRevision

    revision = whole(1, _MOST, required=True)
    batch = record_id(required=True)
    at = Moment(required=True)
    index = whole(0, _MOST, required=True)
    is_withdrawal = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class ExposurePage:
    """How a report goes on: `next` is the `after` that continues it."""

    next: str
    more: bool


class ExposurePageSchema(WireSchema):
    """Both members always."""

    loads_to = ExposurePage

    next = matching(r"[0-9]{1,16}(?:\.[0-9]{1,16}){0,4}", most=84, required=True)
    more = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class RecordExposure:
    """`GET /v1/trail/records/{origin}/{id}/exposure`: to whom which revision was released, in the order of the log.

    It tells of entries below `until`. `complete` is False where entries since the record came have lost their text
    after their retention: what these released is not told.
    """

    origin: str
    id: str
    kind: str
    revisions: tuple[ExposedRevision, ...]
    releases: tuple[Release, ...]
    until: int
    complete: bool
    page: ExposurePage


class RecordExposureSchema(WireSchema):
    """All members always."""

    loads_to = RecordExposure

    origin = organisation(required=True)
    id = record_id(required=True)
    kind = choice(KIND, required=True)
    revisions = parts(ExposedRevisionSchema, most=_RELEASES_AT_MOST, required=True)
    releases = parts(ReleaseSchema, most=_RELEASES_AT_MOST, required=True)
    until = whole(0, _MOST, required=True)
    complete = Flag(required=True)
    page = Part(ExposurePageSchema, required=True)


@dataclass(frozen=True, kw_only=True)
class OrganisationExposure:
    """`GET /v1/trail/organisations/{name}/exposure`: what was released to it, in the order of log and feed.

    `until` and `complete` as in `RecordExposure`.
    """

    organisation: str
    releases: tuple[Release, ...]
    until: int
    complete: bool
    page: ExposurePage


class OrganisationExposureSchema(WireSchema):
    """All members always."""

    loads_to = OrganisationExposure

    organisation = organisation(required=True)
    releases = parts(ReleaseSchema, most=_RELEASES_AT_MOST, required=True)
    until = whole(0, _MOST, required=True)
    complete = Flag(required=True)
    page = Part(ExposurePageSchema, required=True)


@dataclass(frozen=True, kw_only=True)
class ReleasedDocument:
    """A document of a page that held the record: the data of its leaf in `served`, and its path to that root.

    The leaf's data are the canonical bytes of `[manifest_sha256, document_sha256]`; `position` counts from 0.
    """

    batch: str
    revisions: tuple[int, ...]
    manifest_sha256: str
    document_sha256: str
    position: int
    path: tuple[str, ...]


class ReleasedDocumentSchema(WireSchema):
    """All members always."""

    loads_to = ReleasedDocument

    batch = record_id(required=True)
    revisions = Items(whole(1, _MOST), required=True)
    manifest_sha256 = digest(required=True)
    document_sha256 = digest(required=True)
    position = whole(0, _MOST, required=True)
    path = Items(digest(), required=True)


@dataclass(frozen=True, kw_only=True)
class ReleaseProof:
    """`GET /v1/trail/records/{origin}/{id}/exposure/{index}`: that the entry at `index` released the record.

    `served` is the entry's own member, a root over `size` leaves. `agrees` False: what the node computes now is not
    what it signed then.
    """

    index: int
    leaf: str
    organisation: str
    served: str
    size: int
    agrees: bool
    documents: tuple[ReleasedDocument, ...]


class ReleaseProofSchema(WireSchema):
    """All members always."""

    loads_to = ReleaseProof

    index = whole(0, _MOST, required=True)
    leaf = digest(required=True)
    organisation = organisation(required=True)
    served = digest(required=True)
    size = whole(1, _MOST, required=True)
    agrees = Flag(required=True)
    documents = parts(ReleasedDocumentSchema, most=MAX_RECORDS, required=True)
