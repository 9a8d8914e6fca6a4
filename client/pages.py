"""Read the form of a page: documents and `ended` lines in their order, and the line that says how it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from marshmallow import ValidationError

from client.failures import NotVerified
from client.judging import Named, read_named
from crypto.batches import MalformedDocument, StoredDocument, split_documents
from crypto.encoding import to_base64url
from crypto.entries import served_root
from schemas.answers import Ended, EndedSchema, Page, PageSchema


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A parsed page: documents and `ended` lines in order, and how many lines are of no known sort."""

    items: Sequence[Named | Ended]
    page: Page
    unknown_lines: int


def read_contents(body: bytes, *, after: str | None) -> Contents:
    """Return what a page holds, nothing of it proven; `after` is the cursor that it was asked with.

    Raises:
        NotVerified: `page_` and what is wrong with its form.
    """
    try:
        parts = split_documents(body)
    except MalformedDocument as error:
        raise NotVerified(f"page_{error.reason}") from error
    if not parts or isinstance(parts[-1], StoredDocument) or "page" not in parts[-1]:
        raise NotVerified("page_unfinished")
    page: Page = _load(PageSchema(), parts[-1]["page"])
    items: list[Named | Ended] = []
    unknown_lines = 0
    for part in parts[:-1]:
        if isinstance(part, StoredDocument):
            items.append(read_named(part))
        elif "ended" in part:
            items.append(_load(EndedSchema(), part["ended"]))
        elif "page" in part:
            raise NotVerified("page_form")
        else:
            unknown_lines += 1
    named = [one for one in items if isinstance(one, Named)]
    # An expired batch comes without its lines, and counts by its manifest.
    count = sum(len(one.document.lines) or one.manifest.claims.get("count", 0) for one in named)
    if (page.batches, page.records) != (len(named), count):
        raise NotVerified("page_count")
    if page.more and (not items or page.next == after):
        # It would be asked for ever.
        raise NotVerified("page_form")
    return Contents(items=items, page=page, unknown_lines=unknown_lines)


def _load(schema: Any, value: object) -> Any:
    try:
        return schema.load(value)
    except ValidationError as error:
        raise NotVerified("page_form") from error


def served_by(named: Sequence[Named]) -> str | None:
    """Return the root over the documents of a page as they came, base64url; None where none came."""
    return served_root(
        [(to_base64url(one.manifest.digest), to_base64url(sha256(one.document.document).digest())) for one in named]
    )
