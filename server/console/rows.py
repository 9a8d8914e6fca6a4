"""Read an entry's canonical text into what a row of a table, or the page of the entry, shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from crypto.entries import ENTRY_MEMBERS

ENTRY_ORDER = (
    *("at", "organisation", "keyid", "role", "action", "purpose", "decision", "reason", "records", "filter", "from"),
    *("to", "tlp", "target", "response_status", "response_digest", "served", "signature", "signature_base", "policy"),
    *("node", "id", "v"),
)
"""The members in the order in which people ask for them."""

_LABELLED = {"action": "action", "decision": "decision", "role": "role", "purpose": "purpose"}
# Shown in a part of the page of its own.
_APART = "signature_base"


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """One entry as a table shows it; an erased one has its index alone, the rest is None."""

    index: int
    is_erased: bool = False
    at: datetime | None = None
    organisation: str | None = None
    keyid: str | None = None
    action: str | None = None
    purpose: str | None = None
    decision: str | None = None
    reason: str | None = None
    records: int | None = None


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of an entry: its value as text, None where it is null, and the kind of label that it has."""

    name: str
    value: str | None
    kind: str | None = None


def row_of(index: int, document: bytes | None) -> EntryRow:
    """Return the row of the entry at `index`; `document` is its canonical text, None when it was erased."""
    if document is None:
        return EntryRow(index=index, is_erased=True)
    said = orjson.loads(document)
    return EntryRow(
        index=index,
        at=moment_of(said["at"]),
        organisation=said["organisation"],
        keyid=said["keyid"],
        action=said["action"],
        purpose=said["purpose"],
        decision=said["decision"],
        reason=said["reason"],
        records=said["records"],
    )


def members_of(said: Mapping[str, object]) -> tuple[Member, ...]:
    """Return every member of an entry but the signed text, which has its own part of the page."""
    return tuple(
        Member(name=name, value=_text(said[name]), kind=_LABELLED.get(name)) for name in ENTRY_ORDER if name != _APART
    )


def moment_of(text: str) -> datetime:
    """Return the time that an entry says: RFC 3339, whole seconds, `Z`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


if set(ENTRY_ORDER) != ENTRY_MEMBERS:
    raise AssertionError("every member of an entry has its place on the page")
