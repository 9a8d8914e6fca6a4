"""Signed batches of synthetic signals, ready to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from crypto.batches import records_root
from crypto.canonical import canonical_bytes
from crypto.documents import BATCH, sign_document
from crypto.encoding import to_base64url
from tests.partners import DAY, FEDERATION, Held, Partner, a_nonce, an_id, moment, now_seconds

GREEN = {"tlp": "GREEN", "groups": [], "organisations": [], "sectors": [], "purposes": []}
CLEAR = GREEN | {"tlp": "CLEAR"}


@dataclass(frozen=True, kw_only=True)
class Push:
    """One batch as its origin signed it."""

    origin: str
    jti: str
    ids: Sequence[str]
    document: bytes


def a_line(about: object, **changes: Any) -> dict[str, Any]:
    """A record line whose value is the digest of `about`."""
    return {
        "id": an_id(),
        "kind": "signal",
        "revision": 1,
        "salt": a_nonce(),
        "status": "active",
        "signal_type": "sha256",
        "value": sha256(f"synthetic {about}".encode()).hexdigest(),
        "media": "image",
        "classifications": [
            {"scheme": "ncmec", "value": "B1", "assessed_by": "two_or_more", "assessed_at": "2026-11-01"}
        ],
        "ai": {"status": "unassessed"},
        "origin_of_report": "hotline",
    } | changes


def a_push(
    partner: Partner,
    *about: object,
    audience: dict[str, Any] | None = None,
    jti: str | None = None,
    by: Held | None = None,
    **changes: Any,
) -> Push:
    """A batch of `partner` with one signal for each of `about`; values differ between organisations."""
    lines = [a_line(f"{partner.name} {one}", **changes) for one in about]
    return sign_lines(partner, lines, audience=audience, jti=jti, by=by)


def sign_lines(
    partner: Partner,
    lines: Sequence[dict[str, Any]],
    *,
    audience: dict[str, Any] | None = None,
    jti: str | None = None,
    by: Held | None = None,
) -> Push:
    """A batch of exactly these record lines."""
    written = [canonical_bytes(line) for line in lines]
    key = (by or partner.record).key
    claims = {
        "v": 1,
        "federation": FEDERATION,
        "iss": partner.name,
        "jti": jti or an_id(),
        "iat": now_seconds(),
        "kind": "signal",
        "schema": "signal/1",
        "audience": audience or GREEN,
        "about": None,
        "expires": moment(now_seconds() + 365 * DAY),
        "count": len(written),
        "root": to_base64url(records_root(written)),
    }
    manifest = sign_document(claims, typ=BATCH, key=key, keyid=partner.keyid(key))
    document = b'{"manifest":"%b"}\n' % manifest.encode() + b"".join(line + b"\n" for line in written)
    return Push(origin=partner.name, jti=str(claims["jti"]), ids=[line["id"] for line in lines], document=document)
