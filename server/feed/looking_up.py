"""Look up one record with everything that proves it, and the heads of the streams that a caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from crypto.batches import Erased, StoredDocument, record_leaves, split_documents
from crypto.encoding import to_base64url
from crypto.merkle import inclusion_path, leaf_hash
from schemas.evidence import Evidence, ProofPath, StreamHead, StreamHeads
from schemas.manifests import Audience
from server.access import Permission, sees_only_its_own
from server.db import Connection
from server.errors import NotFound
from server.feed.store import lock_entitlement_version
from server.tree import reading
from server.web.exchange import Exchange

STREAMS_A_PAGE = 1_000


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """The newest placed revision of a record, in the document that holds it."""

    epoch: int
    m: int
    i: int
    j: int
    position: int
    tlp: str
    batch_id: int
    document: bytes


@dataclass(frozen=True, kw_only=True)
class _InLog:
    """What ties a record to the log; all None until a published checkpoint holds the entry that stored it."""

    commitment: str | None = None
    p_path: ProofPath | None = None
    log_path: ProofPath | None = None
    checkpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Head:
    """The head of a stream with the channel that it is of."""

    sha256: bytes
    origin: str
    kind: str
    tlp: str
    groups: list[str]
    organisations: list[str]
    sectors: list[str]
    purposes: list[str]
    about: str | None
    epoch: int
    seq: int
    head_sha256: bytes


def find_record(exchange: Exchange, origin: str, record_id: UUID) -> Evidence:
    """Return the newest revision of a record with its evidence.

    Raises:
        NotFound: unknown, hidden, not yet placed, expired, masked, or erased.
    """
    if exchange.caller.organisation_id is not None:
        # What ends or is masked from here on waits until this entry is committed.
        lock_entitlement_version(exchange.db, organisation_id=exchange.caller.organisation_id)
    stored = _stored_record(exchange, origin, record_id, now=exchange.now)
    if stored is None:
        raise NotFound
    (document,) = split_documents(stored.document)
    if not isinstance(document, StoredDocument):
        raise TypeError("what is stored is a document")
    line = document.lines[stored.position]
    if isinstance(line, Erased):
        raise NotFound
    exchange.facts.records = 1
    exchange.facts.tlp = stored.tlp
    exchange.facts.first_place = exchange.facts.last_place = (stored.epoch, stored.m, stored.i, stored.j)
    in_log = _tie_to_log(exchange.db, stored)
    return Evidence(
        line=line.decode(),
        manifest=document.manifest,
        accepted=document.accepted,
        line_path=ProofPath(
            index=stored.position,
            path=_spelled(inclusion_path(record_leaves(document.lines), stored.position)),
        ),
        place=(stored.epoch, stored.m, stored.i, stored.j),
        commitment=in_log.commitment,
        p_path=in_log.p_path,
        log_path=in_log.log_path,
        checkpoint=in_log.checkpoint,
    )


def list_streams(exchange: Exchange, *, after: bytes) -> StreamHeads:
    """Return up to 1,000 heads of the streams that the caller may see, by their names, later than `after`."""
    if exchange.caller.organisation_id is not None:
        # What ends from here on waits until this entry is committed.
        lock_entitlement_version(exchange.db, organisation_id=exchange.caller.organisation_id)
    heads = _heads(exchange.db, exchange, after=after)
    return StreamHeads(
        streams=tuple(
            StreamHead(
                stream=to_base64url(head.sha256),
                origin=head.origin,
                kind=head.kind,
                audience=Audience(
                    tlp=head.tlp,
                    groups=tuple(head.groups),
                    organisations=tuple(head.organisations),
                    sectors=tuple(head.sectors),
                    purposes=tuple(head.purposes),
                ),
                about=head.about,
                log=f"{exchange.node.settings.log_name}/{head.epoch}",
                seq=head.seq,
                acceptance_sha256=to_base64url(head.head_sha256),
            )
            for head in heads
        )
    )


def _tie_to_log(db: Connection, stored: _Stored) -> _InLog:
    """Return the path from the batch's acceptance to `p` of its entry, and from that entry to the published root."""
    head = reading.published_checkpoint(db)
    if head is None or stored.i >= head.size:
        return _InLog()
    (data,) = reading.leaf_data(db, stored.i, stored.i + 1)
    beside = _acceptances_beside(db, stored.batch_id)
    digests = [leaf_hash(digest) for _, digest in beside]
    position = [place for place, _ in beside].index(stored.j)
    return _InLog(
        commitment=to_base64url(data[:32]),
        p_path=ProofPath(index=position, path=_spelled(inclusion_path(digests, position))),
        log_path=ProofPath(index=stored.i, path=_spelled(reading.inclusion(db, stored.i, head.size))),
        checkpoint=head.note,
    )


def _acceptances_beside(db: Connection, batch_id: int) -> list[tuple[int, bytes]]:
    """Return positions and acceptance digests of all that the act stored which stored this batch, in order."""
    return db.execute(
        "SELECT entry_position, acceptance_sha256 FROM acceptances_beside(%(batch_id)s) ORDER BY entry_position",
        {"batch_id": batch_id},
    ).fetchall()


def _spelled(path: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(to_base64url(step) for step in path)


def _stored_record(exchange: Exchange, origin: str, record_id: UUID, *, now: datetime) -> _Stored | None:
    with exchange.db.cursor(row_factory=class_row(_Stored), binary=True) as rows:
        return rows.execute(
            """
            SELECT feed.epoch, greatest(opening.from_index, feed.index) AS m, feed.index AS i, feed.position AS j,
                   record.position, audience.tlp, batch.batch_id, batch.document
              FROM organisation AS origin
              JOIN record ON record.origin_id = origin.organisation_id
              JOIN batch USING (batch_id)
              JOIN feed USING (batch_id)
              JOIN audience USING (audience_id)
              LEFT JOIN LATERAL (
                   SELECT max(reached.from_index) AS from_index
                     FROM entitlement AS reached
                     JOIN entitlement AS open USING (organisation_id, audience_id, epoch)
                     JOIN audience_access USING (organisation_id, audience_id)
                    WHERE organisation_id = %(reader)s
                      AND audience_id = feed.audience_id
                      AND epoch = feed.epoch
                      AND open.until_index IS NULL
                      AND open.from_index <= reached.from_index
                      AND ((reached.until_index IS NULL AND reached.from_index <= feed.index)
                           OR (reached.past_from <= feed.index AND feed.index < reached.past_until))
                      AND audience_access.ends_at > %(now)s
                      AND NOT EXISTS (SELECT FROM access_change
                                       WHERE access_change.organisation_id = %(reader)s
                                         AND access_change.audience_id = feed.audience_id
                                         AND access_change.reason IS NOT NULL)
                      AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
                  ) AS opening ON feed.origin_id <> %(reader)s AND feed.about_id IS DISTINCT FROM %(reader)s
             WHERE origin.name = %(origin)s
               AND record.record_id = %(record_id)s
               AND batch.expires_at > %(now)s
               AND NOT EXISTS (SELECT FROM erasure
                                WHERE erasure.batch_id = record.batch_id
                                  AND erasure.position = record.position
                                  AND erasure.reason = 'legal')
               AND (feed.origin_id = %(reader)s
                    OR feed.about_id = %(reader)s
                    OR (opening.from_index IS NOT NULL AND NOT %(only_own)s))
             ORDER BY record.is_current DESC, record.revision DESC
             LIMIT 1
            """,
            {
                "reader": exchange.caller.organisation_id,
                "purpose": exchange.purpose,
                "only_own": exchange.role is None or sees_only_its_own(Permission.READ_RECORD, exchange.role),
                "origin": origin,
                "record_id": record_id,
                "now": now,
            },
        ).fetchone()


def _heads(db: Connection, exchange: Exchange, *, after: bytes) -> list[_Head]:
    with db.cursor(row_factory=class_row(_Head)) as rows:
        return rows.execute(
            """
            SELECT stream.sha256, origin.name AS origin, channel.kind, audience.tlp, audience.groups,
                   audience.organisations, audience.sectors, audience.purposes, about.name AS about, stream.epoch,
                   stream.seq, stream.head_sha256
              FROM stream
             CROSS JOIN log_head
              JOIN channel USING (channel_id)
              JOIN audience USING (audience_id)
              JOIN organisation AS origin ON origin.organisation_id = channel.origin_id
              LEFT JOIN organisation AS about ON about.organisation_id = channel.about_id
             WHERE stream.sha256 > %(after)s
               AND stream.seq > 0
               AND (channel.origin_id = %(reader)s
                    OR channel.about_id = %(reader)s
                    OR (NOT %(only_own)s
                        AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
                        AND EXISTS (SELECT FROM entitlement
                                     WHERE entitlement.organisation_id = %(reader)s
                                       AND entitlement.audience_id = audience.audience_id
                                       AND entitlement.epoch = log_head.epoch
                                       AND entitlement.until_index IS NULL)
                        AND EXISTS (SELECT FROM audience_access
                                     WHERE audience_access.organisation_id = %(reader)s
                                       AND audience_access.audience_id = audience.audience_id
                                       AND audience_access.ends_at > %(now)s)
                        AND NOT EXISTS (SELECT FROM access_change
                                         WHERE access_change.organisation_id = %(reader)s
                                           AND access_change.audience_id = audience.audience_id
                                           AND access_change.reason IS NOT NULL)))
             ORDER BY stream.sha256
             LIMIT %(most)s
            """,
            {
                "reader": exchange.caller.organisation_id,
                "purpose": exchange.purpose,
                "only_own": exchange.role is None or sees_only_its_own(Permission.READ_STREAMS, exchange.role),
                "after": after,
                "now": exchange.now,
                "most": STREAMS_A_PAGE,
            },
        ).fetchall()
