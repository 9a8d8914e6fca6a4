"""Speak SQL for what batches change: streams that open, revisions that give way, batches that are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from schemas.manifests import Audience
from server.batches import packing
from server.batches.columns import Columns
from server.batches.looking_store import ChannelName, TakenValue
from server.batches.placing import Placement, StreamHead
from server.db import Connection
from server.errors import BatchIdTaken, Busy
from server.statements import Statement, nothing, run

# A stream of which every batch has expired.
_COUNTS_FOR = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """Everything of a batch that its row tells; `head` and `body` together are the document."""

    origin_id: int
    jti: UUID
    manifest_sha256: bytes
    record_count: int
    expires_at: datetime
    entry_id: UUID
    entry_position: int
    record_key: bytes
    node_key: bytes
    head: bytes
    head_sha256: bytes
    document: bytes
    document_sha256: bytes
    statement_seq: int


def current_epoch(db: Connection) -> int:
    """Return the log epoch in which new streams begin."""
    row = db.execute("SELECT epoch FROM log_head").fetchone()
    if row is None:
        raise LookupError("this database has no log")
    epoch: int = row[0]
    return epoch


def organisation_ids(db: Connection, *, names: Sequence[str]) -> dict[str, int]:
    """Return the numbers of those organisations among `names` that were ever admitted."""
    if not names:
        return {}
    return dict(
        db.execute(
            "SELECT name, organisation_id FROM organisation WHERE name = ANY (%(names)s)", {"names": list(names)}
        ).fetchall()
    )


def streams_with_one_more(db: Connection, *, origin_id: int, about_id: int | None, epoch: int, now: datetime) -> int:
    """Return how many streams count against the origin when it opens one more.

    Those with a batch that has not expired, and those that took one within a day: else batches that expire at once
    would open audiences without end, each with an interval for every reader, and none of these ever goes. Of its
    opinions on one partner's records (`about_id`) one stream does not count.
    """
    row = db.execute(
        """
        SELECT count(*) - count(DISTINCT partner)
          FROM (SELECT channel.about_id AS partner
                  FROM channel
                  JOIN stream USING (channel_id)
                 WHERE channel.origin_id = %(origin_id)s
                   AND stream.epoch = %(epoch)s
                   AND (stream.accepted_at > %(lately)s
                        OR EXISTS (SELECT FROM batch
                                    WHERE batch.stream_id = stream.stream_id AND batch.expires_at > %(now)s))
                 UNION ALL
                SELECT %(about_id)s) AS counted
        """,
        {"origin_id": origin_id, "about_id": about_id, "epoch": epoch, "now": now, "lately": now - _COUNTS_FOR},
    ).fetchone()
    if row is None:
        raise LookupError("a query of a count has one row")
    count: int = row[0]
    return count


def open_audience(db: Connection, audience: Audience, *, sha256: bytes) -> int | None:
    """Create the audience with its names where it is missing, and return its number if it is new.

    The lock of access is held: two first batches to one audience take turns.
    """
    row = db.execute(
        """
        INSERT INTO audience (sha256, tlp, groups, organisations, sectors, purposes)
        VALUES (%(sha256)s, %(tlp)s, %(groups)s, %(organisations)s, %(sectors)s, %(purposes)s)
        ON CONFLICT ON CONSTRAINT audience_sha256_unique DO NOTHING
        RETURNING audience_id
        """,
        {
            "sha256": sha256,
            "tlp": audience.tlp,
            "groups": list(audience.groups),
            "organisations": list(audience.organisations),
            "sectors": list(audience.sectors),
            "purposes": list(audience.purposes),
        },
    ).fetchone()
    if row is None:
        return None
    audience_id: int = row[0]
    db.execute(
        """
        INSERT INTO audience_organisation (audience_id, organisation_id)
        SELECT %(audience_id)s, organisation_id FROM organisation WHERE name = ANY (%(organisations)s)
        """,
        {"audience_id": audience_id, "organisations": list(audience.organisations)},
    )
    db.execute(
        """
        INSERT INTO audience_group (audience_id, owner_id, group_id)
        SELECT %(audience_id)s, organisation_id, split_part(named, '/', 2)::uuid
          FROM UNNEST(%(groups)s::text[]) AS named
          JOIN organisation ON organisation.name = split_part(named, '/', 1)
        """,
        {"audience_id": audience_id, "groups": list(audience.groups)},
    )
    return audience_id


def open_stream(db: Connection, channel: ChannelName, *, sha256: bytes, epoch: int) -> None:
    """Create the channel and the stream of a first batch, each where it is missing; their audience is there."""
    named = {
        "origin_id": channel.origin_id,
        "kind": channel.kind,
        "about_id": channel.about_id,
        "audience_sha256": channel.audience_sha256,
    }
    db.execute(
        """
        INSERT INTO channel (origin_id, kind, audience_id, about_id)
        SELECT %(origin_id)s, %(kind)s, audience_id, %(about_id)s FROM audience WHERE sha256 = %(audience_sha256)s
        ON CONFLICT ON CONSTRAINT channel_unique DO NOTHING
        """,
        named,
    )
    db.execute(
        """
        INSERT INTO stream (channel_id, epoch, sha256)
        SELECT channel.channel_id, %(epoch)s, %(sha256)s
          FROM channel
          JOIN audience USING (audience_id)
         WHERE channel.origin_id = %(origin_id)s
           AND channel.kind = %(kind)s
           AND channel.about_id IS NOT DISTINCT FROM %(about_id)s
           AND audience.sha256 = %(audience_sha256)s
        ON CONFLICT ON CONSTRAINT stream_unique DO NOTHING
        """,
        {**named, "epoch": epoch, "sha256": sha256},
    )


def give_up(db: Connection, taken: TakenValue) -> None:
    """Let a record give its value up: what has expired is not live."""
    db.execute(
        """
        UPDATE record SET is_current = false
         WHERE origin_id = %(origin_id)s AND record_id = %(record_id)s AND revision = %(revision)s
        """,
        {"origin_id": taken.origin_id, "record_id": taken.record_id, "revision": taken.revision},
    )


def supersede(db: Connection, *, origin_id: int, ids: Sequence[bytes]) -> None:
    """Let the current revisions of the origin's records `ids` be current no more."""
    db.execute(
        """
        UPDATE record SET is_current = false
         WHERE origin_id = %(origin_id)s
           AND record_id = ANY (%(ids)s)
           AND is_current
        """,
        {"origin_id": origin_id, "ids": packing.uuids(ids)},
    )


def insert_batch(db: Connection, head: StreamHead, placement: Placement, batch: NewBatch, columns: Columns) -> None:
    """Store the batch, the index rows of its records, and the new head of its stream; one statement.

    Raises:
        BatchIdTaken: another request stored this id at the same moment.
        Busy: another request stored a record or a value of this batch at the same moment.
    """
    try:
        run(db, _inserted(head, placement, batch, columns))
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "batch_jti_unique":
            raise BatchIdTaken from error
        if error.diag.constraint_name in {"record_pk", "record_value_once"}:
            raise Busy from error
        raise


def _inserted(head: StreamHead, placement: Placement, batch: NewBatch, columns: Columns) -> Statement[None]:
    return Statement(
        row=nothing,
        sql="""
        WITH stored AS (
            INSERT INTO batch
                (stream_id, seq, origin_id, jti, manifest_sha256, acceptance_sha256, record_count, expires_at,
                 entry_id, entry_position, record_key, node_key, accepted_at, head_length, head_sha256,
                 document_sha256, document)
            VALUES
                (%(stream_id)s, %(seq)s, %(origin_id)s, %(jti)s, %(manifest_sha256)s, %(acceptance_sha256)s,
                 %(record_count)s, %(expires_at)s, %(entry_id)s, %(entry_position)s, %(record_key)s,
                 %(node_key)s, %(accepted_at)s, %(head_length)s, %(head_sha256)s, %(document_sha256)s,
                 %(document)s)
            RETURNING batch_id
        ), moved AS (
            UPDATE stream
               SET seq = %(seq)s,
                   head_sha256 = %(acceptance_sha256)s,
                   accepted_at = %(accepted_at)s,
                   statement_seq = %(statement_seq)s
             WHERE stream_id = %(stream_id)s
        )
        INSERT INTO record
            (origin_id, record_id, revision, batch_id, channel_id, position, line_start, line_length, leaf,
             signal_type, value, is_current, is_withdrawn)
        SELECT %(origin_id)s, line.record_id, line.revision, stored.batch_id, %(channel_id)s, line.position,
               %(head_length)s + line.line_start, line.line_length, line.leaf, line.signal_type, line.value, true,
               line.is_withdrawn
          FROM stored
         CROSS JOIN UNNEST(
               %(ids)s, %(revisions)s, %(positions)s, %(starts)s, %(lengths)s, %(leaves)s, %(types)s,
               %(values)s, %(withdrawn)s
              ) AS line (record_id, revision, position, line_start, line_length, leaf, signal_type, value,
                         is_withdrawn)
        """,
        parameters={
            "stream_id": head.stream_id,
            "channel_id": head.channel_id,
            "seq": placement.seq,
            "acceptance_sha256": placement.acceptance_sha256,
            "accepted_at": placement.accepted_at,
            "origin_id": batch.origin_id,
            "jti": batch.jti,
            "manifest_sha256": batch.manifest_sha256,
            "record_count": batch.record_count,
            "expires_at": batch.expires_at,
            "entry_id": batch.entry_id,
            "entry_position": batch.entry_position,
            "record_key": batch.record_key,
            "node_key": batch.node_key,
            "head_length": len(batch.head),
            "head_sha256": batch.head_sha256,
            "document_sha256": batch.document_sha256,
            "document": batch.document,
            "statement_seq": batch.statement_seq,
            "ids": columns.ids,
            "revisions": columns.revisions,
            "positions": columns.indexes,
            "starts": columns.starts,
            "lengths": columns.lengths,
            "leaves": columns.leaves,
            "types": columns.types,
            "values": columns.values,
            "withdrawn": columns.withdrawn,
        },
    )
