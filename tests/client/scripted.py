"""A node that says what a test tells it to: real keys, real signatures, no database and no server.

`node.place(origin, records)` signs a batch by its origin and gives it the next place of its stream, as a home node
does; `node.page(...)` is the next answer to `GET /v1/feed`. A hostile node is one that is told to say something else.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson

from client.clock import Source
from client.home import Config, KeyFile
from client.partner import Partner as Sdk
from client.state.opening import State
from crypto.batches import record_leaf, stream_id
from crypto.documents import ACCEPTANCE, DIRECTORY, STATEMENT, document_digest, read_document, sign_document
from crypto.encoding import to_base64url
from crypto.messages import read_request, sign_response
from tests.client.exchanging import AT_ONCE
from tests.partners import (
    DAY,
    FEDERATION,
    NODE_NAME,
    ORIGIN_URL,
    ROLES_OF_A_MEMBER,
    Held,
    Partner,
    a_key,
    moment,
    now_seconds,
)
from tests.signals import Batch, a_batch
from tests.witnessing.logs import ShownLog

LOG = f"{NODE_NAME}/log/1"
PURPOSE = "detection"


@dataclass(kw_only=True)
class Placed:
    """A batch with its place: `document` is what a feed serves."""

    batch: Batch
    accepted: str
    stream: str
    seq: int

    @property
    def document(self) -> bytes:
        return self.saying(self.batch.lines)

    @property
    def expired(self) -> bytes:
        """The document of an expired batch: its two first lines."""
        return self.saying([])

    def erasing(self, *indexes: int) -> bytes:
        """The document with these lines erased."""
        return self.saying([_erased(line) if at in indexes else line for at, line in enumerate(self.batch.lines)])

    def saying(self, lines: Sequence[bytes]) -> bytes:
        head = b'{"manifest":"%b"}\n{"accepted":"%b"}\n' % (self.batch.manifest.encode(), self.accepted.encode())
        return head + b"".join(line + b"\n" for line in lines)


def _erased(line: bytes) -> bytes:
    return b'{"erased":"%b"}' % to_base64url(record_leaf(line)).encode()


def ended(*streams: str, reason: str = "left_group") -> bytes:
    return orjson.dumps({"ended": {"streams": list(streams), "reason": reason}}) + b"\n"


@dataclass
class Clock:
    """The moment that the SDK sees; `ahead` seconds later than it is."""

    ahead: float = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(now_seconds() + self.ahead, tz=UTC)


@dataclass(kw_only=True)
class ScriptedNode:
    """The node, its directory, and the pages that it has yet to give."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    pages: list[bytes] = field(default_factory=list)
    directory_lifetime: int = DAY
    is_away: bool = False
    retry_after: int | None = None
    log: ShownLog | None = None

    def __post_init__(self) -> None:
        self.key = Held(key=a_key(NODE_NAME, "node"), use="node")
        home = {"node": NODE_NAME, "origin_url": ORIGIN_URL}
        self.organisation = Partner(None, NODE_NAME, home=home)
        self.organisation.keys = [
            Held(key=a_key(NODE_NAME, "operator-1"), roles=["operator"], holder="operator-1"),
            Held(key=a_key(NODE_NAME, "operator-2"), roles=["operator"], holder="operator-2"),
            self.key,
            Held(key=a_key(NODE_NAME, "log"), use="log"),
        ]
        self.organisation.keep(self.organisation.statement())
        self.members: dict[str, Partner] = {}
        self.approvals: dict[str, list[str]] = {}
        self.heads: dict[str, tuple[int, str | None]] = {}
        self.directory_seq = 0
        # One seq, one document.
        self.issued = now_seconds()
        self.asked = 0
        self.feeds_read: list[str] = []
        self.log_read: list[str] = []

    def join(self, name: str, **said: Any) -> Partner:
        """Admit an organisation by both operators."""
        member = Partner(None, name, home=self.organisation.home, **said)
        statement = member.keep(member.statement())
        self.approvals[name] = [
            self.organisation.approval("admit", statement, by=held) for held in self.organisation.keys[:2]
        ]
        self.members[name] = member
        self.directory_seq += 1
        return member

    def dump(self) -> bytes:
        """What `load` needs in another process, to say the same."""
        statements = {one.name: one.statements for one in (self.organisation, *self.members.values())}
        pages = [page.decode() for page in self.pages]
        return orjson.dumps([statements, self.approvals, pages, self.issued])

    @classmethod
    def load(cls, folder: Path, dumped: bytes) -> "ScriptedNode":
        statements, approvals, pages, issued = orjson.loads(dumped)
        node = cls(folder=folder)
        for name in approvals:
            node.join(name, sector=read_document(statements[name][-1], typ=STATEMENT).claims["sector"])
        for one in (node.organisation, *node.members.values()):
            one.statements = statements[one.name]
        node.approvals, node.pages, node.issued = approvals, [page.encode() for page in pages], issued
        return node

    def sdk(self, member: Partner) -> Sdk:
        """The SDK of a member, over the state that it had before."""
        state = State(self.folder / f"{member.name}.sqlite")
        held = (("exchange", member.exchange), ("record", member.record))
        keys = [KeyFile(use=use, key=one.key, path=self.folder) for use, one in held]
        config = Config(
            organisation=member.name,
            federation=FEDERATION,
            node=NODE_NAME,
            origin_url=ORIGIN_URL,
            node_root=self.organisation.root.thumbprint,
        )
        source = Source(now=self.clock.now)
        transport = httpx2.MockTransport(self.answer)
        return Sdk(config=config, keys=keys, state=state, source=source, patience=AT_ONCE, transport=transport)

    # What the node says ---------------------------------------------------------------------------------------

    def place(self, origin: Partner, records: Sequence[Any], *, seq: int | None = None, **changes: Any) -> Placed:
        """Give a batch of `origin` the next place of its stream, or the place `seq`."""
        kind = changes.get("kind", "signal")
        batch = a_batch(origin, records, **{"schema": f"{kind}/1", **changes})
        said = batch.claims
        stream = stream_id(
            federation=FEDERATION,
            origin=said["iss"],
            kind=said["kind"],
            audience=said["audience"],
            about=said["about"],
            log=LOG,
        )
        last, prev = self.heads.get(stream, (0, None))
        claims = {
            "v": 1,
            "federation": FEDERATION,
            "iss": NODE_NAME,
            "manifest_sha256": to_base64url(document_digest(batch.manifest)),
            "statement_sha256": to_base64url(document_digest(origin.statements[-1])),
            "node_statement_sha256": to_base64url(document_digest(self.organisation.statements[-1])),
            "stream": stream,
            "seq": seq or last + 1,
            "prev": prev,
            "log": LOG,
            "at": moment(now_seconds()),
        }
        accepted = sign_document(claims, typ=ACCEPTANCE, key=self.key.key, keyid=self.keyid)
        self.heads[stream] = (claims["seq"], to_base64url(document_digest(accepted)))
        return Placed(batch=batch, accepted=accepted, stream=stream, seq=claims["seq"])

    def page(self, *parts: bytes | Placed, more: bool = False) -> None:
        """Let the next page hold these documents and `ended` lines."""
        documents = [part.document if isinstance(part, Placed) else part for part in parts]
        batches, records = 0, 0
        for document in documents:
            lines = document.splitlines()
            if document.startswith(b'{"manifest"'):
                batches += 1
                records += len(lines) - 2 or _count(orjson.loads(lines[0])["manifest"])
        self.asked += 1
        page = {"next": f"c{self.asked}", "more": more, "batches": batches, "records": records, "poll_after": 600}
        self.pages.append(b"".join(documents) + orjson.dumps({"page": page}) + b"\n")

    # How it answers -------------------------------------------------------------------------------------------

    @property
    def keyid(self) -> str:
        return self.organisation.keyid(self.key.key)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if self.is_away:
            headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
            return httpx2.Response(429 if self.retry_after else 503, headers=headers, stream=httpx2.ByteStream(b""))
        if path == "/.well-known/havre":
            return self._public(self._described())
        if path == "/v1/directory":
            return self._public({"directory": self.directory()})
        if path.startswith("/v1/organisations/"):
            return self._signed(request, orjson.dumps(self._evidence(path.rpartition("/")[2], request)))
        if path.startswith("/v1/log/"):
            self.log_read.append(path)
            body = None if self.log is None else self.log.public(path.removeprefix("/v1/log/"))
            return httpx2.Response(404 if body is None else 200, stream=httpx2.ByteStream(body or b""))
        assert path == "/v1/feed", path
        self.feeds_read.append(request.url.raw_path.decode())
        if not self.pages:
            self.page()
        return self._signed(request, self.pages.pop(0), content_type="application/x-ndjson")

    def directory(self) -> str:
        members = [self.organisation, *self.members.values()]
        claims = {
            "v": 1,
            "federation": FEDERATION,
            "iss": NODE_NAME,
            "seq": self.directory_seq + 1,
            "iat": self.issued,
            "exp": self.issued + self.directory_lifetime,
            "members": [self._member(one) for one in sorted(members, key=lambda one: one.name)],
        }
        return sign_document(claims, typ=DIRECTORY, key=self.key.key, keyid=self.keyid)

    def _member(self, member: Partner) -> dict[str, Any]:
        roles = ["operator"] if member is self.organisation else sorted(ROLES_OF_A_MEMBER)
        return {
            "organisation": member.name,
            "sector": member.sector,
            "status": "active",
            "roles_at_most": roles,
            "root": member.root.thumbprint,
            "statement_seq": member.seq,
            "statement_sha256": to_base64url(document_digest(member.statements[-1])),
        }

    def _described(self) -> dict[str, Any]:
        return {
            "v": 1,
            "federation": FEDERATION,
            "node": NODE_NAME,
            "origin_url": ORIGIN_URL,
            "statement": self.organisation.statements[-1],
            "log": {"name": LOG, "verifier_key": None, "previous": None},
        }

    def _evidence(self, name: str, request: httpx2.Request) -> dict[str, Any]:
        after = int(dict(request.url.params).get("after", 0))
        member = self.members.get(name, self.organisation)
        return {
            "organisation": name,
            "status": "active",
            "approvals": self.approvals.get(name, []),
            "statements": member.statements[after:],
        }

    def _public(self, value: Any) -> httpx2.Response:
        headers = {"content-type": "application/json"}
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(orjson.dumps(value)))

    def _signed(
        self, request: httpx2.Request, body: bytes, *, content_type: str = "application/json"
    ) -> httpx2.Response:
        asked = read_request(
            method=request.method,
            target_uri=str(request.url),
            headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
        )
        headers = sign_response(
            request=asked,
            status=200,
            content_type=content_type,
            body_digest=sha256(body).digest(),
            receipt=to_base64url(secrets.token_bytes(32)),
            key=self.key.key,
            keyid=self.keyid,
            created=int(self.clock.now().timestamp()),
        )
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(body))


def _count(token: str) -> int:
    count: int = read_document(token, typ="havre-batch+jws").claims["count"]
    return count
