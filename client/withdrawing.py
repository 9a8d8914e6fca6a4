"""Withdraw one's own records: a final revision each, under the terms of the record, expiring no earlier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson

from client.clock import Source, wire_time
from client.drafting import MAX_LINES_BYTES, Line, RefusedRecord, Terms
from client.own import Desk
from client.pushed_terms import terms_of
from client.pushing import PushOutcome
from client.state import records
from client.state.opening import State
from crypto.batches import MAX_RECORDS
from crypto.canonical import canonical_bytes
from crypto.documents import BATCH, read_document
from crypto.encoding import to_base64url


@dataclass(frozen=True, kw_only=True)
class Withdrawals:
    """What to push: lines by kind and terms; `already` were withdrawn before, `unknown` are not ours."""

    lines: dict[tuple[str, Terms], list[Line]]
    already: int
    unknown: Sequence[RefusedRecord]


def withdraw(desk: Desk, ids: Sequence[str], *, reason: str) -> PushOutcome:
    """Withdraw one's own records of any kind, for good; records that are not known here come back as refused.

    Of what was signed before only withdrawals go out, and what holds one of `ids`; `unsent` counts the rest.
    """
    pusher, outcome = desk.pusher(), PushOutcome()
    pusher.resend_withdrawals(frozenset(ids), outcome)
    drafted = draft_withdrawals(desk.state, ids, organisation=desk.organisation, reason=reason, source=desk.source)
    outcome.already += drafted.already
    outcome.refused.extend(drafted.unknown)
    for (kind, terms), lines in drafted.lines.items():
        for some in _portions(lines):
            pusher.push_lines(some, kind=kind, terms=terms, outcome=outcome)
    return outcome


def draft_withdrawals(
    state: State, ids: Sequence[str], *, organisation: str, reason: str, source: Source
) -> Withdrawals:
    """Return the withdrawals of these records of `organisation`, each once, in the order given."""
    lines: dict[tuple[str, Terms], list[Line]] = {}
    already, unknown = 0, []
    for row, record_id in enumerate(dict.fromkeys(ids)):
        # Also what was set aside with a stolen key is on the node, and can be withdrawn.
        known = records.revisions_of(state.db, organisation, record_id, with_set_aside=True)
        if not known:
            unknown.append(RefusedRecord(row=row, id=record_id, pointer="", code="unknown_record"))
            continue
        newest = known[-1]
        if newest.status == "withdrawn":
            already += 1
            continue
        leaves = {to_base64url(one.leaf) for one in known}
        if newest.line is not None:
            leaves.update(orjson.loads(newest.line).get("replaces", ()))
        claims = read_document(records.batch_of_revision(state.db, newest.batch_id)[0], typ=BATCH).claims
        withdrawal = {
            "id": record_id,
            "kind": claims["kind"],
            "revision": newest.revision + 1,
            "salt": source.salt(),
            "status": "withdrawn",
            "replaces": sorted(leaves),
            "reason": reason,
            "withdrawn_at": wire_time(source.now()),
        }
        line = Line(
            row=row,
            id=record_id,
            # One withdrawal a revision, whatever its salt and time.
            digest=sha256(f"withdrawal {organisation}/{record_id} {newest.revision}".encode()).digest(),
            line=canonical_bytes(withdrawal),
        )
        lines.setdefault((claims["kind"], terms_of(claims)), []).append(line)
    return Withdrawals(lines=lines, already=already, unknown=unknown)


def _portions(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield lines in batches that a node takes."""
    some: list[Line] = []
    length = 0
    for line in lines:
        if some and (len(some) == MAX_RECORDS or length + len(line.line) + 1 > MAX_LINES_BYTES):
            yield some
            some, length = [], 0
        some.append(line)
        length += len(line.line) + 1
    if some:
        yield some
