"""Apply judged batches to the state: chain, places, records. The caller holds the one transaction.

- A stream has no hole in a feed, and jumps only over its own `ended`, which deletes what came by it.
- One place signed twice, or one revision of a record with two leaves, in accepted batches of one epoch of the node's
  log, is equivocation: it convicts the node, and nothing of the page is kept.
- A revision lists every earlier one that is known in `replaces`, and changes neither kind nor value, nor the
  `history` of a group.
- What cannot be judged yet is held whole; withdrawals in it count at once, unless its key is revoked.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from client import epochs
from client.failures import NotVerified
from client.judging import JudgedBatch, JudgedLine, Named
from client.placing import Placed, PlacedAlone
from client.state import changes, endings, erasures, feeds, held, records
from client.state.records import KnownBatch, Revision, Row
from crypto import refusals
from crypto.batches import verify_chain_step
from crypto.encoding import from_base64url, to_base64url
from schemas.answers import Ended

_UNCHANGING = ("kind", "signal_type", "value", "history")


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What became of a batch: the lines that count now, or why they do not."""

    batch: JudgedBatch | None
    lines: Sequence[JudgedLine]
    is_held: bool
    is_set_aside: bool


def step_chain(db: sqlite3.Connection, batch: Placed, *, feed_id: int) -> bool:
    """Move the stream's head in a feed to this batch; return whether the batch is new in the feed.

    Raises:
        NotVerified: `chain_hole`, `chain_link`, `chain_time`, `chain_statement`, `equivocation`.
    """
    previous = feeds.head_of(db, feed_id, batch.placement.stream)
    if previous is not None and batch.placement.seq < previous.seq:
        # A feed that was started anew brings what was there before: the same, or `check_place` has the proof.
        was = feeds.place_in(db, batch.placement.stream, batch.placement.seq)
        if was is not None and was[0] == to_base64url(batch.acceptance.digest):
            return False
    statement_seq = batch.placement.statement_seq
    if statement_seq == 0:
        # Of an origin that cannot be verified: which of its statements this is shows when it can be.
        statement_seq = 0 if previous is None else previous.statement_seq
    try:
        head = verify_chain_step(batch.acceptance, statement_seq=statement_seq, previous=previous)
    except refusals.NotVerified as error:
        if error.reason == "chain_repeated":
            return False
        raise NotVerified(error.reason, about=batch.origin) from error
    feeds.move_head(db, feed_id, head)
    return True


def check_place(db: sqlite3.Connection, batch: Placed) -> None:
    """Keep the batch's place, if it agrees with all that the node has signed for this stream before.

    Raises:
        NotVerified: `equivocation`.
    """
    said = batch.acceptance.claims
    stream, seq = batch.placement.stream, batch.placement.seq
    digest = to_base64url(batch.acceptance.digest)
    same, before, after = (feeds.place_in(db, stream, at) for at in (seq, seq - 1, seq + 1))
    if (
        (same is not None and same[0] != digest)
        or (before is not None and before[0] != said["prev"])
        or (after is not None and after[1] != digest)
    ):
        raise NotVerified("equivocation", about=batch.acceptance.organisation)
    feeds.keep_place(db, stream=stream, seq=seq, acceptance_sha256=digest, prev=said["prev"])


def apply_ended(db: sqlite3.Connection, ended: Ended, *, feed_id: int, organisation: str, now: datetime) -> None:
    """Delete what came by the streams that have ended, and nothing else; streams that are not known end unnoticed.

    Batches of `organisation`, one's own, and those about its records never end, whatever a node says: neither may
    their chains jump.
    """
    for stream in ended.streams:
        if not endings.is_never_ended(db, stream, organisation=organisation):
            endings.end_stream(db, feed_id, stream, reason=ended.reason, at=now)


def apply_batch(
    db: sqlite3.Connection,
    batch: JudgedBatch,
    *,
    hold_reason: str | None,
    now: datetime,
    feed_id: int | None = None,
) -> Applied:
    """Apply a batch whose place was checked; once applied, again is nothing.

    `hold_reason` holds its active lines (an expired directory), besides what the batch itself is held for. `feed_id` is
    the feed that brought it, None for one's own push.

    Raises:
        NotVerified: `equivocation`, `batch_replaces`, `batch_changed`.
    """
    reason = batch.held or hold_reason
    known = records.batch_named(db, batch.origin, batch.claims.jti)
    is_anew = known is not None and known[1] != batch.document.accepted
    if known is None:
        batch_id = records.add_batch(db, _known_batch(batch))
        endings.reopen_stream(db, batch.placement.stream, seq=batch.placement.seq, at=now)
    else:
        batch_id = known[0]
        if is_anew:
            _place_anew(db, batch, batch_id, known[1])
    lines: Sequence[JudgedLine] = []
    if batch.set_aside is not None:
        # They count for nobody, but their owner must be able to name them, to withdraw or replace them.
        records.add_revisions(db, _rows(batch, batch_id, batch.lines))
    else:
        lines = batch.lines
        if reason is not None:
            _hold(db, batch, reason, feed_id=feed_id)
            lines = [one for one in lines if one.value["status"] == "withdrawn"]
        new = _add_lines(db, batch, batch_id, lines)
        # Of what is sent again behind a node that was put back, doubles are told to nobody.
        lines = [] if is_anew else new
        if batch.erased and batch.claims.expires > now:
            erasures.add_erased(
                db,
                origin=batch.origin,
                batch_id=batch_id,
                leaves=batch.erased,
                expires=batch.claims.expires,
                feed_id=feed_id,
            )
    changes.touch_batch(db, batch_id)
    is_aside = batch.set_aside is not None
    return Applied(batch=batch, lines=lines, is_held=reason is not None and not is_aside, is_set_aside=is_aside)


def _hold(db: sqlite3.Connection, batch: JudgedBatch, reason: str, *, feed_id: int | None) -> None:
    held.hold(
        db,
        origin=batch.origin,
        jti=batch.claims.jti,
        reason=reason,
        document=batch.document.document,
        stream=batch.placement.stream,
        feed_id=feed_id,
    )


def hold_unverified(db: sqlite3.Connection, batch: PlacedAlone, named: Named, *, feed_id: int) -> Applied:
    """Hold a batch, whole, whose place was checked and whose origin cannot be verified.

    Raises:
        NotVerified: `equivocation`: the node has placed another batch of this name.
    """
    origin, jti = batch.origin, str(batch.manifest.claims["jti"])
    known = records.batch_named(db, origin, jti)
    before = held.held_document(db, origin, jti)
    stood = [] if known is None else [known[1]]
    if before is not None:
        # The acceptance is the second line of a document, whatever was erased since.
        stood.append(orjson.loads(before.split(b"\n", 2)[1])["accepted"])
    if any(one != named.document.accepted and not epochs.is_placed_anew(one, batch.acceptance) for one in stood):
        raise NotVerified("equivocation", about=batch.acceptance.organisation)
    held.hold(
        db,
        origin=origin,
        jti=jti,
        reason="origin_unverified",
        document=named.document.document,
        stream=batch.placement.stream,
        feed_id=feed_id,
    )
    return Applied(batch=None, lines=[], is_held=True, is_set_aside=False)


def _known_batch(batch: JudgedBatch) -> KnownBatch:
    return KnownBatch(
        origin=batch.origin,
        jti=batch.claims.jti,
        kind=batch.claims.kind,
        manifest=batch.document.manifest,
        accepted=batch.document.accepted,
        record_key=batch.manifest.thumbprint,
        node_key=batch.acceptance.thumbprint,
        at=batch.placement.at,
        expires=batch.claims.expires,
        stream=batch.placement.stream,
        audience=orjson.dumps(batch.manifest.claims["audience"]).decode(),
        about=batch.claims.about,
        set_aside=batch.set_aside,
    )


def _place_anew(db: sqlite3.Connection, batch: JudgedBatch, batch_id: int, known: str) -> None:
    """Let a batch stand where the newest epoch of the node's log has placed it.

    Raises:
        NotVerified: `equivocation`: it is no other epoch, or another batch of this name.
    """
    if not epochs.is_placed_anew(known, batch.acceptance):
        raise NotVerified("equivocation", about=batch.acceptance.organisation)
    if epochs.is_newer(known, batch.acceptance):
        records.place_anew(db, batch_id, _known_batch(batch))


def _add_lines(
    db: sqlite3.Connection, batch: JudgedBatch, batch_id: int, lines: Sequence[JudgedLine]
) -> Sequence[JudgedLine]:
    """Keep these lines of a batch; return those that were not known by another one."""
    origin, new = batch.origin, lines
    later = [one for one in lines if one.value["revision"] > 1]
    for one in later:
        _check_revision(db, batch, one)
    rows = _rows(batch, batch_id, lines)
    if records.add_revisions(db, rows) != len(rows):
        new = _check_known(db, batch, batch_id, lines)
    for one in later:
        leaves = [from_base64url(leaf) for leaf in one.value["replaces"]]
        erasures.add_replaced(db, origin=origin, batch_id=batch_id, leaves=leaves)
        if one.value.get("reason") == "legal":
            records.drop_lines(db, origin, leaves, one.value["id"])
    return new


def _rows(batch: JudgedBatch, batch_id: int, lines: Sequence[JudgedLine]) -> list[Row]:
    return [
        (batch.origin, one.value["id"], one.value["revision"], one.leaf, one.value["status"], batch_id, one.line)
        for one in lines
    ]


def _check_known(
    db: sqlite3.Connection, batch: JudgedBatch, batch_id: int, lines: Sequence[JudgedLine]
) -> list[JudgedLine]:
    """Return the lines that no other batch has brought; where a revision was known it must be the same one.

    But for one that the node has lost with an older epoch: whoever signed it may have lost it, too, and signed another.
    """
    new = []
    for one, row in zip(lines, _rows(batch, batch_id, lines), strict=True):
        known = records.revision_at(db, batch.origin, one.value["id"], one.value["revision"])
        if known is not None and known[0] != one.leaf:
            if not _is_lost(db, known[1], batch):
                raise NotVerified("equivocation", about=batch.acceptance.organisation)
            records.replace_revision(db, row)
            new.append(one)
        elif known is None or known[1] == batch_id:
            new.append(one)
    return new


def _is_lost(db: sqlite3.Connection, batch_id: int, batch: JudgedBatch) -> bool:
    """Return whether a known batch stands in an older epoch of the node's log than `batch`."""
    return epochs.is_newer(records.acceptance_of(db, batch_id), batch.acceptance)


def _check_revision(db: sqlite3.Connection, batch: JudgedBatch, line: JudgedLine) -> None:
    for known in records.revisions_of(db, batch.origin, line.value["id"]):
        problem = None if known.revision == line.value["revision"] else _breaks(known, line)
        if problem is not None and not _is_lost(db, known.batch_id, batch):
            raise NotVerified(problem, about=batch.origin)


def _breaks(known: Revision, line: JudgedLine) -> str | None:
    """Return what is wrong between two revisions of a record."""
    if known.revision > line.value["revision"]:
        # The newer one came first: it must name this one.
        is_named = known.line is None or to_base64url(line.leaf) in orjson.loads(known.line)["replaces"]
        return None if is_named else "batch_replaces"
    if known.status == "withdrawn" or to_base64url(known.leaf) not in line.value["replaces"]:
        return "batch_replaces"
    is_changed = known.line is not None and _has_changed(orjson.loads(known.line), line.value)
    return "batch_changed" if is_changed else None


def _has_changed(before: dict[str, object], after: dict[str, object]) -> bool:
    if after["status"] == "withdrawn":
        return before["kind"] != after["kind"]
    return any(before.get(name) != after.get(name) for name in _UNCHANGING)
