"""The SDK: one partner's exchange with its home node, synchronous, one state file.

```python
with Partner.open(Path.home() / ".havre") as partner:
    partner.push(drafts)
    for page in partner.follow(purpose="detection"):
        ...
```

Every answer is verified before anything of it is used; what fails raises a `client.failures.Failure`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, Unpack

import httpx2
import orjson

from client.answer import Answer
from client.auditing.reading import Trail, action_of_trail
from client.checkpoints import Checkpoints
from client.clock import Source
from client.drafting import Draft, Terms
from client.exchanging import Exchanges
from client.failures import Failure, NotConfigured, Refused
from client.feeding import Asked, Feed
from client.grouping import Groups
from client.home import Config, Home, KeyFile
from client.hooks import Hook, Tell, one_by_one
from client.inviting import Inviting
from client.known import KnownStatement, read_statement
from client.opining import Opinions
from client.own import Desk
from client.proving import Known, ProvenRecord, prove_record
from client.pulling import DEFAULT_LIMIT, Filter, PulledPage, Puller
from client.pushing import Pen, Progress, Pusher, PushOutcome
from client.receipt_checking import ReceiptChecker
from client.receipts import CheckedReceipt
from client.reporting import Incidents
from client.state import live, outbox
from client.state.live import Selected, Selection
from client.state.opening import State
from client.state.records import LiveRecord
from client.status import Status, status_of
from client.stopping import Stop
from client.tiles import LogTiles
from client.trusting import Trust
from client.verifying import VerifiedFile, verify_file
from client.wire import JSON, NDJSON, Patience, Wire, load
from client.withdrawing import withdraw
from crypto.keys import PrivateKey
from schemas.answers import StatementOutcome, StatementOutcomeSchema, WellKnown, WellKnownSchema, Whoami, WhoamiSchema


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
        self.checkpoints = Checkpoints(
            wire=self.wire, trust=self.trust, state=state, source=self.source, home=state.path.parent
        )
        self._exchanges = Exchanges(
            organisation=config.organisation,
            keys=keys,
            wire=self.wire,
            trust=self.trust,
            state=state,
            source=self.source,
            in_force=None if in_force is None else self._read_own(in_force),
        )
        self.stop = Stop()
        self._puller = Puller(organisation=config.organisation, state=state, trust=self.trust)
        self._feed = Feed(
            organisation=config.organisation,
            state=state,
            puller=self._puller,
            ask=self._ask_feed,
            begin_anew=self._begin_anew,
            source=self.source,
        )
        desk = Desk(organisation=config.organisation, state=state, source=self.source, pusher=self._pusher)
        self._desk = desk
        self.groups = Groups(desk)
        self.opinions = Opinions(desk, self._read_opinions)
        self.incidents = Incidents(desk)

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
        """Withdraw one's own records of any kind, for good; records that are not known here come back as refused.

        Of what was signed before only withdrawals go out, and what holds one of `ids`; `unsent` counts the rest.
        """
        return withdraw(self._desk, ids, reason=reason)

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
        yield from self._feed.pages(Asked(purpose=purpose, only=only or Filter(), limit=limit))
        self._puller.raise_unverified()

    def follow(
        self,
        *,
        purpose: str,
        only: Filter | None = None,
        limit: int = DEFAULT_LIMIT,
        hook: Hook | Tell | None = None,
    ) -> Iterator[PulledPage]:
        """Yield pages for ever: pull what is there, tell the hook what changed, then wait as the node advises.

        Where the node does not answer it is tried again. What is wrong with an origin alone is told by each page
        (`PulledPage.unverified`); everything else raises as `pull` does, and so does what a hook raises: what it was
        told then is told again the next time. `stop.ask`, as the handler of a signal, ends it with `Stopped`.
        """
        tell = hook if hook is None or callable(hook) else one_by_one(hook)
        asked = Asked(purpose=purpose, only=only or Filter(), limit=limit)
        yield from self._feed.follow(asked, tell=tell, stop=self.stop)

    def records(self, **selected: Unpack[Selected]) -> Iterator[LiveRecord]:
        """Yield the live records that were pulled or pushed, in the order in which they came.

        Every member of `client.state.live.Selection` narrows: `kind="signal", ai_status="confirmed"`.
        """
        return live.live_records(self.state.db, Selection(**selected), now=self.source.now())

    def live_records(
        self, *, kind: str | None = None, origin: str | None = None, is_set_aside: bool = False
    ) -> Iterator[LiveRecord]:
        """Yield what `records` does, by kind and origin alone.

        With `is_set_aside` instead those that a revoked key alone keeps from being live.
        """
        return self.records(kind=kind, origin=origin, is_set_aside=is_set_aside)

    def status(self) -> Status:
        """Return what is held here, what is stale, withheld, ended or waiting; asks no network."""
        return status_of(self.state, trust=self.trust, organisation=self.config.organisation, now=self.source.now())

    def verify(self, data: bytes) -> VerifiedFile:
        """Verify a saved page or batch file against the statements that are known here; asks no network.

        Raises:
            NotVerified: something in it is not to be believed.
        """
        return verify_file(data, trust=self.trust, now=self.source.now())

    def check_receipts(self, *, limit: int = 1000, sample: int = 50) -> list[CheckedReceipt]:
        """Open the entries behind one's receipts, look for `sample` of them in the log's newest head, and tell.

        None is opened twice. What convicts the node is kept in the folder of evidence.

        Raises:
            Failure: by its classes; what was checked before stays known.
        """
        checker = ReceiptChecker(
            state=self.state,
            source=self.source,
            trust=self.trust,
            checkpoints=self.checkpoints,
            tiles=LogTiles(self.wire),
            home=self.state.path.parent,
            ask=lambda target: self._exchanges.exchange("GET", target, "administration"),
        )
        return checker.check(limit=limit, sample=sample)

    def trail_as(self, role: str = "auditor") -> Trail:
        """Return the node's trail as this partner's auditor may see it; as `federation_auditor` all of it."""

        def ask(target: str, into: BinaryIO | None = None) -> Answer:
            answer = self._exchanges.exchange("GET", target, "audit", role=role, into=into)
            return self._exchanges.keep(answer, action=action_of_trail(target))

        return Trail(ask=ask, fetch=ask, now=self.source.now)

    @property
    def trail(self) -> Trail:
        """Return the node's trail as this partner's auditor may see it."""
        return self.trail_as()

    @property
    def people(self) -> Inviting:
        """Return whom this organisation lets look at the trail, for who holds an administrator's key."""

        def ask(method: str, target: str, *, key: PrivateKey, action: str, body: bytes | None = None) -> Answer:
            media_type = None if body is None else JSON
            answer = self._exchanges.exchange(
                method, target, "administration", key=key, body=body, content_type=media_type
            )
            return self._exchanges.keep(answer, action=action)

        return Inviting(
            organisation=self.config.organisation,
            federation=self.config.federation,
            origin_url=self.config.origin_url,
            source=self.source,
            key=lambda: self._exchanges.key("exchange", role="administrator"),
            ask=ask,
        )

    def prove(self, origin: str, record_id: str, *, purpose: str) -> ProvenRecord:
        """Return the newest line of one record with what proves it, down to the log's head where one holds it.

        That head is held against what this partner has seen of the log.

        Raises:
            Failure: by its classes; `NotVerified` where something is not to be believed.
        """
        role = "contributor" if origin == self.config.organisation else "consumer"
        answer = self._exchanges.exchange("GET", f"/v1/records/{origin}/{record_id}", purpose, role=role)
        self._exchanges.keep(answer, action="read_record", records=1)
        # The batch may name a newer statement than what is known.
        self.trust.learn(origin)
        known = Known(
            origin=origin,
            node=self.config.node,
            federation=self.config.federation,
            origin_statements=self.trust.statements(origin),
            node_statements=self.trust.statements(self.config.node),
        )
        proven = prove_record(answer.body, record_id=record_id, known=known, now=self.source.now())
        if proven.note is not None:
            self.checkpoints.compare(proven.note)
        return proven

    def read(self, target: str, *, action: str = "read_organisation") -> Answer:
        """Return the verified answer to a signed GET that every role may send, and keep its receipt."""
        return self._exchanges.keep(self._exchanges.exchange("GET", target, "administration"), action=action)

    def send(self, method: str, target: str, body: bytes, *, action: str, role: str | None) -> Answer:
        """Return the verified answer to a signed request for administration with a JSON body."""
        answer = self._exchanges.exchange(method, target, "administration", role=role, body=body, content_type=JSON)
        return self._exchanges.keep(answer, action=action)

    def submit_statement(self, token: str) -> StatementOutcome:
        """Send one's own next statement, signed by a key that it lists and does not revoke.

        Where the node takes it at once (`current`), its keys sign from then on; `pending` waits for two operators.
        """
        own = self._read_own(token)
        target = f"/v1/organisations/{self.config.organisation}/statement"
        body = orjson.dumps({"statement": token})
        key = self._exchanges.key_of(own)
        answer = self._exchanges.exchange("PUT", target, "administration", key=key, body=body, content_type=JSON)
        said: StatementOutcome = load(StatementOutcomeSchema(), answer.body)
        if said.status == "current":
            self._exchanges.sign_by(own)
        self._exchanges.keep(answer, action="change_statement")
        return said

    def _read_own(self, token: str) -> KnownStatement:
        return read_statement(token, organisation=self.config.organisation, federation=self.config.federation)

    def _pusher(self) -> Pusher:
        pen = Pen(
            organisation=self.config.organisation,
            federation=self.config.federation,
            key=self._exchanges.record_key(),
        )
        return Pusher(
            state=self.state,
            trust=self.trust,
            puller=self._puller,
            send=self._push,
            read_log=self._read_log,
            pen=pen,
            source=self.source,
        )

    def _read_log(self) -> str:
        """Return which log the node says it keeps, with its epoch; nobody has signed it."""
        described: WellKnown = self.wire.read_public("/.well-known/havre", WellKnownSchema())
        return described.log.name

    def _begin_anew(self) -> None:
        """Send again what the node may have lost: it says that its log is in another epoch."""
        name = self._read_log()
        with self.state.transaction():
            outbox.hear_log(self.state.db, name)
        self._recover()

    def _recover(self) -> None:
        """Send again what the node may have lost. What it refuses as a whole it is sent with the next push."""
        if outbox.is_any_lost(self.state.db, now=self.source.now()):
            with suppress(NotConfigured, Refused):
                self._pusher().recover(PushOutcome())

    def _follow_log(self) -> None:
        """Hold the log to what was seen of it; a new epoch is sent what the node may have lost."""
        seen = self.checkpoints.advance()
        if seen is not None:
            with self.state.transaction():
                outbox.note_log(self.state.db, seen.origin)
        self._recover()

    def _read_opinions(self, origin: str, record_id: str, purpose: str) -> Answer:
        role = "contributor" if origin == self.config.organisation else "consumer"
        answer = self._exchanges.exchange("GET", f"/v1/records/{origin}/{record_id}/opinions", purpose, role=role)
        return self._exchanges.keep(answer, action="read_opinions")

    def _push(self, document: bytes) -> Answer:
        return self._exchanges.exchange(
            "POST", "/v1/batches", "contribution", role="contributor", body=document, content_type=NDJSON
        )

    def _ask_feed(self, target: str, purpose: str) -> Answer:
        with self.stop.interruptible():
            # Before anything of a page is used: the log that it will stand in goes on from where it was.
            self._follow_log()
            return self._exchanges.exchange("GET", target, purpose, role="consumer")


__all__ = ["Draft", "Failure", "Filter", "Partner", "PulledPage", "PushOutcome", "Terms"]
