"""Open one's own entries in the node's log, and check that they say what one did and received."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl

from marshmallow import ValidationError

from client.answer import Answer
from client.state.receipts import Receipt
from client.wire import load
from crypto import refusals
from crypto.canonical import NotCanonical, parse_canonical
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf, receipt
from schemas.answers import Entry, EntrySchema, OpenedEntry, OpenedEntrySchema

_FILTERS = frozenset({"kind", "origin", "own"})
_PLACE_NUMBERS = 4
_OK = 200
_LEAST_REFUSAL = 400


@dataclass(frozen=True, kw_only=True)
class CheckedReceipt:
    """A receipt that was looked at; `finding` says what does not agree, None when all does.

    `is_waiting`: there is no entry or no place yet, and it is not a day old. `is_included`: a head of the log that was
    signed holds it. `is_lost`: it is not there, and came before a restore of the node that may have lost it: no proof
    of suppression. `evidence` is the file that convicts the node, where one was written.
    """

    leaf: str
    action: str
    finding: str | None
    is_waiting: bool = False
    is_included: bool = False
    is_lost: bool = False
    evidence: str | None = None


def receipt_of(answer: Answer, *, action: str, records: int | None = None, served: str | None = None) -> Receipt:
    """Return the receipt of a verified answer, with what opening it must show."""
    request = answer.request
    return Receipt(
        leaf=answer.receipt,
        action=action,
        target=_target(request.target_uri),
        signature_base=request.base,
        signature=to_base64url(request.signature),
        status=answer.status,
        response_sha256=answer.body_sha256,
        # A batch that was stored already moved nothing this time.
        records=0 if action == "push_batch" and answer.status == _OK else records,
        served=served,
        content_type=answer.content_type,
        signature_input=answer.signature_input,
        answer_signature=answer.signature,
        answered_at=answer.created,
    )


def opened_entry(body: bytes) -> OpenedEntry:
    """Return what an answer opens.

    Raises:
        NotVerified: `answer_form`.
    """
    opened: OpenedEntry = load(OpenedEntrySchema(), body)
    return opened


def finding(kept: Receipt, body: bytes, *, is_answer_known: bool = True) -> str | None:
    """Return what is wrong with the opened entry of a receipt: a constant token, None when nothing is.

    Checked: the leaf is made of the entry, its salt and `p`; target, signature and its base are the ones sent; status,
    digest of the answer and number of records are the ones received; `served` is the root over what came; `filter` is
    what was asked for; `from` and `to` are places in their order where something came, and none where nothing did.
    Where not `is_answer_known`, what came is left out: the entry must then not contradict itself.

    Raises:
        NotVerified: `answer_form`.
    """
    opened = opened_entry(body)
    try:
        leaf = entry_leaf(salt=from_base64url(opened.salt), entry=opened.entry.encode(), p=from_base64url(opened.p))
        if receipt(leaf) != kept.leaf:
            return "leaf"
        entry: Entry = EntrySchema().load(parse_canonical(opened.entry.encode()))
    except (refusals.NotVerified, NotCanonical, ValidationError, ValueError):
        return "entry_form"
    base, target = kept.signature_base.decode("ascii"), kept.target
    if entry.decision == "refused":
        base, target = _digest(base), _digest(target)
    served = kept.served if is_answer_known else entry.served
    agreements = {
        # What was given must not hide behind the digests of a refusal.
        "decision": entry.decision == "allowed" or kept.status >= _LEAST_REFUSAL,
        "signature": (entry.action, entry.signature) == (kept.action, kept.signature),
        "signature_base": (entry.signature_base, entry.target) == (base, target),
        "response_digest": (entry.response_status, entry.response_digest) == (kept.status, kept.response_sha256),
        "records": kept.records is None or entry.records == kept.records,
        "served": kept.action != "read_feed" or entry.served == served,
        "count": not _is_page(entry) or bool(entry.records) == (entry.served is not None),
        "filter": not _is_page(entry) or _filter_of(entry) == asked_filter(kept.target),
        "places": not _is_page(entry) or are_places(entry.from_, entry.to, is_empty=served is None),
    }
    return next((what for what, agrees in agreements.items() if not agrees), None)


def _is_page(entry: Entry) -> bool:
    return entry.action == "read_feed" and entry.decision == "allowed"


def _filter_of(entry: Entry) -> dict[str, str]:
    said = entry.filter
    named = {} if said is None else {"kind": said.kind, "origin": said.origin, "own": said.own}
    return {name: value for name, value in named.items() if value is not None}


def asked_filter(target: str) -> dict[str, str]:
    """Return what a pull asked for by its target, as the entry's `filter` must say it."""
    asked = dict(parse_qsl(target.partition("?")[2]))
    return {name: value for name, value in asked.items() if name in _FILTERS and (name, value) != ("own", "true")}


def are_places(first: Sequence[int] | None, last: Sequence[int] | None, *, is_empty: bool) -> bool:
    """Return whether `from` and `to` of a page are places in their order; of an empty page there are none."""
    if is_empty or first is None or last is None:
        return is_empty and first is None and last is None
    return len(first) == len(last) == _PLACE_NUMBERS and first[0] == last[0] and list(first) <= list(last)


def _digest(text: str) -> str:
    return to_base64url(sha256(text.encode("ascii")).digest())


def _target(target_uri: str) -> str:
    """Return the raw target of an absolute URI: what stands after scheme and host."""
    return "/" + target_uri.split("/", 3)[3]
