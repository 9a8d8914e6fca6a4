"""Answers about batches, records, streams and the feed."""

from dataclasses import dataclass

from schemas.fields import (
    Flag,
    Items,
    Part,
    Text,
    WireSchema,
    choice,
    digest,
    jws,
    log_name,
    matching,
    organisation,
    parts,
    record_id,
    whole,
)
from schemas.manifests import MAX_RECORDS, MAX_SEQ, Audience, AudienceSchema
from schemas.vocabulary.exchange import ENDED_REASON
from schemas.vocabulary.records import KIND

MAX_MANIFEST = 32_768
_MOST = 9_007_199_254_740_991


@dataclass(frozen=True, kw_only=True)
class BatchOutcome:
    """`POST /v1/batches`: the batch's `jti`, the acceptance as a JWS, and how many records were stored."""

    batch: str
    accepted: str
    count: int


class BatchOutcomeSchema(WireSchema):
    """All members always."""

    loads_to = BatchOutcome

    batch = record_id(required=True)
    accepted = jws(MAX_MANIFEST, required=True)
    count = whole(1, MAX_RECORDS, required=True)


@dataclass(frozen=True, kw_only=True)
class ProofPath:
    """Where a leaf stands, from 0, and the sibling hashes that lead to the root, lowest first."""

    index: int
    path: tuple[str, ...]


class ProofPathSchema(WireSchema):
    """Both members always."""

    loads_to = ProofPath

    index = whole(0, _MOST, required=True)
    path = Items(digest(), required=True)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """`GET /v1/records/{origin}/{id}`: one line with all that proves it; what ties it to the log may be None."""

    line: str
    manifest: str
    accepted: str
    line_path: ProofPath
    place: tuple[int, ...] | None
    commitment: str | None
    p_path: ProofPath | None
    log_path: ProofPath | None
    checkpoint: str | None


class EvidenceSchema(WireSchema):
    """All members always; `line` is the canonical text without its line end."""

    loads_to = Evidence

    line = Text(required=True)
    manifest = jws(MAX_MANIFEST, required=True)
    accepted = jws(MAX_MANIFEST, required=True)
    line_path = Part(ProofPathSchema, required=True)
    place = Items(whole(0, _MOST), required=True, allow_none=True)
    commitment = digest(required=True, allow_none=True)
    p_path = Part(ProofPathSchema, required=True, allow_none=True)
    log_path = Part(ProofPathSchema, required=True, allow_none=True)
    checkpoint = Text(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class VerdictCounts:
    """How many organisations gave each verdict, of those whose opinions the caller may see."""

    seen: int
    confirmed: int
    disputed: int
    not_actionable: int
    outdated: int


class VerdictCountsSchema(WireSchema):
    """Every verdict always."""

    loads_to = VerdictCounts

    seen = whole(0, _MOST, required=True)
    confirmed = whole(0, _MOST, required=True)
    disputed = whole(0, _MOST, required=True)
    not_actionable = whole(0, _MOST, required=True)
    outdated = whole(0, _MOST, required=True)


@dataclass(frozen=True, kw_only=True)
class OpinionCounts:
    """`GET /v1/records/{origin}/{id}/opinions`; `disputed` as soon as one organisation disputes."""

    origin: str
    id: str
    counts: VerdictCounts
    disputed: bool


class OpinionCountsSchema(WireSchema):
    """All members always."""

    loads_to = OpinionCounts

    origin = organisation(required=True)
    id = record_id(required=True)
    counts = Part(VerdictCountsSchema, required=True)
    disputed = Flag(required=True)


@dataclass(frozen=True, kw_only=True)
class StreamHead:
    """The newest batch of one stream."""

    stream: str
    origin: str
    kind: str
    audience: Audience
    about: str | None
    log: str
    seq: int
    acceptance_sha256: str


class StreamHeadSchema(WireSchema):
    """All members always."""

    loads_to = StreamHead

    stream = digest(required=True)
    origin = organisation(required=True)
    kind = choice(KIND, required=True)
    audience = Part(AudienceSchema, required=True)
    about = organisation(required=True, allow_none=True)
    log = log_name(required=True)
    seq = whole(1, MAX_SEQ, required=True)
    acceptance_sha256 = digest(required=True)


@dataclass(frozen=True, kw_only=True)
class StreamHeads:
    """`GET /v1/streams`, paged by `after`, the last `stream` of the page before."""

    streams: tuple[StreamHead, ...]


class StreamHeadsSchema(WireSchema):
    """`{streams}`; an empty list is the end."""

    loads_to = StreamHeads

    streams = parts(StreamHeadSchema, most=10_000, required=True)


@dataclass(frozen=True, kw_only=True)
class Page:
    """The last line of a feed page; `next` is the cursor, `poll_after` is in seconds."""

    next: str
    more: bool
    batches: int
    records: int
    poll_after: int


class PageSchema(WireSchema):
    """All members always; `records` counts erased lines too."""

    loads_to = Page

    next = matching("[A-Za-z0-9_-]+", most=500, required=True)
    more = Flag(required=True)
    batches = whole(0, _MOST, required=True)
    records = whole(0, _MOST, required=True)
    poll_after = whole(0, 86_400, required=True)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The control line that ends streams in a feed."""

    streams: tuple[str, ...]
    reason: str


class EndedSchema(WireSchema):
    """Both members always."""

    loads_to = Ended

    streams = Items(digest(), required=True)
    reason = choice(ENDED_REASON, required=True)
