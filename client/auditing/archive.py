"""Open a proof bundle: a ZIP file of which every member, its place and its length are known beforehand.

Whoever makes a bundle may be hostile. Names are compared, never used as paths; nothing is unpacked to disk. Refused
are: another order, a missing, repeated or additional member, a declared length that the member cannot have, a
compression that blows up, members that overlap, encryption, a comment, bytes before the first member.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, zip_longest
from pathlib import Path
from typing import IO

from marshmallow import ValidationError

from client.failures import NotVerified
from crypto import refusals
from crypto.canonical import NotCanonical, parse_json
from crypto.tiles import HASH_BYTES, TILE_WIDTH, read_tile_path, tile_path
from schemas.bundles import (
    APPROVALS_NAME,
    CHECKPOINT_NAME,
    ENTRIES_NAME,
    HEAD_NAME,
    POLICY_NAME,
    STATEMENTS_NAME,
    BundleHead,
    BundleHeadSchema,
)

_KIB = 1024
_TILES = "tile/0/"
_MOST_SMALL = 512 * _KIB
_MOST_LINE = {ENTRIES_NAME: 128 * _KIB, STATEMENTS_NAME: 264 * _KIB, APPROVALS_NAME: 16 * _KIB}
_MOST_DOCUMENTS = 1024 * _KIB * _KIB
# Text compresses to a tenth; what compresses to less than a hundredth was made to fill a disk.
_MOST_RATIO = 100
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Archive:
    """An open bundle whose members are all there, in order; nothing in them is judged yet but `head`'s form."""

    def __init__(self, opened: zipfile.ZipFile, *, head: BundleHead, leaves: int, has_policy: bool) -> None:
        self.head = head
        self._leaves = leaves
        self._opened = opened
        self._has_policy = has_policy

    @property
    def checkpoint(self) -> str:
        """Return the signed note of the log's head.

        Raises:
            NotVerified: `bundle_form`, `bundle_damaged`.
        """
        return _text(self._whole(CHECKPOINT_NAME))

    @property
    def policy(self) -> str | None:
        """Return the node's own witness policy, None where it has none.

        Raises:
            NotVerified: `bundle_form`, `bundle_damaged`.
        """
        return _text(self._whole(POLICY_NAME)) if self._has_policy else None

    def tiles(self) -> Iterator[bytes]:
        """Yield the tiles of level 0 in order.

        Raises:
            NotVerified: `bundle_damaged`.
        """
        for name, _ in _tiles(self._leaves):
            yield self._whole(name)

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of an NDJSON member, each without its LF.

        Raises:
            NotVerified: `bundle_form`: a line that is too long, or not ended; `bundle_damaged`.
        """
        most = _MOST_LINE[name]
        with _undamaged(), self._opened.open(name) as member:
            while line := member.readline(most + 1):
                if len(line) > most or not line.endswith(b"\n"):
                    raise NotVerified("bundle_form", about=name)
                yield line[:-1]

    def _whole(self, name: str) -> bytes:
        with _undamaged():
            return self._opened.read(name)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Give the bundle at `path`, closed afterwards.

    Raises:
        NotVerified: `bundle_damaged`: no ZIP file, or not as it was made; `bundle_form`: `bundle.json`;
            `bundle_members`: not exactly the members of a bundle in their order; `bundle_length`: one is longer than
            it can be. `about` names the member that should be there.
    """
    with path.open("rb") as file, _opened(file) as opened:
        members = opened.infolist()
        if opened.comment or not members or members[0].header_offset != 0:
            raise NotVerified("bundle_members", about=HEAD_NAME)
        head = _read_head(opened, members[0])
        has_policy = members[-1].filename == POLICY_NAME
        ends = [member.header_offset for member in members[1:]] + [opened.start_dir]
        leaves = _leaves(head, members)
        expected = _expected(head, leaves=leaves, has_policy=has_policy)
        for named, member, end in zip_longest(expected, members, ends):
            _check(named, member, end)
        yield Archive(opened, head=head, leaves=leaves, has_policy=has_policy)


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    with _undamaged():
        opened = zipfile.ZipFile(file)
    with opened:
        yield opened


@contextmanager
def _undamaged() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise NotVerified("bundle_damaged") from error


def _read_head(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> BundleHead:
    _check((HEAD_NAME, _MOST_SMALL, False), member, opened.start_dir)
    try:
        with _undamaged():
            data = opened.read(member)
        head: BundleHead = BundleHeadSchema().load(parse_json(data))
    except (NotCanonical, ValidationError) as error:
        raise NotVerified("bundle_form", about=HEAD_NAME) from error
    return head


_Expected = tuple[str, int, bool]


def _expected(head: BundleHead, *, leaves: int, has_policy: bool) -> Iterator[_Expected]:
    """Yield name, length in bytes, and whether that is exact, of each member in order."""
    documents: list[_Expected] = [
        (ENTRIES_NAME, head.entries * _MOST_LINE[ENTRIES_NAME], False),
        (STATEMENTS_NAME, _MOST_DOCUMENTS, False),
        (APPROVALS_NAME, _MOST_DOCUMENTS, False),
    ]
    if has_policy:
        documents.append((POLICY_NAME, _MOST_SMALL, False))
    begun: list[_Expected] = [(HEAD_NAME, _MOST_SMALL, False), (CHECKPOINT_NAME, _MOST_SMALL, False)]
    return chain(begun, ((name, length, True) for name, length in _tiles(leaves)), documents)


def _leaves(head: BundleHead, members: list[zipfile.ZipInfo]) -> int:
    """Return how many leaves the tiles have by their names: those of the head, or fewer, where the node lacks some."""
    tiles = [member.filename for member in members if member.filename.startswith(_TILES)]
    try:
        last = read_tile_path(tiles[-1]) if tiles else None
    except refusals.NotVerified:
        return head.size
    return head.size if last is None else min(head.size, last.index * TILE_WIDTH + last.width)


def _tiles(size: int) -> Iterator[tuple[str, int]]:
    """Yield path and length of each tile of level 0 of a tree of `size` leaves."""
    for start in range(0, size, TILE_WIDTH):
        width = min(TILE_WIDTH, size - start)
        yield tile_path(0, start // TILE_WIDTH, width), width * HASH_BYTES


def _check(named: _Expected | None, member: zipfile.ZipInfo | None, end: int | None) -> None:
    if named is None or member is None or end is None or member.filename != named[0]:
        raise NotVerified("bundle_members", about=None if named is None else named[0])
    name, length, is_exact = named
    if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
        raise NotVerified("bundle_members", about=name)
    if is_exact and (member.compress_type != zipfile.ZIP_STORED or member.file_size != length):
        raise NotVerified("bundle_length", about=name)
    if member.file_size > min(length, member.compress_size * _MOST_RATIO + _KIB):
        raise NotVerified("bundle_length", about=name)
    # Two members must not be made of the same bytes.
    if member.header_offset + _LOCAL_HEADER_BYTES + len(name) + member.compress_size > end:
        raise NotVerified("bundle_members", about=name)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NotVerified("bundle_form") from error
