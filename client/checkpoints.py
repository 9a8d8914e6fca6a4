"""Hold the node's log to what it has signed: each head continues the one that was seen before, or nothing is believed.

- A head counts by the log key of the node's statement, and by the witnesses of `$HAVRE_HOME/witness-policy` (C2SP
  tlog-policy) where there is one.
- A head of the same size has the same root; a larger one proves that it begins with the known one, by the public tiles;
  a smaller one is a log that was rolled back. What does not go together is kept as evidence: two signed notes.
- After a restore the log goes on under the name of its next epoch. It is followed, and how much of what was seen is
  not in it any more is told once. A partner whose oldest head is newer than the backup has seen nothing of what is
  left, and cannot tell that from a fork: it follows too, keeps both notes as evidence, and tells it loudly.
- A node that has never shown a head may do without, where no policy asks for one; once seen, none may be missing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx2

from client.auditing.heads import verify_by_log_key
from client.auditing.suppressions import DAY_SECONDS
from client.clock import Source
from client.convicting import convict, keep_evidence
from client.failures import NotConfigured, NotVerified, Unreachable
from client.state import checkpoints as store
from client.state.checkpoints import KeptCheckpoint, LogChange
from client.state.opening import State
from client.tiles import PREFIX, LogTiles
from client.trusting import Trust
from client.wire import Wire
from crypto import refusals
from crypto.checkpoints import Checkpoint, open_note, read_body
from crypto.claims import public_key_of
from crypto.cosignatures import cosigned_at
from crypto.keys import is_organisation
from crypto.policies import Policy, PolicyRefused, read_policy

POLICY_NAME: Final = "witness-policy"
_MOST_CHECKPOINT_BYTES = 64 * 1024
# Nobody restores a billion times; a longer number is none that could be kept.
_EPOCH: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, kw_only=True)
class SeenCheckpoint:
    """A verified head of the node's log; `cosigned_by` are the names of the witnesses of the policy."""

    origin: str
    size: int
    root: bytes
    note: str
    cosigned_by: tuple[str, ...]
    seen_at: datetime


class Checkpoints:
    """What one partner has seen of its node's log; `home` holds the policy, and takes evidence."""

    def __init__(self, *, wire: Wire, trust: Trust, state: State, source: Source, home: Path) -> None:
        self._wire = wire
        self._trust = trust
        self._state = state
        self._source = source
        self._home = home
        self._tiles = LogTiles(wire)

    def newest(self) -> SeenCheckpoint | None:
        """Return the newest head that was seen; asks no network."""
        known = store.newest(self._state.db)
        if known is None:
            return None
        policy = self.policy()
        return _seen(known, () if policy is None else _cosigned_by(known.note, policy))

    def advance(self) -> SeenCheckpoint | None:
        """Read the node's newest head, hold it against the one before, and keep it; None: it has never had one.

        Raises:
            NotVerified: `log_forked`, `log_rolled_back`, `log_not_continued`: `about` is the folder of evidence;
                `checkpoint_missing`, `checkpoint_…`: it is none that can be believed.
            NotConfigured: `witness_policy`: the policy is not of its form.
            Unreachable: the node does not answer.
        """
        policy = self.policy()
        # What another process of this partner sees meanwhile may be newer than what we are about to be shown.
        known = store.newest(self._state.db)
        note = self._read_note(may_be_missing=known is None and policy is None)
        if note is None:
            return None
        checkpoint = self._verified(note)
        cosigned_by = () if policy is None else self._witnessed(note, checkpoint, policy)
        new = KeptCheckpoint(
            log=checkpoint.origin,
            epoch=_epoch_of(checkpoint.origin),
            size=checkpoint.size,
            root=checkpoint.root,
            note=note,
            seen_at=self._source.now(),
        )
        change = None if known is None else self._continue(known, new)
        with self._state.transaction():
            store.keep(self._state.db, new)
            if change is not None:
                store.note_change(self._state.db, change)
        return _seen(new, cosigned_by)

    def includes(self, leaf: bytes, index: int) -> None:
        """Check that the newest head that was seen holds the 32-byte `leaf` at `index`; asks for tiles alone.

        Raises:
            NotVerified: `not_in_checkpoint`: it does not reach that far, or none was seen; `not_included`.
            Unreachable: the node does not answer.
        """
        known = store.newest(self._state.db)
        if known is None or not 0 <= index < known.size:
            raise NotVerified("not_in_checkpoint", about=self._node)
        if not self._tiles.includes(leaf, index, size=known.size, root=known.root):
            raise NotVerified("not_included", about=self._node)

    def compare(self, note: str) -> SeenCheckpoint:
        """Hold a head that somebody else was shown against what this partner was shown; return theirs if both agree.

        Raises:
            NotVerified: `log_forked`, `log_not_continued`: the node has shown two histories, `about` is the folder of
                evidence; `checkpoint_other_epoch`: a restore is between them, and theirs is not in this tree;
                `checkpoint_…`: it is no head of this node's log; `no_checkpoint`: none was seen here.
            Unreachable: the node does not answer.
        """
        theirs = self._verified(note)
        own = store.newest(self._state.db)
        if own is None or own.size < theirs.size or own.epoch < _epoch_of(theirs.origin):
            self.advance()
            own = store.newest(self._state.db)
        if own is None:
            raise NotVerified("no_checkpoint", about=self._node)
        kept = KeptCheckpoint(
            log=theirs.origin,
            epoch=_epoch_of(theirs.origin),
            size=theirs.size,
            root=theirs.root,
            note=note,
            seen_at=self._source.now(),
        )
        of_same_size = [one for one in store.of_epoch(self._state.db, kept.epoch) if one.size == kept.size]
        for one in of_same_size:
            if one.root != kept.root:
                raise convict(self._home, "log_forked", one.note, note)
        first, second = sorted((own, kept), key=lambda one: (one.epoch, one.size))
        if not of_same_size and not self._tiles.proves(first, second):
            if first.epoch != second.epoch:
                # What a restore has lost is in one of the two alone.
                raise NotVerified("checkpoint_other_epoch", about=first.log)
            raise convict(self._home, "log_not_continued", own.note, note)
        policy = self.policy()
        return _seen(kept, () if policy is None else _cosigned_by(note, policy))

    def may_have_lost(self, received_at: int, *, place: int | None) -> bool:
        """Return whether a restore that was seen may have lost an entry, of which the receipt came at `received_at`.

        `place` is its index, None where it was never opened. What a head held that is proven in the log as it is now
        was not lost: by its index, or because it was a day old when that head was seen.
        """
        for change in store.changes(self._state.db):
            if received_at > int(change.at.timestamp()):
                continue
            if place is not None and place >= change.kept_size:
                return True
            heads = store.of_epoch(self._state.db, _epoch_of(change.previous))
            kept = next((one for one in heads if one.size == change.kept_size > 0), None)
            if place is None and (kept is None or received_at + DAY_SECONDS > int(kept.seen_at.timestamp())):
                return True
        return False

    def take_untold(self) -> Sequence[LogChange]:
        """Return how the log went on under other names since somebody asked; each is returned once."""
        with self._state.transaction():
            return store.take_untold(self._state.db)

    def forget(self) -> None:
        """Forget what was seen: the next head is taken as the first one was. Evidence stays."""
        with self._state.transaction():
            store.forget(self._state.db)

    def policy(self) -> Policy | None:
        """Return the policy of this partner; None: it has none.

        Raises:
            NotConfigured: `witness_policy`.
        """
        path = self._home / POLICY_NAME
        try:
            return read_policy(path.read_bytes())
        except FileNotFoundError:
            return None
        except PolicyRefused as error:
            raise NotConfigured("witness_policy", about=f"{path}:{error.line}") from error

    @property
    def _node(self) -> str:
        return self._trust.anchors.node

    def _read_note(self, *, may_be_missing: bool) -> str | None:
        try:
            note = self._wire.read_public_bytes(f"{PREFIX}/checkpoint")
        except Unreachable as failure:
            if failure.status != httpx2.codes.NOT_FOUND:
                raise
            if may_be_missing:
                return None
            raise NotVerified("checkpoint_missing", about=self._node) from failure
        if len(note) > _MOST_CHECKPOINT_BYTES:
            raise NotVerified("checkpoint_note_form", about=self._node)
        try:
            return note.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotVerified("checkpoint_note_form", about=self._node) from error

    def _verified(self, note: str) -> Checkpoint:
        """Return the head that a note proves by a log key of the node's statement, which is read anew if need be."""
        try:
            origin = read_body(open_note(note).body).origin
        except refusals.NotVerified as error:
            raise NotVerified("checkpoint_note_form", about=self._node) from error
        node, _, epoch = origin.partition("/log/")
        if node != self._node or not is_organisation(node) or _EPOCH.fullmatch(epoch) is None:
            raise NotVerified("checkpoint_another_log", about=self._node)
        statements, now = self._trust.statements(self._node), self._source.now()
        if statements:
            try:
                return verify_by_log_key(note, log=origin, statements=statements, at=now)
            except NotVerified:
                pass  # A new log key stands in a new statement.
        self._trust.refresh_node()
        return verify_by_log_key(note, log=origin, statements=self._trust.statements(self._node), at=now)

    def _witnessed(self, note: str, checkpoint: Checkpoint, policy: Policy) -> tuple[str, ...]:
        names = _cosigned_by(note, policy)
        keys = [one.key for one in policy.witnesses if one.name in names]
        if not policy.is_met(keys):
            raise NotVerified("checkpoint_not_witnessed", about=checkpoint.origin)
        if policy.logs and not self._is_listed(policy):
            raise NotVerified("checkpoint_another_log", about=checkpoint.origin)
        return names

    def _is_listed(self, policy: Policy) -> bool:
        newest = self._trust.statements(self._node)[-1].signed.claims
        own = [public_key_of(claim.jwk) for claim in newest.keys if claim.use == "log"]
        return any(log.key.public in own for log in policy.logs)

    def _continue(self, known: KeptCheckpoint, new: KeptCheckpoint) -> LogChange | None:
        """Check that `new` continues what is known; return what is to be told of it."""
        if new.epoch > known.epoch:
            return self._enter_epoch(known, new)
        if (new.epoch, new.size) < (known.epoch, known.size):
            raise convict(self._home, "log_rolled_back", known.note, new.note)
        if new.size == known.size:
            if new.root != known.root:
                raise convict(self._home, "log_forked", known.note, new.note)
        elif not self._tiles.proves(known, new):
            raise convict(self._home, "log_not_continued", known.note, new.note)
        return None

    def _enter_epoch(self, known: KeptCheckpoint, new: KeptCheckpoint) -> LogChange:
        """Follow the log into its next epoch; return how much of what was seen is proven to be in it.

        What was seen last may be lost. Of two heads that were seen, the new tree has the smaller if it has the larger.
        Where it has none, the newest before it and the first of the new epoch are kept as evidence.
        """
        seen = [one for one in store.of_epoch(self._state.db, known.epoch) if one.size > 0]
        kept, beyond = 0, len(seen)
        # The newest first: it is there where nothing was lost.
        at = beyond - 1
        while kept < beyond:
            if seen[at].size <= new.size and self._tiles.proves(seen[at], new):
                kept = at + 1
            else:
                beyond = at
            at = (kept + beyond) // 2
        if seen and kept == 0:
            keep_evidence(self._home, known.note, new.note)
        kept_size = seen[kept - 1].size if kept else 0
        return LogChange(
            log=new.log, previous=known.log, known_size=known.size, kept_size=kept_size, at=self._source.now()
        )


def _cosigned_by(note: str, policy: Policy) -> tuple[str, ...]:
    """Return the policy's names of the witnesses that cosigned a note.

    Raises:
        NotVerified: `checkpoint_cosignature`: one of them is named, and did not.
    """
    try:
        found = cosigned_at(open_note(note), [one.key for one in policy.witnesses])
    except refusals.NotVerified as error:
        raise NotVerified("checkpoint_cosignature") from error
    return tuple(one.name for one in policy.witnesses if one.key in found)


def _seen(kept: KeptCheckpoint, cosigned_by: tuple[str, ...]) -> SeenCheckpoint:
    return SeenCheckpoint(
        origin=kept.log,
        size=kept.size,
        root=kept.root,
        note=kept.note,
        cosigned_by=cosigned_by,
        seen_at=kept.seen_at,
    )


def _epoch_of(log: str) -> int:
    return int(log.rpartition("/")[2])
