"""Show the overview: is the trail whole, what happened lately, who takes part; of the trail to auditors alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.access import Permission, Role
from server.auditing import counting
from server.auditing.filtering import TrailFilter
from server.auditing.searching import search
from server.auditing.viewing import Viewer
from server.console import health, shapes, store
from server.console.browsing import days_shown, viewer_at
from server.console.checkpoints import head_shown, newest_heads
from server.console.days import DAYS_SHOWN
from server.console.door import ConsoleVisit, Pages, Shown
from server.console.rows import EntryRow, row_of
from server.errors import BadQuery

overview = Pages(name="overview")

_PUSHES_SHOWN = 8
_BUSIEST_SHOWN = 8


@overview.get("/console", permission=Permission.READ_CONSOLE)
def overview_page(visit: ConsoleVisit) -> Shown:
    """Show the overview."""
    viewer = None if visit.role is Role.ADMINISTRATOR else viewer_at(visit)
    heads = newest_heads(visit.db)
    trail = None if viewer is None else visit.trail
    members = store.count_members(visit.db)
    page = shapes.OverviewPage(
        scope="keeper" if viewer is None else "all" if viewer.sees_all else "own",
        checks=health.checks_of(visit.db, heads, now=visit.now, trail=trail),
        checkpoint=None if heads is None else head_shown(heads.newest, log_name=visit.node.settings.log_name),
        days=None if viewer is None else days_shown(visit, viewer, TrailFilter()),
        pushes=() if viewer is None else _pushes(visit, viewer),
        active=members.get("active", 0),
        suspended=members.get("suspended", 0),
        busiest=() if viewer is None else _busiest(visit, viewer),
    )
    return Shown(template="overview.html", values={"page": page})


def _pushes(visit: ConsoleVisit, viewer: Viewer) -> tuple[EntryRow, ...]:
    asked = TrailFilter(action=Permission.PUSH_BATCH.value, decision="allowed")
    try:
        found = search(visit.trail, viewer, asked, None, _PUSHES_SHOWN)
    except BadQuery:
        # Nobody has pushed anything yet: the index knows no such act.
        return ()
    return tuple(row_of(entry) for entry in found.entries)


def _busiest(visit: ConsoleVisit, viewer: Viewer) -> tuple[shapes.Busy, ...]:
    """Return the organisations with most entries in the days that the overview shows."""
    first = visit.now.date() - timedelta(days=DAYS_SHOWN - 1)
    asked = replace(TrailFilter(), since=datetime(first.year, first.month, first.day, tzinfo=UTC))
    counted = counting.facets(visit.trail, viewer, asked).members["organisation"]
    return tuple(shapes.Busy(name=name, count=count) for name, count in counted[:_BUSIEST_SHOWN])
