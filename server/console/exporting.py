"""Export the current filter: say what it would be, then give it as a file, with a passkey used a moment ago."""

from collections.abc import Iterator

from server.access import Permission
from server.auditing import counting
from server.auditing.bundling import bundle_chunks, contents_of
from server.auditing.exporting import CSV_TYPE, NDJSON_TYPE, csv_chunks, indexes_of, ndjson_chunks
from server.auditing.filtering import PARAMETERS, TrailFilter
from server.auditing.viewing import POOL_SIZE
from server.console import shapes
from server.console.browsing import viewer_at
from server.console.door import ConsoleVisit, Download, Pages, Shown
from server.console.sentences import sentence_of
from server.errors import NotFound
from server.feed.permits import PagePermits

exports = Pages(name="exports")

_ZIP = "application/zip"
# Half of the auditor's connections may be taken by the api's own exports, and one must be left for whoever only looks.
_PERMITS = PagePermits(most=POOL_SIZE // 4)
_FORMS = {"bundle": (_ZIP, ".havre-bundle.zip"), "csv": (CSV_TYPE, ".csv"), "ndjson": (NDJSON_TYPE, ".ndjson")}


@exports.get("/console/export", permission=Permission.READ_TRAIL, query=PARAMETERS)
def export_page(visit: ConsoleVisit) -> Shown:
    """Show what an export of this filter holds, and its forms."""
    asked = TrailFilter.from_query(visit.query)
    counted = counting.facets(visit.trail, viewer_at(visit), asked)
    page = shapes.ExportPage(
        sentence=sentence_of(asked, visit.language),
        query=asked.to_query(),
        found=counted.entries,
        is_exact=counted.is_exact,
    )
    return Shown(template="export.html", values={"page": page})


@exports.get("/console/export/<form>", permission=Permission.EXPORT_TRAIL, query=PARAMETERS, fresh=True)
def export_file(visit: ConsoleVisit, form: str) -> Download:
    """Give the entries of a filter as a file.

    Raises:
        NotFound: there is no such form.
        Busy: another export is being made here.
    """
    if form not in _FORMS:
        raise NotFound
    media_type, ending = _FORMS[form]
    return Download(
        chunks=_chunks(visit, form, TrailFilter.from_query(visit.query)),
        media_type=media_type,
        filename=f"{visit.node.settings.node}-{visit.now:%Y%m%dT%H%M%SZ}{ending}",
    )


def _chunks(visit: ConsoleVisit, form: str, asked: TrailFilter) -> Iterator[bytes]:
    viewer = viewer_at(visit)
    with _PERMITS.hold(viewer.organisation_id):
        if form == "bundle":
            contents = contents_of(visit.trail, viewer, asked)
            visit.facts.records = contents.entries
            yield from bundle_chunks(visit.trail, visit.node, viewer, asked, now=visit.now, contents=contents)
            return
        indexes = indexes_of(visit.trail, viewer, asked)
        visit.facts.records = len(indexes)
        yield from (csv_chunks if form == "csv" else ndjson_chunks)(visit.trail, viewer, asked, indexes)
