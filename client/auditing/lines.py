"""Read the lines of a bundle's entries: each makes its leaf, and says what can be; what is erased is kept for later."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from client.auditing.acts import Act, ActJudge
from client.auditing.archive import Archive
from client.auditing.earlier import Restored, read_restored
from client.failures import NotVerified
from crypto import refusals
from crypto.bundles import Erasure, Finding, Leaves, judge_leaf
from crypto.canonical import NotCanonical, parse_canonical
from crypto.encoding import from_base64url
from schemas.answers import EntrySchema
from schemas.bulk import derived_validator
from schemas.bundles import ENTRIES_NAME
from schemas.converting import json_schema_of

MOST_TOLD = 1_000
_OPENED = frozenset({"index", "entry", "salt", "p"})
_ERASED = frozenset({"index", "erased_by"})
_ERASES = "erase_entries"
_OPENS_EPOCH = "open_epoch"
_is_entry = derived_validator(json_schema_of(EntrySchema)).is_valid


@dataclass(kw_only=True)
class Findings:
    """The first findings of all that there were."""

    told: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, *found: Finding) -> None:
        """Count these, and keep as many as are told."""
        self.counts.update(one.what for one in found)
        self.told += found[: max(0, MOST_TOLD - len(self.told))]


@dataclass(kw_only=True)
class Lines:
    """What the lines of the entries have shown."""

    indexes: list[int] = field(default_factory=list)
    opened_at: set[int] = field(default_factory=set)
    erased: dict[int, int] = field(default_factory=dict)
    # By how many places leaves stand too early, because some before them are missing.
    shift: int = 0
    erasures: dict[int, Erasure] = field(default_factory=dict)
    restored: list[Restored] = field(default_factory=list)


def parse_line(line: bytes) -> Any:
    """Return the JSON value of a line.

    Raises:
        NotCanonical: `not_json`.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotCanonical("not_json") from error


def judge_lines(archive: Archive, leaves: Leaves, acts: ActJudge, found: Findings) -> Lines:
    """Return what all lines of the entries have shown; what is wrong with them goes into `found`.

    Raises:
        NotVerified: `bundle_form`.
    """
    lines, count, last = Lines(), 0, -1
    size = archive.head.size
    for line in archive.lines(ENTRIES_NAME):
        count += 1
        said = _line(line)
        index = said["index"]
        if index >= size:
            found.add(Finding(what="outside", index=index))
            continue
        if index <= last:
            # One more than the log has: the leaf can only be made by one of them.
            found.add(Finding(what="index_twice", index=index))
            continue
        last = index
        lines.indexes.append(index)
        if "erased_by" in said:
            lines.erased[index] = said["erased_by"]
        else:
            found.add(*_judge_opened_line(said, leaves, acts, lines, size=size))
    if count != archive.head.entries:
        raise NotVerified("bundle_form", about=ENTRIES_NAME)
    return lines


def _line(line: bytes) -> dict[str, Any]:
    try:
        said = parse_line(line)
    except NotCanonical as error:
        raise NotVerified("bundle_form", about=ENTRIES_NAME) from error
    if type(said) is not dict or said.keys() not in (_OPENED, _ERASED):
        raise NotVerified("bundle_form", about=ENTRIES_NAME)
    numbers = [said["index"], said.get("erased_by", 0)]
    if any(type(number) is not int or number < 0 for number in numbers):
        raise NotVerified("bundle_form", about=ENTRIES_NAME)
    return said


def _judge_opened_line(
    said: dict[str, Any], leaves: Leaves, acts: ActJudge, lines: Lines, *, size: int
) -> list[Finding]:
    index = said["index"]
    lines.opened_at.add(index)
    try:
        text = said["entry"].encode()
        p = from_base64url(said["p"], length=32)
        finding = judge_leaf(index, leaves, entry=text, salt=from_base64url(said["salt"], length=32), p=p)
    except (refusals.NotVerified, AttributeError, UnicodeEncodeError) as error:
        raise NotVerified("bundle_form", about=ENTRIES_NAME) from error
    if finding is not None and _is_shifted(finding, leaves, lines, size=size):
        finding = None
    if finding is not None:
        return [finding]
    try:
        entry = parse_canonical(text)
    except NotCanonical:
        return [Finding(what="entry_form", index=index)]
    if not _is_entry(entry):
        return [Finding(what="entry_form", index=index)]
    try:
        at = datetime.fromisoformat(entry["at"])
    except ValueError:
        # There is no such day.
        return [Finding(what="entry_form", index=index)]
    found = acts.judge(Act(index=index, entry=entry, at=at, p=p))
    if entry["signature"] is None and entry["keyid"] is None:
        found += _read_own_act(index, entry, lines)
    return found


def _is_shifted(finding: Finding, leaves: Leaves, lines: Lines, *, size: int) -> bool:
    """Return whether a leaf stands too early only because others, that are told of by themselves, are missing."""
    if finding.other is None:
        return False
    shift = finding.index - finding.other
    if not lines.shift <= shift <= size - len(leaves):
        return False
    lines.shift = shift
    return True


def _read_own_act(index: int, entry: dict[str, Any], lines: Lines) -> list[Finding]:
    """Read what the node says that it did to its own log."""
    try:
        if entry["action"] == _ERASES:
            lines.erasures[index] = _erasure(parse_canonical(entry["target"].encode()))
        elif entry["action"] == _OPENS_EPOCH:
            lines.restored.append(read_restored(index, parse_canonical(entry["target"].encode())))
    except (NotCanonical, refusals.NotVerified, KeyError, TypeError, ValueError, AttributeError):
        return [Finding(what="entry_form", index=index)]
    return []


def _erasure(said: dict[str, Any]) -> Erasure:
    ranges = tuple((first, last) for first, last in said["entries"])
    if any(type(number) is not int for one in ranges for number in one):
        raise ValueError("ranges are of whole numbers")
    return Erasure(ranges=ranges, leaves_sha256=from_base64url(said["leaves_sha256"], length=32))
