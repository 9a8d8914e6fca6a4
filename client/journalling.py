"""Signed batches as the journal keeps them: written before they are sent, read again after a crash."""

import sqlite3
from datetime import datetime

import orjson

from client.drafting import Line, SignedBatch
from client.state import outbox
from client.state.outbox import Journalled
from crypto.batches import record_leaf, split_push


def journal(db: sqlite3.Connection, batch: SignedBatch, *, at: datetime) -> None:
    """Journal a batch that was signed at `at` and is about to be sent."""
    outbox.journal_batch(
        db,
        jti=batch.jti,
        document=batch.document,
        items=[(one.digest, one.id) for one in batch.lines],
        at=at,
    )


def from_journal(journalled: Journalled) -> SignedBatch:
    """Return a journalled batch as it was signed; where its lines came from is forgotten."""
    pushed = split_push(journalled.document)
    digests = dict(journalled.items)
    lines = [
        Line(row=None, id=orjson.loads(line)["id"], digest=digests.get(index) or record_leaf(line), line=line)
        for index, line in enumerate(pushed.lines)
    ]
    return SignedBatch(jti=journalled.jti, document=journalled.document, manifest=pushed.manifest, lines=lines)


def placed_document(batch: SignedBatch, accepted: str) -> bytes:
    """Return the batch's document as the home node stores it: the acceptance after the manifest."""
    manifest, rest = batch.document.split(b"\n", 1)
    return b'%b\n{"accepted":"%b"}\n%b' % (manifest, accepted.encode("ascii"), rest)


def is_withdrawal(line: Line) -> bool:
    """Return whether a line takes its record back."""
    return bool(orjson.loads(line.line)["status"] == "withdrawn")
