"""Write the entry of an exchange, in the transaction of its act: no entry, no answer.

The entry is canonical JSON, salted, and bound to what the act stored (`p`); its leaf is the receipt that the signed
answer carries. It has no place yet: a row in `unplaced` waits for the sequencer.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crypto.encoding import to_base64url
from crypto.entries import acceptances_root, entry_bytes, entry_leaf
from server.db import Connection
from server.trail import store
from server.web.exchange import EntryFacts, Node


@dataclass(frozen=True, kw_only=True)
class Told:
    """What every entry says of the request and of the answer, whoever asked for what.

    `target`, `signature_base` and `signature` are what the caller signed; a refused entry keeps digests of the first
    two, so that nothing a caller sent is repeated in the trail. `response_digest` is SHA-256 of the body. Of many
    requests together all of this is None.
    """

    request_id: UUID
    at: datetime
    organisation: str | None
    organisation_id: int | None
    keyid: str | None
    role: str | None
    action: str
    purpose: str | None
    reason: str | None
    target: str | None
    signature_base: str | None
    signature: str | None
    response_status: int | None
    response_digest: bytes | None


def write_entry(db: Connection, node: Node, told: Told, facts: EntryFacts, *, salt: bytes) -> str:
    """Write the entry, let it wait for its place, and commit; return the receipt (43 characters).

    `salt` is 32 random bytes. Whether the entry says `allowed` or `refused` follows from `told.reason`.
    """
    entry = entry_bytes(_entry_members(node, told, facts))
    p = acceptances_root(facts.acceptances)
    leaf = entry_leaf(salt=salt, entry=entry, p=p)
    store.insert_entry(
        db,
        store.NewEntry(
            entry_id=told.request_id,
            at=told.at,
            organisation_id=told.organisation_id,
            keyid=told.keyid,
            action=told.action,
            decision=_decision(told),
            reason=told.reason,
            leaf=leaf,
            salt=salt,
            p=p,
            document=entry,
        ),
    )
    return to_base64url(leaf)


def _decision(told: Told) -> str:
    return "allowed" if told.reason is None else "refused"


def _entry_members(node: Node, told: Told, facts: EntryFacts) -> dict[str, object]:
    return {
        "v": 1,
        "id": str(told.request_id),
        "at": told.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "node": node.settings.node,
        "organisation": told.organisation,
        "keyid": told.keyid,
        "role": told.role,
        "action": told.action,
        "purpose": told.purpose,
        "decision": _decision(told),
        "reason": told.reason,
        "target": told.target,
        "signature_base": told.signature_base,
        "signature": told.signature,
        "response_status": told.response_status,
        "response_digest": None if told.response_digest is None else to_base64url(told.response_digest),
        "records": facts.records,
        "served": facts.served,
        "filter": facts.filter,
        "from": None if facts.first_place is None else list(facts.first_place),
        "to": None if facts.last_place is None else list(facts.last_place),
        "tlp": facts.tlp,
        "policy": to_base64url(node.policy_sha256),
    }
