"""Read a pushed document: cut it, parse each line, check its form, screen its text; once over each record.

What is not the line profile at all ends the reading (400); what breaks a rule of form is collected, because a partner
wants all of it at once (422).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crypto.batch_form import MAX_GROUP_LINE_BYTES, MAX_LINE_BYTES
from crypto.batches import MalformedDocument, PushedDocument, record_leaf, split_push
from crypto.canonical import NotCanonical, parse_canonical
from crypto.documents import BATCH, MAX_DOCUMENT_BYTES
from schemas.bulk import Problem, is_record, record_problems
from schemas.screening import screen, suspicious
from server.batches.kinds import KindRules
from server.batches.lines import Line
from server.errors import BodyTooLarge, MalformedBody, RefusedMember

# Of one record: a partner mends it by fewer, and an attacker's answer is no larger than what was sent.
PROBLEMS_AT_MOST = 16
EXPLAINED_AT_MOST = 256
_TOO_LARGE = frozenset({"document_too_long", "too_many_records", "line_too_long"})

_NOTHING: frozenset[str] = frozenset()
_NOT_INDEXED = (None, None)


@dataclass(kw_only=True)
class Reading:
    """The records in their order, and what is wrong with them. `lines` lacks those whose form is wrong."""

    leaves: list[bytes] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    refused: list[RefusedMember] = field(default_factory=list)
    only_withdraws: bool = True
    malformed: int = 0


def cut(document: bytes) -> PushedDocument:
    """Return the manifest and the lines of `document`.

    Raises:
        BodyTooLarge: the document, its manifest, a line or their number.
        MalformedBody: not newline-delimited JSON of the one form.
    """
    try:
        pushed = split_push(document)
    except MalformedDocument as error:
        raise (BodyTooLarge if error.reason in _TOO_LARGE else MalformedBody) from error
    if len(pushed.manifest) > MAX_DOCUMENT_BYTES[BATCH]:
        raise BodyTooLarge
    return pushed


def read_records(lines: list[bytes], rules: KindRules) -> Reading:
    """Return the records that `lines` spell, each checked for form and screened.

    Raises:
        BodyTooLarge: a line is longer than its kind may be.
        MalformedBody: a line is not of the line profile.
    """
    reading = Reading()
    ids: set[str] = set()
    values: set[tuple[str, bytes]] = set()
    start = 0
    longest = MAX_GROUP_LINE_BYTES if rules.kind == "group" else MAX_LINE_BYTES
    for index, line in enumerate(lines):
        if len(line) > longest:
            raise BodyTooLarge
        try:
            record = parse_canonical(line)
        except NotCanonical as error:
            raise MalformedBody from error
        leaf = record_leaf(line)
        reading.leaves.append(leaf)
        if not is_record(rules.kind, record):
            reading.refused += _refuse(index, _problems_of(reading, rules.kind, record))
            reading.only_withdraws = False
            reading.malformed += 1
        else:
            if suspicious(line):
                reading.refused += _refuse(index, screen(rules.kind, record))
            read = _line(index, start, line, leaf, record, rules)
            if record["id"] in ids:
                reading.refused.append(RefusedMember(index=index, pointer="/id", code="repeated_in_batch"))
            ids.add(record["id"])
            if not read.is_withdrawal:
                reading.only_withdraws = False
            if read.signal_type is not None and read.value is not None:
                if (read.signal_type, read.value) in values:
                    reading.refused.append(RefusedMember(index=index, pointer="/value", code="value_already_shared"))
                values.add((read.signal_type, read.value))
            reading.lines.append(read)
        start += len(line) + 1
    return reading


def _problems_of(reading: Reading, kind: str, record: dict[str, Any]) -> list[Problem]:
    # The list of what is wrong costs a hundred times the yes or no: a batch of nothing but faults must not pay it all.
    if reading.malformed >= EXPLAINED_AT_MOST:
        return [Problem(pointer="", code="malformed_record")]
    return record_problems(kind, record)[:PROBLEMS_AT_MOST]


def _line(  # noqa: PLR0917 - one call a record: keywords cost here
    index: int, start: int, line: bytes, leaf: bytes, record: Mapping[str, Any], rules: KindRules
) -> Line:
    is_withdrawal = record["status"] == "withdrawn"
    indexed = None if is_withdrawal else rules.indexed_value
    signal_type, value = _NOT_INDEXED if indexed is None else indexed(record)
    replaces = record.get("replaces")
    return Line(
        index,
        start,
        len(line),
        leaf,
        bytes.fromhex(record["id"].replace("-", "")),
        record["revision"],
        _NOTHING if replaces is None else frozenset(replaces),
        is_withdrawal,
        signal_type,
        value,
        None if is_withdrawal or rules.detail_of is None else rules.detail_of(record),
        is_withdrawal and record["reason"] == "legal",
    )


def _refuse(index: int, problems: list[Any]) -> list[RefusedMember]:
    return [RefusedMember(index=index, pointer=problem.pointer, code=problem.code) for problem in problems]
