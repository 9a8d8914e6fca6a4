"""Speak SQL for the feed: which batches come next for whom, and their bytes.

One predicate says who may have a batch. It stands here in each query, because a query is read where it runs: an
interval of the caller's is open at the batch's index, the audience's sectors and purposes fit, or the batch is its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.db import Connection
from server.feed.cursors import Place
from server.statements import Statement, run


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who asks the feed, why, and for what part of it."""

    organisation_id: int
    sector: str
    purpose: str
    kind: str | None
    origin: str | None
    own: bool
    only_own: bool


@dataclass(frozen=True, kw_only=True)
class Next:
    """A batch that comes next: its place, its size as it will be served, and its digests (32 bytes)."""

    m: int
    i: int
    j: int
    batch_id: int
    record_count: int
    length: int
    manifest_sha256: bytes
    document_sha256: bytes


def log_epoch(db: Connection) -> int:
    """Return the epoch that the log is in."""
    row = db.execute("SELECT epoch FROM log_head").fetchone()
    if row is None:
        raise LookupError("this database has no log")
    epoch: int = row[0]
    return epoch


def is_known(db: Connection, *, name: str) -> bool:
    """Return whether an organisation of this name was ever admitted."""
    row = db.execute("SELECT EXISTS (SELECT FROM organisation WHERE name = %(name)s)", {"name": name}).fetchone()
    return row == (True,)


def entitlement_version(db: Connection, *, organisation_id: int) -> int:
    """Return how often something of this organisation's has ended."""
    row = db.execute(
        "SELECT entitlement_version FROM organisation WHERE organisation_id = %(organisation_id)s",
        {"organisation_id": organisation_id},
    ).fetchone()
    if row is None:
        raise LookupError("no such organisation")
    version: int = row[0]
    return version


def lock_entitlement_version(db: Connection, *, organisation_id: int) -> int:
    """Return the same, and hold it: an ending that comes now waits until this page's entry is committed."""
    row = db.execute(
        "SELECT entitlement_version FROM organisation WHERE organisation_id = %(organisation_id)s FOR SHARE",
        {"organisation_id": organisation_id},
    ).fetchone()
    if row is None:
        raise LookupError("no such organisation")
    version: int = row[0]
    return version


def batches_after(db: Connection, reader: Reader, place: Place, *, now: datetime, most: int) -> list[Next]:
    """Return up to `most` batches that `reader` may have, later than `place`, in the order of their places.

    One's own batches come at their own index, always. Two ways lead to others', by the interval that is open: one was
    placed after its opening, and comes at its own index; or before, and comes once, at the opening. What a closed
    interval has brought comes again where a new one opens.
    """
    return run(
        db,
        Statement(
            row=Next,
            sql="""
            WITH named AS (
                SELECT organisation_id FROM organisation WHERE name = %(origin)s
            ), since AS (
                SELECT feed.index AS m, feed.index AS i, feed.position AS j, feed.batch_id
                  FROM feed
                  JOIN audience USING (audience_id)
                 WHERE feed.epoch = %(epoch)s
                   AND (feed.index, feed.position) > (%(since_index)s, %(since_position)s)
                   AND (%(kind)s::text IS NULL OR feed.kind = %(kind)s)
                   AND (%(origin)s::text IS NULL OR feed.origin_id = (SELECT named.organisation_id FROM named))
                   AND (%(own)s OR feed.origin_id <> %(reader)s)
                   AND (NOT %(only_own)s OR feed.origin_id = %(reader)s)
                   AND (feed.origin_id = %(reader)s
                        OR ((audience.sectors = '{}' OR %(sector)s = ANY (audience.sectors))
                            AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
                            AND EXISTS (SELECT FROM entitlement
                                         WHERE entitlement.organisation_id = %(reader)s
                                           AND entitlement.audience_id = feed.audience_id
                                           AND entitlement.epoch = feed.epoch
                                           AND entitlement.from_index <= feed.index
                                           AND entitlement.until_index IS NULL)))
                 ORDER BY feed.index, feed.position
                 LIMIT %(most)s
            ), before AS (
                SELECT entitlement.from_index AS m, feed.index AS i, feed.position AS j, feed.batch_id
                  FROM entitlement
                  JOIN audience USING (audience_id)
                  JOIN feed USING (audience_id, epoch)
                 WHERE entitlement.organisation_id = %(reader)s
                   AND entitlement.epoch = %(epoch)s
                   AND entitlement.until_index IS NULL
                   AND entitlement.history = 'all'
                   AND entitlement.from_index >= %(m)s
                   AND feed.index < entitlement.from_index
                   AND (entitlement.from_index, feed.index, feed.position) > (%(m)s, %(i)s, %(j)s)
                   AND feed.origin_id <> %(reader)s
                   AND NOT %(only_own)s
                   AND (%(kind)s::text IS NULL OR feed.kind = %(kind)s)
                   AND (%(origin)s::text IS NULL OR feed.origin_id = (SELECT named.organisation_id FROM named))
                   AND (audience.sectors = '{}' OR %(sector)s = ANY (audience.sectors))
                   AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
                 ORDER BY entitlement.from_index, feed.index, feed.position
                 LIMIT %(most)s
            )
            SELECT ready.m, ready.i, ready.j, ready.batch_id, batch.record_count, batch.manifest_sha256,
                   CASE WHEN batch.expires_at > %(now)s THEN octet_length(batch.document)
                        ELSE batch.head_length END AS length,
                   CASE WHEN batch.expires_at > %(now)s THEN batch.document_sha256
                        ELSE batch.head_sha256 END AS document_sha256
              FROM (SELECT m, i, j, batch_id FROM since UNION ALL SELECT m, i, j, batch_id FROM before) AS ready
              JOIN batch USING (batch_id)
             ORDER BY ready.m, ready.i, ready.j
             LIMIT %(most)s
            """,
            parameters={
                "reader": reader.organisation_id,
                "sector": reader.sector,
                "purpose": reader.purpose,
                "kind": reader.kind,
                "origin": reader.origin,
                "own": reader.own,
                "only_own": reader.only_own,
                "epoch": place.epoch,
                "m": place.m,
                "i": place.i,
                "j": place.j,
                # Within the past that came at m, everything placed at m itself is still to come.
                "since_index": place.m,
                "since_position": place.j if place.i == place.m else -1,
                "now": now,
                "most": most,
            },
        ),
    )


def documents(db: Connection, *, batch_ids: Sequence[int], now: datetime) -> Iterator[bytes]:
    """Yield the documents of these batches in their order, as they are served: an expired one is its first two lines.

    One by one as they come: while one is read here, PostgreSQL reads the next.
    """
    with db.cursor(binary=True) as rows:
        for (document,) in rows.stream(
            """
            SELECT CASE WHEN batch.expires_at > %(now)s THEN batch.document
                        ELSE substring(batch.document FROM 1 FOR batch.head_length) END
              FROM UNNEST(%(batch_ids)s::bigint[]) WITH ORDINALITY AS asked (batch_id, number)
              JOIN batch USING (batch_id)
             ORDER BY asked.number
            """,
            {"batch_ids": list(batch_ids), "now": now},
        ):
            yield document
