"""Build one page of a feed: stored bytes in the order of their places, and the line that says how it goes on.

A page takes whole batches while their records fit the limit and their bytes 16 MiB; at least one. Its digest is made
piece by piece and the pieces are sent one by one: they are never joined. At most a few pages are held at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus

import orjson

from crypto.encoding import to_base64url
from crypto.entries import served_root
from schemas.evidence import Page, PageSchema
from server.access import Permission, sees_only_its_own
from server.errors import BadQuery, RestartFeed, RoleNotAllowed
from server.feed import cursors, store
from server.feed.cursors import FeedName, Place
from server.feed.masking import as_served
from server.feed.permits import PagePermits
from server.feed.store import Ending, Next, Reader
from server.watching.tracing import span
from server.web.exchange import Answer, Exchange

PAGE_LIMIT_BYTES = 16 * 1024 * 1024
RECORDS_AT_MOST = 50_000
RECORDS_BY_DEFAULT = 4_096
POLL_AFTER_SECONDS = 60
STREAMS_A_LINE = 1_000

_FIRST_LOOK = 64
# A stream's name in a line, with quotes and comma.
_STREAM_BYTES = 46
_page_schema = PageSchema()


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """What a page holds in the order of its places, and whether more follows."""

    items: list[Next | Ending]
    more: bool

    @property
    def batches(self) -> list[Next]:
        """Return the batches among the items."""
        return [item for item in self.items if isinstance(item, Next)]


def read_page(exchange: Exchange, permits: PagePermits) -> Answer:
    """Return the page that follows the cursor; `permits` bounds how many pages this process holds at once.

    Raises:
        BadCursor: `after` is not a cursor of this feed.
        RestartFeed: it is one of another epoch of the log.
        BadQuery: `origin` is no organisation of this node.
        Busy: too many pages are being built.
    """
    organisation_id = exchange.caller.organisation_id
    if organisation_id is None or exchange.role is None:
        raise RoleNotAllowed
    query = exchange.query
    # A name that nobody has is text of the caller's own: it does not go into the log.
    if "origin" in query and not store.is_known(exchange.db, name=query["origin"]):
        raise BadQuery
    only_own = sees_only_its_own(Permission.READ_FEED, exchange.role)
    name = FeedName(
        organisation=exchange.caller.organisation,
        purpose=exchange.purpose.value,
        kind=query.get("kind"),
        # Another key of the same organisation may see more: it must not continue where this one skipped the rest.
        origin=query.get("origin", exchange.caller.organisation if only_own else None),
        own=query.get("own", "true") == "true",
    )
    begun = store.begin(exchange.db, organisation_id=organisation_id)
    place = cursors.beginning(begun.epoch)
    if "after" in query:
        place = cursors.read_cursor(query["after"], name)
        if place.epoch != begun.epoch:
            raise RestartFeed
    reader = Reader(
        organisation_id=organisation_id,
        purpose=exchange.purpose.value,
        kind=name.kind,
        origin=name.origin,
        own=name.own,
        only_own=only_own,
        until=begun.size,
    )
    with span("page_build"):
        return _build(exchange, permits, reader, name, place, version=begun.entitlement_version)


@dataclass(kw_only=True)
class _Served:
    """The digest of each document as it is served, in page order.

    Of those with masked lines also by their batches, each with that of the stored document.
    """

    digests: list[bytes] = field(default_factory=list)
    masked: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)


class _NotWholeError(Exception):
    """The database no longer shows the reader a batch that was chosen: something of its ended a moment ago."""


def _build(
    exchange: Exchange, permits: PagePermits, reader: Reader, name: FeedName, place: Place, *, version: int
) -> Answer:
    limit = int(exchange.query.get("limit", RECORDS_BY_DEFAULT))
    # If something of the reader's ended while the page was built, it is built again: a page never outlives its right.
    while True:
        chosen = _choose(exchange, reader, place, limit)
        chunks: list[bytes] = []
        served = _Served()
        digest = sha256()
        is_whole = True
        if chosen.items:
            exchange.until_sent.enter_context(permits.hold(reader.organisation_id))
            try:
                for chunk in _chunks(exchange, chosen, served):
                    digest.update(chunk)
                    chunks.append(chunk)
            except _NotWholeError:
                is_whole = False
        held = store.lock_entitlement_version(exchange.db, organisation_id=reader.organisation_id)
        if version == held:
            if is_whole:
                break
            raise LookupError("the documents are not those of the batches")
        version = held
        exchange.until_sent.close()
    _tell(exchange, chosen, place, served.digests)
    if served.masked:
        store.keep_masked(exchange.db, entry_id=exchange.request_id, digests=served.masked)
    line = _page_line(chosen, name, place)
    chunks.append(line)
    digest.update(line)
    return Answer(status=HTTPStatus.OK, chunks=chunks, digest=digest.digest())


def _chunks(exchange: Exchange, chosen: _Chosen, served: _Served) -> Iterator[bytes]:
    """Yield what the page holds, and add the digest of each document as it is served to `served`."""
    batch_ids = [batch.batch_id for batch in chosen.batches]
    documents = store.documents(exchange.db, batch_ids=batch_ids, now=exchange.now)
    for item in chosen.items:
        if isinstance(item, Ending):
            yield _ended_lines(item)
            continue
        document = next(documents, None)
        if document is None:
            raise _NotWholeError
        chunk, document_sha256 = as_served(document)
        served.digests.append(document_sha256)
        if document.masked_positions:
            served.masked[item.batch_id] = (document_sha256, document.document_sha256)
        yield chunk
    # To its end: the connection is busy until then.
    if next(documents, None) is not None:
        raise _NotWholeError


def _ended_lines(ending: Ending) -> bytes:
    streams = [to_base64url(stream) for stream in ending.streams]
    return b"".join(
        orjson.dumps(
            {"ended": {"reason": ending.reason, "streams": streams[start : start + STREAMS_A_LINE]}},
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for start in range(0, len(streams), STREAMS_A_LINE)
    )


def _choose(exchange: Exchange, reader: Reader, place: Place, limit: int) -> _Chosen:
    look = _FIRST_LOOK
    while True:
        batches, endings = store.next_after(exchange.db, reader, place, now=exchange.now, most=look)
        seen_all = len(batches) < look
        # What comes after the last batch that was looked at waits for the batches between.
        told = [ending for ending in endings if seen_all or _place_of(ending) < _place_of(batches[-1])]
        items: list[Next | Ending] = sorted([*batches, *told], key=_place_of)
        taken = _fitting(items, limit)
        if taken < len(items):
            return _Chosen(items=items[:taken], more=True)
        if seen_all:
            return _Chosen(items=items, more=False)
        look *= 4


def _place_of(item: Next | Ending) -> tuple[int, int, int]:
    """Return m, i, j; what ended comes before everything else at its index: what opened anew there comes after it."""
    return (item.m, item.i, item.j) if isinstance(item, Next) else (item.index, -1, -1)


def _fitting(items: list[Next | Ending], limit: int) -> int:
    """Return how many of `items` a page takes; all that ended at one index is one."""
    records = length = 0
    for taken, item in enumerate(items):
        if isinstance(item, Ending):
            length += len(item.streams) * _STREAM_BYTES
            continue
        records += item.record_count
        length += item.length
        if taken and (records > limit or length > PAGE_LIMIT_BYTES):
            return taken
    return len(items)


def _tell(exchange: Exchange, chosen: _Chosen, place: Place, served: list[bytes]) -> None:
    facts = exchange.facts
    facts.records = sum(batch.record_count for batch in chosen.batches)
    facts.served = served_root(
        [
            (to_base64url(batch.manifest_sha256), to_base64url(document_sha256))
            for batch, document_sha256 in zip(chosen.batches, served, strict=True)
        ]
    )
    facts.filter = {
        member: exchange.query[member]
        for member in ("kind", "origin", "own")
        # `own=true` is what absence means.
        if member in exchange.query and (member, exchange.query[member]) != ("own", "true")
    } or None
    if chosen.batches:
        first, last = chosen.batches[0], chosen.batches[-1]
        facts.first_place = (place.epoch, first.m, first.i, first.j)
        facts.last_place = (place.epoch, last.m, last.i, last.j)


def _page_line(chosen: _Chosen, name: FeedName, place: Place) -> bytes:
    if chosen.items:
        m, i, j = _place_of(chosen.items[-1])
        place = Place(epoch=place.epoch, m=m, i=i, j=j)
    page = Page(
        next=cursors.write_cursor(place, name),
        more=chosen.more,
        batches=len(chosen.batches),
        records=sum(batch.record_count for batch in chosen.batches),
        poll_after=0 if chosen.more else POLL_AFTER_SECONDS,
    )
    return orjson.dumps({"page": _page_schema.dump(page)}, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
