"""Find entries of the trail: a page of what a viewer asks for, or one entry by its index, leaf or id.

A page looks at a bounded number of rows of the index, however long the log is and however rare what is asked for; where
it looked at all of them and found less than it may give, it says where it stopped. Cursors name an index, so that what
is placed meanwhile moves nothing; newest first it is on the first page alone. The index only says where to look: what
is given are the entries themselves.
"""

import struct
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from crypto.canonical import canonical_bytes
from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from server.auditing import choosing, finding_newest, finding_oldest
from server.auditing.choosing import Chosen
from server.auditing.filtering import NEWEST, TrailFilter
from server.auditing.viewing import Viewer
from server.db import Connection
from server.errors import BadCursor

LIMIT, LIMIT_AT_MOST = 50, 200
_LOOKED = 1_000
_NAMING_LOOKED = 5_000
_WALKS = 20
_VERSION = 1
_CURSOR = struct.Struct(">Bq")
_DIGEST_BYTES = 16
_PLACES = range(2**62)


@dataclass(frozen=True)
class TrailEntry:
    """An entry at its place, with what opens its leaf; `entry` (canonical JSON) and `salt` are None where erased."""

    index: int
    leaf: bytes
    entry_id: UUID
    at: datetime
    p: bytes
    entry: bytes | None
    salt: bytes | None

    @property
    def is_erased(self) -> bool:
        """Return whether text and salt are gone."""
        return self.entry is None

    @cached_property
    def said(self) -> dict[str, Any]:
        """Return the members of the entry; none where it was erased, or is no JSON object of anybody's making."""
        try:
            members = {} if self.entry is None else orjson.loads(self.entry)
        except orjson.JSONDecodeError:
            return {}
        return members if isinstance(members, dict) else {}


@dataclass(frozen=True, kw_only=True)
class TrailPage:
    """Entries in the order asked for; `next` continues after what was looked at, None where nothing was.

    `more`: there is more to look at. `indexed`: entries below this index can be found.
    """

    entries: list[TrailEntry]
    next: str | None
    more: bool
    indexed: int


@dataclass(frozen=True, kw_only=True)
class _Found:
    indexes: list[int]
    reached: int | None
    more: bool


_NOTHING = _Found(indexes=[], reached=None, more=False)


def search(
    db: Connection, viewer: Viewer, asked: TrailFilter, after: str | None = None, limit: int = LIMIT
) -> TrailPage:
    """Return a page of at most `limit` entries that `viewer` may see and `asked` names, later than the cursor `after`.

    Raises:
        BadCursor: `after` is not a cursor of this viewer's and this filter's.
        BadQuery: see `choosing.choose`.
    """
    since = None if after is None else read_cursor(after, viewer, asked)
    chosen = choosing.choose(db, viewer, asked)
    found = _NOTHING if chosen is None else _find(db, asked, chosen, after=since, limit=min(limit, LIMIT_AT_MOST))
    reached = since if found.reached is None else found.reached
    return TrailPage(
        entries=entries_of(db, found.indexes),
        next=None if reached is None else write_cursor(reached, viewer, asked),
        more=found.more,
        indexed=indexed_until(db),
    )


def entry_at(db: Connection, viewer: Viewer, named: int | bytes | UUID) -> TrailEntry | None:
    """Return the entry with this index, leaf (32 bytes) or id; None where there is none that `viewer` may see.

    Of an erased one index and leaf are public: everyone is told that it was erased.
    """
    index = named if isinstance(named, int) else _index_of(db, named)
    if index is None or index not in _PLACES:
        return None
    entries = entries_of(db, [index])
    if not entries:
        return None
    if entries[0].is_erased or viewer.sees_all:
        return entries[0]
    scope_id = choosing.visible_scope(db, viewer)
    return entries[0] if scope_id is not None and index in visible_among(db, scope_id, [index]) else None


def entries_of(db: Connection, indexes: list[int]) -> list[TrailEntry]:
    """Return the entries at these indexes, in this order, as the log itself has them."""
    with db.cursor(binary=True) as rows:
        found = rows.execute(
            """
            SELECT placed.index, placed.leaf, entry.entry_id, entry.at, entry.p, entry.document, entry.salt
              FROM placed
              JOIN entry USING (entry_id)
             WHERE placed.index = ANY (%(indexes)s)
            """,
            {"indexes": indexes},
        ).fetchall()
    entries = {row[0]: TrailEntry(*row) for row in found}
    return [entries[index] for index in indexes if index in entries]


def visible_among(db: Connection, scope_id: int, indexes: list[int]) -> set[int]:
    """Return those of `indexes` that are in a scope."""
    rows = db.execute(
        "SELECT index FROM trail_posting WHERE scope_id = %(scope_id)s AND index = ANY (%(indexes)s)",
        {"scope_id": scope_id, "indexes": indexes},
    )
    return {index for (index,) in rows}


def indexed_until(db: Connection) -> int:
    """Return the index below which entries can be found."""
    row = db.execute("SELECT next_index FROM trail_progress").fetchone()
    return 0 if row is None else int(row[0])


def named_indexes(db: Connection, asked: TrailFilter, *, after: int | None = None) -> list[int] | None:
    """Return the indexes, 5,000 at most, of the acts that `asked` names by `id` or `record`; None where it does not.

    Whose they are is not looked at: `kept` says which of them were chosen.
    """
    find = finding_newest if asked.order == NEWEST else finding_oldest
    if asked.id is not None:
        index = _index_of(db, asked.id)
        return [] if index is None or (after is not None and index == after) else [index]
    if asked.record is None or asked.origin is None:
        return None
    indexes: list[int] = find.naming_record(
        db, origin=asked.origin, record_id=asked.record, after=after, looked=_NAMING_LOOKED
    )
    return indexes


def kept(db: Connection, chosen: Chosen, indexes: list[int]) -> dict[int, int]:
    """Return those of `indexes` that are what was chosen, each with the number of its combination."""
    rows = db.execute(
        """
        SELECT index, combination_id
          FROM trail_posting
         WHERE scope_id = %(scope_id)s
           AND index = ANY (%(indexes)s)
           AND index BETWEEN %(first)s AND %(last)s
           AND at >= %(since)s
           AND at < %(until)s
           AND (%(kinds)s::integer[] IS NULL OR combination_id = ANY (%(kinds)s))
        """,
        vars(chosen) | {"indexes": indexes},
    )
    return dict(rows.fetchall())


def _find(db: Connection, asked: TrailFilter, chosen: Chosen, *, after: int | None, limit: int) -> _Found:
    find = finding_newest if asked.order == NEWEST else finding_oldest
    if asked.id is not None or asked.record is not None:
        return _find_named(db, asked, chosen, after=after, limit=limit)
    matching: list[int] = []
    reached = after
    looked = limit + 1 if chosen.kinds is None and not chosen.is_timed else max(_LOOKED, limit + 1)
    for _ in range(_WALKS):
        walked = find.walk(db, chosen, after=reached, looked=looked)
        matching += [index for index, is_asked_for in walked if is_asked_for]
        reached = walked[-1][0] if walked else reached
        if len(matching) > limit:
            return _Found(indexes=matching[:limit], reached=matching[limit - 1], more=True)
        if chosen.kinds is not None:
            if len(walked) == looked:
                matching += find.from_lists(db, chosen, after=reached, most=limit + 1 - len(matching))
            # What was looked at may be acts of others with another's records: only what is given has a cursor.
            return _Found(
                indexes=matching[:limit],
                reached=matching[:limit][-1] if matching else after,
                more=len(matching) > limit,
            )
        if len(walked) < looked:
            return _Found(indexes=matching, reached=reached, more=False)
    return _Found(indexes=matching, reached=reached, more=True)


def _find_named(db: Connection, asked: TrailFilter, chosen: Chosen, *, after: int | None, limit: int) -> _Found:
    """Find acts that are named, whosever they are: only what is given has a cursor, so that it tells of no other."""
    find = finding_newest if asked.order == NEWEST else finding_oldest
    matching: list[int] = []
    reached = after
    for _ in range(_WALKS):
        named = named_indexes(db, asked, after=reached) or []
        matching += find.sorted_so(list(kept(db, chosen, named)))
        if len(matching) > limit:
            return _Found(indexes=matching[:limit], reached=matching[limit - 1], more=True)
        if len(named) < _NAMING_LOOKED:
            return _Found(indexes=matching, reached=matching[-1] if matching else after, more=False)
        reached = named[-1]
    # So many that the place of the last one tells nothing of it.
    return _Found(indexes=matching, reached=reached, more=True)


def _index_of(db: Connection, named: bytes | UUID) -> int | None:
    row = db.execute(
        """
        SELECT placed.index
          FROM entry
          JOIN placed USING (entry_id)
         WHERE entry.entry_id = %(entry_id)s
            OR entry.leaf = %(leaf)s
        """,
        {
            "leaf": named if isinstance(named, bytes) else None,
            "entry_id": named if isinstance(named, UUID) else None,
        },
    ).fetchone()
    return None if row is None else int(row[0])


def write_cursor(index: int, viewer: Viewer, asked: TrailFilter) -> str:
    """Return the cursor that continues after `index` for this viewer and this filter alone."""
    told = _CURSOR.pack(_VERSION, index)
    return to_base64url(told + _digest(told, viewer, asked))


def read_cursor(text: str, viewer: Viewer, asked: TrailFilter) -> int:
    """Return the index that a cursor names. It proves nothing and grants nothing.

    Raises:
        BadCursor: it is damaged, another viewer's, or for another filter.
    """
    try:
        cursor = from_base64url(text, length=_CURSOR.size + _DIGEST_BYTES)
    except NotVerified as error:
        raise BadCursor from error
    told = cursor[: _CURSOR.size]
    version, index = _CURSOR.unpack(told)
    if version != _VERSION or index not in _PLACES or cursor[_CURSOR.size :] != _digest(told, viewer, asked):
        raise BadCursor
    return int(index)


def _digest(told: bytes, viewer: Viewer, asked: TrailFilter) -> bytes:
    bound = canonical_bytes(["trail", viewer.organisation, viewer.sees_all, asked.to_query()])
    return sha256(told + bound).digest()[:_DIGEST_BYTES]
