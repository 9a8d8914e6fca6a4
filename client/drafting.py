"""Make signed batches of records: fill in what a caller left out, split by terms and size, sign.

A draft is named by its content (the record as the caller gave it, and its terms), so that the same input is recognised
whenever it comes again, although ids and salts are random.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from client.clock import Source, wire_time
from crypto.batches import MAX_RECORDS, record_leaf
from crypto.canonical import NotCanonical, canonical_bytes
from crypto.documents import BATCH, sign_document
from crypto.encoding import to_base64url
from crypto.keys import PrivateKey, keyid
from crypto.merkle import root
from schemas.bulk import RECORD_SCHEMAS, Problem, is_record, problems_of, record_problems
from schemas.manifests import AudienceSchema

MAX_LINES_BYTES = 8 * 1024 * 1024 - 64 * 1024  # the pushed document, less room for the manifest
MAX_LINE_BYTES = 16 * 1024
MAX_GROUP_LINE_BYTES = 192 * 1024
_AUDIENCE = AudienceSchema()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Who may have a batch, and until when. There are no defaults for `tlp` and `expires`.

    The lists may come in any order, a name twice counts once. `groups` are `owner/id`; `about` is of opinions alone:
    the one origin whose records they concern.
    """

    tlp: str
    expires: datetime
    groups: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    about: str | None = None

    def __post_init__(self) -> None:
        for name in ("groups", "organisations", "sectors", "purposes"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def audience(self) -> dict[str, Any]:
        """Return the audience as it stands in a manifest."""
        return {
            "tlp": self.tlp,
            "groups": list(self.groups),
            "organisations": list(self.organisations),
            "sectors": list(self.sectors),
            "purposes": list(self.purposes),
        }


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A record to push: its members, of which `id`, `kind`, `revision`, `salt` and `status` may be left out.

    `row` is where the caller found it; it comes back with a refusal.
    """

    row: int
    record: Mapping[str, Any]
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class RefusedRecord:
    """A record that was not taken: where the caller found it (None after a crash), its id, where in it, and why."""

    row: int | None
    id: str
    pointer: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A record's exact line, with its content's digest (32 bytes) and the caller's row."""

    row: int | None
    id: str
    digest: bytes
    line: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SignedBatch:
    """A pushed document and what it is made of."""

    jti: str
    document: bytes = field(repr=False)
    manifest: str
    lines: Sequence[Line]


def content_digest(record: Mapping[str, Any], terms: Terms) -> bytes:
    """Return the 32 bytes that name a draft by its content.

    Raises:
        NotCanonical: the record is outside the line profile.
    """
    content = {
        "record": dict(record),
        "audience": terms.audience,
        "about": terms.about,
        "expires": wire_time(terms.expires),
    }
    return sha256(canonical_bytes(content)).digest()


def draft_line(draft: Draft, *, source: Source) -> Line | list[RefusedRecord]:
    """Return the line of a draft, or all that is wrong with its form."""
    given = dict(draft.record)
    record = {"kind": "signal", "revision": 1, "status": "active", **given}
    record.setdefault("id", source.identifier())
    record.setdefault("salt", source.salt())
    record_id = record["id"] if isinstance(record["id"], str) else ""
    try:
        digest, line = content_digest(given, draft.terms), canonical_bytes(record)
    except NotCanonical as error:
        return [RefusedRecord(row=draft.row, id=record_id, pointer="", code=error.reason)]
    kind = record["kind"]
    if kind not in RECORD_SCHEMAS:
        return [RefusedRecord(row=draft.row, id=record_id, pointer="/kind", code="not_one_of")]
    if len(line) > (MAX_GROUP_LINE_BYTES if kind == "group" else MAX_LINE_BYTES):
        return [RefusedRecord(row=draft.row, id=record_id, pointer="", code="line_too_long")]
    if problems := terms_problems(draft.terms):
        return [RefusedRecord(row=draft.row, id=record_id, pointer=one.pointer, code=one.code) for one in problems]
    if not is_record(kind, record):
        return [
            RefusedRecord(row=draft.row, id=record_id, pointer=problem.pointer, code=problem.code)
            for problem in record_problems(kind, record)
        ]
    return Line(row=draft.row, id=record_id, digest=digest, line=line)


@lru_cache(maxsize=1024)
def terms_problems(terms: Terms) -> tuple[Problem, ...]:
    """Return what is wrong with the form of terms; nothing if a batch may have them."""
    found = problems_of(_AUDIENCE, terms.audience)
    return tuple(Problem(pointer=f"/audience{one.pointer}", code=one.code) for one in found)


def sign_batch(
    lines: Sequence[Line],
    *,
    kind: str,
    terms: Terms,
    federation: str,
    organisation: str,
    key: PrivateKey,
    source: Source,
) -> SignedBatch:
    """Return the signed batch of 1 to 4,096 lines of one kind under one set of terms."""
    jti = source.identifier()
    manifest = sign_document(
        {
            "v": 1,
            "federation": federation,
            "iss": organisation,
            "jti": jti,
            "iat": source.seconds(),
            "kind": kind,
            "schema": f"{kind}/1",
            "audience": terms.audience,
            "about": terms.about,
            "expires": wire_time(terms.expires),
            "count": len(lines),
            "root": to_base64url(root([record_leaf(one.line) for one in lines])),
        },
        typ=BATCH,
        key=key,
        keyid=keyid(organisation, key.thumbprint),
    )
    document = b"\n".join([b'{"manifest":"%b"}' % manifest.encode("ascii"), *(one.line for one in lines), b""])
    return SignedBatch(jti=jti, document=document, manifest=manifest, lines=tuple(lines))


@dataclass(kw_only=True)
class OpenBatch:
    """Lines of one kind under one set of terms, until they fill a batch."""

    lines: dict[bytes, Line] = field(default_factory=dict)
    length: int = 0

    def fits(self, line: Line) -> bool:
        """Return whether `line` still goes in."""
        return len(self.lines) < MAX_RECORDS and self.length + len(line.line) + 1 <= MAX_LINES_BYTES

    def add(self, line: Line) -> None:
        """Put a line in; the same content twice is one."""
        self.lines[line.digest] = line
        self.length += len(line.line) + 1
