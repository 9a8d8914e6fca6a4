"""Tell who received what: to whom each revision of a record was released, and what was released to an organisation.

Computed from the log: pulls with their places, intervals, the feed (`exposing_store` says by which rule), never from a
list that somebody kept of it. An auditor sees the exposure of its organisation's own records and of its organisation; a
federation auditor all. No value of a record is in any of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crypto.canonical import canonical_bytes
from crypto.encoding import to_base64url
from crypto.merkle import inclusion_path, leaf_hash
from schemas.exposures import (
    RELEASES_A_PAGE,
    ExposedRevision,
    ExposurePage,
    OrganisationExposure,
    RecordExposure,
    Release,
    ReleasedDocument,
    ReleaseProof,
)
from server.access import Role
from server.auditing import exposing_pages as pages
from server.auditing import exposing_store as store
from server.auditing.exposing_pages import Given, Releasing, StoredLine
from server.auditing.exposing_proof import leaves_of, served_page, without_doubt
from server.auditing.exposing_store import StoredRelease, StoredRevision
from server.auditing.viewing import Viewer
from server.db import Connection
from server.errors import BadCursor

# What one page of a report looks through at most, however little of it fits the filter.
_STEPS = 16
_ENTRIES_A_STEP = 64
# As many revisions as one entry can release of a record, and some.
_REVISIONS = 128
_CURSOR = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,16}){4}|[0-9]{1,16}")
# Below any place: `(index, *_FROM_ITS_BEGINNING)` comes before all that the entry at `index` released.
_FROM_ITS_BEGINNING = (-1, -1, -1, -1)
_LAST_LINE = 1 << 40

# Where a report stands: entry, place in the feed (m, i, j), line.
_Position = tuple[int, int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class ExposureFilter:
    """Which releases to an organisation are asked for; None narrows nothing. `since` is included, `until` is not."""

    origin: str | None = None
    kind: str | None = None
    purpose: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def exposure_of_record(
    db: Connection,
    viewer: Viewer,
    origin: str,
    record_id: UUID,
    *,
    after: int = -1,
    limit: int = RELEASES_A_PAGE,
) -> RecordExposure | None:
    """Return to whom a record was released by entries later than `after`, about `limit` of them, in the log's order.

    All that one entry released comes together. None: the record is not known, or not the viewer's.
    """
    if not viewer.sees_all and viewer.organisation != origin:
        return None
    revisions = store.revisions_of(db, origin=origin, record_id=record_id)
    if not revisions:
        return None
    until = store.indexed_until(db)
    found = store.releases_of_record(
        db, origin=origin, record_id=record_id, after=after, until=until, most=limit + _REVISIONS
    )
    cut = limit
    while 0 < cut < len(found) and found[cut].index == found[cut - 1].index:
        cut += 1
    more = cut < len(found)
    return RecordExposure(
        origin=origin,
        id=str(record_id),
        kind=revisions[0].kind,
        revisions=tuple(_revision(one) for one in revisions),
        releases=tuple(_release(one) for one in without_doubt(db, found[:cut])),
        until=until,
        complete=store.are_all_told(db, from_index=revisions[0].index),
        page=ExposurePage(next=str(found[cut - 1].index if more else max(until - 1, 0)), more=more),
    )


def exposure_of_organisation(
    db: Connection,
    viewer: Viewer,
    name: str,
    asked: ExposureFilter | None = None,
    *,
    after: str | None = None,
    limit: int = RELEASES_A_PAGE,
) -> OrganisationExposure | None:
    """Return what was released to an organisation, up to `limit` lines later than `after`, in the order of the log.

    A page may hold fewer, even none, and still have more to come. None: it is not known, or not the viewer's.

    Raises:
        BadCursor: `after` is not what an earlier page gave.
    """
    if not viewer.sees_all and viewer.organisation != name:
        return None
    if store.organisation_id(db, name) is None:
        return None
    until = store.indexed_until(db)
    position = _read_position(after)
    asked = asked or ExposureFilter()
    told: list[StoredLine] = []
    more = True
    for _ in range(_STEPS):
        entries = _next_entries(db, name, asked, position, until)
        if not entries:
            more = False
            position = max(position, (until, *_FROM_ITS_BEGINNING))
            break
        lines, position = _lines(db, asked, entries, position, most=limit - len(told))
        told += lines
        if len(told) >= limit:
            break
    return OrganisationExposure(
        organisation=name,
        releases=tuple(_release(line) for line in without_doubt(db, told)),
        until=until,
        complete=store.are_all_told(db, from_index=0),
        page=ExposurePage(next=_write_position(position), more=more),
    )


def prove_release(db: Connection, viewer: Viewer, origin: str, record_id: UUID, *, index: int) -> ReleaseProof | None:
    """Return the proof that the pull at `index` released a record: its documents' leaves, and paths to `served`.

    Whoever has the entry needs no trust in this: its `served` is under its leaf, that under the checkpoint. None: the
    record is not known or not the viewer's, or that entry is no pull that released it.
    """
    if not viewer.sees_all and viewer.organisation != origin:
        return None
    found = store.releases_of_record(
        db, origin=origin, record_id=record_id, after=index - 1, until=index + 1, most=_REVISIONS
    )
    page = served_page(db, index=index) if found else None
    if page is None or page.told.served is None:
        return None
    batches = {one.revision: one for one in store.revisions_of(db, origin=origin, record_id=record_id)}
    data = leaves_of(page.documents)
    leaves = [leaf_hash(canonical_bytes(list(one))) for one in data]
    released = [one for one in found if page.has(one)]
    documents = tuple(
        ReleasedDocument(
            batch=str(batches[mine[0].revision].batch),
            revisions=tuple(one.revision for one in mine),
            manifest_sha256=data[position][0],
            document_sha256=data[position][1],
            position=position,
            path=tuple(to_base64url(step) for step in inclusion_path(leaves, position)),
        )
        for position, document in enumerate(page.documents)
        if (mine := [one for one in released if one.batch_id == document.batch_id])
    )
    if not documents:
        return None
    return ReleaseProof(
        index=index,
        leaf=to_base64url(page.told.leaf),
        organisation=page.told.organisation,
        served=page.told.served,
        size=len(leaves),
        agrees=page.agrees,
        documents=documents,
    )


def _next_entries(db: Connection, name: str, asked: ExposureFilter, position: _Position, until: int) -> list[Releasing]:
    return pages.releasing_entries(
        db,
        organisation=name,
        purpose=asked.purpose,
        since=asked.since,
        until_at=asked.until,
        from_index=position[0],
        until=until,
        most=_ENTRIES_A_STEP,
    )


def _lines(
    db: Connection, asked: ExposureFilter, entries: Sequence[Releasing], position: _Position, *, most: int
) -> tuple[list[StoredLine], _Position]:
    """Return up to `most` lines of these entries later than `position`, and where that has come to."""
    taken = _fitting([one.records for one in entries], most)
    reached: _Position = (entries[taken - 1].index + 1, *_FROM_ITS_BEGINNING)
    pulls = [one.index for one in entries[:taken] if one.action != "read_record"]
    given = [
        one
        for one in (pages.batches_of(db, indexes=pulls) if pulls else [])
        if (one.index, one.m, one.i, one.j, _LAST_LINE) > position and _fits(asked, one) and one.expires_at > one.at
    ]
    fitting = _fitting([one.record_count for one in given], most)
    if fitting < len(given):
        last = given[fitting - 1]
        reached = (last.index, last.m, last.i, last.j, _LAST_LINE)
    lines = pages.lines_of(db, given=given[:fitting]) if given else []
    singles = [one.index for one in entries[:taken] if one.action == "read_record" and one.index <= reached[0]]
    if singles:
        lines += [one for one in pages.single_lines(db, indexes=singles) if _fits(asked, one)]
    told = sorted((one for one in lines if position < _position(one) <= reached), key=_position)
    if len(told) > most:
        return told[:most], _position(told[most - 1])
    return told, reached


def _fits(asked: ExposureFilter, one: Given | StoredLine) -> bool:
    return asked.origin in (None, one.origin) and asked.kind in (None, one.kind)


def _fitting(counts: Sequence[int], most: int) -> int:
    """Return how many of what has these counts are needed for `most` together; at least one, if there is one."""
    total = 0
    for number, count in enumerate(counts, 1):
        total += count
        if total >= most:
            return number
    return len(counts)


def _position(line: StoredLine) -> _Position:
    return (line.index, line.m, line.i, line.j, line.line)


def _write_position(position: _Position) -> str:
    if position[1:] == _FROM_ITS_BEGINNING:
        return str(position[0])
    return ".".join(map(str, position))


def _read_position(text: str | None) -> _Position:
    if text is None:
        return (0, *_FROM_ITS_BEGINNING)
    if not _CURSOR.fullmatch(text):
        raise BadCursor
    index, *place = map(int, text.split("."))
    if not place:
        return (index, *_FROM_ITS_BEGINNING)
    m, i, j, line = place
    return (index, m, i, j, line)


def _revision(stored: StoredRevision) -> ExposedRevision:
    return ExposedRevision(
        revision=stored.revision,
        batch=str(stored.batch),
        at=stored.accepted_at,
        index=stored.index,
        is_withdrawal=stored.is_withdrawal,
    )


def _release(stored: StoredRelease) -> Release:
    return Release(
        organisation=stored.organisation,
        node=stored.organisation if stored.role == Role.RELAY else None,
        origin=stored.origin,
        id=str(stored.record_id),
        kind=stored.kind,
        revision=stored.revision,
        at=stored.at,
        purpose=stored.purpose,
        action=stored.action,
        index=stored.index,
        leaf=to_base64url(stored.leaf),
        keyid=stored.keyid,
    )
