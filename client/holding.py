"""What changes without a page: batches of keys that were revoked since are set aside, held ones are judged again."""

from datetime import datetime

from client.applying import Applied, apply_batch
from client.failures import NotVerified
from client.judging import Named, read_named, revoked_since
from client.known import signed
from client.origins import Origins
from client.state import changes, held, records
from client.state.held import HeldBatch
from client.state.opening import State
from client.trusting import Trust
from crypto.batches import StoredDocument, split_documents
from crypto.documents import ACCEPTANCE, BATCH, read_document
from crypto.trust import revoked_from
from schemas.directory import Directory


class Shelf:
    """What is kept and does not count, for one partner."""

    def __init__(self, *, state: State, trust: Trust, origins: Origins) -> None:
        self._state = state
        self._trust = trust
        self._origins = origins

    def take_back(self, now: datetime) -> None:
        """Set aside the batches of keys that a statement revokes, as far back as it says.

        All known statements are asked at each pull, so that a kill after one was learnt changes nothing.
        """
        for organisation in self._trust.organisations():
            claims = [one.signed.claims for one in self._trust.statements(organisation)]
            for thumbprint in {one.thumbprint for one in claims[-1].revoked}:
                since = revoked_from(claims, thumbprint)
                if since is not None:
                    self._take_back_signed_by(thumbprint, since, now)

    def release(self, directory: Directory, now: datetime) -> list[Applied]:
        """Judge again what is held, one batch after the other: what still fails waits alone, and is told."""
        released = []
        for held_id, origin in held.held_batches(self._state.db):
            kept = held.held_batch(self._state.db, held_id)
            if kept is None:
                continue
            named = _read(kept)
            self._origins.learn([named], directory)
            if origin in self._trust.unverified:
                continue
            try:
                applied = self._release_one(held_id, kept, named, now)
            except NotVerified as failure:
                self._trust.doubt(origin, _about(origin, failure))
                with self._state.transaction():
                    held.keep_holding(self._state.db, held_id, failure.reason)
            else:
                released += [] if applied is None else [applied]
        return released

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
                    changes.touch_batch(self._state.db, batch_id)
            changes.write_down(self._state.db, now=now)

    def _release_one(self, held_id: int, kept: HeldBatch, named: Named, now: datetime) -> Applied | None:
        db = self._state.db
        batch = self._origins.judge(named, now=now)
        with self._state.transaction():
            if batch.held is not None:
                held.keep_holding(db, held_id, batch.held)
                return None
            applied = apply_batch(db, batch, hold_reason=None, now=now, feed_id=kept.feed_id)
            held.release(db, held_id)
            changes.write_down(db, now=now)
        return applied


def _read(kept: HeldBatch) -> Named:
    (stored,) = split_documents(kept.document)
    assert isinstance(stored, StoredDocument)  # noqa: S101 - what was given to hold
    return read_named(stored)


def _about(origin: str, failure: NotVerified) -> NotVerified:
    """Return a failure of one held batch as one that is about its origin, so that it stops nothing else."""
    return failure if failure.about == origin else NotVerified(failure.reason, about=origin)
