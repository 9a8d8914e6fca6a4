"""Make a proof bundle: what a viewer may see of the log, with everything that proves it without this node.

A ZIP file whose members come one after the other: `bundle.json`, the published checkpoint, all leaves of its tree as
tiles, the entries with what opens them, the statements and approvals of whoever they name, and the node's witness
policy. It is written piece by piece; made twice in one transaction it is the same to the byte.

Without a filter, for the federation's auditor, all leaves are opened or told as erased, as the log has them; else the
index says which entries, and a bundle has 500,000 at most. Whatever it was asked for, what tells of erasures and of
restores comes with it. An entry without its text of whose erasure nothing tells has no line: the verifier names it.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from crypto.encoding import to_base64url
from crypto.tiles import HASH_BYTES, TILE_WIDTH, tile_path
from schemas import bundles
from schemas.bundles import BundleHead, BundleHeadSchema
from server.auditing import bundling_store as store
from server.auditing.bundling_store import Opened
from server.auditing.exporting import ENTRIES_AT_MOST, in_parts, indexes_of
from server.auditing.filtering import NEWEST, OLDEST, TrailFilter
from server.auditing.viewing import Viewer
from server.db import Connection
from server.errors import Busy, ExportTooLarge
from server.tree import reading
from server.tree.reading import StoredCheckpoint
from server.web.exchange import Node

MEDIA_TYPE = "application/zip"
_PIECE_BYTES = 64 * 1024
_NDJSON = orjson.OPT_APPEND_NEWLINE
# Text of this kind gains little by more.
_DEFLATE_LEVEL = 1


class _Outlet:
    """Where the ZIP file is written to: pieces wait here until they are taken. It cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.waiting = 0

    def write(self, data: bytes) -> int:
        """Take what comes next."""
        self._pieces.append(bytes(data))
        self.waiting += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """Return what waits."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.waiting = 0
        return taken


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a bundle is made of: the head of its tree, and which leaves are opened (None: all)."""

    checkpoint: StoredCheckpoint
    indexes: list[int] | None
    entries: int


def bundle_chunks(
    db: Connection,
    node: Node,
    viewer: Viewer,
    asked: TrailFilter,
    *,
    now: datetime,
    contents: Contents | None = None,
) -> Iterator[bytes]:
    """Yield the bundle of what `asked` names and `viewer` may see, as of the published checkpoint.

    `contents` are those of `contents_of`, where they are known.

    Raises:
        BadQuery: see `choosing.choose`.
        Busy: there is no checkpoint yet, or it does not reach an entry that tells of an erasure just now.
        ExportTooLarge: it would hold more than 500,000 entries.
    """
    contents = contents_of(db, viewer, asked) if contents is None else contents
    outlet, named = _Outlet(), {node.settings.node}
    head = _head(node, viewer, asked, contents, now=now)
    # mypy: a ZIP file is written to what only takes.
    with zipfile.ZipFile(outlet, "w") as archive:  # type: ignore[call-overload]  # zipfile asks for `write` and `flush` alone
        for name, pieces, method in _members(db, node, contents, head, named):
            member = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
            member.compress_type = method
            member.external_attr = 0o600 << 16
            with archive.open(member, "w", force_zip64=name == bundles.ENTRIES_NAME) as written:
                for piece in pieces:
                    written.write(piece)
                    if outlet.waiting >= _PIECE_BYTES:
                        yield outlet.take()
    yield outlet.take()


_Member = tuple[str, Iterable[bytes], int]


def _members(db: Connection, node: Node, contents: Contents, head: bytes, named: set[str]) -> Iterator[_Member]:
    """Yield name, bytes and compression of each member; `named` gathers whom the entries name."""
    stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    yield bundles.HEAD_NAME, [head], stored
    yield bundles.CHECKPOINT_NAME, [contents.checkpoint.note.encode()], stored
    for path, hashes in _tiles(db, contents.checkpoint.size):
        yield path, [hashes], stored
    yield bundles.ENTRIES_NAME, _entries(db, contents, named), deflated
    approvals = store.approvals_of(db, named)
    # Whoever approved is named too, and so on.
    while more := {approval.operator for approval in approvals} - named:
        named |= more
        approvals = store.approvals_of(db, named)
    statements = (
        {"organisation": one.organisation, "statement": one.document} for one in store.statements_of(db, named)
    )
    yield bundles.STATEMENTS_NAME, map(_line, statements), deflated
    told = ({"organisation": one.organisation, "approval": one.document} for one in approvals)
    yield bundles.APPROVALS_NAME, map(_line, told), deflated
    policy = node.settings.home / bundles.POLICY_NAME
    if policy.is_file():
        yield bundles.POLICY_NAME, [policy.read_bytes()], deflated


def contents_of(db: Connection, viewer: Viewer, asked: TrailFilter) -> Contents:
    """Return what the bundle of what `asked` names and `viewer` may see is made of.

    Raises:
        BadQuery, Busy, ExportTooLarge: see `bundle_chunks`.
    """
    checkpoint = reading.published_checkpoint(db)
    if checkpoint is None:
        raise Busy
    if _is_complete(viewer, asked):
        entries = store.count_lines(db, checkpoint.size)
        if entries > ENTRIES_AT_MOST:
            raise ExportTooLarge
        _check_told(db, None, checkpoint.size)
        return Contents(checkpoint=checkpoint, indexes=None, entries=entries)
    asked_for = indexes_of(db, viewer, asked, before=checkpoint.size)
    _check_told(db, asked_for, checkpoint.size)
    indexes = store.with_what_tells_of_them(db, asked_for, checkpoint.size)
    return Contents(checkpoint=checkpoint, indexes=indexes, entries=len(indexes))


def _check_told(db: Connection, indexes: list[int] | None, size: int) -> None:
    # A bundle without the entry that tells of an erasure would look like tampering.
    if store.waits_for_its_telling(db, indexes, size):
        raise Busy


def _is_complete(viewer: Viewer, asked: TrailFilter) -> bool:
    return viewer.sees_all and asked in {TrailFilter(order=NEWEST), TrailFilter(order=OLDEST)}


def _head(node: Node, viewer: Viewer, asked: TrailFilter, contents: Contents, *, now: datetime) -> bytes:
    head = BundleHead(
        v=1,
        federation=node.settings.federation,
        node=node.settings.node,
        log=f"{node.settings.log_name}/{contents.checkpoint.epoch}",
        size=contents.checkpoint.size,
        root=to_base64url(contents.checkpoint.root),
        made_at=now.replace(microsecond=0),
        filter=asked.to_query(),
        viewer=bundles.Viewer(organisation=viewer.organisation, sees_all=viewer.sees_all),
        entries=contents.entries,
        complete=contents.indexes is None,
    )
    return orjson.dumps(BundleHeadSchema().dump(head), option=orjson.OPT_SORT_KEYS)


def _tiles(db: Connection, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and hashes of each tile of level 0 (C2SP tlog-tiles)."""
    tile_bytes, number = TILE_WIDTH * HASH_BYTES, 0
    for chunk in reading.leaves_in_chunks(db, 0, size):
        for start in range(0, len(chunk), tile_bytes):
            hashes = chunk[start : start + tile_bytes]
            yield tile_path(0, number, len(hashes) // HASH_BYTES), hashes
            number += 1


def _entries(db: Connection, contents: Contents, named: set[str]) -> Iterator[bytes]:
    size = contents.checkpoint.size
    parts = (
        store.all_opened(db, size)
        if contents.indexes is None
        else (store.opened(db, part) for part in in_parts(contents.indexes))
    )
    for part in parts:
        named |= {name for one in part if (name := _organisation_of(one)) is not None}
        told = (_told(one, size) for one in part)
        yield b"".join(_line(one) for one in told if one is not None)


def _organisation_of(one: Opened) -> str | None:
    try:
        name = None if one.document is None else orjson.loads(one.document)["organisation"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        # Nobody's but a hand's in the database: the bundle shows it as it is.
        return None
    return name if isinstance(name, str) else None


def _told(one: Opened, size: int) -> dict[str, object] | None:
    """Return the line of a place; None: its text is gone, and nothing in the log tells of it."""
    if one.document is None or one.salt is None:
        if one.erased_by is None or one.erased_by >= size:
            return None
        return {"index": one.index, "erased_by": one.erased_by}
    return {
        "index": one.index,
        "entry": one.document.decode("utf-8", errors="replace"),
        "salt": to_base64url(one.salt),
        "p": to_base64url(one.p),
    }


def _line(value: Mapping[str, object]) -> bytes:
    return orjson.dumps(value, option=_NDJSON)
