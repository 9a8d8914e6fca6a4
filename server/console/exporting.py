"""Export the current filter: say what it would be, then give it as a file, with a passkey used a moment ago."""

from server.access import Permission
from server.auditing import counting
from server.auditing.filtering import PARAMETERS, TrailFilter
from server.console import shapes
from server.console.browsing import viewer_at
from server.console.door import ConsoleVisit, Pages, Shown
from server.console.sentences import sentence_of

exports = Pages(name="exports")


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
