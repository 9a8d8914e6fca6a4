"""Push records: sign batches, journal each before it is sent, and drop what the node refuses.

- What is in the journal without an answer is sent again first, as it is: the node knows its `jti`.
- An acceptance is judged like any placed batch, and one's own records are kept by it, in the same transaction that
  closes the journal's row.
- Of a refused batch the refused records are handed to the caller; the rest is signed anew and sent.
- What an acceptance says of the node's log tells a node that was put back from a backup: it is sent again what it may
  have lost (`client/recovering.py`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from client.answer import Answer
from client.applying import apply_batch, check_place
from client.clock import Source
from client.drafting import Draft, Line, OpenBatch, RefusedRecord, SignedBatch, Terms, draft_line, sign_batch
from client.failures import NotVerified, Refused
from client.journalling import from_journal, is_withdrawal, journal, placed_document
from client.judging import JudgedBatch, read_named
from client.pulling import Puller
from client.pushed_terms import terms_of
from client.receipts import receipt_of
from client.recovering import journal_sorted, sort_out
from client.revising import Reviser
from client.state import outbox
from client.state import receipts as receipt_store
from client.state.opening import State
from client.trusting import Trust
from client.wire import load
from crypto.batches import StoredDocument
from crypto.documents import BATCH, read_document
from crypto.keys import PrivateKey
from schemas.answers import BatchOutcome, BatchOutcomeSchema

SendBatch = Callable[[bytes], Answer]
"""Send a pushed document and return the verified good answer."""
ReadLog = Callable[[], str]
"""Return the name of the node's log with its epoch, as the node says it is."""
Compose = Callable[[], Draft | RefusedRecord]
"""Compose one record from what is known at that moment, or say why not."""
Wanted = Callable[[Line], bool]
Progress = Callable[[int], None]
"""Told how many more records are done with: pushed, already there, or refused."""


@dataclass(kw_only=True)
class PushOutcome:
    """What became of a push: counts of records, the batches that were placed, and each refusal.

    `resent` counts records that were signed by an earlier command and reached the node now; `unsent` those that still
    wait in the journal. `recovered` counts records that a node which was put back from a backup had lost.
    """

    pushed: int = 0
    already: int = 0
    resent: int = 0
    recovered: int = 0
    unsent: int = 0
    batches: list[str] = field(default_factory=list)
    refused: list[RefusedRecord] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Pen:
    """With what a partner signs its batches."""

    organisation: str
    federation: str
    key: PrivateKey


class Pusher:
    """Pushes for one partner."""

    def __init__(
        self,
        *,
        state: State,
        trust: Trust,
        puller: Puller,
        send: SendBatch,
        read_log: ReadLog,
        pen: Pen,
        source: Source,
    ) -> None:
        self._read_log = read_log
        self._state = state
        self._trust = trust
        self._puller = puller
        self._send = send
        self._pen = pen
        self._source = source

    def push(self, drafts: Iterable[Draft], *, progress: Progress | None = None) -> PushOutcome:
        """Push drafts, after what was signed before and has no answer yet.

        Raises:
            Refused: the node refuses the push as a whole (role, purpose, suspension).
            Unreachable, NotAuthenticated, NotVerified: what was signed stays in the journal.
        """
        outcome = PushOutcome()
        told = progress or _tell_nobody
        self.resend(outcome)
        reviser = Reviser(self._state.db, organisation=self._pen.organisation, now=self._source.now())
        open_batches: dict[tuple[str, Terms], OpenBatch] = {}
        for draft in drafts:
            revised = reviser.revise(draft)
            if revised is None:
                outcome.already += 1
                told(1)
                continue
            line = draft_line(revised.draft, source=self._source)
            if isinstance(line, list):
                outcome.refused.extend(line)
                told(1)
                continue
            if revised.digest is not None:
                line = replace(line, digest=revised.digest)
            channel = (str(draft.record.get("kind", "signal")), draft.terms)
            batch = open_batches.setdefault(channel, OpenBatch())
            if line.digest in batch.lines:
                outcome.already += 1
                told(1)
                continue
            if not batch.fits(line):
                self._close(channel, batch, outcome, told)
                batch = open_batches[channel] = OpenBatch()
            batch.add(line)
        for channel, batch in open_batches.items():
            self._close(channel, batch, outcome, told)
        return outcome

    def push_lines(self, lines: Sequence[Line], *, kind: str, terms: Terms, outcome: PushOutcome) -> None:
        """Push finished lines of one kind under one set of terms, at most one batch of them."""
        batch = self._sign(lines, kind=kind, terms=terms)
        with self._state.transaction():
            self._journal(batch)
        self._deliver(batch, outcome)

    def push_composed(self, compose: Compose, *, wanted: Wanted, outcome: PushOutcome) -> None:
        """Push one record, composed from what is known when it is signed.

        Batches that were signed before, have no answer and hold a line that is `wanted` go first. Composing, signing
        and journalling are one transaction: two commands, or one that died and the one after it, never sign two
        different revisions of one number.
        """
        batch: SignedBatch | None = None
        is_composed = False
        while not is_composed:
            outcome.unsent = 0
            self.resend_only(wanted, outcome)
            with self._state.transaction():
                if not any(wanted(line) for one in self._unsent() for line in one.lines):
                    batch, is_composed = self._compose(compose(), outcome), True
        if batch is not None:
            self._deliver(batch, outcome)

    def resend(self, outcome: PushOutcome) -> None:
        """Send again what was signed and has no answer, after what the node may have lost."""
        self.recover(outcome)
        for batch in self._unsent():
            self._deliver(batch, outcome)

    def hear_log(self) -> bool:
        """Ask the node which epoch its log is in; return whether that is another than before."""
        name = self._read_log()
        with self._state.transaction():
            return outbox.hear_log(self._state.db, name)

    def recover(self, outcome: PushOutcome) -> None:
        """Send again what the node may have lost with an older epoch of its log, each batch as it was signed.

        Raises:
            Refused: the node refuses pushes as a whole (role, purpose, suspension).
            Unreachable, NotAuthenticated, NotVerified: what was not answered is sent the next time.
        """
        now, db = self._source.now(), self._state.db
        with self._state.transaction():
            outbox.forget_old(db, now=now)
        for lost in outbox.unconfirmed_batches(db, origin=self._pen.organisation, now=now):
            batch = from_journal(lost.journalled)
            try:
                answer = self._send(batch.document)
            except Refused as refusal:
                sorted_out = sort_out(batch.lines, refusal)
                again, waiting = self._sign_again(batch, sorted_out.good), self._sign_again(batch, sorted_out.waiting)
                with self._state.transaction():
                    journal_sorted(db, lost, sorted_out, again=again, waiting=waiting, now=now)
                outcome.refused.extend(sorted_out.refused)
                if again is not None:
                    self._deliver(again, outcome)
            else:
                self._accept(batch, answer, outcome, is_again=True)

    def _sign_again(self, batch: SignedBatch, lines: Sequence[Line]) -> SignedBatch | None:
        claims = read_document(batch.manifest, typ=BATCH).claims
        return self._sign(lines, kind=claims["kind"], terms=terms_of(claims)) if lines else None

    def resend_only(self, wanted: Wanted, outcome: PushOutcome) -> None:
        """Send again those signed batches only that hold a wanted line; count what waits in the others."""
        for batch in self._unsent():
            if any(wanted(line) for line in batch.lines):
                self._deliver(batch, outcome)
            else:
                outcome.unsent += len(batch.lines)

    def resend_withdrawals(self, ids: Collection[str], outcome: PushOutcome) -> None:
        """Send again those signed batches only that withdraw something, or share one of `ids`; count the others."""
        self.resend_only(lambda line: line.id in ids or is_withdrawal(line), outcome)

    def _unsent(self) -> list[SignedBatch]:
        return [from_journal(one) for one in outbox.unsent_batches(self._state.db)]

    def _compose(self, draft: Draft | RefusedRecord, outcome: PushOutcome) -> SignedBatch | None:
        """Return one record signed and journalled; None where there is nothing to send."""
        if isinstance(draft, RefusedRecord):
            outcome.refused.append(draft)
            return None
        revised = Reviser(self._state.db, organisation=self._pen.organisation, now=self._source.now()).revise(draft)
        if revised is None:
            outcome.already += 1
            return None
        line = draft_line(revised.draft, source=self._source)
        if isinstance(line, list):
            outcome.refused.extend(line)
            return None
        batch = self._sign([line], kind=str(draft.record["kind"]), terms=draft.terms)
        self._journal(batch)
        return batch

    def _close(self, channel: tuple[str, Terms], batch: OpenBatch, outcome: PushOutcome, told: Progress) -> None:
        known = outbox.known_items(self._state.db, list(batch.lines), origin=self._pen.organisation)
        lines = [line for digest, line in batch.lines.items() if digest not in known]
        outcome.already += len(known)
        if lines:
            self.push_lines(lines, kind=channel[0], terms=channel[1], outcome=outcome)
        told(len(batch.lines))

    def _sign(self, lines: Sequence[Line], *, kind: str, terms: Terms) -> SignedBatch:
        pen = self._pen
        return sign_batch(
            lines,
            kind=kind,
            terms=terms,
            federation=pen.federation,
            organisation=pen.organisation,
            key=pen.key,
            source=self._source,
        )

    def _journal(self, batch: SignedBatch) -> None:
        journal(self._state.db, batch, at=self._source.now())

    def _deliver(self, batch: SignedBatch, outcome: PushOutcome) -> None:
        """Send a journalled batch until it is placed, or nothing of it is left."""
        remaining: SignedBatch | None = batch
        while remaining is not None:
            try:
                answer = self._send(remaining.document)
            except Refused as refusal:
                if self.hear_log():
                    # It may be refused for what the node has lost.
                    self.recover(outcome)
                    continue
                remaining = self._drop_refused(remaining, refusal, outcome)
            else:
                if self._accept(remaining, answer, outcome):
                    self.recover(outcome)
                return

    def _drop_refused(self, batch: SignedBatch, refusal: Refused, outcome: PushOutcome) -> SignedBatch | None:
        """Forget a refused batch, and journal what is left of it under a new id, in one transaction."""
        by_index = {one.index: one for one in refusal.refused}
        is_whole = refusal.code != "records_refused" or None in by_index or not by_index
        if is_whole and not by_index:
            with self._state.transaction():
                self._forget(batch, refusal)
            raise refusal
        for index, line in enumerate(batch.lines):
            found = [one for one in refusal.refused if one.index in (index, None)]
            outcome.refused.extend(
                RefusedRecord(row=line.row, id=line.id, pointer=one.pointer, code=one.code) for one in found
            )
        left = [] if is_whole else [line for index, line in enumerate(batch.lines) if index not in by_index]
        again = self._sign_again(batch, left)
        with self._state.transaction():
            self._forget(batch, refusal)
            if again is not None:
                self._journal(again)
        return again

    def _forget(self, batch: SignedBatch, refusal: Refused) -> None:
        outbox.mark_refused(self._state.db, batch.jti)
        if refusal.answer is not None and refusal.answer.receipt:
            kept = receipt_of(refusal.answer, action="push_batch")
            receipt_store.keep_receipt(self._state.db, kept, at=self._source.now())

    def _accept(self, batch: SignedBatch, answer: Answer, outcome: PushOutcome, *, is_again: bool = False) -> bool:
        """Keep an acceptance; return whether it is the first of a newer epoch of the node's log.

        `is_again`: the batch was accepted before, in an older epoch.
        """
        said: BatchOutcome = load(BatchOutcomeSchema(), answer.body)
        if said.batch != batch.jti or said.count != len(batch.lines):
            raise NotVerified("acceptance_differs")
        judged = self._judge(batch, said.accepted)
        now = self._source.now()
        db = self._state.db
        with self._state.transaction():
            check_place(db, judged)
            apply_batch(db, judged, hold_reason=None, now=now)
            for one in judged.lines:
                if one.value["status"] == "withdrawn":
                    outbox.forget_item(db, one.value["id"])
            is_newer = outbox.note_log(db, str(judged.acceptance.claims["log"]))
            outbox.mark_accepted(db, batch.jti, accepted=said.accepted)
            receipt_store.keep_receipt(db, receipt_of(answer, action="push_batch", records=len(batch.lines)), at=now)
        if is_again:
            outcome.recovered += len(batch.lines) if answer.status == HTTPStatus.CREATED else 0
            return False
        resent = sum(line.row is None for line in batch.lines)
        outcome.resent += resent
        outcome.pushed += len(batch.lines) - resent
        outcome.batches.append(batch.jti)
        return is_newer

    def _judge(self, batch: SignedBatch, accepted: str) -> JudgedBatch:
        document = StoredDocument(
            manifest=batch.manifest,
            accepted=accepted,
            lines=[one.line for one in batch.lines],
            document=placed_document(batch, accepted),
        )
        named = read_named(document)
        own = {one.digest for one in self._trust.statements(self._pen.organisation)}
        if named.acceptance.claims.get("statement_sha256") not in own:
            self._trust.learn(self._pen.organisation)
        return self._puller.judge(named, now=self._source.now())


def _tell_nobody(_done: int) -> None:
    pass
