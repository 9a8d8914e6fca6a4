"""What must be true of a node's database after anything: nothing half, nothing skipped, nothing doubled.

Everything is computed again here from the stored bytes, not read from columns beside them.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg import sql

from crypto.batches import (
    ChainHead,
    StoredDocument,
    record_leaves,
    split_documents,
    verify_acceptance,
    verify_chain_step,
    verify_lines,
)
from crypto.documents import BATCH, document_digest, read_document
from crypto.encoding import from_base64url
from crypto.entries import acceptances_root, entry_leaf
from tests.partners import FEDERATION, TestNode

STREAM_TIPS = "SELECT stream_id, seq, head_sha256 FROM stream WHERE seq > 0"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One batch as it lies in the database, with the log index of its entry (None: not placed yet)."""

    batch_id: int
    origin: str
    jti: str
    acceptance_sha256: bytes
    stream: str
    index: int | None


def _rows(db: "psycopg.Connection[Any]", query: Any) -> list[tuple[Any, ...]]:
    return db.execute(query).fetchall()


def assert_whole(db: "psycopg.Connection[Any]", node: TestNode, *, drained: bool = True) -> list[Stored]:
    """Check all invariants and return the stored batches in the order of the feed."""
    with db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _assert_dense(db, drained=drained)
        stored = _stored_batches(db, node)
        _assert_entries_match(db, stored)
        _assert_fed_once(db, stored, drained=drained)
    return sorted(stored, key=lambda batch: -1 if batch.index is None else batch.index)


def _assert_dense(db: "psycopg.Connection[Any]", *, drained: bool) -> None:
    indexes = [index for (index,) in _rows(db, "SELECT index FROM placed ORDER BY epoch, index")]
    assert indexes == list(range(len(indexes)))
    assert _rows(db, "SELECT size FROM log_head") == [(len(indexes),)]
    entries = dict(_rows(db, "SELECT entry_id, leaf FROM entry"))
    placed = _rows(db, "SELECT entry_id, leaf FROM placed")
    waiting = _rows(db, "SELECT entry_id, leaf FROM unplaced")
    assert len(placed) + len(waiting) == len(entries)
    assert dict(placed) | dict(waiting) == entries
    assert not (drained and waiting)


def _stored_batches(db: "psycopg.Connection[Any]", node: TestNode) -> list[Stored]:
    """Verify every document, its records' rows and its stream's chain."""
    heads: dict[int, ChainHead] = {}
    stored = []
    records = defaultdict(list)
    for batch_id, *row in _rows(db, "SELECT batch_id, position, line_start, line_length, leaf FROM record"):
        records[batch_id].append(tuple(row))
    for batch_id, stream_id, seq, jti, origin, digest, document, index in _rows(
        db,
        """
        SELECT batch.batch_id, batch.stream_id, batch.seq, batch.jti, organisation.name, batch.acceptance_sha256,
               batch.document, placed.index
          FROM batch
          JOIN organisation ON organisation.organisation_id = batch.origin_id
          LEFT JOIN placed USING (entry_id)
         ORDER BY batch.stream_id, batch.seq
        """,
    ):
        (one,) = split_documents(document)
        assert isinstance(one, StoredDocument)
        manifest = read_document(one.manifest, typ=BATCH)
        verify_lines(manifest.claims, record_leaves(one.lines))
        accepted = verify_acceptance(
            one.accepted, key=node.key.public, federation=FEDERATION, manifest_digest=document_digest(one.manifest)
        )
        assert (manifest.claims["jti"], manifest.claims["iss"]) == (str(jti), origin)
        assert accepted.claims["seq"] == seq
        heads[stream_id] = verify_chain_step(accepted, statement_seq=1, previous=heads.get(stream_id))
        assert document_digest(one.accepted) == digest
        # What stands in an erased line's place is pointed at as the line was.
        expected = list(zip(range(len(one.lines)), document.splitlines()[2:], record_leaves(one.lines), strict=True))
        found = sorted(
            (position, document[start : start + length], leaf)
            for position, start, length, leaf in records.pop(batch_id)
        )
        assert found == expected
        stored.append(
            Stored(
                batch_id=batch_id,
                origin=origin,
                jti=str(jti),
                acceptance_sha256=digest,
                stream=heads[stream_id].stream,
                index=index,
            )
        )
    assert not records, "records without their batch"
    tips = {stream_id: (seq, digest) for stream_id, seq, digest in _rows(db, STREAM_TIPS)}
    assert tips == {stream_id: (head.seq, from_base64url(head.acceptance_sha256)) for stream_id, head in heads.items()}
    return stored


def _assert_entries_match(db: "psycopg.Connection[Any]", stored: list[Stored]) -> None:
    """Each entry opens its leaf, and an entry binds a batch exactly where it says that it stored one."""
    batches = dict(_rows(db, "SELECT entry_id, acceptance_sha256 FROM batch"))
    assert len(batches) == len(stored)
    for entry_id, leaf, salt, p, document in _rows(db, "SELECT entry_id, leaf, salt, p, document FROM entry"):
        assert entry_leaf(salt=salt, entry=document, p=p) == leaf
        acceptance = batches.pop(entry_id, None)
        assert p == acceptances_root([] if acceptance is None else [acceptance])
        said = orjson.loads(document)
        is_push = said["decision"] == "allowed" and said["response_status"] == 201 and said["tlp"] is not None
        assert is_push == (acceptance is not None), said
    assert not batches, "batches without their entry"


def _assert_fed_once(db: "psycopg.Connection[Any]", stored: list[Stored], *, drained: bool) -> None:
    fed = _rows(db, "SELECT batch_id, index FROM feed ORDER BY epoch, index, position")
    assert len({batch_id for batch_id, _ in fed}) == len(fed)
    assert dict(fed) == {batch.batch_id: batch.index for batch in stored if batch.index is not None}
    assert not drained or len(fed) == len(stored)
    seen: dict[str, int] = {}
    # `stored` is in the order of each stream: its places must rise.
    for batch in stored:
        if batch.index is not None:
            assert seen.get(batch.stream, -1) < batch.index
            seen[batch.stream] = batch.index


def table_digests(db: "psycopg.Connection[Any]", *, but: frozenset[str] = frozenset()) -> dict[str, str]:
    """A digest of all rows of each table; two that are equal mean that nothing was changed."""
    names = [
        name
        for (name,) in _rows(
            db,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND relname NOT LIKE '%yoyo%' ORDER BY relname",
        )
        if name not in but
    ]
    return {
        name: _rows(
            db,
            sql.SQL("SELECT md5(coalesce(string_agg(row::text, ' ' ORDER BY row::text), '')) FROM {} AS row").format(
                sql.Identifier(name)
            ),
        )[0][0]
        for name in names
    }
