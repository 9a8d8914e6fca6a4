"""Judge what opened entries say: of their caller's signed request, of their counts, of their times.

A refused entry keeps digests of target and signature base, so its signature cannot be verified; what the node does of
itself, and what a person does at the console, is not signed by a key of a statement. All else must carry the signature
of an exchange key that held at that moment: an operator who invents an act cannot make one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from client.auditing.organisations import KeyHistory, Organisations
from client.receipts import are_places, asked_filter
from crypto import refusals
from crypto.acts import WIRE_ACTIONS, action_of, read_signed_base
from crypto.bundles import Finding
from crypto.encoding import from_base64url
from crypto.entries import NOTHING_STORED
from crypto.keys import split_keyid
from crypto.messages import REQUEST_WINDOW_SECONDS, SignedRequest

# A body may take half a minute to come, and the transaction behind it as long again.
_SLOWEST = timedelta(seconds=REQUEST_WINDOW_SECONDS + 120)
# A late commit is placed late; what is dated longer before its neighbours was put among them afterwards.
_LATEST_PLACED = timedelta(hours=1)
_LEAST_REFUSAL = 400
_BEFORE_ADMISSION = frozenset({"apply", "read_application", "change_statement"})


@dataclass(frozen=True, kw_only=True)
class Act:
    """One opened entry that makes its leaf: its index, its members by name, and `p`."""

    index: int
    entry: dict[str, Any]
    at: datetime
    p: bytes


@dataclass(frozen=True, kw_only=True)
class RevokedAct:
    """An act by a key that some statement revokes from a moment before it."""

    index: int
    at: datetime
    organisation: str
    thumbprint: str


@dataclass(kw_only=True)
class Seen:
    """What the entries so far have shown: to be counted, and to be found when it comes again."""

    signed: int = 0
    refused: int = 0
    unsigned: int = 0
    unadmitted: int = 0
    newest_at: datetime | None = None
    ids: set[str] = field(default_factory=set)
    signatures: set[str] = field(default_factory=set)
    admitted_needed: dict[str, int] = field(default_factory=dict)
    revoked: list[RevokedAct] = field(default_factory=list)
    # Digest of the body of each statement that was handed in, and where.
    statements_in: dict[bytes, int] = field(default_factory=dict)


class ActJudge:
    """Judges entries one by one, in the order of their indexes."""

    def __init__(self, organisations: Organisations, *, node: str) -> None:
        self._organisations = organisations
        self._node = node
        self._origins = {one.signed.claims.home.origin_url for one in organisations.node_statements}
        self.seen = Seen()

    def judge(self, act: Act) -> list[Finding]:
        """Return all that is wrong with an entry, in itself and beside those before it."""
        found = [self._judge_time(act), *self._judge_repeated(act), *_judge_form(act, node=self._node)]
        found.append(self._judge_signature(act))
        return [one for one in found if one is not None]

    def _judge_time(self, act: Act) -> Finding | None:
        before, self.seen.newest_at = self.seen.newest_at, max(act.at, self.seen.newest_at or act.at)
        # Nothing is added to moments that others chose: their sums may be none.
        if before is not None and before - act.at > _LATEST_PLACED:
            return Finding(what="backdated", index=act.index)
        written = (UUID(act.entry["id"]).int >> 80) / 1000
        is_apart = abs(written - act.at.timestamp()) > _SLOWEST.total_seconds()
        return Finding(what="id_time", index=act.index) if is_apart else None

    def _judge_repeated(self, act: Act) -> Sequence[Finding | None]:
        entry_id, signature = act.entry["id"], act.entry["signature"]
        is_id_new, is_signature_new = entry_id not in self.seen.ids, signature not in self.seen.signatures
        self.seen.ids.add(entry_id)
        if signature is not None and act.entry["decision"] == "allowed":
            self.seen.signatures.add(signature)
        else:
            is_signature_new = True
        return [
            None if is_id_new else Finding(what="id_twice", index=act.index),
            None if is_signature_new else Finding(what="request_twice", index=act.index),
        ]

    def _judge_signature(self, act: Act) -> Finding | None:
        entry = act.entry
        if entry["decision"] == "refused":
            self.seen.refused += 1
            return None
        if entry["signature"] is None:
            return self._judge_unsigned(act)
        try:
            request = read_signed_base(
                entry["signature_base"].encode(), signature=from_base64url(entry["signature"], length=64)
            )
        except (refusals.NotVerified, AttributeError, UnicodeEncodeError):
            return Finding(what="base_form", index=act.index)
        if request.organisation not in self._organisations.histories and entry["action"] in _BEFORE_ADMISSION:
            # Whoever applied and was never admitted has no statement here.
            self.seen.unadmitted += 1
            return self._judge_base(act, request)
        self.seen.signed += 1
        return self._judge_base(act, request) or self._judge_key(act, request)

    def _judge_unsigned(self, act: Act) -> Finding | None:
        entry = act.entry
        is_own = entry["keyid"] is None and entry["organisation"] == self._node
        is_person = entry["keyid"] is not None and entry["organisation"] is not None
        if entry["action"] in WIRE_ACTIONS or not (is_own or is_person):
            return Finding(what="unsigned_act", index=act.index, about=entry["organisation"] or "")
        self.seen.unsigned += 1
        return None

    def _judge_base(self, act: Act, request: SignedRequest) -> Finding | None:
        """Compare what was signed with what the entry says was signed."""
        entry, index = act.entry, act.index
        path = (entry["target"] or "").partition("?")[0]
        action = action_of(request.method, path)
        agreements = {
            "base_target": request.target_uri in {origin + (entry["target"] or "") for origin in self._origins},
            "base_purpose": request.purpose == entry["purpose"],
            "base_key": (request.keyid, request.organisation) == (entry["keyid"], entry["organisation"]),
            "base_action": entry["action"] == action or (action is None and entry["action"] not in WIRE_ACTIONS),
            "base_time": abs(request.created - act.at.timestamp()) <= _SLOWEST.total_seconds(),
            "filter": entry["action"] != "read_feed" or _filter_of(entry) == asked_filter(entry["target"] or ""),
        }
        return next((Finding(what=what, index=index) for what, agrees in agreements.items() if not agrees), None)

    def _judge_key(self, act: Act, request: SignedRequest) -> Finding | None:
        history = self._organisations.histories.get(request.organisation)
        key = None if history is None else history.public_key(request.thumbprint)
        if history is None or key is None:
            return Finding(what="key_unknown", index=act.index, about=request.organisation)
        try:
            key.verify(request.signature, request.base)
        except refusals.NotVerified:
            return Finding(what="signature_false", index=act.index, about=request.organisation)
        self._note(act, request, history)
        try:
            roles = history.roles(request.thumbprint, act.at)
        except refusals.NotVerified as error:
            return Finding(what=error.reason, index=act.index, about=request.organisation)
        if act.entry["role"] is not None and act.entry["role"] not in roles:
            return Finding(what="role_not_held", index=act.index, about=request.organisation)
        return None

    def _note(self, act: Act, request: SignedRequest, history: KeyHistory) -> None:
        if act.entry["action"] == "change_statement" and request.content_digest is not None:
            self.seen.statements_in.setdefault(request.content_digest, act.index)
        if act.entry["action"] not in _BEFORE_ADMISSION:
            self.seen.admitted_needed.setdefault(request.organisation, act.index)
        revoked = history.revoked(request.thumbprint)
        if revoked is not None and act.at > revoked.since:
            self.seen.revoked.append(
                RevokedAct(index=act.index, at=act.at, organisation=request.organisation, thumbprint=request.thumbprint)
            )


def _judge_form(act: Act, *, node: str) -> list[Finding | None]:
    """Judge what an entry says by itself, whoever signed it."""
    entry, index = act.entry, act.index
    return [
        Finding(what="other_node", index=index) if entry["node"] != node else None,
        Finding(what="decision", index=index) if not _is_decided(entry) else None,
        Finding(what="key_name", index=index) if not _names_its_own(entry) else None,
        Finding(what="count", index=index) if not _counts(act) else None,
        Finding(what="places", index=index) if not _has_its_places(act) else None,
    ]


def _is_decided(entry: dict[str, Any]) -> bool:
    """Return whether decision, reason and status agree: no answer that was good hides behind a refusal's digests."""
    is_refused: bool = entry["decision"] == "refused"
    status = entry["response_status"]
    if is_refused and entry["signature"] is not None and status is not None and status < _LEAST_REFUSAL:
        return False
    return bool(entry["reason"]) is is_refused


def _names_its_own(entry: dict[str, Any]) -> bool:
    keyid = entry["keyid"]
    return keyid is None or split_keyid(keyid)[0] == entry["organisation"]


def _counts(act: Act) -> bool:
    """Return whether the number of records agrees with what else the entry says was moved."""
    entry = act.entry
    records, is_stored = entry["records"], act.p != NOTHING_STORED
    if entry["decision"] == "refused":
        return entry["served"] is None and not is_stored
    if entry["action"] == "push_batch":
        return bool(records) == is_stored
    if entry["action"] == "read_feed":
        return bool(records) == (entry["served"] is not None) and not is_stored
    return entry["served"] is None and not is_stored


def _has_its_places(act: Act) -> bool:
    entry = act.entry
    first, last = entry["from"], entry["to"]
    if entry["action"] == "read_feed" and entry["decision"] == "allowed":
        if not are_places(first, last, is_empty=entry["served"] is None):
            return False
    elif (first is None) != (last is None):
        return False
    # What was released had its place before.
    return last is None or all(place < act.index for place in (*first[1:3], *last[1:3]))


def _filter_of(entry: dict[str, Any]) -> dict[str, str]:
    return entry["filter"] or {}
