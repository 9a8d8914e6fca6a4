"""A node beside the model of its sharing: acts are done to both, and clients' answers are judged by the model.

`World.act` takes an act as plain numbers, so that any numbers are some act: Hypothesis draws and shrinks them. Clients
follow their feeds while acts go on. What an answer holds is judged by what the model allowed at some moment between the
request's start and its end; at a quiet point what a client holds is exactly what it may hold.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

import psycopg

from crypto.batches import Erased, StoredDocument, split_documents
from server.retention.ending import end_expired_groups
from tests.conftest import Database
from tests.drills.sharing_log import assert_log_agrees
from tests.drills.sharing_model import Model, ModelGroup, Sent
from tests.exchanges import claims_in, expire, feed_path, jti_of, place
from tests.opinions.building import an_opinion, an_opinion_batch, to_origin
from tests.partners import DAY, Answered, Partner, TestNode, moment, now_seconds
from tests.sharing.sharers import Group, found, let_expire
from tests.signals import Batch, Json, a_batch, a_signal, a_withdrawal, an_audience

PURPOSES = ("detection", "investigation")
SECTORS = ("hotline", "platform", "ngo")
SETTLE_SECONDS = 30
# The chance that a client forgets all that it has before a pull.
RESTARTS = 0.02
HISTORIES = ("all", "from_joining")
# An act: its name, and three numbers that choose whose and what.
Act = tuple[str, int, int, int]

ACTS = (
    *("share",) * 4,
    *("members",) * 5,
    *("place",) * 4,
    *("pull",) * 5,
    *("found",) * 2,
    *("withdraw", "opine", "expire_batch", "withdraw_group", "expire_group", "move", "suspend", "quiet", "restart"),
)


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A signal that is in a batch of its own, to be withdrawn or opined upon."""

    origin: Partner
    record: Json
    audience: Json
    jti: str


@dataclass(frozen=True, kw_only=True)
class Pull:
    """One answer of the feed: which moments it spans, and what it held."""

    since: int
    until: int
    documents: list[StoredDocument]
    ended: list[str]


@dataclass(frozen=True, kw_only=True)
class Release:
    """What an answer with this receipt gave to a reader: ids of batches."""

    reader: str
    receipt: str
    jtis: tuple[str, ...]


@dataclass(kw_only=True)
class Client:
    """Follows the feed of `partner` for one purpose, keeps what came, drops what ended."""

    world: "World"
    partner: Partner
    purpose: str
    after: str | None = None
    held: dict[str, list[str]] = field(default_factory=dict)
    pulls: list[Pull] = field(default_factory=list)
    # Which moments each refusal spans: only who is suspended is refused.
    refused: list[tuple[int, int]] = field(default_factory=list)
    # Of the newest pull that brought nothing and has nothing more: how often the node had been quiet when it began.
    settled: int = 0

    def pull(self, limit: int | None = None) -> None:
        settling, since = self.world.settling, self.world.finished
        answered = self.partner.get(feed_path(after=self.after, limit=limit), purpose=self.purpose)
        until = self.world.started
        if answered.status == 503:
            return
        if answered.status in (403, 429):
            self.refused.append((since, until))
            self.settled = settling
            return
        assert answered.status == 200, answered.body
        self.pulls.append(self._keep(answered, since, until, settling))

    def settle(self) -> None:
        """Pull until nothing comes and nothing more is there."""
        while self.settled < self.world.settling:
            self.pull()

    def restart(self) -> None:
        """Forget everything, and begin again."""
        self.after, self.held, self.settled = None, {}, 0

    @property
    def jtis(self) -> set[str]:
        return {jti for jtis in self.held.values() for jti in jtis}

    def _keep(self, answered: Answered, since: int, until: int, settling: int) -> Pull:
        *parts, last = split_documents(answered.body)
        assert isinstance(last, dict)
        pull = Pull(since=since, until=until, documents=[], ended=[])
        for part in parts:
            if isinstance(part, StoredDocument):
                pull.documents.append(part)
                assert part.accepted is not None
                held = self.held.setdefault(claims_in(part.accepted)["stream"], [])
                assert jti_of(part) not in held, f"{self.partner.name} got a batch twice"
                held.append(jti_of(part))
            else:
                pull.ended.extend(part["ended"]["streams"])
                for stream in part["ended"]["streams"]:
                    self.held.pop(stream, None)
        if pull.documents:
            jtis = tuple(jti_of(document) for document in pull.documents)
            self.world.released.append(Release(reader=self.partner.name, receipt=answered.receipt, jtis=jtis))
        self.after = last["page"]["next"]
        if not parts and not last["page"]["more"]:
            self.settled = settling
        return pull


class World:
    """One node, its partners, its clients, and the model that runs beside them."""

    def __init__(self, node: TestNode, database: Database, partners: Sequence[Partner], *, clients: int) -> None:
        self.node = node
        self.database = database
        self.partners = list(partners)
        self.model = Model(sectors={partner.name: partner.sector for partner in partners})
        self.groups: list[Group] = []
        self.mortal: list[Group] = []
        self.signals: list[Signal] = []
        self.lines: dict[str, list[bytes]] = {}
        # From which moment on which line of which batch, or all of them, is served no more.
        self.hidden: dict[str, dict[int | None, int]] = {}
        self.streams: dict[str, Json] = {}
        self.suspended: set[str] = set()
        self.released: list[Release] = []
        # What each may hold, and who is suspended, after so many acts.
        self.allowed: list[dict[tuple[str, str], set[str]]] = []
        self.was: list[frozenset[str]] = []
        self.started = self.finished = self.settling = 0
        self.done: list[tuple[str, ...]] = []
        readers = [(partner, purpose) for purpose in PURPOSES for partner in partners]
        self.clients = [Client(world=self, partner=partner, purpose=purpose) for partner, purpose in readers[:clients]]
        self._remember()

    # Acts -----------------------------------------------------------------------------------------------------

    def act(self, act: Act) -> None:
        """Do one act, whatever its numbers are."""
        name, *numbers = act
        if name in ("place", "pull", "restart", "quiet"):
            getattr(self, f"_{name}")(*numbers)
            return
        self.done.append((name, *map(str, numbers)))
        self.do(lambda: getattr(self, f"_{name}")(*numbers))

    def do(self, acting: Callable[[], None]) -> None:
        """Do what changes node and model, and remember from when to when either may be seen."""
        self.started += 1
        acting()
        self._remember()
        self.finished += 1

    def act_all(self, acts: Sequence[Act]) -> None:
        """Do these acts, one after the other."""
        for act in acts:
            self.act(act)

    def _place(self, most: int, _b: int, _c: int) -> None:
        place(self.node, most=most % 4 + 1)

    def _pull(self, which: int, limit: int, _c: int) -> None:
        self.clients[which % len(self.clients)].pull(limit % 4 + 1)

    def _restart(self, which: int, _b: int, _c: int) -> None:
        self.clients[which % len(self.clients)].restart()

    def _quiet(self, *_numbers: int) -> None:
        self.quieten()

    def _found(self, owner: int, others: int, how: int) -> None:
        partner = self._active(owner)
        if partner is None:
            return
        named = [each for each in self._chosen(others) if each is not partner]
        # Those that are to expire do so in their order, and all the others later.
        expires = moment(now_seconds() + (100 + len(self.groups)) * DAY) if how & 2 else None
        group = found(partner, *named, history=HISTORIES[how & 1], expires=expires)
        self.groups.append(group)
        if how & 2:
            self.mortal.append(group)
        self.model.groups[group.name] = ModelGroup(has_past=not how & 1)
        self.model.groups[group.name].set_members({partner.name, *(each.name for each in named)}, set(), self.started)
        self._sent(group.batches[-1])

    def _members(self, which: int, others: int, observing: int) -> None:
        group = self._group(which)
        if group is None:
            return
        named = [each for each in self._chosen(others) if each is not group.owner]
        observers = tuple(each for each in self._chosen(observing & others) if each is not group.owner)
        group.set_members(*(each for each in named if each not in observers), observers=observers)
        reading = {each.name for each in observers}
        self.model.groups[group.name].set_members(
            {group.owner.name, *(each.name for each in named)} - reading, reading, self.started
        )
        self._sent(group.batches[-1])

    def _withdraw_group(self, which: int, _b: int, _c: int) -> None:
        group = self._group(which)
        if group is None:
            return
        group.withdraw()
        # The owner loses it too, but for what is its own.
        self.model.end_group(group.name)
        self._sent(group.batches[-1])

    def _expire_group(self, *_numbers: int) -> None:
        while self.mortal and not self.model.groups[self.mortal[0].name].is_live:
            self.mortal.pop(0)
        if not self.mortal:
            return
        group = self.mortal.pop(0)
        let_expire(self.database, group)
        with psycopg.connect(self.database.worker) as db:
            assert end_expired_groups(db, node="node.example", now=datetime.now(UTC)) == 1
        self.model.end_group(group.name)

    def _share(self, origin: int, to: int, how: int) -> None:
        partner = self.partners[origin % len(self.partners)]
        audience = self._audience(to, how)
        record = a_signal()
        batch = a_batch(partner, [record], audience=audience)
        may = partner.name not in self.suspended and self.model.may_address(partner.name, audience)
        if self.push(partner, batch, may=may):
            self.signals.append(Signal(origin=partner, record=record, audience=audience, jti=batch.jti))

    def _opine(self, opiner: int, which: int, to: int) -> None:
        partner = self._active(opiner)
        if partner is None or not self.signals:
            return
        signal = self.signals[which % len(self.signals)]
        if signal.origin is partner:
            return
        audience = to_origin(signal.origin) if to & 1 else signal.audience
        opinion = an_opinion(signal.origin, signal.record)
        batch = an_opinion_batch(partner, signal.origin, [opinion], audience=audience)
        may = any(signal.jti in self.model.may_hold(partner.name, purpose) for purpose in PURPOSES)
        # It may also be refused: withdrawn meanwhile, not placed yet, opined upon before.
        self.push(partner, batch, may=None if may else False)

    def _withdraw(self, which: int, why: int, _c: int) -> None:
        if not self.signals:
            return
        signal = self.signals[which % len(self.signals)]
        if signal.origin.name in self.suspended:
            return
        self.signals.remove(signal)
        withdrawal = a_withdrawal(signal.record, reason="legal" if why & 1 else "error")
        batch = a_batch(signal.origin, [withdrawal], audience=signal.audience)
        assert self.push(signal.origin, batch, may=True)
        if why & 1:
            self.hidden.setdefault(signal.jti, {})[0] = self.started

    def _expire_batch(self, which: int, _b: int, _c: int) -> None:
        if not self.signals:
            return
        signal = self.signals.pop(which % len(self.signals))
        expire(self.database.superuser, signal.jti)
        self.hidden.setdefault(signal.jti, {})[None] = self.started

    def _move(self, which: int, to: int, _c: int) -> None:
        partner = self._active(which)
        if partner is None or partner.sector == SECTORS[to % len(SECTORS)]:
            return
        partner.sector = SECTORS[to % len(SECTORS)]
        changed = partner.statement()
        assert partner.put_statement(changed).json["status"] == "pending"
        self.node.decide("admit", changed)
        partner.keep(changed)
        self.model.sectors[partner.name] = partner.sector

    def _suspend(self, which: int, _b: int, _c: int) -> None:
        """Suspend an organisation, or lift it again; it stays in its groups."""
        partner = self.partners[which % len(self.partners)]
        if partner.name in self.suspended:
            self.node.lift(partner)
            self.suspended.remove(partner.name)
        else:
            self.node.suspend(partner)
            self.suspended.add(partner.name)

    def push(self, origin: Partner, batch: Batch, *, may: bool | None) -> bool:
        """Push; `may` None leaves it to the node. What it took is the model's too."""
        answered = origin.push(batch.document)
        is_taken = answered.status == 201
        assert may is None or is_taken == may, (answered.body, batch.claims)
        if is_taken:
            self._sent(batch)
        return is_taken

    def _sent(self, batch: Batch) -> None:
        claims = batch.claims
        self.lines[batch.jti] = batch.lines
        self.model.batches.append(
            Sent(
                jti=batch.jti,
                at=self.started,
                origin=claims["iss"],
                about=claims["about"],
                audience=claims["audience"],
            )
        )

    # Choices --------------------------------------------------------------------------------------------------

    def _active(self, which: int) -> Partner | None:
        partner = self.partners[which % len(self.partners)]
        return None if partner.name in self.suspended else partner

    def _chosen(self, bits: int) -> list[Partner]:
        return [partner for number, partner in enumerate(self.partners) if bits >> number & 1]

    def _group(self, which: int) -> Group | None:
        """A group that lives and whose owner may act."""
        live = [
            group
            for group in self.groups
            if self.model.groups[group.name].is_live and group.owner.name not in self.suspended
        ]
        return live[which % len(live)] if live else None

    def _audience(self, to: int, how: int) -> Json:
        """Everyone, some by name, one or two groups, or both; some narrowed by sectors or purposes."""
        groups = (
            sorted({self.groups[each % len(self.groups)].name for each in (to >> 2, to >> 4)}) if self.groups else []
        )
        organisations = sorted(partner.name for partner in self._chosen(to >> 2))
        narrow = {
            "sectors": sorted(SECTORS[: how % 3]) if how & 4 else [],
            "purposes": [PURPOSES[how & 1]] if how & 8 else [],
        }
        match to & 3:
            case 0 if organisations:
                return an_audience("AMBER", organisations=organisations, **narrow)
            case 1 | 2 if groups:
                return an_audience("AMBER+STRICT", groups=groups, **narrow)
            case 3 if groups:
                return an_audience("AMBER", groups=groups, organisations=organisations[:1], **narrow)
        return an_audience("GREEN", **narrow)

    # Judgement ------------------------------------------------------------------------------------------------

    def quieten(self) -> None:
        """Place all that waits; then each client pulls until nothing comes, and is judged."""
        while place(self.node):
            pass
        self.settling += 1
        for client in self.clients:
            client.settle()
        self.judge()

    def judge(self) -> None:
        """Compare every client with the model, and judge everything that was ever answered."""
        for client in self.clients:
            if client.partner.name not in self.suspended:
                may = self.model.may_hold(client.partner.name, client.purpose)
                assert client.jtis == may, self._said(client, client.jtis, may)
                anew = Client(world=self, partner=client.partner, purpose=client.purpose)
                anew.settle()
                assert anew.jtis == may, self._said(anew, anew.jtis, may)
                self._judge_pulls(anew)
            self._judge_pulls(client)
        assert_log_agrees(self.database, self.released)

    def judge_answers(self) -> None:
        """Judge what was answered up to now; between two acts."""
        for client in self.clients:
            self._judge_pulls(client)

    def _judge_pulls(self, client: Client) -> None:
        who = (client.partner.name, client.purpose)
        for since, until in client.refused:
            assert any(client.partner.name in names for names in self.was[since : until + 1]), "refused a member"
        client.refused.clear()
        for pull in list(client.pulls):
            moments = self.allowed[pull.since : pull.until + 1]
            may = set().union(*(allowed[who] for allowed in moments))
            came = {jti_of(document) for document in pull.documents}
            assert came <= may, self._said(client, came, may)
            for document in pull.documents:
                assert _lines_of(document, self.lines[jti_of(document)]), "other bytes than were pushed"
                self._judge_hidden(document, pull)
            client.pulls.remove(pull)

    def _judge_hidden(self, document: StoredDocument, pull: Pull) -> None:
        for position, since in self.hidden.get(jti_of(document), {}).items():
            if since > pull.since:
                continue
            if position is None:
                assert document.lines == [], "an expired batch is its first two lines"
            elif document.lines:
                assert isinstance(document.lines[position], Erased), "what is masked was served"

    def _remember(self) -> None:
        readers = {(client.partner.name, client.purpose) for client in self.clients}
        self.allowed.append({reader: self.model.may_hold(*reader) for reader in readers})
        self.was.append(frozenset(self.suspended))

    def _said(self, client: Client, found: set[str], may: set[str]) -> str:
        batches = {batch.jti: batch for batch in self.model.batches}
        over = [batches.get(jti) for jti in found - may]
        missing = [batches.get(jti) for jti in may - found]
        return f"{client.partner.name} for {client.purpose}: too much {over}, too little {missing}; {self.done}"


def _lines_of(document: StoredDocument, pushed: list[bytes]) -> bool:
    """Whether the document's lines are those that were pushed, some of them erased; or it has none."""
    return not document.lines or all(
        line == given or isinstance(line, Erased) for line, given in zip(document.lines, pushed, strict=True)
    )


class Crowd:
    """Every client of a world in a thread of its own, and a sequencer that places at random moments."""

    def __init__(self, world: World, *, seed: int) -> None:
        self._world = world
        self._stop = threading.Event()
        self._may_restart = threading.Event()
        self._threads = ThreadPoolExecutor(len(world.clients) + 1)
        self._may_restart.set()
        chances = [random.Random(f"{seed}/{number}") for number in range(len(world.clients) + 1)]  # noqa: S311 - repeatable, not secret
        self._running = [self._threads.submit(self._place, chances[0])]
        self._running += [
            self._threads.submit(self._follow, client, chance)
            for client, chance in zip(world.clients, chances[1:], strict=True)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads.shutdown()

    def quieten(self) -> None:
        """Wait until every client has got all that there is, and judge them."""
        world = self._world
        self._may_restart.clear()
        while place(world.node):
            pass
        world.settling += 1
        end = time.monotonic() + SETTLE_SECONDS
        while waiting := [client for client in world.clients if client.settled < world.settling]:
            self.check()
            assert time.monotonic() < end, [(client.partner.name, client.purpose) for client in waiting]
            self.wait()
        world.judge()
        self._may_restart.set()

    def wait(self) -> None:
        """Let the others run for a moment."""
        assert not self._stop.wait(0.005)

    def check(self) -> None:
        """Raise what a client or the sequencer has failed by."""
        for thread in self._running:
            if thread.done():
                thread.result()

    def _place(self, chance: random.Random) -> None:
        while not self._stop.wait(chance.random() * 0.1):
            place(self._world.node, most=chance.choice([1, 3, 5_000]))

    def _follow(self, client: Client, chance: random.Random) -> None:
        while not self._stop.wait(chance.random() * 0.1):
            if chance.random() < RESTARTS and self._may_restart.is_set():
                client.restart()
            client.pull(chance.choice([1, 2, 5, None]))
