"""Make a page again as it was served, document by document, and compare it with the root that its entry holds.

`served` commits an entry to the digest of every document of its page, in order. What the log's order leaves open is
decided by it: a page reads its documents at one moment, so it either saw an erasure and all before it, or none from
there on; and access that ran out by one of two clocks is either on it or not.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crypto.encoding import to_base64url
from crypto.entries import served_root
from server.auditing import exposing_pages as pages
from server.auditing.exposing_pages import Given, Past, Told
from server.auditing.exposing_store import CLOCKS, ERASING, StoredRelease
from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class ServedDocument:
    """A document of a page: whose batch, with the digests that are its leaf in `served` (32 bytes each)."""

    batch_id: int
    manifest_sha256: bytes
    document_sha256: bytes


@dataclass(frozen=True, kw_only=True)
class ServedPage:
    """A page as it was served; `agrees` says whether its documents make the root that its entry holds.

    `unseen` are the indexes of the erasures that came before it in the log and after it was read.
    """

    told: Told
    documents: tuple[ServedDocument, ...]
    unseen: frozenset[int]
    agrees: bool

    def has(self, release: StoredRelease) -> bool:
        """Return whether the page gave this line. Of a page that cannot be made again, what may be is told."""
        if not self.agrees:
            return True
        if release.erased_index is not None and release.erased_index not in self.unseen:
            return False
        return any(document.batch_id == release.batch_id for document in self.documents)


def served_page(db: Connection, *, index: int) -> ServedPage | None:
    """Return the page of the entry at `index`; None where it is no pull that held anything, or its text is gone."""
    told = pages.told_of(db, index=index)
    if told is None or told.served is None:
        return None
    given = pages.batches_of(db, indexes=[index])
    pasts = pages.pasts_of(db, batch_ids=sorted({one.batch_id for one in given}))
    first = None
    for page in _possible(told, given, pasts):
        if page.agrees:
            return page
        first = first or page
    return first


def without_doubt(db: Connection, releases: Sequence[StoredRelease]) -> list[StoredRelease]:
    """Return those of `releases` that their pages really gave."""
    known: dict[int, ServedPage | None] = {}
    kept = []
    for release in releases:
        if release.is_doubtful:
            if release.index not in known:
                known[release.index] = served_page(db, index=release.index)
            page = known[release.index]
            if page is not None and not page.has(release):
                continue
        kept.append(release)
    return kept


def _possible(told: Told, given: Sequence[Given], pasts: Sequence[Past]) -> Iterator[ServedPage]:
    """Yield what the page may have been, the likeliest first."""
    by_batch: dict[int, list[Past]] = defaultdict(list)
    for past in pasts:
        by_batch[past.batch_id].append(past)
    in_flight = sorted(
        {
            past.index
            for past in pasts
            if past.index is not None and past.index < told.index and past.erased_at > told.at - ERASING
        },
        reverse=True,
    )
    lapses = sorted({one.ends_at for one in given if one.ends_at is not None and one.ends_at <= told.at + CLOCKS})
    for lapsed in (None, *lapses):
        held = [one for one in given if lapsed is None or one.ends_at is None or one.ends_at > lapsed]
        for number in range(len(in_flight) + 1):
            unseen = frozenset(in_flight[:number])
            documents = tuple(
                ServedDocument(
                    batch_id=one.batch_id,
                    manifest_sha256=one.manifest_sha256,
                    document_sha256=_digest(one, by_batch[one.batch_id], unseen),
                )
                for one in held
            )
            yield ServedPage(told=told, documents=documents, unseen=unseen, agrees=_root(documents) == told.served)


def _digest(given: Given, pasts: Sequence[Past], unseen: frozenset[int]) -> bytes:
    """Return the digest of a document as a page gave it that had not seen these erasures."""
    if given.expires_at <= given.at:
        return given.head_sha256
    stored = given.document_sha256
    for past in pasts:
        if past.index is None or past.index > given.index or past.index in unseen:
            stored = past.document_sha256
            break
    # A page that gave leaves for lines of another stored document was another page.
    if given.masked_sha256 is not None and given.masked_stored_sha256 == stored:
        return given.masked_sha256
    return stored


def leaves_of(documents: Sequence[ServedDocument]) -> list[tuple[str, str]]:
    """Return the leaves' data of `served`, in page order: manifest's and document's digests in base64url."""
    return [(to_base64url(one.manifest_sha256), to_base64url(one.document_sha256)) for one in documents]


def _root(documents: Sequence[ServedDocument]) -> str | None:
    return served_root(leaves_of(documents))
