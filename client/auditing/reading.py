"""Read the node's trail as its auditor: search it, count it, ask who received what, and take it away.

Every answer is signed by the node; every opened entry must make its leaf besides. That the leaf stands in the log, and
that nothing is missing beside it, a proof bundle shows (`client/auditing/verifying.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Literal
from urllib.parse import quote, urlencode

from client.answer import Answer
from client.auditing.archive import open_archive
from client.failures import NotVerified
from client.wire import load
from crypto import refusals
from crypto.canonical import NotCanonical, parse_canonical
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf
from schemas.answers import OpenedEntry, OpenedEntrySchema
from schemas.exposures import OrganisationExposure, OrganisationExposureSchema, RecordExposure, RecordExposureSchema
from schemas.fields import WireSchema
from schemas.trail import (
    ENTRIES_A_PAGE,
    DayOfTrail,
    DaysOfTrailSchema,
    FacetCounts,
    FacetCountsSchema,
    FoundEntries,
    FoundEntriesSchema,
    FoundEntry,
)

ExportFormat = Literal["csv", "ndjson"]
Ask = Callable[[str], Answer]
"""Return the verified answer to a signed GET of a target, for the purpose `audit`."""
Fetch = Callable[[str, BinaryIO], Answer]
"""The same, the answer's body written into a file."""

# How far the moment that a bundle names may be from the one at which it was fetched: a large one takes its time.
_OF_THE_MOMENT = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class TrailLine:
    """One entry that was found. `entry` are its members, None where its text was erased after its retention.

    `is_true`: text, salt and `p` make the leaf; False: somebody altered the text, and the members are what is left.
    """

    index: int
    leaf: str
    entry: Mapping[str, Any] | None
    is_erased: bool
    is_true: bool


class Trail:
    """The trail of one partner's node, as its auditor may see it."""

    def __init__(self, *, ask: Ask, fetch: Fetch, now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._fetch = fetch
        self._now = now

    def search(self, *, most: int = ENTRIES_A_PAGE, **asked: str) -> Iterator[TrailLine]:
        """Yield up to `most` entries, newest first unless `order` is `oldest`.

        `asked` are the parameters of `GET /v1/trail`: `organisation keyid holder role action decision reason purpose
        origin record id since until order`.

        Raises:
            Failure: by its classes.
        """
        for page in self._found(most, asked):
            yield from map(trail_line, page.entries)

    def find(self, *, most: int, **asked: str) -> tuple[tuple[TrailLine, ...], bool]:
        """Return what `search` yields, and whether there is more to look at: nothing is asked for beyond `most`.

        Raises:
            Failure: by its classes.
        """
        pages = tuple(self._found(most, asked))
        return tuple(trail_line(found) for page in pages for found in page.entries), pages[-1].page.more

    def days(self, **asked: str) -> tuple[DayOfTrail, ...]:
        """Return how many entries of each UTC day were allowed and refused, oldest day first."""
        days: tuple[DayOfTrail, ...] = load(DaysOfTrailSchema(), self._ask(_target("/v1/trail/days", asked)).body).days
        return days

    def facets(self, **asked: str) -> FacetCounts:
        """Return how often each member has which value among the entries that a search would find."""
        counts: FacetCounts = load(FacetCountsSchema(), self._ask(_target("/v1/trail/facets", asked)).body)
        return counts

    def exposure_of_record(self, origin: str, record_id: str) -> RecordExposure:
        """Return to whom which revision of a record was released, when, for what, and by which signed request."""
        path = f"/v1/trail/records/{quote(origin)}/{quote(record_id)}/exposure"
        whole: RecordExposure | None = None
        for page in self._pages(path, {}, RecordExposureSchema()):
            whole = page if whole is None else _joined(whole, page)
        assert whole is not None  # noqa: S101 - there is a first page
        return whole

    def exposure_of_organisation(self, name: str, **asked: str) -> OrganisationExposure:
        """Return what was released to an organisation; `asked`: `origin kind purpose since until`."""
        whole: OrganisationExposure | None = None
        for page in self._pages(f"/v1/trail/organisations/{quote(name)}/exposure", asked, OrganisationExposureSchema()):
            whole = page if whole is None else replace(page, releases=(*whole.releases, *page.releases))
        assert whole is not None  # noqa: S101 - there is a first page
        return whole

    def export(self, into: Path, *, form: ExportFormat, **asked: str) -> Answer:
        """Write all entries that a search finds to the new file `into`, as CSV or NDJSON.

        Raises:
            FileExistsError: there is such a file.
            Failure: by its classes; no file is left then.
        """
        return self._save(_target("/v1/trail/export", {**asked, "format": form}), into)

    def bundle(self, into: Path, **asked: str) -> Answer:
        """Write the proof bundle of all entries that a search finds to the new file `into`; verified by `havre audit`.

        Raises:
            FileExistsError: there is such a file.
            Failure: by its classes; `NotVerified` `bundle_stale` where the node gives one that is not of this moment,
                as if the log had not grown since. No file is left then.
        """
        return self._save(_target("/v1/trail/bundle", asked), into, judge=self._judge_age)

    def _judge_age(self, path: Path) -> None:
        with open_archive(path) as archive:
            if abs(self._now() - archive.head.made_at) > _OF_THE_MOMENT:
                raise NotVerified("bundle_stale")

    def _found(self, most: int, asked: Mapping[str, str]) -> Iterator[FoundEntries]:
        """Yield pages of a search that hold `most` entries in all, at least one page; each asks for no more than that.

        Raises:
            NotVerified: `answer_form`: the node gives more than it was asked for.
        """
        left, after = most, None
        while left > 0:
            limit = min(left, ENTRIES_A_PAGE)
            query = {**asked, "limit": str(limit)} | ({} if after is None else {"after": after})
            page: FoundEntries = load(FoundEntriesSchema(), self._ask(_target("/v1/trail", query)).body)
            if len(page.entries) > limit:
                raise NotVerified("answer_form")
            yield page
            left -= len(page.entries)
            after = page.page.next
            if not page.page.more or after is None:
                return

    def _pages(self, path: str, asked: Mapping[str, str], schema: WireSchema) -> Iterator[Any]:
        after: str | None = None
        while True:
            page = load(schema, self._ask(_target(path, asked if after is None else {**asked, "after": after})).body)
            yield page
            if not page.page.more or page.page.next == after:
                return
            after = page.page.next

    def _save(self, target: str, into: Path, *, judge: Callable[[Path], None] | None = None) -> Answer:
        part = into.with_name(f"{into.name}.part")
        if into.exists():
            raise FileExistsError(None, "the file is there already", str(into))
        try:
            with part.open("w+b") as file:
                answer = self._fetch(target, file)
            if judge is not None:
                judge(part)
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)
        return answer


def action_of_trail(target: str) -> str:
    """Return as what act the node enters a request for the trail."""
    path = target.partition("?")[0]
    if path.endswith(("/export", "/bundle")):
        return "export_trail"
    return "read_exposure" if "/exposure" in path else "read_trail"


def trail_line(found: FoundEntry) -> TrailLine:
    """Return what was found, its leaf made again.

    Raises:
        NotVerified: `answer_form`: neither opened nor erased.
    """
    if found.erased:
        return TrailLine(index=found.index, leaf=found.leaf, entry=None, is_erased=True, is_true=True)
    if found.entry is None or found.salt is None or found.p is None:
        raise NotVerified("answer_form")
    text = found.entry.encode()
    try:
        made = entry_leaf(salt=from_base64url(found.salt), entry=text, p=from_base64url(found.p))
        entry: Mapping[str, Any] = parse_canonical(text)
    except (refusals.NotVerified, NotCanonical, ValueError):
        return TrailLine(index=found.index, leaf=found.leaf, entry=None, is_erased=False, is_true=False)
    is_true = to_base64url(made) == found.leaf
    return TrailLine(index=found.index, leaf=found.leaf, entry=entry, is_erased=False, is_true=is_true)


def line_of_opened(leaf: str, body: bytes) -> TrailLine:
    """Return one of one's own entries, opened by its receipt; `index` is -1 while it waits for its place.

    Raises:
        NotVerified: `answer_form`.
    """
    opened: OpenedEntry = load(OpenedEntrySchema(), body)
    index = -1 if opened.index is None else opened.index
    return trail_line(FoundEntry(index=index, leaf=leaf, entry=opened.entry, salt=opened.salt, p=opened.p))


def _joined(whole: RecordExposure, page: RecordExposure) -> RecordExposure:
    known = {one.revision for one in whole.revisions}
    later = tuple(one for one in page.revisions if one.revision not in known)
    return replace(page, revisions=(*whole.revisions, *later), releases=(*whole.releases, *page.releases))


def _target(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path
