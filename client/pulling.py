"""Pull a feed, page by page: verify the answer, then each batch, and keep a page in one transaction.

Before the transaction everything that needs the network is learnt (directory, statements, approvals); inside it
nothing but the state is asked. Records, stream heads, places, the receipt and the next cursor are committed together:
a kill at any point loses nothing and applies nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode

import orjson

from client.answer import Answer
from client.applying import Applied, apply_batch, check_place, hold_unverified, step_chain
from client.failures import NotVerified, Refused, RootChanged
from client.judging import JudgedBatch, Named, judge_batch, read_named, revoked_since
from client.known import signed
from client.pages import Contents, read_contents, served_by
from client.placing import judge_place
from client.receipts import receipt_of
from client.state import feeds, records
from client.state import receipts as receipt_store
from client.state.opening import State
from client.trusting import Trust
from crypto.batches import StoredDocument, split_documents
from crypto.documents import ACCEPTANCE, BATCH, read_document
from crypto.encoding import from_base64url
from crypto.trust import revoked_from
from schemas.answers import Ended
from schemas.directory import Directory, Member
from schemas.manifests import Manifest

DEFAULT_LIMIT = 10_000
_HOLD = "directory_expired"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to pull: one kind, one origin, with or without one's own; None: all."""

    kind: str | None = None
    origin: str | None = None
    own: bool = True

    @property
    def members(self) -> dict[str, str]:
        """Return the query parameters, those only that narrow."""
        named = {"kind": self.kind, "origin": self.origin, "own": None if self.own else "false"}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class PulledLine:
    """A verified record line that counts from now on, with its origin and the claims of its batch's manifest."""

    origin: str
    line: bytes
    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class PulledPage:
    """What one page brought; `held`, `set_aside` and `withheld` are counts to tell a person about.

    `unverified` names each origin that cannot be verified now, and the reason: its batches are held with their places
    until it can be, and everything else goes on. `records`, `withdrawn` and `lines` hold what was released, too.
    `withheld` counts lines, in all, whose bytes never came and that nothing explains; None before the last page.
    """

    batches: int
    records: int
    withdrawn: int
    held: int
    set_aside: int
    unknown_lines: int
    withheld: int | None
    is_directory_expired: bool
    unverified: Mapping[str, str]
    more: bool
    poll_after_seconds: int
    receipt: str
    body: bytes = field(repr=False)
    lines: Sequence[PulledLine] = field(repr=False)


class Puller:
    """Pulls for one partner."""

    def __init__(self, *, state: State, trust: Trust) -> None:
        self._state = state
        self._trust = trust
        self._released: list[Applied] = []

    def prepare(self, *, now: datetime) -> Directory:
        """Read the directory and what it says is newer, set aside what was revoked since, release what was held."""
        directory = self._trust.refresh_directory()
        self._trust.update_known(directory)
        self._take_back(now)
        if directory.exp > now:
            self._release(directory, now)
        return directory

    def raise_unverified(self) -> None:
        """Say, when everything else is done, that an origin could not be verified.

        Raises:
            RootChanged, NotVerified: the first of them, a changed root before all else; `went_on` is true.
        """
        failures = sorted(self._trust.unverified.values(), key=lambda one: not isinstance(one, RootChanged))
        for failure in failures:
            failure.went_on = True
            raise failure

    def keep(
        self, answer: Answer, *, feed_id: int, after: str | None, directory: Directory, now: datetime
    ) -> PulledPage:
        """Verify a page and keep it with its receipt and cursor, or nothing of it.

        Raises:
            NotVerified: something in the page is not to be believed.
        """
        contents = read_contents(answer.body, after=after)
        named = [one for one in contents.items if isinstance(one, Named)]
        self._learn(named, directory)
        self._take_back(now)
        hold_reason = _HOLD if directory.exp <= now else None
        with self._state.transaction():
            db = self._state.db
            if feeds.cursor_of(db, feed_id) != after:
                # Another process of this partner has kept this page meanwhile.
                raise NotVerified("cursor_moved")
            applied = [self._apply(item, feed_id=feed_id, hold_reason=hold_reason, now=now) for item in contents.items]
            feeds.move_cursor(db, feed_id, contents.page.next)
            withheld = None if contents.page.more else _count_withheld(self._state, now)
            receipt_store.keep_receipt(
                db,
                receipt_of(answer, action="read_feed", records=contents.page.records, served=served_by(named)),
                at=now,
            )
        released, self._released = self._released, []
        unverified = {name: failure.reason for name, failure in self._trust.unverified.items()}
        return _pulled(
            contents,
            [*released, *applied],
            answer,
            withheld=withheld,
            is_directory_expired=hold_reason is not None,
            unverified=unverified,
        )

    def restart(self, refusal: Refused, *, feed_id: int, after: str, now: datetime) -> None:
        """Forget the cursor `after`, which the node has refused; heads and places stay, so that no hole can open."""
        with self._state.transaction():
            if feeds.cursor_of(self._state.db, feed_id) == after:
                feeds.move_cursor(self._state.db, feed_id, None)
            if refusal.answer is not None and refusal.answer.receipt:
                receipt_store.keep_receipt(self._state.db, receipt_of(refusal.answer, action="read_feed"), at=now)

    def _apply(self, item: Named | Ended, *, feed_id: int, hold_reason: str | None, now: datetime) -> Applied | None:
        if isinstance(item, Ended):
            feeds.end_streams(self._state.db, feed_id, item.streams, item.reason)
            return None
        if item.origin in self._trust.unverified:
            return self._hold(item, feed_id=feed_id)
        batch = self.judge(item, now=now)
        is_new = step_chain(self._state.db, batch, feed_id=feed_id)
        check_place(self._state.db, batch)
        applied = apply_batch(self._state.db, batch, hold_reason=hold_reason, now=now)
        # What this feed has brought before is told once.
        return applied if is_new else replace(applied, lines=[])

    def _hold(self, item: Named, *, feed_id: int) -> Applied:
        anchors = self._trust.anchors
        placed = judge_place(
            item,
            origin_statements=signed(self._trust.statements(item.origin)),
            node_statements=signed(self._trust.statements(anchors.node)),
            node=anchors.node,
            federation=anchors.federation,
        )
        step_chain(self._state.db, placed, feed_id=feed_id)
        check_place(self._state.db, placed)
        return hold_unverified(self._state.db, placed, item)

    def judge(self, named: Named, *, now: datetime) -> JudgedBatch:
        """Return what a placed batch proves by the statements that are known."""
        anchors = self._trust.anchors
        return judge_batch(
            named,
            origin_statements=signed(self._trust.statements(named.origin)),
            node_statements=signed(self._trust.statements(anchors.node)),
            node=anchors.node,
            federation=anchors.federation,
            now=now,
        )

    def _learn(self, named: Sequence[Named], directory: Directory) -> None:
        """Know every origin of the page by directory, admission and statements, and every statement that is named."""
        members = {member.organisation: member for member in directory.members}
        for origin in sorted({one.origin for one in named} - set(self._trust.unverified)):
            if origin not in members:
                members = {member.organisation: member for member in self._trust.refresh_directory().members}
            try:
                self._know(origin, members.get(origin), [one for one in named if one.origin == origin])
            except NotVerified as failure:
                self._trust.doubt(origin, failure)
        digests = {one.digest for one in self._trust.statements(self._trust.anchors.node)}
        if any(one.acceptance.claims.get("node_statement_sha256") not in digests for one in named):
            self._trust.refresh_node()

    def _know(self, origin: str, member: Member | None, named: Sequence[Named]) -> None:
        if member is None:
            raise NotVerified("not_a_member", about=origin)
        if not self._trust.vouch(member):
            return
        digests = {one.digest for one in self._trust.statements(origin)}
        if any(one.acceptance.claims.get("statement_sha256") not in digests for one in named):
            self._trust.learn(origin)

    def _take_back(self, now: datetime) -> None:
        """Set aside the batches of keys that a statement revokes, as far back as it says.

        All known statements are asked at each pull, so that a kill after one was learnt changes nothing.
        """
        for organisation in self._trust.organisations():
            claims = [one.signed.claims for one in self._trust.statements(organisation)]
            for thumbprint in {one.thumbprint for one in claims[-1].revoked}:
                since = revoked_from(claims, thumbprint)
                if since is not None:
                    self._take_back_signed_by(thumbprint, since, now)

    def _take_back_signed_by(self, thumbprint: str, since: datetime, now: datetime) -> None:
        anchors = self._trust.anchors
        with self._state.transaction():
            for batch_id, manifest, accepted in records.batches_signed_by(self._state.db, thumbprint, since=since):
                read = read_document(manifest, typ=BATCH)
                if revoked_since(
                    read,
                    read_document(accepted, typ=ACCEPTANCE),
                    origin_statements=signed(self._trust.statements(read.organisation)),
                    node_statements=signed(self._trust.statements(anchors.node)),
                    federation=anchors.federation,
                    now=now,
                ):
                    records.set_batch_aside(self._state.db, batch_id, "revoked")

    def _release(self, directory: Directory, now: datetime) -> None:
        """Judge again what is held, one batch after the other: what still fails waits alone, and is told."""
        for held_id, origin in records.held_batches(self._state.db):
            named = self._held(held_id)
            if named is None:
                continue
            self._learn([named], directory)
            if origin in self._trust.unverified:
                continue
            try:
                self._release_one(held_id, named, now)
            except NotVerified as failure:
                self._trust.doubt(origin, _about(origin, failure))
                with self._state.transaction():
                    records.keep_holding(self._state.db, held_id, failure.reason)

    def _held(self, held_id: int) -> Named | None:
        document = records.held_bytes(self._state.db, held_id)
        if document is None:
            return None
        (stored,) = split_documents(document)
        assert isinstance(stored, StoredDocument)  # noqa: S101 - what was given to hold
        return read_named(stored)

    def _release_one(self, held_id: int, named: Named, now: datetime) -> None:
        db = self._state.db
        batch = self.judge(named, now=now)
        with self._state.transaction():
            if batch.held is not None:
                records.keep_holding(db, held_id, batch.held)
                return
            applied = apply_batch(db, batch, hold_reason=None, now=now)
            records.release(db, held_id)
        self._released.append(applied)


def _about(origin: str, failure: NotVerified) -> NotVerified:
    """Return a failure of one held batch as one that is about its origin, so that it stops nothing else."""
    return failure if failure.about == origin else NotVerified(failure.reason, about=origin)


def feed_target(pulled: Filter, *, after: str | None, limit: int) -> str:
    """Return the request target of a page."""
    members = {**({} if after is None else {"after": after}), "limit": str(limit), **pulled.members}
    return f"/v1/feed?{urlencode(members)}"


def filter_text(pulled: Filter) -> str:
    """Return the one spelling of a filter, by which its cursor is kept."""
    return urlencode(sorted(pulled.members.items()))


def _count_withheld(state: State, now: datetime) -> int:
    """Return how many lines were withheld, after striking those that something known explains."""
    pending: dict[str, list[bytes]] = {}
    for origin, leaf in records.pending_erased(state.db, now=now):
        pending.setdefault(origin, []).append(leaf)
    for origin in pending:
        explained: list[bytes] = []
        for leaf, line in records.known_leaves(state.db, origin):
            explained.append(leaf)
            explained.extend(_replaced_by(line))
        records.explain_erased(state.db, origin, explained)
    return records.mark_withheld(state.db)


def _replaced_by(line: bytes | None) -> list[bytes]:
    return [] if line is None else [from_base64url(leaf) for leaf in orjson.loads(line)["replaces"]]


def _pulled(
    contents: Contents,
    applied: Sequence[Applied | None],
    answer: Answer,
    *,
    withheld: int | None,
    is_directory_expired: bool,
    unverified: Mapping[str, str],
) -> PulledPage:
    done = [one for one in applied if one is not None]
    lines = [(one.batch, line) for one in done if one.batch is not None for line in one.lines]
    withdrawn = sum(line.value["status"] == "withdrawn" for _, line in lines)
    return PulledPage(
        batches=contents.page.batches,
        records=len(lines) - withdrawn,
        withdrawn=withdrawn,
        held=sum(one.is_held for one in done),
        set_aside=sum(one.is_set_aside for one in done),
        unknown_lines=contents.unknown_lines,
        withheld=withheld,
        is_directory_expired=is_directory_expired,
        unverified=unverified,
        more=contents.page.more,
        poll_after_seconds=contents.page.poll_after,
        receipt=answer.receipt,
        body=answer.body,
        lines=[PulledLine(origin=batch.origin, line=line.line, manifest=batch.claims) for batch, line in lines],
    )
