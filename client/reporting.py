"""Incidents: report what happened, and carry it on until it is closed.

The same report again is recognised by its content and reported once; its form is judged before anything is signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from client.drafting import Draft, RefusedRecord, Terms, content_digest
from client.own import Desk, content_of, standing_of
from client.pushing import Progress, PushOutcome
from client.state import outbox
from crypto.canonical import NotCanonical


class Incidents:
    """The incidents of one partner."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def report(self, record: Mapping[str, Any], *, terms: Terms) -> tuple[str | None, PushOutcome]:
        """Report one incident and return its id (None where it was refused), and what became of it.

        Signals and other incidents that it names are `{origin, id}`.

        Raises:
            Failure: by its classes; what was signed stays in the journal.
        """
        draft = Draft(row=0, record={"kind": "incident", **record}, terms=terms)
        outcome = self.report_all([draft])
        return self.id_of(draft), outcome

    def report_all(self, drafts: Iterable[Draft], *, progress: Progress | None = None) -> PushOutcome:
        """Report incidents; records of another kind come back as refused (`kind_differs`)."""
        others: list[RefusedRecord] = []
        outcome = self._desk.pusher().push(_of_kind(drafts, others), progress=progress)
        outcome.refused.extend(others)
        return outcome

    def revise(self, record_id: str, changes: Mapping[str, Any], *, expires: datetime | None = None) -> PushOutcome:
        """Make the next revision of one's own incident, under its terms: `changes` are members with their new values.

        Of an object (`ai`, `counts`) what is not named stays; None takes an optional member away. `expires` is no
        earlier than before.
        """
        outcome = PushOutcome()

        def compose() -> Draft | RefusedRecord:
            now = standing_of(self._desk, self._desk.organisation, record_id)
            if isinstance(now, RefusedRecord):
                return now
            if now.record["kind"] != "incident":
                return RefusedRecord(row=0, id=record_id, pointer="/kind", code="kind_differs")
            record = _changed(content_of(now.record), changes)
            return Draft(row=0, record=record, terms=replace(now.terms, expires=expires or now.expires))

        self._desk.pusher().push_composed(compose, wanted=lambda line: line.id == record_id, outcome=outcome)
        return outcome

    def close(self, record_id: str) -> PushOutcome:
        """Say that nothing more is to be done about one's own incident."""
        return self.revise(record_id, {"state": "closed"})

    def id_of(self, draft: Draft) -> str | None:
        """Return the id under which a reported draft is known, None where it is not."""
        record = {"kind": "incident", **draft.record}
        if isinstance(record.get("id"), str):
            return str(record["id"])
        try:
            return outbox.record_of(self._desk.state.db, content_digest(record, draft.terms))
        except NotCanonical:
            return None


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    record = dict(before)
    for name, value in changes.items():
        was = record.get(name)
        record[name] = {**was, **value} if isinstance(was, dict) and isinstance(value, Mapping) else value
    return {name: value for name, value in record.items() if value is not None}


def _of_kind(drafts: Iterable[Draft], others: list[RefusedRecord]) -> Iterable[Draft]:
    for draft in drafts:
        kind = draft.record.get("kind", "incident")
        if kind == "incident":
            yield replace(draft, record={"kind": "incident", **draft.record})
        else:
            others.append(RefusedRecord(row=draft.row, id="", pointer="/kind", code="kind_differs"))
