"""The SDK: one partner's exchange with its home node, synchronous, one state file.

```python
with Partner.open(Path.home() / ".havre") as partner:
    partner.push(drafts)
    for page in partner.follow(purpose="detection"):
        ...
```

Every answer is verified before anything of it is used; what fails raises a `client.failures.Failure`.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import orjson

from client.answer import Answer
from client.choosing import choose_key
from client.clock import Source
from client.drafting import MAX_LINES_BYTES, Draft, Line
from client.failures import Failure, NotConfigured, Refused, Unreachable
from client.home import Config, Home, KeyFile
from client.known import KnownStatement, read_statement
from client.pulling import DEFAULT_LIMIT, Filter, PulledPage, Puller, feed_target, filter_text
from client.pushing import Pen, Progress, Pusher, PushOutcome
from client.receipts import CheckedReceipt, finding, receipt_of
from client.state import feeds, outbox, records
from client.state import receipts as receipt_store
from client.state.opening import State
from client.state.records import LiveRecord
from client.trusting import Trust
from client.verifying import VerifiedFile, verify_file
from client.wire import JSON, NDJSON, Identity, Patience, Wire, load
from client.withdrawing import draft_withdrawals
from crypto.batches import MAX_RECORDS
from crypto.keys import KeyUse, PrivateKey
from schemas.answers import StatementOutcome, StatementOutcomeSchema, Whoami, WhoamiSchema

_SHORTEST_WAIT_SECONDS = 1
_BAD_CURSOR = "bad_cursor"


class Partner:
    """One organisation, its keys and its state, against its home node."""

    def __init__(
        self,
        *,
        config: Config,
        keys: Sequence[KeyFile],
        state: State,
        in_force: str | None = None,
        source: Source | None = None,
        patience: Patience | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.config = config
        self.state = state
        self.source = source or Source()
        self._keys = keys
        self._in_force = None if in_force is None else self._read_own(in_force)
        self.wire = Wire(
            origin_url=config.origin_url,
            source=self.source,
            patience=patience,
            transport=transport,
            proxy=config.proxy,
        )
        self.trust = Trust(
            anchors=config.anchors, state=state, wire=self.wire, read_signed=lambda target: self.read(target).body
        )
        self._puller = Puller(state=state, trust=self.trust)

    @classmethod
    def open(cls, path: Path, *, patience: Patience | None = None) -> Self:
        """Return the partner whose home is `path`.

        Raises:
            NotConfigured: settings, keys or files are missing, or open to others.
        """
        home = Home(path)
        home.check()
        return cls(
            config=home.config(),
            keys=home.key_files(),
            state=State(home.state_path),
            in_force=home.statement_in_force(),
            patience=patience,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and the state file."""
        self.wire.close()
        self.state.close()

    def whoami(self) -> Whoami:
        """Return what the node says this partner is: organisation, roles, key validity, limits, its clock."""
        answer = self.read("/v1/whoami", action="read_whoami")
        said: Whoami = load(WhoamiSchema(), answer.body)
        return said

    def push(self, drafts: Iterable[Draft], *, progress: Progress | None = None) -> PushOutcome:
        """Push records, split by kind, terms and size; what was signed before a crash goes first.

        Refused records come back in the outcome; the rest is pushed.

        Raises:
            Failure: by its classes; what was signed stays in the journal.
        """
        return self._pusher().push(drafts, progress=progress)

    def count_unsent(self) -> int:
        """Return how many records were signed and have no answer of the node yet; the next push sends them."""
        return outbox.count_unsent(self.state.db)

    def withdraw(self, ids: Sequence[str], *, reason: str) -> PushOutcome:
        """Withdraw one's own records, for good; records that are not known here come back as refused.

        Of what was signed before only withdrawals go out, and what holds one of `ids`; `unsent` counts the rest.
        """
        pusher, outcome = self._pusher(), PushOutcome()
        pusher.resend_withdrawals(frozenset(ids), outcome)
        drafted = draft_withdrawals(
            self.state, ids, organisation=self.config.organisation, reason=reason, source=self.source
        )
        outcome.already += drafted.already
        outcome.refused.extend(drafted.unknown)
        for (kind, terms), lines in drafted.lines.items():
            for some in _portions(lines):
                pusher.push_lines(some, kind=kind, terms=terms, outcome=outcome)
        return outcome

    def pull(
        self,
        *,
        purpose: str,
        only: Filter | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Iterator[PulledPage]:
        """Yield the pages that are there, from where this purpose and filter were left, each kept before it is yielded.

        An origin that cannot be verified stops nobody else: its batches are held (`PulledPage.unverified`), and what is
        wrong is raised after the last page.

        Raises:
            Failure: by its classes; pages yielded before stay kept.
        """
        yield from self._pages(purpose, only, limit)
        self._puller.raise_unverified()

    def _pages(self, purpose: str, only: Filter | None, limit: int) -> Iterator[PulledPage]:
        pulled = only or Filter()
        directory = self._puller.prepare(now=self.source.now())
        is_more, may_restart = True, True
        while is_more:
            with self.state.transaction():
                feed_id, after = feeds.feed_of(self.state.db, purpose=purpose, filter_text=filter_text(pulled))
            try:
                answer = self._exchange("GET", feed_target(pulled, after=after, limit=limit), purpose, role="consumer")
            except Refused as refusal:
                # The cursor was for what this partner might read before: from the start, once; doubles are dropped.
                if refusal.code != _BAD_CURSOR or after is None or not may_restart:
                    raise
                may_restart = False
                self._puller.restart(refusal, feed_id=feed_id, after=after, now=self.source.now())
                continue
            page = self._puller.keep(answer, feed_id=feed_id, after=after, directory=directory, now=self.source.now())
            yield page
            is_more = page.more

    def follow(
        self,
        *,
        purpose: str,
        only: Filter | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Iterator[PulledPage]:
        """Yield pages for ever: pull what is there, then wait as long as the node advises.

        Where the node does not answer it is tried again. What is wrong with an origin alone is told by each page
        (`PulledPage.unverified`); everything else raises as `pull` does.
        """
        wait = _SHORTEST_WAIT_SECONDS
        while True:
            try:
                for page in self._pages(purpose, only, limit):
                    wait = max(page.poll_after_seconds, _SHORTEST_WAIT_SECONDS)
                    yield page
            except Unreachable as failure:
                wait = max(failure.retry_after_seconds or wait, _SHORTEST_WAIT_SECONDS)
            time.sleep(wait)

    def live_records(
        self, *, kind: str | None = None, origin: str | None = None, is_set_aside: bool = False
    ) -> Iterator[LiveRecord]:
        """Yield the live records that were pulled or pushed, in the order in which they came.

        With `is_set_aside` instead those that a revoked key alone keeps from being live.
        """
        return records.live_records(
            self.state.db, now=self.source.now(), kind=kind, origin=origin, is_set_aside=is_set_aside
        )

    def verify(self, data: bytes) -> VerifiedFile:
        """Verify a saved page or batch file against the statements that are known here; asks no network.

        Raises:
            NotVerified: something in it is not to be believed.
        """
        return verify_file(data, trust=self.trust, now=self.source.now())

    def check_receipts(self, *, limit: int = 1000) -> list[CheckedReceipt]:
        """Open the entries behind one's receipts and return what was found; none is opened twice."""
        checked = []
        for kept in receipt_store.unopened_receipts(self.state.db, limit=limit):
            answer = self._exchange("GET", f"/v1/log/entries/{kept.leaf}", "administration", role=None)
            found = finding(kept, answer.body)
            with self.state.transaction():
                receipt_store.mark_opened(self.state.db, kept.leaf, finding=found, at=self.source.now())
            checked.append(CheckedReceipt(leaf=kept.leaf, action=kept.action, finding=found))
        return checked

    def read(self, target: str, *, action: str = "read_organisation") -> Answer:
        """Return the verified answer to a signed GET that every role may send, and keep its receipt."""
        answer = self._exchange("GET", target, "administration", role=None)
        with self.state.transaction():
            receipt_store.keep_receipt(self.state.db, receipt_of(answer, action=action), at=self.source.now())
        return answer

    def send(self, method: str, target: str, body: bytes, *, action: str, role: str | None) -> Answer:
        """Return the verified answer to a signed request for administration with a JSON body."""
        answer = self._exchange(method, target, "administration", role=role, body=body, content_type="application/json")
        with self.state.transaction():
            receipt_store.keep_receipt(self.state.db, receipt_of(answer, action=action), at=self.source.now())
        return answer

    def submit_statement(self, token: str) -> StatementOutcome:
        """Send one's own next statement, signed by a key that it lists and does not revoke.

        Where the node takes it at once (`current`), its keys sign from then on; `pending` waits for two operators.
        """
        own = self._read_own(token)
        key = choose_key(
            self._keys, "exchange", role="administrator", statement=own.signed.claims, at=self.source.now()
        )
        target = f"/v1/organisations/{self.config.organisation}/statement"
        body = orjson.dumps({"statement": token})
        answer = self._exchange("PUT", target, "administration", key=key, body=body, content_type=JSON)
        said: StatementOutcome = load(StatementOutcomeSchema(), answer.body)
        if said.status == "current":
            self._in_force = own
        with self.state.transaction():
            receipt_store.keep_receipt(
                self.state.db, receipt_of(answer, action="change_statement"), at=self.source.now()
            )
        return said

    def _read_own(self, token: str) -> KnownStatement:
        return read_statement(token, organisation=self.config.organisation, federation=self.config.federation)

    def _pusher(self) -> Pusher:
        pen = Pen(
            organisation=self.config.organisation,
            federation=self.config.federation,
            key=self._record_key(),
        )
        return Pusher(
            state=self.state, trust=self.trust, puller=self._puller, send=self._push, pen=pen, source=self.source
        )

    def _push(self, document: bytes) -> Answer:
        return self._exchange(
            "POST", "/v1/batches", "contribution", role="contributor", body=document, content_type=NDJSON
        )

    def _exchange(
        self,
        method: str,
        target: str,
        purpose: str,
        *,
        role: str | None = None,
        key: PrivateKey | None = None,
        body: bytes | None = None,
        content_type: str | None = None,
    ) -> Answer:
        signing = key or self._key("exchange", role=role)
        return self.wire.exchange(
            identity=Identity(organisation=self.config.organisation, key=signing),
            key_of_node=self.trust.node_key,
            method=method,
            target=target,
            purpose=purpose,
            body=body,
            content_type=content_type,
        )

    def _record_key(self) -> PrivateKey:
        """Return the record key in force; where none is, the node may know a newer statement that lists one."""
        try:
            return self._key("record", role=None)
        except NotConfigured as failure:
            if failure.reason != "record_key_not_in_force":
                raise
        self.trust.learn(self.config.organisation)
        return self._key("record", role=None)

    def _key(self, use: KeyUse, *, role: str | None) -> PrivateKey:
        known = self.trust.statements(self.config.organisation)
        if self._in_force is not None and (not known or known[-1].seq < self._in_force.seq):
            known = [self._in_force]
        return choose_key(
            self._keys, use, role=role, statement=known[-1].signed.claims if known else None, at=self.source.now()
        )


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


__all__ = ["Draft", "Failure", "Filter", "Partner", "PulledPage", "PushOutcome"]
