"""Speak SQL for what stands: behind the lock of a stream, what a push must know before it is judged."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.batches.columns import Columns
from server.batches.placing import StreamHead
from server.batches.revising import KnownRevision
from server.db import Connection
from server.statements import PLAN_ONCE, Statement, run, run_together


@dataclass(frozen=True, kw_only=True)
class Signer:
    """The key that a manifest names, as its origin's newest statement has it, and both statements an acceptance names.

    `x` is None where the origin has no such key.
    """

    x: bytes | None
    use: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None
    home: str
    statement_sha256: bytes
    statement_seq: int
    statement_iat: datetime
    statement_exp: datetime
    node_statement_sha256: bytes
    node_statement_iat: datetime
    node_statement_exp: datetime


@dataclass(frozen=True, kw_only=True)
class StoredBatch:
    """A batch that was stored before under the same id; `head` is its manifest's and acceptance's lines."""

    manifest_sha256: bytes
    record_count: int
    head: bytes


@dataclass(frozen=True, kw_only=True)
class ChannelName:
    """What names a channel: its origin, its kind, its audience by digest (32 bytes), and whom it is about."""

    origin_id: int
    kind: str
    audience_sha256: bytes
    about_id: int | None


@dataclass(frozen=True, kw_only=True)
class TakenValue:
    """A value of line `index` that another record of the channel has; `expires_at` is that one's."""

    index: int
    origin_id: int
    record_id: UUID
    revision: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Known:
    """What stands behind the lock of a stream, as far as a push needs it.

    `revisions` are all stored ones of the pushed records, `taken` the values that are not free.
    """

    head: StreamHead
    stored: StoredBatch | None
    signer: Signer
    revisions: list[KnownRevision]
    taken: list[TakenValue]


def lock_and_look(
    db: Connection, *, channel: ChannelName, jti: UUID, thumbprint: bytes, columns: Columns
) -> Known | None:
    """Lock the head row of a channel's stream in the current epoch, and look at what a push to it must know.

    One round trip, but a statement each: what is read is read after the lock is held. Pushes to one stream take turns
    here. None where there is no such stream yet: nothing is locked.

    Raises:
        LookupError: the origin or the node has no statement, which `init` and admission do not allow.
        psycopg.errors.LockNotAvailable: whoever is before us took longer than two seconds.
    """
    _, heads, stored, signers, revisions, taken = run_together(
        db,
        PLAN_ONCE,
        _locked_stream(channel),
        _batch_of(channel.origin_id, jti),
        _signer_of(channel.origin_id, thumbprint),
        _known_revisions(channel.origin_id, columns),
        _values_taken(channel, columns),
    )
    if not heads:
        return None
    if not signers:
        raise LookupError("no statement stands")
    return Known(
        head=heads[0], stored=stored[0] if stored else None, signer=signers[0], revisions=revisions, taken=taken
    )


def batch_of(db: Connection, *, origin_id: int, jti: UUID) -> StoredBatch | None:
    """Return the batch that the origin has stored under `jti`."""
    stored = run(db, _batch_of(origin_id, jti))
    return stored[0] if stored else None


def _batch_of(origin_id: int, jti: UUID) -> Statement[StoredBatch]:
    return Statement(
        row=StoredBatch,
        sql="""
        SELECT manifest_sha256, record_count, substring(document FROM 1 FOR head_length) AS head
          FROM batch
         WHERE origin_id = %(origin_id)s
           AND jti = %(jti)s
        """,
        parameters={"origin_id": origin_id, "jti": jti},
    )


def _locked_stream(channel: ChannelName) -> Statement[StreamHead]:
    return Statement(
        row=StreamHead,
        sql="""
        SELECT stream.stream_id, stream.channel_id, channel.audience_id, stream.sha256, stream.epoch, stream.seq,
               stream.head_sha256, stream.accepted_at, stream.statement_seq
          FROM log_head
          JOIN stream USING (epoch)
          JOIN channel USING (channel_id)
          JOIN audience USING (audience_id)
         WHERE channel.origin_id = %(origin_id)s
           AND channel.kind = %(kind)s
           AND channel.about_id IS NOT DISTINCT FROM %(about_id)s
           AND audience.sha256 = %(audience_sha256)s
           FOR UPDATE OF stream
        """,
        parameters={
            "origin_id": channel.origin_id,
            "kind": channel.kind,
            "audience_sha256": channel.audience_sha256,
            "about_id": channel.about_id,
        },
    )


def _signer_of(origin_id: int, thumbprint: bytes) -> Statement[Signer]:
    return Statement(
        row=Signer,
        sql="""
        SELECT signing_key.x, signing_key.use, signing_key.valid_from, signing_key.valid_until,
               signing_key.revoked_at,
               organisation.home,
               statement.sha256 AS statement_sha256,
               statement.seq AS statement_seq,
               statement.issued_at AS statement_iat,
               statement.expires_at AS statement_exp,
               node_statement.sha256 AS node_statement_sha256,
               node_statement.issued_at AS node_statement_iat,
               node_statement.expires_at AS node_statement_exp
          FROM organisation
          JOIN statement ON statement.statement_id = organisation.statement_id
         CROSS JOIN node
          JOIN organisation AS node_organisation ON node_organisation.organisation_id = node.organisation_id
          JOIN statement AS node_statement ON node_statement.statement_id = node_organisation.statement_id
          LEFT JOIN signing_key ON signing_key.thumbprint = %(thumbprint)s
                               AND signing_key.organisation_id = organisation.organisation_id
         WHERE organisation.organisation_id = %(origin_id)s
        """,
        parameters={"origin_id": origin_id, "thumbprint": thumbprint},
    )


def _known_revisions(origin_id: int, columns: Columns) -> Statement[KnownRevision]:
    return Statement(
        row=KnownRevision,
        sql="""
        SELECT uuid_send(record.record_id) AS id_bytes, record.revision, record.leaf, record.channel_id,
               record.signal_type, record.value, record.is_withdrawn, batch.expires_at,
               coalesce(batch.accepted_at >= signing_key.revoked_at, false) AS is_set_aside
          FROM UNNEST(%(ids)s) AS asked (record_id)
         CROSS JOIN LATERAL (
               SELECT record_id, revision, leaf, channel_id, signal_type, value, is_withdrawn, batch_id
                 FROM record
                WHERE record.origin_id = %(origin_id)s
                  AND record.record_id = asked.record_id
                -- 64 revisions and the withdrawal that lists them all, and what stolen keys signed beside them.
                LIMIT 520
              ) AS record
          JOIN batch USING (batch_id)
          LEFT JOIN signing_key ON signing_key.thumbprint = batch.record_key
        """,
        parameters={"origin_id": origin_id, "ids": columns.ids},
    )


def _values_taken(channel: ChannelName, columns: Columns) -> Statement[TakenValue]:
    return Statement(
        row=TakenValue,
        sql="""
        -- What is found is judged after the search: joined into it, each of a thousand probes would cost twice as much.
        WITH named AS MATERIALIZED (
            SELECT channel.channel_id
              FROM channel
              JOIN audience USING (audience_id)
             WHERE channel.origin_id = %(origin_id)s
               AND channel.kind = %(kind)s
               AND channel.about_id IS NOT DISTINCT FROM %(about_id)s
               AND audience.sha256 = %(audience_sha256)s
        ), found AS MATERIALIZED (
            SELECT asked.index, record.origin_id, record.record_id, record.revision, record.batch_id
              FROM UNNEST(%(indexes)s, %(ids)s, %(types)s, %(values)s) AS asked (index, record_id, signal_type, value)
             CROSS JOIN LATERAL (
                   SELECT origin_id, record_id, revision, batch_id
                     FROM record
                    WHERE record.channel_id = (SELECT named.channel_id FROM named)
                      AND record.signal_type = asked.signal_type
                      AND record.value = asked.value
                      AND record.value IS NOT NULL
                      AND record.is_current
                      AND NOT record.is_withdrawn
                    LIMIT 1
                  ) AS record
             WHERE record.record_id <> asked.record_id
        )
        SELECT found.index, found.origin_id, found.record_id, found.revision, batch.expires_at
          FROM found
          JOIN batch USING (batch_id)
        """,
        parameters={
            "origin_id": channel.origin_id,
            "kind": channel.kind,
            "audience_sha256": channel.audience_sha256,
            "about_id": channel.about_id,
            "indexes": columns.indexes,
            "ids": columns.ids,
            "types": columns.types,
            "values": columns.values,
        },
    )
