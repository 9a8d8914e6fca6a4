"""Simulated partners: real keys made from seeds, real signatures, requests through the real application.

`a_node(database)` founds a node whose own organisation has two operators (different holders) and an administrator.
`node.join("hotline.example", sector="hotline", roles=["contributor"])` applies and is approved over HTTP, and returns a
`Partner`. A partner's `get`, `post` and `put` sign a request, check the node's signature on the answer
(`Answered.proof`), and return status and body; `raw` sends whatever an attack wants to send.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import psycopg
from flask import Flask
from werkzeug.test import TestResponse

from crypto.documents import (
    APPROVAL,
    ROOT_CONSENT,
    STATEMENT,
    document_digest,
    read_document,
    sign_document,
    sign_possession,
)
from crypto.encoding import to_base64url
from crypto.identifiers import uuid7
from crypto.keys import PrivateKey, keyid, private_key_from_seed
from crypto.messages import VerifiedResponse, read_request, sign_request, verify_response
from crypto.refusals import NotVerified
from server.app import create_app
from server.auditing.viewing import open_trail_pool
from server.db import Pool, open_pool
from server.organisations.founding import found_node
from server.settings import Settings
from server.web.exchange import Node

FEDERATION = "test.example"
NODE_NAME = "node.example"
ORIGIN_URL = "https://node.example"
ROLES_OF_A_MEMBER = ("administrator", "consumer", "contributor")
DAY = 86_400


def now_seconds() -> int:
    """The test's clock is the real one: the node judges by its own."""
    return int(time.time())


def a_key(*names: object) -> PrivateKey:
    """The private key that these names stand for; the same names give the same key."""
    return private_key_from_seed(sha256("/".join(map(str, names)).encode()).digest())


def an_id() -> str:
    return str(uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10)))


def a_nonce() -> str:
    return to_base64url(secrets.token_bytes(16))


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def json_bytes(value: object) -> bytes:
    return orjson.dumps(value)


@dataclass(kw_only=True)
class Held:
    """A private key with what its organisation's statement says of it."""

    key: PrivateKey
    use: str = "exchange"
    roles: Sequence[str] = ()
    holder: str | None = None
    from_: int = field(default_factory=lambda: now_seconds() - 30 * DAY)
    until: int | None = None
    revoked_at: int | None = None
    revoked_reason: str = "superseded"

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint

    def claim(self, organisation: str, *, federation: str = FEDERATION) -> dict[str, Any]:
        return {
            "jwk": self.key.public.jwk,
            "use": self.use,
            "from": moment(self.from_),
            "until": None if self.until is None else moment(self.until),
            "roles": sorted(self.roles),
            "holder": self.holder,
            "proof": sign_possession(key=self.key, federation=federation, organisation=organisation),
        }


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer of the node; `proof` is None where it is unsigned, and then it only means failure."""

    status: int
    body: bytes
    headers: list[tuple[str, str]]
    proof: VerifiedResponse | None

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem."""
        code: str = self.json["code"]
        return code

    @property
    def refused(self) -> list[tuple[str, str]]:
        """(pointer, code) of each thing that was refused."""
        return [(one["pointer"], one["code"]) for one in self.json.get("refused", [])]

    @property
    def receipt(self) -> str:
        assert self.proof is not None, self.body
        assert self.proof.receipt is not None
        return self.proof.receipt


class Partner:
    """One organisation with its keys, its statements so far, and the node that it talks to."""

    def __init__(
        self,
        node: "TestNode | None",
        name: str,
        *,
        home: dict[str, str] | None = None,
        sector: str = "ngo",
        roles: Sequence[str] = ROLES_OF_A_MEMBER,
        seed: object = "first",
        display_name: str | None = None,
    ) -> None:
        self._node = node
        self.name = name
        self.seed = seed
        self.sector = sector
        self.display_name = display_name or f"Synthetic {name}"
        self.home = home or {"node": self.node.settings.node, "origin_url": self.node.settings.origin_url}
        self.root = a_key(name, seed, "root")
        self.exchange = Held(key=a_key(name, seed, "exchange"), roles=roles, holder="system-1")
        self.record = Held(key=a_key(name, seed, "record"), use="record")
        self.keys: list[Held] = [self.exchange, self.record]
        self.statements: list[str] = []

    @property
    def node(self) -> "TestNode":
        """The node that this partner talks to."""
        assert self._node is not None, "this partner has no node yet"
        return self._node

    @node.setter
    def node(self, node: "TestNode") -> None:
        self._node = node

    # Documents ------------------------------------------------------------------------------------------------

    @property
    def seq(self) -> int:
        return len(self.statements)

    def keyid(self, key: PrivateKey) -> str:
        return keyid(self.name, key.thumbprint)

    def add_key(self, *names: object, **said: Any) -> Held:
        """Hold one more key; the next statement lists it."""
        held = Held(key=a_key(self.name, self.seed, *names), **said)
        self.keys.append(held)
        return held

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of the next statement, with `changes`."""
        now = now_seconds()
        claims = {
            "v": 1,
            "federation": FEDERATION,
            "iss": self.name,
            "jti": an_id(),
            "iat": now,
            "exp": now + 90 * DAY,
            "seq": self.seq + 1,
            "prev": to_base64url(document_digest(self.statements[-1])) if self.statements else None,
            "root": self.root.public.jwk,
            "display_name": self.display_name,
            "sector": self.sector,
            "home": self.home,
            "keys": [held.claim(self.name) for held in sorted(self.keys, key=lambda held: held.thumbprint)],
            "revoked": [
                {"thumbprint": held.thumbprint, "at": moment(held.revoked_at), "reason": held.revoked_reason}
                for held in self.keys
                if held.revoked_at is not None
            ],
            "root_change": None,
        }
        return claims | changes

    def statement(self, *, by: PrivateKey | None = None, **changes: Any) -> str:
        """Sign the next statement by the root (or `by`); `keep` it when the node has taken it."""
        root = by or self.root
        return sign_document(self.claims(**changes), typ=STATEMENT, key=root, keyid=self.keyid(root))

    def keep_grown(self, statement: str) -> None:
        """Remember a statement that the template brought; keys are listed from when it says."""
        since = {claim["jwk"]["x"]: claim["from"] for claim in _claims_of(statement)["keys"]}
        for held in self.keys:
            held.from_ = int(datetime.fromisoformat(since[held.key.public.jwk["x"]]).timestamp())
        self.keep(statement)

    def keep(self, statement: str) -> str:
        """Remember `statement` as the newest one that the node has taken."""
        self.statements.append(statement)
        return statement

    def root_consent(self, new_root: PrivateKey, *, seq: int | None = None) -> dict[str, str]:
        """The `root_change` by which the present root agrees to `new_root`."""
        claims = {
            "v": 1,
            "federation": FEDERATION,
            "iss": self.name,
            "from": self.root.thumbprint,
            "to": new_root.thumbprint,
            "seq": self.seq + 1 if seq is None else seq,
        }
        consent = sign_document(claims, typ=ROOT_CONSENT, key=self.root, keyid=self.keyid(self.root))
        return {"from": self.root.thumbprint, "consent": consent}

    def approval(self, act: str, statement: str, *, by: Held | None = None, **changes: Any) -> str:
        """Sign, as an operator, that `statement` (of whomever) is approved; `changes` alter the claims."""
        held = by or self.exchange
        said = _claims_of(statement)
        now = now_seconds()
        claims = {
            "v": 1,
            "federation": FEDERATION,
            "iss": self.name,
            "jti": an_id(),
            "iat": now,
            "exp": now + DAY,
            "act": act,
            "subject": said["iss"],
            "document_sha256": to_base64url(document_digest(statement)),
            "sector": said["sector"],
            "home": said["home"],
            "display_name": said["display_name"],
            "roles_at_most": sorted(ROLES_OF_A_MEMBER),
        }
        return sign_document(claims | changes, typ=APPROVAL, key=held.key, keyid=self.keyid(held.key))

    # Requests -------------------------------------------------------------------------------------------------

    def get(self, path: str, *, purpose: str = "administration", by: Held | None = None) -> Answered:
        return self.send("GET", path, purpose=purpose, by=by)

    def post(
        self,
        path: str,
        body: object,
        *,
        purpose: str = "administration",
        by: Held | None = None,
        content_type: str = "application/json",
    ) -> Answered:
        """POST `body`: bytes as they are, anything else as JSON."""
        return self.send("POST", path, body, purpose=purpose, by=by, content_type=content_type)

    def put(self, path: str, body: object, *, purpose: str = "administration", by: Held | None = None) -> Answered:
        return self.send("PUT", path, body, purpose=purpose, by=by)

    def push(self, document: bytes, *, by: Held | None = None) -> Answered:
        """POST one batch."""
        return self.post("/v1/batches", document, purpose="contribution", by=by, content_type="application/x-ndjson")

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        purpose: str,
        by: Held | None = None,
        content_type: str = "application/json",
    ) -> Answered:
        """Sign and send one request, and check the answer's signature where there must be one."""
        body_bytes = body if body is None or isinstance(body, bytes) else json_bytes(body)
        headers = self.sign(method, path, body_bytes, purpose=purpose, by=by, content_type=content_type)
        return self.check(method, path, headers, self.raw(method, path, headers, body_bytes))

    def sign(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        purpose: str,
        by: Held | None = None,
        content_type: str = "application/json",
        created: int | None = None,
        nonce: str | None = None,
        as_name: str | None = None,
    ) -> dict[str, str]:
        """The headers that sign this request."""
        held = by or self.exchange
        return sign_request(
            method=method,
            target_uri=self.node.settings.origin_url + path,
            purpose=purpose,
            body=body,
            content_type=None if body is None else content_type,
            key=held.key,
            keyid=keyid(as_name or self.name, held.thumbprint),
            created=now_seconds() if created is None else created,
            nonce=nonce or a_nonce(),
        )

    def raw(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | Sequence[tuple[str, str]],
        body: bytes | None = None,
        *,
        host: str | None = None,
    ) -> TestResponse:
        """Send exactly this, as an attacker may."""
        return self.node.app.test_client().open(
            path,
            method=method,
            headers=list(headers.items()) if isinstance(headers, dict) else list(headers),
            data=body,
            base_url=f"https://{host or self.node.settings.host}",
        )

    def check(self, method: str, path: str, headers: dict[str, str], response: TestResponse) -> Answered:
        """Check the answer against the request that `headers` signed.

        A 2xx without a good signature and a receipt is a failure of the test; so is a bad signature on anything.
        """
        answer_headers = list(response.headers.items())
        body = response.get_data()
        proof = None
        if "Signature" in response.headers or response.status_code < 300:
            request = read_request(
                method=method, target_uri=self.node.settings.origin_url + path, headers=list(headers.items())
            )
            proof = verify_response(
                request=request,
                status=response.status_code,
                headers=answer_headers,
                body=body,
                key=self.node.key.public,
                keyid=self.node.node.keyid,
                now=now_seconds(),
            )
            if proof.receipt is None:
                raise NotVerified("receipt")
        return Answered(status=response.status_code, body=body, headers=answer_headers, proof=proof)

    # Joining --------------------------------------------------------------------------------------------------

    def apply(self, statement: str | None = None, *, by: Held | None = None) -> Answered:
        """Send the first statement as an application."""
        return self.post("/v1/applications", {"statement": statement or self.statement()}, by=by)

    def put_statement(self, statement: str, *, by: Held | None = None) -> Answered:
        """Send the next statement; it is kept if the node takes it at once."""
        answered = self.put(f"/v1/organisations/{self.name}/statement", {"statement": statement}, by=by)
        if answered.status == 200 and answered.json["status"] == "current":
            self.keep(statement)
        return answered

    def approve(self, approval: str, *, by: Held | None = None) -> Answered:
        """Hand in an approval."""
        return self.post("/v1/approvals", {"approval": approval}, by=by)


class TestNode:
    """A founded node with its application, its own organisation and its two operators."""

    __test__ = False

    def __init__(
        self,
        *,
        settings: Settings,
        organisation: Partner,
        node: Node,
        app: Flask,
        pool: Pool,
        trail_pool: Pool,
        members: Mapping[str, dict[str, Any]],
    ) -> None:
        self._members = members
        self.settings = settings
        self.node = node
        self.app = app
        self.pool = pool
        self.trail_pool = trail_pool
        self.key = node.key
        self.keyid = node.keyid
        self.organisation = organisation
        self.operators: tuple[Held, Held] = (organisation.keys[0], organisation.keys[1])

    def partner(self, name: str, **said: Any) -> Partner:
        """A partner that nobody has admitted."""
        return Partner(self, name, **said)

    def join(self, name: str, *, sector: str = "ngo", roles: Sequence[str] = ROLES_OF_A_MEMBER, **said: Any) -> Partner:
        """A partner that has applied and was admitted by both operators, all over HTTP.

        One that the database has from its template (`tests/growing.py`) was admitted so when that was made.
        """
        partner = self.partner(name, sector=sector, roles=roles, **said)
        if (member := self._members.get(name)) is None:
            return self.admit(partner, roles_at_most=roles)
        assert member["joined"] == {"sector": sector, "roles": list(roles), **said}, "the template has another"
        partner.keep_grown(member["statement"])
        return partner

    def admit(self, partner: Partner, *, roles_at_most: Sequence[str] = ROLES_OF_A_MEMBER) -> Partner:
        """Have `partner` apply and both operators approve."""
        statement = partner.statement()
        applied = partner.apply(statement)
        assert applied.status == 201, applied.body
        self.decide("admit", statement, roles_at_most=sorted(roles_at_most))
        partner.keep(statement)
        return partner

    def approve(self, act: str, statement: str, *, operator: int = 0, **changes: Any) -> Answered:
        """Have one operator say `act` about `statement`."""
        held = self.operators[operator]
        return self.organisation.approve(self.organisation.approval(act, statement, by=held, **changes), by=held)

    def decide(self, act: str, statement: str, **changes: Any) -> Answered:
        """Have both operators say `act` about `statement`, and return the last answer."""
        answered = self.approve(act, statement, operator=0, **changes)
        assert answered.status == 201, answered.body
        if act == "suspend":
            return answered
        answered = self.approve(act, statement, operator=1, **changes)
        assert answered.status == 201, answered.body
        return answered

    def suspend(self, partner: Partner) -> Answered:
        """Have one operator suspend `partner`."""
        return self.decide("suspend", partner.statements[-1], roles_at_most=self._roles(partner))

    def lift(self, partner: Partner) -> Answered:
        """Have both operators lift the suspension of `partner`."""
        return self.decide("lift", partner.statements[-1], roles_at_most=self._roles(partner))

    def public(self, path: str) -> Any:
        """What a public path answers, from JSON."""
        response = self.app.test_client().get(path, base_url=f"https://{self.settings.host}")
        assert response.status_code == 200, response.get_data()
        return orjson.loads(response.get_data())

    def close(self) -> None:
        self.pool.close()
        self.trail_pool.close()

    def _roles(self, partner: Partner) -> list[str]:
        with self.pool.connection() as db:
            row = db.execute("SELECT roles_at_most FROM organisation WHERE name = %s", [partner.name]).fetchone()
        assert row is not None
        return sorted(row[0])


def settings_of(database: Any, *, home: Path = Path("/nonexistent"), **changes: Any) -> Settings:
    """The settings of a test's node."""
    told = {
        "node": NODE_NAME,
        "federation": FEDERATION,
        "origin_url": ORIGIN_URL,
        "home": home,
        "database_url": database.app,
        "sequencer_database_url": database.sequencer,
        "worker_database_url": database.worker,
        "auditor_database_url": database.auditor,
        "owner_database_url": database.owner,
    }
    return Settings(**(told | changes))


def a_node(database: Any, *, pool_size: int = 8, **changes: Any) -> TestNode:
    """Found a node in `database`, if its template has not got one, and return it with its application; close it."""
    settings = settings_of(database, **changes)
    node_key = Held(key=a_key(settings.node, "node"), use="node")
    node = Node(
        settings=settings,
        key=node_key.key,
        keyid=keyid(settings.node, node_key.thumbprint),
        policy_sha256=sha256(b"no screening").digest(),
    )
    home = {"node": settings.node, "origin_url": settings.origin_url}
    organisation = Partner(None, settings.node, home=home, display_name="Synthetic node")
    organisation.keys = [
        Held(key=a_key(settings.node, "operator-1"), roles=["operator"], holder="operator-1"),
        Held(key=a_key(settings.node, "operator-2"), roles=["operator"], holder="operator-2"),
        Held(key=a_key(settings.node, "administrator"), roles=["administrator"], holder="administrator-1"),
        node_key,
        Held(key=a_key(settings.node, "log"), use="log"),
    ]
    organisation.exchange = organisation.keys[2]
    grown = getattr(database, "grown", {})
    if "node" in grown:
        organisation.keep_grown(grown["node"])
    else:
        with psycopg.connect(database.owner) as owner_db:
            found_node(owner_db, settings, organisation.keep(organisation.statement()))
    pool = open_pool(settings.database_url, size=pool_size)
    trail_pool = open_trail_pool(settings.auditor_database_url or "")
    founded = TestNode(
        settings=settings,
        organisation=organisation,
        node=node,
        app=create_app(node, pool, trail_pool),
        pool=pool,
        trail_pool=trail_pool,
        members=grown.get("members", {}),
    )
    organisation.node = founded
    return founded


def _claims_of(token: str) -> dict[str, Any]:
    return read_document(token, typ=STATEMENT).claims
