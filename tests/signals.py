"""Synthetic signals and signed batches of them: valid ones, of which a test states only what matters.

Records are plain values; `a_batch(partner, records)` spells them canonically, signs the manifest over their root and
returns a `Batch` whose `document` is what a partner pushes.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from crypto.batches import record_leaf, records_root
from crypto.canonical import canonical_bytes
from crypto.documents import BATCH, sign_document
from crypto.encoding import to_base64url
from crypto.keys import PrivateKey, keyid
from tests.partners import DAY, FEDERATION, Partner, an_id, moment, now_seconds

Json = dict[str, Any]


def a_value(*names: object) -> str:
    """A synthetic SHA-256 in hex; the same names give the same one, no name a new one."""
    seed = "/".join(map(str, names)) if names else secrets.token_hex(16)
    return sha256(f"synthetic {seed}".encode()).hexdigest()


def a_salt() -> str:
    return to_base64url(secrets.token_bytes(16))


def a_signal(**members: Any) -> Json:
    """The first revision of a signal of its own id and value."""
    return {
        "id": an_id(),
        "kind": "signal",
        "revision": 1,
        "salt": a_salt(),
        "status": "active",
        "signal_type": "sha256",
        "value": a_value(),
        "media": "image",
        "classifications": [
            {"scheme": "iwf", "value": "A", "assessed_by": "hotline", "assessed_at": "2026-11-20"},
        ],
        "ai": {"status": "unassessed"},
        "origin_of_report": "hotline",
        **members,
    }


def signals(count: int) -> list[Json]:
    return [a_signal() for _ in range(count)]


def leaf_of(record: Mapping[str, Any]) -> str:
    """The leaf of a record, as `replaces` names it."""
    return to_base64url(record_leaf(canonical_bytes(dict(record))))


def a_revision(*earlier: Mapping[str, Any], **members: Any) -> Json:
    """The revision that follows all of `earlier` (oldest first)."""
    newest = earlier[-1]
    return {
        **newest,
        "revision": newest["revision"] + 1,
        "salt": a_salt(),
        "replaces": sorted(leaf_of(one) for one in earlier),
        **members,
    }


def a_withdrawal(*earlier: Mapping[str, Any], **members: Any) -> Json:
    """The withdrawal of the record whose revisions are `earlier` (oldest first)."""
    newest = earlier[-1]
    return {
        "id": newest["id"],
        "kind": newest["kind"],
        "revision": newest["revision"] + 1,
        "salt": a_salt(),
        "status": "withdrawn",
        "replaces": sorted(leaf_of(one) for one in earlier),
        "reason": "error",
        "withdrawn_at": "2026-11-21T10:00:00Z",
        **members,
    }


def an_audience(tlp: str = "GREEN", **members: Any) -> Json:
    return {"tlp": tlp, "groups": [], "organisations": [], "sectors": [], "purposes": [], **members}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A signed batch: its claims, the manifest's JWS, the lines without LF, and the document to push."""

    claims: Json
    manifest: str
    lines: list[bytes]

    @property
    def jti(self) -> str:
        jti: str = self.claims["jti"]
        return jti

    @property
    def document(self) -> bytes:
        return push_document(self.manifest, self.lines)


def push_document(manifest: str, lines: Sequence[bytes]) -> bytes:
    """What is pushed: the manifest's line, then the record lines."""
    return b'{"manifest":"%b"}\n' % manifest.encode() + b"".join(line + b"\n" for line in lines)


def a_manifest(name: str, lines: Sequence[bytes], **changes: Any) -> Json:
    """The claims over `lines` of a batch of `name`, with `changes`."""
    now = now_seconds()
    claims = {
        "v": 1,
        "federation": FEDERATION,
        "iss": name,
        "jti": an_id(),
        "iat": now,
        "kind": "signal",
        "schema": "signal/1",
        "audience": an_audience(),
        "about": None,
        "expires": moment(now + 365 * DAY),
        "count": len(lines),
        "root": to_base64url(records_root(lines)),
    }
    return claims | changes


def a_batch(
    partner: Partner, records: Sequence[Json | bytes], *, by: PrivateKey | None = None, **changes: Any
) -> Batch:
    """`partner`'s batch of `records` (values, or lines as they are), its manifest changed by `changes`.

    `by` signs in place of the partner's record key.
    """
    lines = [record if isinstance(record, bytes) else canonical_bytes(record) for record in records]
    claims = a_manifest(partner.name, lines, **changes)
    key = by or partner.record.key
    signed_as = keyid(claims["iss"] if isinstance(claims["iss"], str) else partner.name, key.thumbprint)
    return Batch(claims=claims, manifest=sign_document(claims, typ=BATCH, key=key, keyid=signed_as), lines=lines)
