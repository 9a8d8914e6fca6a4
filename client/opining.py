"""Opinions: what one says of another organisation's record, to those who have the record or to its origin alone.

- One opines on what one has: a record that is not live here is refused as `unknown_record`.
- One organisation has one live opinion on a record. Another opinion on it is that one's next revision; where it is told
  to others than before, the former is withdrawn first.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from client.answer import Answer
from client.drafting import Draft, RefusedRecord, Terms
from client.own import Desk, Standing, standing_of
from client.pushed_terms import terms_of
from client.pushing import Progress, PushOutcome
from client.state.live import Selection, live_records
from client.wire import load
from client.withdrawing import withdraw
from crypto.documents import BATCH, read_document
from schemas.answers import OpinionCounts, OpinionCountsSchema

Told = Literal["record", "origin"]
"""To whom an opinion is told: exactly to whom the record is, or to the record's origin alone."""
ReadOpinions = Callable[[str, str, str], Answer]
"""Return the verified answer about the opinions of (origin, id), for a purpose."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """An opinion on the record (origin, id), by its newest revision that is known here.

    `reason` goes with `disputed`, `not_actionable`, `outdated`. `matches` is a bucket, counted in the days `period`
    (from, to). `told` None: as the opinion before, else as the record. `expires` None: with the record.
    """

    origin: str
    id: str
    verdict: str
    reviewed_by: str
    reason: str | None = None
    matches: str | None = None
    period: tuple[str, str] | None = None
    told: Told | None = None
    expires: datetime | None = None
    row: int = 0


@dataclass(frozen=True, kw_only=True)
class _Given:
    """One's own live opinion on a record."""

    id: str
    terms: Terms


class Opinions:
    """The opinions of one partner, and the counts of everybody's."""

    def __init__(self, desk: Desk, read: ReadOpinions) -> None:
        self._desk = desk
        self._read = read

    def give(self, opinions: Iterable[Opinion], *, progress: Progress | None = None) -> PushOutcome:
        """Give opinions, each once a record; what was signed before and has no answer goes first.

        Raises:
            Failure: by its classes; what was signed stays in the journal.
        """
        refused: list[RefusedRecord] = []
        outcome = self._desk.pusher().push(self._drafts(opinions, refused), progress=progress)
        outcome.refused.extend(refused)
        return outcome

    def of(self, origin: str, record_id: str, *, purpose: str) -> OpinionCounts:
        """Return how many organisations gave each verdict on a record, of the opinions that one may see.

        Raises:
            Refused: `not_found`: there is no such record, or it is hidden.
        """
        counts: OpinionCounts = load(OpinionCountsSchema(), self._read(origin, record_id, purpose).body)
        return counts

    def _drafts(self, opinions: Iterable[Opinion], refused: list[RefusedRecord]) -> Iterator[Draft]:
        given: dict[str, dict[str, _Given]] = {}
        seen: set[tuple[str, str]] = set()
        for one in opinions:
            draft: Draft | RefusedRecord
            if one.origin == self._desk.organisation:
                draft = _refuse(one, "own_record")
            elif (one.origin, one.id) in seen:
                draft = _refuse(one, "opinion_already_given")
            else:
                if one.origin not in given:
                    given[one.origin] = self._given_about(one.origin)
                draft = self._draft(one, given[one.origin].get(one.id), refused)
            seen.add((one.origin, one.id))
            if isinstance(draft, Draft):
                yield draft
            else:
                refused.append(draft)

    def _draft(self, one: Opinion, before: _Given | None, refused: list[RefusedRecord]) -> Draft | RefusedRecord:
        subject = standing_of(self._desk, one.origin, one.id, row=one.row)
        if isinstance(subject, RefusedRecord):
            return subject
        terms = _terms(one, subject, before)
        record = _record(one, revision=subject.record["revision"])
        if before is not None and before.terms.audience == terms.audience:
            return Draft(row=one.row, record={"id": before.id, **record}, terms=terms)
        if before is not None:
            outcome = withdraw(self._desk, [before.id], reason="audience_changed")
            refused.extend(outcome.refused)
        return Draft(row=one.row, record=record, terms=terms)

    def _given_about(self, origin: str) -> dict[str, _Given]:
        """Return one's own live opinions on records of `origin`, by the record's id."""
        selection = Selection(kind="opinion", origin=self._desk.organisation, about=origin)
        return {
            orjson.loads(one.line)["about"]["id"]: _Given(
                id=one.id, terms=terms_of(read_document(one.manifest, typ=BATCH).claims)
            )
            for one in live_records(self._desk.state.db, selection, now=self._desk.source.now())
        }


def _terms(one: Opinion, subject: Standing, before: _Given | None) -> Terms:
    """Return to whom an opinion is told, and until when: no earlier than the opinion that it follows."""
    expires = one.expires or subject.expires
    if before is not None:
        expires = max(expires, before.terms.expires)
    to_origin = Terms(tlp="AMBER+STRICT", organisations=(one.origin,), expires=expires, about=one.origin)
    if one.told == "origin" or (
        one.told is None and before is not None and before.terms.audience == to_origin.audience
    ):
        return to_origin
    return Terms(
        tlp=subject.terms.tlp,
        expires=expires,
        groups=subject.terms.groups,
        organisations=subject.terms.organisations,
        sectors=subject.terms.sectors,
        purposes=subject.terms.purposes,
        about=one.origin,
    )


def _record(one: Opinion, *, revision: int) -> dict[str, Any]:
    record: dict[str, Any] = {
        "kind": "opinion",
        "about": {"origin": one.origin, "id": one.id, "revision": revision},
        "verdict": one.verdict,
        "reviewed_by": one.reviewed_by,
    }
    optional = {
        "reason": one.reason,
        "matches": one.matches,
        "period": None if one.period is None else {"from": one.period[0], "to": one.period[1]},
    }
    return record | {name: value for name, value in optional.items() if value is not None}


def _refuse(one: Opinion, code: str) -> RefusedRecord:
    return RefusedRecord(row=one.row, id=one.id, pointer="/about", code=code)
