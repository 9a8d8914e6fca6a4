"""Read an entry into what a row of a table, or the page of the entry, shows.

An entry may have been changed by whoever rules the database: nothing of its text is taken for granted, and whether it
still makes its leaf is computed for each row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from crypto.entries import ENTRY_MEMBERS, entry_leaf
from server.auditing.searching import TrailEntry

ENTRY_ORDER = (
    *("at", "organisation", "keyid", "role", "action", "purpose", "decision", "reason", "records", "filter", "from"),
    *("to", "tlp", "target", "response_status", "response_digest", "served", "signature", "signature_base", "policy"),
    *("node", "id", "v"),
)
"""The members in the order in which people ask for them."""

_LABELLED = frozenset({"action", "decision", "role", "purpose"})
# Shown in a part of the page of its own.
_APART = "signature_base"


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """One entry as a table shows it; what it does not say is None. An erased one says nothing more.

    `is_altered`: what is kept does not make the leaf at its place.
    """

    index: int
    at: datetime
    is_erased: bool = False
    is_altered: bool = False
    organisation: str | None = None
    keyid: str | None = None
    action: str | None = None
    purpose: str | None = None
    decision: str | None = None
    reason: str | None = None
    records: int | None = None


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of an entry: its value as text, None where it is null, and whether the value has a label."""

    name: str
    value: str | None
    is_labelled: bool = False


def row_of(entry: TrailEntry) -> EntryRow:
    """Return the row of an entry."""
    said = entry.said
    records = said.get("records")
    return EntryRow(
        index=entry.index,
        at=entry.at,
        is_erased=entry.is_erased,
        is_altered=not makes_its_leaf(entry),
        organisation=_word(said.get("organisation")),
        keyid=_word(said.get("keyid")),
        action=_word(said.get("action")),
        purpose=_word(said.get("purpose")),
        decision=_word(said.get("decision")),
        reason=_word(said.get("reason")),
        records=records if isinstance(records, int) else None,
    )


def makes_its_leaf(entry: TrailEntry) -> bool:
    """Return whether an entry's text, salt and `p` make its leaf; of an erased one there is nothing to say."""
    if entry.entry is None or entry.salt is None:
        return True
    try:
        return entry_leaf(salt=entry.salt, entry=entry.entry, p=entry.p) == entry.leaf
    except ValueError:
        return False


def members_of(said: Mapping[str, object]) -> tuple[Member, ...]:
    """Return every member of an entry but the signed text, which has its own part of the page."""
    return tuple(
        Member(name=name, value=_text(said.get(name)), is_labelled=name in _LABELLED)
        for name in ENTRY_ORDER
        if name != _APART
    )


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


if set(ENTRY_ORDER) != ENTRY_MEMBERS:
    raise AssertionError("every member of an entry has its place on the page")
