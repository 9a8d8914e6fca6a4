"""A node whose readers note what every page really carried; the report of exposure must say exactly that.

Acts are those of `sharing_world`, with readers of their own: any purpose, filter, limit, role and cursor, old cursors
again, single records; bytes are erased between; and the sequencer lags. Nothing here knows an interval or a place.
"""

import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from crypto.batches import StoredDocument, split_documents
from server.auditing import exposing, indexing
from server.auditing.exposing import ExposureFilter
from server.auditing.viewing import Viewer, open_trail_pool, reading
from server.db import Connection, connect
from server.retention import erasing
from server.retention.ending import end_expired_groups
from tests.conftest import Database, Template
from tests.drills.sharing_world import PURPOSES, Act, Signal, World
from tests.exchanges import claims_in, feed_path, place
from tests.partners import NODE_NAME, Answered, Held, Partner, TestNode, a_node
from tests.signals import Json, a_batch, a_revision, a_signal, a_withdrawal

EVERYTHING = Viewer(organisation_id=0, organisation=NODE_NAME, sees_all=True)
KINDS = (*(None,) * 6, "signal", "opinion", "group")
LIMITS = (2, 3, 5, None, None)
OWN = (None, None, None, "false")
SECTORS = {"hotline": "hotline", "platform": "platform", "ngo": "ngo", "ministry": "ngo", "other": "platform"}

ACTS = (
    *("share",) * 5,
    *("members",) * 5,
    *("place",) * 12,
    *("pull",) * 20,
    *("read",) * 2,
    *("found",) * 2,
    *("revise",) * 2,
    *("withdraw",) * 2,
    *("expire_group",) * 2,
    *("opine", "expire_batch", "withdraw_group", "move", "suspend", "erase"),
)


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One line that one answer carried: what a release must say of it."""

    organisation: str
    origin: str
    record: str
    kind: str
    revision: int
    purpose: str
    action: str
    keyid: str
    receipt: str


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What a reader asks for; a cursor is for exactly this."""

    who: int
    narrow: bool
    purpose: str
    kind: str | None
    origin: str | None
    own: str | None


def a_script(seed: int, length: int) -> list[Act]:
    """Acts drawn from a seed; there are groups and signals before anything is read."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    drawn = [chance.choice(ACTS) for _ in range(length)]
    names = ["found", "found", "found", "share", "share", "share", "place", "place", *drawn]
    return [(name, chance.randrange(256), chance.randrange(256), chance.randrange(256)) for name in names]


def joined(node: TestNode, told: Mapping[str, str] | None = None) -> tuple[list[Partner], list[Held]]:
    """Members with a second key each, that may read its own alone; admitted unless their template has them (`told`)."""
    partners = [node.partner(f"{name}.example", sector=sector) for name, sector in SECTORS.items()]
    narrow = [partner.add_key("narrow", roles=["contributor"], holder="system-2") for partner in partners]
    for partner in partners:
        if told is None:
            node.admit(partner)
        else:
            partner.keep_grown(told[partner.name])
    return partners, narrow


def grow_exposed(grow: Callable[..., Template]) -> Template:
    """The template of these worlds."""

    def fill(database: Database) -> dict[str, Any]:
        node = a_node(database)
        partners, _ = joined(node)
        node.close()
        members = {partner.name: partner.statements[0] for partner in partners}
        return {"node": node.organisation.statements[0], "members": members}

    return grow("havre_node_exposed", fill)


@contextlib.contextmanager
def an_exposure_world(database: Database) -> "Iterator[tuple[ExposureWorld, Connection]]":
    """A world on a database of `grow_exposed`, and a connection as the auditor's role."""
    node = a_node(database, pool_size=12)
    try:
        with asking_reports(database) as db:
            yield ExposureWorld(node, database, *joined(node, database.grown["members"])), db
    finally:
        node.close()


@contextlib.contextmanager
def asking_reports(database: Database) -> Iterator[Connection]:
    """A connection as the auditor's role, for many reports: one is planned in longer than it takes."""
    pool = open_trail_pool(database.auditor)
    try:
        with reading(pool) as db:
            db.autocommit = True
            db.prepare_threshold = 0
            db.execute("SET plan_cache_mode = force_generic_plan")
            yield db
    finally:
        pool.close()


class ExposureWorld(World):
    """A world in which what was carried is noted; `narrow` are keys that may read their own alone."""

    def __init__(self, node: TestNode, database: Database, partners: Sequence[Partner], narrow: Sequence[Held]) -> None:
        super().__init__(node, database, partners, clients=0)
        self.narrow = list(narrow)
        self.carried: list[Carried] = []
        self.pulls: list[str] = []
        self.cursors: dict[Feed, list[str]] = defaultdict(list)
        self.revisions: dict[str, list[Json]] = {}
        self.known: list[tuple[str, str]] = []
        self.lapsed = False

    def act(self, act: Act) -> None:
        name, *numbers = act
        if name == "place":
            place(self.node, most=numbers[0] % 6 + 1)
            return
        if name in ("pull", "read", "erase"):
            getattr(self, f"_{name}")(*numbers)
            return
        super().act(act)

    # Readers --------------------------------------------------------------------------------------------------

    def _pull(self, which: int, what: int, after: int) -> None:
        self.pull(which % len(self.partners), random.Random(f"{which}/{what}/{after}"))  # noqa: S311 - repeatable, not secret

    def pull(self, who: int, chance: random.Random) -> None:
        """Let one of the partners read a page."""
        origin = chance.choice([*(None,) * 12, *(partner.name for partner in self.partners)])
        feed = Feed(
            who=who,
            narrow=chance.random() < 0.2,
            purpose=chance.choice(PURPOSES),
            kind=chance.choice(KINDS),
            origin=origin,
            own=chance.choice(OWN),
        )
        # Most readers go on; some begin again, and some ask again with a cursor that they had before.
        seen = self.cursors[feed]
        cursor = seen[-1] if seen and chance.random() < 0.4 else chance.choice([None, *seen])
        answered = self._ask(
            feed,
            feed_path(after=cursor, limit=chance.choice(LIMITS), kind=feed.kind, origin=feed.origin, own=feed.own),
        )
        if answered.status == 200:
            self._note_page(feed, answered)

    def _read(self, which: int, what: int, how: int) -> None:
        self.read(which % len(self.partners), random.Random(f"{what}/{how}"))  # noqa: S311 - repeatable, not secret

    def read(self, who: int, chance: random.Random) -> None:
        """Let one of the partners read one record."""
        if not self.known:
            return
        origin, record = chance.choice(self.known)
        feed = Feed(
            who=who,
            narrow=chance.random() < 0.2,
            purpose=chance.choice(PURPOSES),
            kind=None,
            origin=None,
            own=None,
        )
        answered = self._ask(feed, f"/v1/records/{origin}/{record}")
        if answered.status == 200:
            self._note(feed, "read_record", answered, origin, answered.json["line"].encode())

    def _ask(self, feed: Feed, path: str) -> Answered:
        answered = self.partners[feed.who].get(path, purpose=feed.purpose, by=self._key(feed))
        assert answered.status in (200, 403, 404, 429, 503), answered.body
        return answered

    def _key(self, feed: Feed) -> Held:
        return self.narrow[feed.who] if feed.narrow else self.partners[feed.who].exchange

    def _note_page(self, feed: Feed, answered: Answered) -> None:
        *parts, last = split_documents(answered.body)
        assert isinstance(last, dict)
        self.cursors[feed].append(last["page"]["next"])
        documents = [part for part in parts if isinstance(part, StoredDocument)]
        if documents:
            self.pulls.append(answered.receipt)
        for document in documents:
            origin = claims_in(document.manifest)["iss"]
            for line in document.lines:
                if isinstance(line, bytes):
                    self._note(feed, "read_feed", answered, origin, line)

    def _note(self, feed: Feed, action: str, answered: Answered, origin: str, line: bytes) -> None:
        said = orjson.loads(line)
        partner = self.partners[feed.who]
        self.carried.append(
            Carried(
                organisation=partner.name,
                origin=origin,
                record=said["id"],
                kind=said["kind"],
                revision=said["revision"],
                purpose=feed.purpose,
                action=action,
                keyid=f"{partner.name}/{self._key(feed).thumbprint}",
                receipt=answered.receipt,
            )
        )

    # Acts -----------------------------------------------------------------------------------------------------

    def _sent(self, batch: Any) -> None:
        super()._sent(batch)
        self.know(batch)

    def know(self, batch: Any) -> None:
        """Ask for the reports of its records at the end."""
        for line in batch.lines:
            name = (batch.claims["iss"], orjson.loads(line)["id"])
            if name not in self.known:
                self.known.append(name)

    def _share(self, origin: int, to: int, how: int) -> None:
        partner = self.partners[origin % len(self.partners)]
        audience = self._audience(to, how)
        records = [a_signal() for _ in range(how % 3 + 1)]
        batch = a_batch(partner, records, audience=audience)
        may = partner.name not in self.suspended and self.model.may_address(partner.name, audience)
        if self.push(partner, batch, may=may):
            for record in records:
                self.revisions[record["id"]] = [record]
                self.signals.append(Signal(origin=partner, record=record, audience=audience, jti=batch.jti))

    def _revise(self, which: int, _b: int, _c: int) -> None:
        if self.signals:
            self.revise(self.signals[which % len(self.signals)])

    def revise(self, signal: Signal) -> None:
        revisions = self.revisions[signal.record["id"]]
        revised = a_revision(*revisions)
        if self.push(signal.origin, a_batch(signal.origin, [revised], audience=signal.audience), may=None):
            revisions.append(revised)

    def _withdraw(self, which: int, why: int, _c: int) -> None:
        if self.signals:
            self.withdraw(self.signals[which % len(self.signals)], "legal" if why & 3 else "error")

    def withdraw(self, signal: Signal, reason: str) -> None:
        withdrawal = a_withdrawal(*self.revisions[signal.record["id"]], reason=reason)
        if self.push(signal.origin, a_batch(signal.origin, [withdrawal], audience=signal.audience), may=None):
            self.signals.remove(signal)

    def _expire_batch(self, which: int, _b: int, _c: int) -> None:
        """Let a batch expire now; what was served of it was served before."""
        if not self.signals:
            return
        jti = self.signals[which % len(self.signals)].jti
        self.signals = [signal for signal in self.signals if signal.jti != jti]
        with psycopg.connect(self.database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            db.execute("UPDATE batch SET expires_at = clock_timestamp() WHERE jti = %s", [jti])

    def _expire_group(self, *_numbers: int) -> None:
        """Let a group's time be over now; the next time, let it be found so."""
        if self.lapsed:
            with psycopg.connect(self.database.worker) as db:
                assert end_expired_groups(db, node=NODE_NAME, now=datetime.now(UTC)) == 1
            self.lapsed = False
            return
        mortal = [group for group in self.mortal if self.model.groups[group.name].is_live]
        if not mortal:
            return
        self._lapse(mortal[0].name)
        self.model.end_group(mortal[0].name)
        self.lapsed = True

    def _lapse(self, name: str) -> None:
        _, _, group_id = name.partition("/")
        with psycopg.connect(self.database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            # Whoever had it until then has had it until now.
            db.execute(_LAPSE_KEPT, {"group_id": group_id})
            db.execute(_LAPSE, {"group_id": group_id})
            db.execute("UPDATE sharing_group SET expires_at = clock_timestamp() WHERE group_id = %s", [group_id])

    def _erase(self, which: int, what: int, _c: int) -> None:
        self.erase(random.Random(f"{which}/{what}"))  # noqa: S311 - repeatable, not secret

    def erase(self, chance: random.Random) -> None:
        """Have the eraser remove what is due, now and then an older revision too."""
        if self.known and chance.random() < 0.5:
            origin, record = chance.choice(self.known)
            with psycopg.connect(self.database.owner) as db:
                db.execute(_MARK, {"origin": origin, "record": record})
        with connect(self.database.eraser, autocommit=True) as eraser:
            while erasing.erase_next(eraser, node=NODE_NAME) is not None:
                pass

    def audience(self, chance: random.Random) -> Json:
        """Some audience."""
        return self._audience(chance.randrange(256), chance.randrange(256))

    # Judgement ------------------------------------------------------------------------------------------------

    def index(self) -> None:
        """Place and index everything."""
        while place(self.node):
            pass
        with connect(self.database.worker, autocommit=True) as db:
            indexing.index_all(db)

    def reported(self, db: Connection) -> Counter[Carried]:
        """What the reports of all records say."""
        return Counter(one for origin, record in self.known for one in of_record(db, origin, record))

    def judge_exposure(self, db: Connection) -> None:
        """Compare both reports, for every record and every organisation, with what was carried."""
        self.index()
        carried = Counter(self.carried)
        reported = self.reported(db)
        assert reported == carried, f"too much {reported - carried}, too little {carried - reported}"
        for partner in self.partners:
            mine = Counter(one for one in self.carried if one.organisation == partner.name)
            said = Counter(of_organisation(db, partner.name))
            assert said == mine, f"too much {said - mine}, too little {mine - said}"


def of_record(db: Connection, origin: str, record: str, *, limit: int = 7) -> list[Carried]:
    """All pages of a record's report."""
    found: list[Carried] = []
    after = -1
    while True:
        report = exposing.exposure_of_record(db, EVERYTHING, origin, UUID(record), after=after, limit=limit)
        if report is None:
            return found
        found += [_carried(one) for one in report.releases]
        if not report.page.more:
            return found
        after = int(report.page.next)


def of_organisation(
    db: Connection, name: str, asked: ExposureFilter | None = None, *, limit: int = 13
) -> list[Carried]:
    """All pages of an organisation's report."""
    found: list[Carried] = []
    after = None
    while True:
        report = exposing.exposure_of_organisation(db, EVERYTHING, name, asked, after=after, limit=limit)
        assert report is not None
        found += [_carried(one) for one in report.releases]
        if not report.page.more:
            return found
        after = report.page.next


def _carried(release: Any) -> Carried:
    return Carried(
        organisation=release.organisation,
        origin=release.origin,
        record=release.id,
        kind=release.kind,
        revision=release.revision,
        purpose=release.purpose,
        action=release.action,
        keyid=release.keyid,
        receipt=release.leaf,
    )


_LAPSE = """
    UPDATE audience_access
       SET ends_at = clock_timestamp()
      FROM audience_group
      JOIN sharing_group USING (owner_id, group_id)
     WHERE audience_access.audience_id = audience_group.audience_id
       AND audience_access.ends_at = sharing_group.expires_at
       AND sharing_group.group_id = %(group_id)s
"""
_LAPSE_KEPT = """
    UPDATE access_end
       SET ends_at = clock_timestamp()
      FROM audience_group
      JOIN sharing_group USING (owner_id, group_id)
     WHERE access_end.audience_id = audience_group.audience_id
       AND access_end.ends_at = sharing_group.expires_at
       AND sharing_group.group_id = %(group_id)s
"""
_MARK = """
    INSERT INTO erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
    SELECT record.batch_id, record.position, record.origin_id, record.record_id, record.leaf, 'replaced', now()
      FROM record
      JOIN organisation ON organisation.organisation_id = record.origin_id
     WHERE organisation.name = %(origin)s
       AND record.record_id = %(record)s
     ORDER BY record.revision
     LIMIT 1
        ON CONFLICT DO NOTHING
"""
