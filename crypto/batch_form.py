"""The one text form of batches: NDJSON documents as pushed, fed, relayed and filed.

A document is a manifest line, then (but for a push) an acceptance line, then record lines and lines that stand for
erased ones; it ends at the next control line. A control line is an object with exactly one member and no `id`.
Every line ends with one LF. Nothing is verified here: bytes are cut, never changed, and cut only within bounds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from crypto.encoding import HASH_BYTES, from_base64url, to_base64url
from crypto.refusals import NotVerified

MAX_RECORDS = 4096
MAX_PUSH_BYTES = 8 * 1024 * 1024
MAX_LINE_BYTES = 16 * 1024
MAX_GROUP_LINE_BYTES = 192 * 1024

_TOKEN = rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}"
_MANIFEST = re.compile(rb'\{"manifest":"(' + _TOKEN + rb')"\}')
_ACCEPTED = re.compile(rb'\{"accepted":"(' + _TOKEN + rb')"\}')
_ERASED = re.compile(rb'\{"erased":"([A-Za-z0-9_-]{43})"\}')
# Surely more than one member: a scalar with a comma behind it, or an object or array that the line does not end with.
_has_many_members = re.compile(
    rb'\{"[^"\\]+":(?:\{.*[^}]\}\Z|\[.*[^\]]\}\Z|(?:"[^"\\]*"|[0-9a-z-]+),)',
    re.DOTALL,
).match


class MalformedDocument(ValueError):
    """The bytes are not documents of the one form; `reason` is a constant token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What stands in place of a record whose bytes were erased: its 32-byte leaf."""

    leaf: bytes


@dataclass(frozen=True, kw_only=True)
class PushedDocument:
    """A pushed batch: the manifest's JWS, and 1 to 4,096 record lines without their LF."""

    manifest: str
    lines: list[bytes]


@dataclass(frozen=True, kw_only=True)
class StoredDocument:
    """A placed batch: both JWS, its lines without LF (none when it has expired), and all its bytes as served."""

    manifest: str
    accepted: str
    lines: list[bytes | Erased]
    document: bytes = field(repr=False)


def split_push(document: bytes) -> PushedDocument:
    """Return the manifest and the record lines of a pushed `document`.

    Lines are counted before they are cut. That each is a canonical record is judged later.

    Raises:
        MalformedDocument: `document_too_long`, `too_many_records`, `not_ndjson`, `manifest_missing`,
            `records_missing`, `line_order`, `line_too_long`.
    """
    if len(document) > MAX_PUSH_BYTES:
        raise MalformedDocument("document_too_long")
    if document.count(b"\n") > MAX_RECORDS + 1:
        raise MalformedDocument("too_many_records")
    if not document.endswith(b"\n"):
        raise MalformedDocument("not_ndjson")
    first, *lines = document[:-1].split(b"\n")
    manifest = _MANIFEST.fullmatch(first)
    if manifest is None:
        raise MalformedDocument("manifest_missing")
    if not lines:
        raise MalformedDocument("records_missing")
    for line in lines:
        _check_pushed_line(line)
    return PushedDocument(manifest=manifest[1].decode("ascii"), lines=lines)


def split_documents(page: bytes) -> list[StoredDocument | dict[str, Any]]:
    """Return the documents of a feed page or a file, and its other control lines as dicts, in order.

    Raises:
        MalformedDocument: what `DocumentReader` refuses.
    """
    reader = DocumentReader()
    items = list(reader.feed(page))
    items.extend(reader.close())
    return items


class DocumentReader:
    """Reads documents from bytes that come in pieces; holds no more than one document and one piece."""

    def __init__(self) -> None:
        self._rest = b""
        self._manifest: bytes | None = None
        self._accepted: bytes | None = None
        self._lines: list[bytes | Erased] = []

    def feed(self, piece: bytes) -> Iterator[StoredDocument | dict[str, Any]]:
        """Yield what is whole after `piece`: a document when the next control line has come, other control lines.

        Raises:
            MalformedDocument: `line_too_long`, `not_ndjson`, `too_many_records`, `accepted_missing`,
                `line_order`, `manifest_form`, `accepted_form`, `erased_form`.
        """
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if max(map(len, (self._rest, *lines))) > MAX_GROUP_LINE_BYTES:
            raise MalformedDocument("line_too_long")
        for line in lines:
            # The hot line: once a record.
            if self._accepted is None or _has_many_members(line) is None:
                yield from self._take(line)
            else:
                self._lines.append(line)
        if len(self._lines) > MAX_RECORDS:
            raise MalformedDocument("too_many_records")

    def close(self) -> Iterator[StoredDocument | dict[str, Any]]:
        """Yield the last document, if one is open.

        Raises:
            MalformedDocument: `not_ndjson`: the last line has no LF; `accepted_missing`.
        """
        if self._rest:
            raise MalformedDocument("not_ndjson")
        yield from self._finish()

    def _take(self, line: bytes) -> Iterator[StoredDocument | dict[str, Any]]:
        if line.startswith(b'{"manifest":'):
            yield from self._finish()
            _read(_MANIFEST, line, "manifest_form")
            self._manifest = line
        elif line.startswith(b'{"accepted":'):
            if self._manifest is None or self._accepted is not None:
                raise MalformedDocument("line_order")
            _read(_ACCEPTED, line, "accepted_form")
            self._accepted = line
        elif line.startswith(b'{"erased":'):
            self._add(Erased(leaf=_erased_leaf(line)))
        else:
            control = _control(line)
            if control is None:
                self._add(line)
            else:
                yield from self._finish()
                yield control

    def _add(self, line: bytes | Erased) -> None:
        if self._accepted is None:
            raise MalformedDocument("line_order" if self._manifest is None else "accepted_missing")
        self._lines.append(line)

    def _finish(self) -> Iterator[StoredDocument]:
        manifest, accepted, lines = self._manifest, self._accepted, self._lines
        self._manifest, self._accepted, self._lines = None, None, []
        if manifest is None:
            return
        if accepted is None:
            raise MalformedDocument("accepted_missing")
        if len(lines) > MAX_RECORDS:
            raise MalformedDocument("too_many_records")
        # An erased line has one spelling, so writing it again gives the bytes that came.
        raw = [_erased_line(line) if isinstance(line, Erased) else line for line in lines]
        yield StoredDocument(
            manifest=_read(_MANIFEST, manifest, "manifest_form"),
            accepted=_read(_ACCEPTED, accepted, "accepted_form"),
            lines=lines,
            document=b"\n".join([manifest, accepted, *raw, b""]),
        )


def _read(pattern: re.Pattern[bytes], line: bytes, reason: str) -> str:
    match = pattern.fullmatch(line)
    if match is None:
        raise MalformedDocument(reason)
    return match[1].decode("ascii")


def _erased_line(line: Erased) -> bytes:
    return b'{"erased":"%b"}' % to_base64url(line.leaf).encode("ascii")


def _erased_leaf(line: bytes) -> bytes:
    try:
        return from_base64url(_read(_ERASED, line, "erased_form"), length=HASH_BYTES)
    except NotVerified as error:
        raise MalformedDocument("erased_form") from error


def _control(line: bytes) -> dict[str, Any] | None:
    """Return the control line's object, or None when the object is a record's."""
    try:
        value = orjson.loads(line)
    except ValueError as error:
        raise MalformedDocument("not_ndjson") from error
    if type(value) is not dict:
        raise MalformedDocument("not_ndjson")
    return value if len(value) == 1 and "id" not in value else None


def _check_pushed_line(line: bytes) -> None:
    if len(line) > MAX_GROUP_LINE_BYTES:
        raise MalformedDocument("line_too_long")
    if _has_many_members(line) is None and _control(line) is not None:
        raise MalformedDocument("line_order")
