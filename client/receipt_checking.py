"""Open one's own entries in the node's log, prove that they stand in it, and keep what convicts the node.

- An entry that is not there, or has no place, is waited for 24 hours; after that it was suppressed.
- One that opens to something else than was signed and answered is false, whenever it is opened.
- Of those that agree a sample is looked for in the newest signed head: not in it, or another leaf in its place.
- What is not there and may have been lost by a restore, by which the log has another name since, is told as lost.

What convicts is written to `$HAVRE_HOME/evidence/receipt-….json`, signed by the node itself (`havre receipts prove`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from client.answer import Answer
from client.auditing.suppressions import DAY_SECONDS, act_of, evidence_bytes, look_up_of
from client.checkpoints import Checkpoints, SeenCheckpoint
from client.clock import Source
from client.convicting import FOLDER
from client.failures import NotVerified, Refused, Unreachable
from client.home import Home
from client.receipts import CheckedReceipt, finding, opened_entry
from client.state import receipts as store
from client.state.opening import State
from client.state.receipts import Receipt
from client.tiles import LogTiles
from client.trusting import Trust
from crypto import refusals
from crypto.encoding import from_base64url, to_base64url
from crypto.tiles import HASH_BYTES, TILE_WIDTH, Tile, inclusion_path, tile_width
from schemas.suppressions import LeafThere, Suppression

_NOT_FOUND = 404
# Texts of entries are kept this long at least; who opens later finds nothing, and nothing follows from it.
_KEPT_SECONDS = 90 * DAY_SECONDS
# What is found of an entry that is not in the log as it is now.
_NOT_THERE = frozenset({"missing", "not_placed", "not_in_log", "not_included"})

Ask = Callable[[str], Answer]
"""Return the verified good answer to a signed GET of a target; raises `Refused` with the signed refusal."""


@dataclass(frozen=True, kw_only=True)
class ReceiptChecker:
    """Checks the receipts of one partner's state; `home` takes the evidence."""

    state: State
    source: Source
    trust: Trust
    checkpoints: Checkpoints
    tiles: LogTiles
    home: Path
    ask: Ask

    def check(self, *, limit: int, sample: int) -> list[CheckedReceipt]:
        """Open up to `limit` receipts that were never opened, and look for up to `sample` leaves in the newest head."""
        opened = [self._open(kept) for kept in store.unopened_receipts(self.state.db, limit=limit)]
        included = {one.leaf: one for one in self._prove(sample)}
        checked = [included.pop(one.leaf, one) for one in opened]
        return [*checked, *included.values()]

    def _open(self, kept: Receipt) -> CheckedReceipt:
        is_late = self.source.seconds() - kept.received_at >= DAY_SECONDS
        look_up = self._look_up(kept)
        place: int | None = None
        if look_up.status == _NOT_FOUND:
            if self.source.seconds() - kept.received_at >= _KEPT_SECONDS:
                return self._keep(kept, None)
            found = "missing" if is_late else None
        else:
            found = finding(kept, look_up.body)
            place = opened_entry(look_up.body).index if found is None else None
            if found is None and place is None and is_late:
                found = "not_placed"
        if found in _NOT_THERE and self._is_lost(kept):
            return self._keep_lost(kept)
        if found is None and place is None:
            return CheckedReceipt(leaf=kept.leaf, action=kept.action, finding=None, is_waiting=True)
        return self._keep(kept, found, look_up=look_up, place=place)

    def _look_up(self, kept: Receipt) -> Answer:
        try:
            return self.ask(f"/v1/log/entries/{kept.leaf}")
        except Refused as refusal:
            if refusal.status != _NOT_FOUND or refusal.answer is None:
                raise
            return refusal.answer

    def _keep(
        self, kept: Receipt, found: str | None, *, look_up: Answer | None = None, place: int | None = None
    ) -> CheckedReceipt:
        evidence = None if found is None or look_up is None else self._write(kept, look_up)
        with self.state.transaction():
            store.mark_opened(self.state.db, kept.leaf, finding=found, at=self.source.now(), place=place)
        return CheckedReceipt(leaf=kept.leaf, action=kept.action, finding=found, evidence=evidence)

    def _is_lost(self, kept: Receipt) -> bool:
        # A restore of which nobody has read yet shows by the newest head.
        self.checkpoints.advance()
        return self.checkpoints.may_have_lost(kept.received_at, place=kept.place)

    def _keep_lost(self, kept: Receipt) -> CheckedReceipt:
        with self.state.transaction():
            store.mark_opened(
                self.state.db, kept.leaf, finding="lost_by_restore", at=self.source.now(), place=kept.place
            )
        return CheckedReceipt(leaf=kept.leaf, action=kept.action, finding=None, is_lost=True)

    def _prove(self, sample: int) -> list[CheckedReceipt]:
        waiting = store.unproven_receipts(self.state.db)
        if not waiting or not sample:
            return []
        head = self.checkpoints.advance()
        chosen = [self._is_in(kept, head) for kept in self._chosen(waiting, sample)]
        return [one for one in chosen if one is not None]

    def _chosen(self, waiting: Sequence[Receipt], sample: int) -> list[Receipt]:
        """Return `sample` of those that wait, by lot: a node cannot know which."""
        lots = {kept.leaf: self.source.random(8) for kept in waiting}
        return sorted(waiting, key=lambda kept: lots[kept.leaf])[:sample]

    def _is_in(self, kept: Receipt, head: SeenCheckpoint | None) -> CheckedReceipt | None:
        assert kept.place is not None  # noqa: S101 - that is how it was chosen
        found: str | None = None
        if head is None or kept.place >= head.size:
            if self.source.seconds() - kept.received_at < DAY_SECONDS:
                return None
            found = "not_in_log"
        else:
            try:
                self.checkpoints.includes(from_base64url(kept.leaf, length=32), kept.place)
            except NotVerified as failure:
                found = failure.reason
        if found in _NOT_THERE and self._is_lost(kept):
            return self._keep_lost(kept)
        evidence = None if found is None else self._write(kept, self._look_up(kept), head=head)
        with self.state.transaction():
            store.mark_included(self.state.db, kept.leaf, finding=found, at=self.source.now())
        return CheckedReceipt(
            leaf=kept.leaf, action=kept.action, finding=found, is_included=found is None, evidence=evidence
        )

    def _write(self, kept: Receipt, look_up: Answer, *, head: SeenCheckpoint | None = None) -> str | None:
        """Write the evidence and return its path; None where an older release kept too little of the answer."""
        act = act_of(kept)
        if act is None:
            return None
        anchors = self.trust.anchors
        there = None if head is None or kept.place is None else self._leaf_there(kept.place, head.size)
        said = Suppression(
            v=1,
            federation=anchors.federation,
            node=anchors.node,
            action=kept.action,
            act=act,
            look_up=look_up_of(look_up),
            checkpoint=None if head is None else head.note,
            leaf_there=there,
            statements=tuple(one.token for one in self.trust.statements(anchors.node)),
        )
        folder = Home(self.home / FOLDER)
        folder.create()
        name = f"receipt-{kept.leaf}.json"
        folder.write(name, evidence_bytes(said))
        return str(folder.path / name)

    def _leaf_there(self, index: int, size: int) -> LeafThere | None:
        """Return which leaf the public tiles have at `index`, with its path; None where they show none."""
        if index >= size:
            return None
        at, within = divmod(index, TILE_WIDTH)
        try:
            tile = self.tiles.read(Tile(level=0, index=at, width=tile_width(0, at, size=size)))
            path = inclusion_path(index, size, self.tiles.read)
        except (refusals.NotVerified, Unreachable):
            return None
        leaf = tile[HASH_BYTES * within : HASH_BYTES * (within + 1)]
        return LeafThere(leaf=to_base64url(leaf), path=tuple(to_base64url(step) for step in path))
