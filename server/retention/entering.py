"""Compose the entries of what the node does of itself: no caller, no key, no request, no answer."""

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from crypto.canonical import canonical_bytes
from crypto.entries import ENTRY_MEMBERS, NOTHING_STORED, SALT_BYTES, entry_bytes, entry_leaf
from crypto.identifiers import uuid7
from server.trail.store import NewEntry


def new_entry_id() -> UUID:
    """Return a fresh UUIDv7 for an act of the node's own."""
    return uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))


def own_entry(
    *,
    entry_id: UUID,
    at: datetime,
    node: str,
    node_id: int | None,
    action: str,
    target: Mapping[str, object],
    records: int | None = None,
) -> NewEntry:
    """Return the entry of an `action` of the node's own; `target` says, as canonical JSON, what it was about.

    `node_id` is the organisation's number, None where the database fills it in.
    """
    said: dict[str, object] = dict.fromkeys(ENTRY_MEMBERS)
    said |= {
        "v": 1,
        "id": str(entry_id),
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "node": node,
        "organisation": node,
        "action": action,
        "decision": "allowed",
        "target": canonical_bytes(dict(target)).decode(),
        "records": records,
    }
    document = entry_bytes(said)
    salt = secrets.token_bytes(SALT_BYTES)
    return NewEntry(
        entry_id=entry_id,
        at=at,
        organisation_id=node_id,
        keyid=None,
        action=action,
        decision="allowed",
        reason=None,
        leaf=entry_leaf(salt=salt, entry=document, p=NOTHING_STORED),
        salt=salt,
        p=NOTHING_STORED,
        document=document,
    )
