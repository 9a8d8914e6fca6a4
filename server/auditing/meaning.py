"""Say what one entry of the log means to those who look for it: whose act, concerning whom, which record it names.

Read from the entry's own text, so that an index made again says the same. What was released by a pull is not in its
entry; that comes from the feed (`indexing_store`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from server.access import Permission, Role, sees_only_its_own

# The targets of acts that name one record or one organisation; a refused act keeps only their digest.
_RECORD = re.compile(r"/v1/(?:trail/)?records/([a-z0-9.-]{3,100})/([0-9a-f-]{36})(?:/opinions|/exposure(?:/[0-9]+)?)?")
_ORGANISATION = re.compile(r"/v1/(?:trail/)?organisations/([a-z0-9.-]{3,100})/[a-z]+")
_NAMING_A_RECORD = frozenset({Permission.READ_RECORD, Permission.READ_OPINIONS, Permission.READ_EXPOSURE})
_NAMING_AN_ORGANISATION = frozenset({Permission.READ_EXPOSURE, Permission.CHANGE_STATEMENT})
# As large as any honest member is, and small enough for every column and index of ours.
_TEXT_AT_MOST, _NUMBER_AT_MOST, _PLACE_AT_MOST = 256, 2**31 - 1, 2**40 - 1
# What the node did of itself names what it was about in a JSON object, by one of these members.
_NAMED_BY_THE_NODE = ("batch", "held", "group")

Place = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class PlacedEntry:
    """An entry at its place; `document` is None where its text was erased, `stored` whether the act stored a batch."""

    index: int
    entry_id: UUID
    leaf: bytes
    at: datetime
    organisation_id: int | None
    stored: bool
    document: bytes | None


@dataclass(frozen=True)
class Combination:
    """What many entries say alike."""

    organisation: str | None
    organisation_id: int | None
    keyid: str | None
    role: str | None
    action: str
    decision: str
    reason: str | None
    purpose: str | None


@dataclass(frozen=True, kw_only=True)
class Pull:
    """A page of a feed that held batches: its first and last place, its filter (None: no such one)."""

    first: Place
    last: Place
    kind: str | None
    origin: str | None
    own: bool
    only_own: bool


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What an entry says; `concerned` and `records_of` are organisations' names, `record` is (origin, id)."""

    combination: Combination
    response_status: int | None
    records: int | None
    first: Place | None
    last: Place | None
    pull: Pull | None
    record: tuple[str, UUID] | None
    concerned: frozenset[str]
    records_of: frozenset[str]


def meaning_of(entry: PlacedEntry, document: bytes) -> Meaning:
    """Return what `entry` says, whose text is `document`.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, IndexError: it is of no form that a process of ours writes.
    """
    said: dict[str, Any] = orjson.loads(document)
    record = _record_named(said)
    records_of = {record[0]} if record is not None else set[str]()
    if entry.stored and said["organisation"] is not None:
        records_of.add(said["organisation"])
    concerned = {said["organisation"], *_organisations_named(said)} - {None}
    if said["organisation"] == said["node"] and said["keyid"] is None:
        about = _about_of_the_node(said)
        records_of |= about
    meaning = Meaning(
        combination=Combination(
            said["organisation"],
            entry.organisation_id,
            said["keyid"],
            said["role"],
            said["action"],
            said["decision"],
            said["reason"],
            said["purpose"],
        ),
        response_status=said["response_status"],
        records=said["records"],
        first=_place(said["from"]),
        last=_place(said["to"]),
        pull=_pull(said),
        record=record,
        concerned=frozenset(concerned | records_of),
        records_of=frozenset(records_of),
    )
    _check_sound(meaning)
    return meaning


def _check_sound(meaning: Meaning) -> None:
    """Refuse what no column takes: one such entry, written by a hand, would stop the index for all that follow."""
    said, pull = meaning.combination, meaning.pull
    texts = [said.organisation, said.keyid, said.role, said.reason, said.purpose]
    texts += [] if pull is None else [pull.kind, pull.origin]
    for text in (said.action, said.decision, *meaning.concerned, *(each for each in texts if each is not None)):
        if type(text) is not str or len(text) > _TEXT_AT_MOST or not (text.isascii() and text.isprintable()):
            raise ValueError("no text of an entry")
    for number in (meaning.response_status, meaning.records):
        if number is not None and (type(number) is not int or not 0 <= number <= _NUMBER_AT_MOST):
            raise ValueError("no number of an entry")
    for coordinate in (*(meaning.first or ()), *(meaning.last or ())):
        if type(coordinate) is not int or not 0 <= coordinate <= _PLACE_AT_MOST:
            raise ValueError("no place of an entry")
    if pull is not None and not (pull.first[1] <= pull.last[1] and pull.first <= pull.last):
        raise ValueError("no page of an entry")


def _pull(said: Mapping[str, Any]) -> Pull | None:
    first, last = _place(said["from"]), _place(said["to"])
    if said["action"] != Permission.READ_FEED or first is None or last is None or said["role"] is None:
        return None
    chosen: dict[str, str] = said["filter"] or {}
    return Pull(
        first=first,
        last=last,
        kind=chosen.get("kind"),
        origin=chosen.get("origin"),
        own=chosen.get("own") != "false",
        only_own=sees_only_its_own(Permission.READ_FEED, Role(said["role"])),
    )


def _record_named(said: Mapping[str, Any]) -> tuple[str, UUID] | None:
    if said["action"] not in _NAMING_A_RECORD or said["decision"] != "allowed":
        return None
    named = _RECORD.fullmatch(_path(said))
    return None if named is None else (named[1], UUID(named[2]))


def _organisations_named(said: Mapping[str, Any]) -> set[str]:
    """Return the subjects of an allowed act: of its path, and of what it told of itself."""
    if said["decision"] != "allowed":
        return set()
    subject = (said["filter"] or {}).get("subject")
    subjects = set() if subject is None else {subject}
    if said["action"] in _NAMING_AN_ORGANISATION and (named := _ORGANISATION.fullmatch(_path(said))):
        subjects.add(named[1])
    return subjects


def _about_of_the_node(said: Mapping[str, Any]) -> set[str]:
    target = orjson.loads(said["target"]) if (said["target"] or "").startswith("{") else {}
    return {target[member].partition("/")[0] for member in _NAMED_BY_THE_NODE if isinstance(target.get(member), str)}


def _path(said: Mapping[str, Any]) -> str:
    path: str = (said["target"] or "").partition("?")[0]
    return path


def _place(told: list[int] | None) -> Place | None:
    return None if told is None else (told[0], told[1], told[2], told[3])
