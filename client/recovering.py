"""Sort out what becomes of a batch that a node had, has lost with an older epoch of its log, and does not take again.

| the node says | then |
|---|---|
| nothing of a line | it is signed anew with the others of which nothing is said, and sent at once |
| `already_shared` | it has the line |
| that another record, revision or withdrawal has taken its place | it is told as refused, and not sent again |
| that what the line names is unknown, or anything else | it waits: its group, its subject may be sent again first |

Of a whole batch: its key may have ended since, then all of it is signed anew; it may have expired, then it is over.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from client.drafting import Line, RefusedRecord, SignedBatch
from client.failures import Refused
from client.journalling import journal
from client.state import outbox
from client.state.outbox import Lost

_HAS_IT = frozenset({"already_shared"})
_OVERTAKEN = frozenset(
    {
        "expires_too_early",
        "record_withdrawn",
        "revision_stale",
        "revision_taken",
        "value_already_shared",
    }
)
_KEY_ENDED = "manifest_not_verified"
_EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class SortedOut:
    """The lines to be signed anew and sent at once, those that wait, and the refusals to be told."""

    good: Sequence[Line] = ()
    waiting: Sequence[Line] = ()
    refused: Sequence[RefusedRecord] = ()


def sort_out(lines: Sequence[Line], refusal: Refused) -> SortedOut:
    """Return what becomes of these lines.

    Raises:
        Refused: the node refuses something else than the batch (role, purpose, suspension).
    """
    if refusal.code == "batch_id_taken":
        return SortedOut(refused=[RefusedRecord(row=None, id=one.id, pointer="", code=refusal.code) for one in lines])
    if refusal.code != "records_refused":
        raise refusal
    of_batch = {one.code for one in refusal.refused if one.index is None}
    if _EXPIRED in of_batch:
        return SortedOut()
    if of_batch == {_KEY_ENDED}:
        return SortedOut(good=lines)
    if of_batch:
        return SortedOut(waiting=lines)
    codes: dict[int | None, set[str]] = {}
    for one in refusal.refused:
        codes.setdefault(one.index, set()).add(one.code)
    said = {index: codes.get(index, set()) for index in range(len(lines))}
    return SortedOut(
        good=[line for index, line in enumerate(lines) if not said[index]],
        waiting=[line for index, line in enumerate(lines) if said[index] - _HAS_IT - _OVERTAKEN],
        refused=[
            RefusedRecord(row=None, id=lines[one.index].id, pointer=one.pointer, code=one.code)
            for one in refusal.refused
            if one.index is not None and one.code in _OVERTAKEN and not said[one.index] - _HAS_IT - _OVERTAKEN
        ],
    )


def journal_sorted(
    db: sqlite3.Connection,
    lost: Lost,
    sorted_out: SortedOut,
    *,
    again: SignedBatch | None,
    waiting: SignedBatch | None,
    now: datetime,
) -> None:
    """Journal what becomes of a batch, in the caller's transaction: its lines signed anew in two batches, or none.

    `again` is about to be sent, `waiting` holds what waits. Where all of it waits the batch itself does.
    """
    jti = lost.journalled.jti
    if waiting is not None and again is None and not sorted_out.refused:
        outbox.wait_again(db, jti, now=now)
        return
    if again is not None:
        journal(db, again, at=now)
    if waiting is not None:
        outbox.journal_waiting(db, jti=waiting.jti, document=waiting.document, log=lost.log, signed_at=lost.signed_at)
        outbox.wait_again(db, waiting.jti, now=now)
    outbox.mark_confirmed(db, jti)
