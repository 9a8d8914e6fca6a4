"""What a view receives: who calls, why, in which transaction; and where it says what the log entry must tell."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from crypto.keys import PrivateKey
from crypto.messages import SignedRequest
from server.access import Purpose, Role
from server.db import Connection, Pool
from server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Node:
    """This node: its settings and the key that signs its answers, acceptances and directory."""

    settings: Settings
    key: PrivateKey
    keyid: str
    policy_sha256: bytes


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The organisation and key behind a verified signature.

    `organisation_id` is None for an applicant that no operator has admitted. `roles` are those in force: the key's, as
    its statement gives them, limited by the admission.
    """

    organisation: str
    organisation_id: int | None
    sector: str
    status: str
    keyid: str
    roles: frozenset[str]
    holder: str | None
    key_until: datetime | None
    statement_seq: int
    statement_exp: datetime


@dataclass(kw_only=True)
class EntryFacts:
    """What a view tells the log beyond the request itself; the guard writes it into the entry.

    `first_place` and `last_place` are (epoch, m, i, j); `acceptances` are the digests of what this act stored.
    """

    records: int | None = None
    served: str | None = None
    filter: Mapping[str, str] | None = None
    first_place: tuple[int, int, int, int] | None = None
    last_place: tuple[int, int, int, int] | None = None
    tlp: str | None = None
    acceptances: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One verified request, inside the one transaction that holds its act and its entry.

    What a view enters into `until_sent` is held until the answer's last byte is sent, or until it fails.
    """

    request_id: UUID
    now: datetime
    node: Node
    db: Connection
    request: SignedRequest
    caller: Caller
    role: Role | None
    purpose: Purpose
    body_bytes: bytes
    query: Mapping[str, str]
    facts: EntryFacts
    until_sent: ExitStack


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A view's answer where it is more than a value for the endpoint's schema.

    `value` is dumped by the endpoint's schema; or `chunks` are the body as it is, sent one by one, never joined.
    `digest` is SHA-256 over all chunks where it was made while they came, and `length` how many bytes they are: both
    must be said of chunks that can be had only once. `media_type` is the body's where the endpoint has several.
    """

    status: int
    value: object = None
    chunks: Iterable[bytes] | None = None
    digest: bytes | None = None
    length: int | None = None
    media_type: str | None = None


def _take_of_nobody(subject: str) -> None:
    raise LookupError(f"nobody counts how often {subject} asks")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What the view of a public endpoint receives: nobody in particular asks. `describe` gives the OpenAPI document.

    `query` holds the declared parameters that are present; `accept` and `accept_language` are the headers, "" without;
    `body_bytes` is the raw body of a POST. `take` takes of the rate of who is named, and refuses who has none.
    """

    node: Node
    pool: Pool
    describe: Callable[[], bytes]
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = ""
    accept_language: str = ""
    body_bytes: bytes = b""
    take: Callable[[str], None] = _take_of_nobody


@dataclass(frozen=True, kw_only=True)
class Page:
    """A public view's answer where it has a media type, headers or a status of its own."""

    body_bytes: bytes
    media_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
