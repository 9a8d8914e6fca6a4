"""What giving a record of any kind needs of its partner, and how one's own records are found by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from client.clock import Source
from client.drafting import RefusedRecord, Terms
from client.pushed_terms import terms_of
from client.pushing import Pusher
from client.state import records
from client.state.opening import State
from crypto.documents import BATCH, read_document


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where an organisation's records are drafted: its state, its clock, and what signs and sends."""

    organisation: str
    state: State
    source: Source
    pusher: Callable[[], Pusher]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The newest revision of a record that counts here: its members, its terms, and when it ends."""

    record: dict[str, Any]
    terms: Terms
    expires: datetime


def standing_of(desk: Desk, origin: str, record_id: str, *, row: int = 0) -> Standing | RefusedRecord:
    """Return how a record stands; refused as `unknown_record`, `record_withdrawn` or `expired`."""
    known = records.revisions_of(desk.state.db, origin, record_id)
    if not known or (known[-1].line is None and known[-1].status != "withdrawn"):
        return RefusedRecord(row=row, id=record_id, pointer="", code="unknown_record")
    newest = known[-1]
    if newest.line is None or newest.status == "withdrawn":
        return RefusedRecord(row=row, id=record_id, pointer="", code="record_withdrawn")
    manifest, _ = records.batch_of_revision(desk.state.db, newest.batch_id)
    terms = terms_of(read_document(manifest, typ=BATCH).claims)
    if terms.expires <= desk.source.now():
        return RefusedRecord(row=row, id=record_id, pointer="", code="expired")
    return Standing(record=orjson.loads(newest.line), terms=terms, expires=terms.expires)


def content_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a record that its origin chose: all but what each revision fills in anew."""
    return {name: value for name, value in record.items() if name not in {"revision", "salt", "status", "replaces"}}
