"""Speak SQL for the feed: which batches come next for whom, and their bytes.

One predicate says who may have a batch. It stands here in each query, because a query is read where it runs: the
batch is one's own or about one's own records; or an interval of the caller's is open and holds the batch's index,
access stands as committed and has not run out, nothing of it waits to be ended, and the audience's purposes fit.
Sectors are part of access.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.db import Connection
from server.feed.cursors import Place
from server.statements import PLAN_ONCE, Statement, run, run_together, stream


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who asks the feed, why, and for what part of it; `until` bounds the log's indexes, itself not included."""

    organisation_id: int
    purpose: str
    kind: str | None
    origin: str | None
    own: bool
    only_own: bool
    until: int


@dataclass(frozen=True, kw_only=True)
class Next:
    """A batch that comes next: its place, its size as it will be served at most, its manifest's digest (32 bytes)."""

    m: int
    i: int
    j: int
    batch_id: int
    record_count: int
    length: int
    manifest_sha256: bytes


@dataclass(frozen=True, kw_only=True)
class Document:
    """A batch's bytes with their digest (32 bytes), and the leaves of its masked lines by their positions, rising."""

    document: bytes
    document_sha256: bytes
    masked_positions: Sequence[int]
    masked_leaves: Sequence[bytes]


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Where a page begins: the log's epoch, how many entries have their places in it, the reader's version of access.

    The version is how often something of the reader's has ended.
    """

    epoch: int
    size: int
    entitlement_version: int


def begin(db: Connection, *, organisation_id: int) -> Beginning:
    """Return where a page for this organisation begins.

    What has a place below the log's size is there for every statement that follows. What this transaction asks from
    here on is planned once a connection, not for each reader.
    """
    begun = Statement(
        row=Beginning,
        sql="""
        SELECT log_head.epoch, log_head.size, organisation.entitlement_version
          FROM log_head
         CROSS JOIN organisation
         WHERE organisation.organisation_id = %(organisation_id)s
        """,
        parameters={"organisation_id": organisation_id},
    )
    _, beginnings = run_together(db, PLAN_ONCE, begun)
    if not beginnings:
        raise LookupError("this database has no log, or no such organisation")
    beginning: Beginning = beginnings[0]
    return beginning


def is_known(db: Connection, *, name: str) -> bool:
    """Return whether an organisation of this name was ever admitted."""
    row = db.execute("SELECT EXISTS (SELECT FROM organisation WHERE name = %(name)s)", {"name": name}).fetchone()
    return row == (True,)


def lock_entitlement_version(db: Connection, *, organisation_id: int) -> int:
    """Return the version of access, and hold it: an ending that comes now waits until this entry is committed."""
    versions = run(
        db,
        Statement(
            row=_number,
            sql="SELECT entitlement_version FROM organisation WHERE organisation_id = %(organisation_id)s FOR SHARE",
            parameters={"organisation_id": organisation_id},
        ),
    )
    if not versions:
        raise LookupError("no such organisation")
    return versions[0]


def _number(entitlement_version: int) -> int:
    return entitlement_version


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What ended for the reader at log index `index`, for one reason: streams by their digests (32 bytes each)."""

    index: int
    reason: str
    streams: list[bytes]


def next_after(
    db: Connection, reader: Reader, place: Place, *, now: datetime, most: int
) -> tuple[list[Next], list[Ending]]:
    """Return up to `most` batches that `reader` may have, later than `place`, by their places; and all later endings.

    One's own batches come at their own index, always, and so do those about one's own records. Two ways lead to
    others', by the interval that is open: one was placed after its opening, and comes at its own index; or before, and
    comes once, at the opening. What a closed interval has brought comes again where a new one opens.
    """
    parameters = {
        "reader": reader.organisation_id,
        "purpose": reader.purpose,
        "kind": reader.kind,
        "origin": reader.origin,
        "own": reader.own,
        "only_own": reader.only_own,
        # Batches and endings are read one after the other: neither may show what was placed between.
        "until": reader.until,
        "epoch": place.epoch,
        "m": place.m,
        "i": place.i,
        "j": place.j,
        # Within the past that came at m, everything placed at m itself is still to come.
        "since_index": place.m,
        "since_position": place.j if place.i == place.m else -1,
        "now": now,
        "most": most,
    }
    batches, endings = run_together(db, _batches_after(parameters), _endings_after(parameters))
    return batches, endings


def _batches_after(parameters: Mapping[str, object]) -> Statement[Next]:
    return Statement(
        row=Next,
        sql="""
        WITH named AS (
            SELECT organisation_id FROM organisation WHERE name = %(origin)s
        ), since AS (
            SELECT feed.index AS m, feed.index AS i, feed.position AS j, feed.batch_id
              FROM feed
             WHERE feed.epoch = %(epoch)s
               AND (feed.index, feed.position) > (%(since_index)s, %(since_position)s)
               AND feed.index < %(until)s
               AND (%(kind)s::text IS NULL OR feed.kind = %(kind)s)
               AND (%(origin)s::text IS NULL OR feed.origin_id = (SELECT named.organisation_id FROM named))
               AND (%(own)s OR feed.origin_id <> %(reader)s)
               AND (feed.origin_id = %(reader)s
                    OR feed.about_id = %(reader)s
                    OR (NOT %(only_own)s
                        AND EXISTS (SELECT FROM entitlement
                                     WHERE entitlement.organisation_id = %(reader)s
                                       AND entitlement.audience_id = feed.audience_id
                                       AND entitlement.epoch = feed.epoch
                                       AND entitlement.until_index IS NULL
                                       AND entitlement.from_index <= feed.index)
                        AND EXISTS (SELECT FROM audience_access
                                     WHERE audience_access.organisation_id = %(reader)s
                                       AND audience_access.audience_id = feed.audience_id
                                       AND audience_access.ends_at > %(now)s)
                        AND NOT EXISTS (SELECT FROM access_change
                                         WHERE access_change.organisation_id = %(reader)s
                                           AND access_change.audience_id = feed.audience_id
                                           AND access_change.reason IS NOT NULL)
                        AND EXISTS (SELECT FROM audience
                                     WHERE audience.audience_id = feed.audience_id
                                       AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes)))))
             ORDER BY feed.index, feed.position
             LIMIT %(most)s
        ), before AS (
            SELECT past.from_index AS m, feed.index AS i, feed.position AS j, feed.batch_id
              FROM entitlement AS past
              JOIN entitlement AS open
                ON open.organisation_id = past.organisation_id
               AND open.audience_id = past.audience_id
               AND open.epoch = past.epoch
               AND open.until_index IS NULL
               AND open.from_index <= past.from_index
              JOIN audience ON audience.audience_id = past.audience_id
              JOIN audience_access
                ON audience_access.organisation_id = past.organisation_id
               AND audience_access.audience_id = past.audience_id
              JOIN feed ON feed.audience_id = past.audience_id AND feed.epoch = past.epoch
             WHERE past.organisation_id = %(reader)s
               AND past.epoch = %(epoch)s
               AND past.from_index >= %(m)s
               AND past.from_index < %(until)s
               AND past.past_from < past.past_until
               AND audience_access.ends_at > %(now)s
               AND NOT EXISTS (SELECT FROM access_change
                                WHERE access_change.organisation_id = past.organisation_id
                                  AND access_change.audience_id = past.audience_id
                                  AND access_change.reason IS NOT NULL)
               AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
               AND feed.index >= past.past_from
               AND feed.index < past.past_until
               AND (past.from_index, feed.index, feed.position) > (%(m)s, %(i)s, %(j)s)
               AND feed.origin_id <> %(reader)s
               AND feed.about_id IS DISTINCT FROM %(reader)s
               AND NOT %(only_own)s
               AND (%(kind)s::text IS NULL OR feed.kind = %(kind)s)
               AND (%(origin)s::text IS NULL OR feed.origin_id = (SELECT named.organisation_id FROM named))
             ORDER BY past.from_index, feed.index, feed.position
             LIMIT %(most)s
        )
        SELECT ready.m, ready.i, ready.j, ready.batch_id, batch.record_count, batch.manifest_sha256,
               CASE WHEN batch.expires_at > %(now)s THEN octet_length(batch.document)
                    ELSE batch.head_length END AS length
          FROM (SELECT m, i, j, batch_id FROM since UNION ALL SELECT m, i, j, batch_id FROM before) AS ready
          JOIN batch USING (batch_id)
         ORDER BY ready.m, ready.i, ready.j
         LIMIT %(most)s
        """,
        parameters=parameters,
    )


def _endings_after(parameters: Mapping[str, object]) -> Statement[Ending]:
    """Tell of others' streams whose batches the reader might have had, of all epochs, filtered as batches are."""
    return Statement(
        row=Ending,
        sql="""
        SELECT ended.until_index AS index, ended.reason, array_agg(stream.sha256 ORDER BY stream.sha256) AS streams
          FROM entitlement AS ended
          JOIN audience USING (audience_id)
          JOIN channel USING (audience_id)
          JOIN stream ON stream.channel_id = channel.channel_id
         WHERE ended.organisation_id = %(reader)s
           AND ended.epoch = %(epoch)s
           AND ended.until_index > %(m)s
           AND ended.until_index < %(until)s
           AND ended.reason IS NOT NULL
           AND NOT %(only_own)s
           AND channel.origin_id <> %(reader)s
           AND channel.about_id IS DISTINCT FROM %(reader)s
           AND stream.seq > 0
           AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
           AND (%(kind)s::text IS NULL OR channel.kind = %(kind)s)
           AND (%(origin)s::text IS NULL
                OR channel.origin_id = (SELECT organisation_id FROM organisation WHERE name = %(origin)s))
         GROUP BY ended.until_index, ended.reason
         ORDER BY ended.until_index, ended.reason
        """,
        parameters=parameters,
    )


def documents(db: Connection, *, batch_ids: Sequence[int], now: datetime) -> Iterator[Document]:
    """Yield the documents of these batches in their order: an expired one is its first two lines.

    One by one as they come: while one is read here, PostgreSQL reads the next. Bytes, digest and masked lines of each
    are of one moment: an erasure comes before or after.
    """
    yield from stream(
        db,
        Statement(
            row=_document,
            sql="""
            SELECT CASE WHEN batch.expires_at > %(now)s THEN batch.document
                        ELSE substring(batch.document FROM 1 FOR batch.head_length) END AS document,
                   CASE WHEN batch.expires_at > %(now)s THEN batch.document_sha256
                        ELSE batch.head_sha256 END AS document_sha256,
                   masked.positions, masked.leaves
              FROM UNNEST(%(batch_ids)s::bigint[]) WITH ORDINALITY AS asked (batch_id, number)
              JOIN batch USING (batch_id)
             CROSS JOIN LATERAL (
                   SELECT array_agg(erasure.position ORDER BY erasure.position) AS positions,
                          array_agg(erasure.leaf ORDER BY erasure.position) AS leaves
                     FROM erasure
                    WHERE erasure.batch_id = batch.batch_id
                      AND erasure.erased_at IS NULL
                      AND erasure.reason = 'legal'
                      AND batch.expires_at > %(now)s
                  ) AS masked
             ORDER BY asked.number
            """,
            parameters={"batch_ids": list(batch_ids), "now": now},
        ),
    )


def _document(
    document: bytes, document_sha256: bytes, positions: list[int] | None, leaves: list[bytes] | None
) -> Document:
    return Document(
        document=document,
        document_sha256=document_sha256,
        masked_positions=positions or (),
        masked_leaves=leaves or (),
    )


def keep_masked(db: Connection, *, entry_id: UUID, digests: Mapping[int, tuple[bytes, bytes]]) -> None:
    """Keep what the page of this entry gives of batches with masked lines.

    `digests` are, by batch, of the document as served and of the stored one that it was made of (32 bytes each).
    """
    db.execute(
        """
        INSERT INTO served_masked (entry_id, batch_id, document_sha256, stored_sha256)
        SELECT %(entry_id)s, batch_id, document_sha256, stored_sha256
          FROM UNNEST(%(batch_ids)s::bigint[], %(served)s::bytea[], %(stored)s::bytea[])
               AS given (batch_id, document_sha256, stored_sha256)
        """,
        {
            "entry_id": entry_id,
            "batch_ids": list(digests),
            "served": [served for served, _ in digests.values()],
            "stored": [stored for _, stored in digests.values()],
        },
    )
