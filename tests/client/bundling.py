"""A node's log of a test's own making, with fixed keys, and proof bundles of it: honest ones, to be tampered with."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from crypto.checkpoints import Checkpoint, sign_checkpoint
from crypto.encoding import to_base64url
from crypto.entries import NOTHING_STORED, entry_bytes, entry_leaf
from crypto.identifiers import uuid7
from crypto.keys import PrivateKey
from crypto.merkle import root
from crypto.messages import read_request, sign_request
from crypto.tiles import tile_path
from tests.crypto.builders import EXCHANGE, EXCHANGE_ID, FEDERATION, NODE, ORGANISATION, ORIGIN, RECORD
from tests.crypto.organisations import (
    LOG,
    LOG_KEY,
    NODE_ROOT,
    NOON,
    OPERATOR,
    SECOND_OPERATOR,
    a_key,
    approval_claims,
    approval_token,
    node_keys,
    signed,
    sorted_keys,
    statement_claims,
    statement_token,
)

FEED = "/v1/feed?kind=signal&limit=10"


def digest(*names: object) -> bytes:
    """SHA-256 of these names; of one text, of that text."""
    return hashlib.sha256("/".join(map(str, names)).encode()).digest()


def organisation_keys(**said: Any) -> list[dict[str, Any]]:
    exchange = a_key(EXCHANGE, "exchange", holder="person-1", roles=["consumer", "contributor"], **said)
    return sorted_keys(a_key(RECORD, "record"), exchange)


@dataclass
class Opened:
    """One entry with what opens it."""

    entry: dict[str, Any]
    salt: bytes
    p: bytes = NOTHING_STORED

    @property
    def text(self) -> bytes:
        return entry_bytes(self.entry)

    @property
    def leaf(self) -> bytes:
        return entry_leaf(salt=self.salt, entry=self.text, p=self.p)


def an_entry(number: int, *, at: datetime | None = None, **said: Any) -> dict[str, Any]:
    moment = at or NOON + timedelta(seconds=number)
    entry: dict[str, Any] = dict.fromkeys(
        (
            *("organisation", "keyid", "role", "purpose", "reason", "target", "signature_base", "signature"),
            *("response_status", "response_digest", "records", "served", "filter", "from", "to", "tlp", "policy"),
        )
    )
    return entry | {
        "v": 1,
        "id": str(uuid7(now_ms=int(moment.timestamp() * 1000), random=digest("id", number)[:10])),
        "at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "node": NODE,
        "decision": "allowed",
        **said,
    }


def a_signed_act(
    number: int,
    action: str = "read_whoami",
    target: str = "/v1/whoami",
    *,
    purpose: str = "detection",
    key: PrivateKey = EXCHANGE,
    keyid: str = EXCHANGE_ID,
    at: datetime | None = None,
    method: str = "GET",
    body: bytes | None = None,
    **said: Any,
) -> dict[str, Any]:
    """The entry of a request that `key` really signed; `said` alters what the entry says of it."""
    moment = at or NOON + timedelta(seconds=number)
    headers = sign_request(
        method=method,
        target_uri=ORIGIN + target,
        purpose=purpose,
        body=body,
        content_type=None if body is None else "application/json",
        key=key,
        keyid=keyid,
        created=int(moment.timestamp()),
        nonce=to_base64url(digest("nonce", number)[:16]),
    )
    request = read_request(method=method, target_uri=ORIGIN + target, headers=headers.items())
    return an_entry(
        number,
        at=moment,
        **{
            "organisation": ORGANISATION,
            "keyid": keyid,
            "role": "consumer",
            "action": action,
            "purpose": purpose,
            "target": target,
            "signature_base": request.base.decode(),
            "signature": to_base64url(request.signature),
            "response_status": 200,
            "response_digest": to_base64url(digest("response", number)),
        }
        | said,
    )


def a_pull(number: int, *, records: int = 3, **said: Any) -> dict[str, Any]:
    facts = {"records": records, "filter": {"kind": "signal"}, "served": to_base64url(digest("served", number))}
    places = {"from": [1, 0, 0, 0], "to": [1, 0, 1, 0]}
    return a_signed_act(number, "read_feed", FEED, **(facts | places | said))


def a_refusal(number: int) -> dict[str, Any]:
    act = a_signed_act(number)
    digests = {name: to_base64url(hashlib.sha256(act[name].encode()).digest()) for name in ("target", "signature_base")}
    return act | digests | {"decision": "refused", "reason": "forbidden", "role": None, "response_status": 403}


def an_own_act(number: int, action: str, target: dict[str, Any], **said: Any) -> dict[str, Any]:
    text = orjson.dumps(target, option=orjson.OPT_SORT_KEYS).decode()
    return an_entry(number, organisation=NODE, action=action, target=text, **said)


def an_erasure(number: int, leaves: "list[Opened]", *indexes: int) -> dict[str, Any]:
    told = hashlib.sha256(b"".join(leaves[index].leaf for index in indexes)).digest()
    target = {"entries": [[index, index] for index in indexes], "leaves_sha256": to_base64url(told)}
    return an_own_act(number, "erase_entries", target, records=len(indexes))


def opened(entry: dict[str, Any], *, p: bytes = NOTHING_STORED) -> Opened:
    return Opened(entry=entry, salt=digest("salt", entry["id"]), p=p)


def some_log(size: int = 300) -> list[Opened]:
    """A log of `size` entries: two pulls, a push, a refusal, noise, and questions of who one is."""
    log = [opened(a_signed_act(number)) for number in range(size)]
    log[4] = opened(a_pull(4))
    log[5] = opened(
        a_signed_act(5, "push_batch", "/v1/batches", purpose="contribution", method="POST", body=b"{}", records=2),
        p=digest("stored"),
    )
    log[6] = opened(a_refusal(6))
    log[7] = opened(an_entry(7, action="noise", decision="refused", reason="not_authenticated", records=9))
    log[8] = opened(a_pull(8, records=0, served=None, **{"from": None, "to": None}))
    return log


@dataclass
class Bundle:
    """What goes into a bundle; each part can be tampered with before it is written."""

    log: list[Opened]
    name: str = LOG
    log_key: PrivateKey = LOG_KEY
    statements: list[tuple[str, str]] = field(default_factory=list)
    approvals: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)
    more_lines: list[dict[str, Any]] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)
    leaves: list[bytes] | None = None
    signed_leaves: list[bytes] | None = None
    cosign: Callable[[str], str] = str
    head: dict[str, Any] = field(default_factory=dict)
    method: int = zipfile.ZIP_DEFLATED

    @property
    def note(self) -> str:
        hashes = self.signed_leaves or self.leaves or [one.leaf for one in self.log]
        return sign_checkpoint(Checkpoint(origin=self.name, size=len(hashes), root=root(hashes)), key=self.log_key)

    def members(self) -> list[tuple[str, bytes]]:
        leaves = self.leaves or [one.leaf for one in self.log]
        hashes = self.signed_leaves or leaves
        lines = [self.lines.get(index, line(index, one)) for index, one in enumerate(self.log)]
        lines = [one for index, one in enumerate(lines) if index not in self.left_out] + self.more_lines
        head = {
            "v": 1,
            "federation": FEDERATION,
            "node": NODE,
            "log": self.name,
            "size": len(hashes),
            "root": to_base64url(root(hashes)),
            "made_at": (NOON + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "filter": {},
            "viewer": {"organisation": NODE, "sees_all": True},
            "entries": len(lines),
            "complete": True,
        } | self.head
        return [
            ("bundle.json", orjson.dumps(head)),
            ("checkpoint", self.cosign(self.note).encode()),
            *tiles(leaves),
            ("entries.ndjson", ndjson(lines)),
            ("statements.ndjson", ndjson({"organisation": name, "statement": one} for name, one in self.statements)),
            ("approvals.ndjson", ndjson({"organisation": name, "approval": one} for name, one in self.approvals)),
        ]

    def write(self, path: Path) -> Path:
        return write_zip(path, self.members(), method=self.method)


def line(index: int, one: Opened) -> dict[str, Any]:
    return {"index": index, "entry": one.text.decode(), "salt": to_base64url(one.salt), "p": to_base64url(one.p)}


def tiles(leaves: list[bytes]) -> list[tuple[str, bytes]]:
    return [
        (tile_path(0, start // 256, len(leaves[start : start + 256])), b"".join(leaves[start : start + 256]))
        for start in range(0, len(leaves), 256)
    ]


def ndjson(values: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(value) + b"\n" for value in values)


def write_zip(path: Path, members: list[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members:
            file.writestr(name, data, compress_type=zipfile.ZIP_STORED if name.startswith("tile/") else method)
    return path


def node_statement(**changes: Any) -> str:
    said = {"organisation": NODE, "root": NODE_ROOT, "keys": node_keys(), "sector": "ngo"} | changes
    return statement_token(statement_claims(**said), root=NODE_ROOT)


def hotline_claims(**changes: Any) -> dict[str, Any]:
    return statement_claims(**({"keys": organisation_keys()} | changes))


def an_admission(claims: dict[str, Any]) -> list[tuple[str, str]]:
    """Two operators admit the organisation of these statement claims."""
    statement = signed(claims)
    return [
        (
            claims["iss"],
            approval_token(approval_claims(statement, number=number, iat=NOON - timedelta(days=4)), key=operator),
        )
        for number, operator in ((1, OPERATOR), (2, SECOND_OPERATOR))
    ]


def a_bundle(log: list[Opened] | None = None, *, claims: dict[str, Any] | None = None, **said: Any) -> Bundle:
    """An honest bundle, complete, of a log of 300 entries."""
    hotline = claims or hotline_claims()
    return Bundle(
        log=some_log() if log is None else log,
        statements=[(NODE, node_statement()), (ORGANISATION, statement_token(hotline))],
        approvals=an_admission(hotline),
        **said,
    )
