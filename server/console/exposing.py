"""Show to whom a record was released, and what an organisation received."""

import re
from collections.abc import Sequence
from uuid import UUID

from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from schemas.exposures import Release
from server.access import Permission
from server.auditing.exposing import exposure_of_organisation, exposure_of_record
from server.console import shapes
from server.console.browsing import viewer_at
from server.console.door import ConsoleVisit, Pages, Shown
from server.errors import NotFound
from server.web.endpoints import Parameter

exposures = Pages(name="exposures")

RELEASES_SHOWN = 200
_AFTER_ENTRY = Parameter(name="after", form=re.compile(r"[0-9]{1,16}"), meaning="The entry after which to go on.")
_AFTER_LINE = Parameter(
    name="after", form=re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,16}){0,4}"), meaning="The line after which to go on."
)


@exposures.get(
    "/console/records/<origin>/<record_id>/exposure", permission=Permission.READ_EXPOSURE, query=(_AFTER_ENTRY,)
)
def record_exposure_page(visit: ConsoleVisit, origin: str, record_id: str) -> Shown:
    """Show to whom which revision of a record was released, when, why, and by which request.

    Raises:
        NotFound: there is no such record, or it is not this viewer's.
    """
    if not is_organisation(origin) or not is_uuid7(record_id):
        raise NotFound
    # Whose records were asked about sees it in its own trail.
    visit.facts.filter = {"subject": origin}
    after = int(visit.query.get("after", "-1"))
    report = exposure_of_record(
        visit.trail, viewer_at(visit), origin, UUID(record_id), after=after, limit=RELEASES_SHOWN
    )
    if report is None:
        raise NotFound
    page = shapes.ExposurePage(
        origin=origin,
        record_id=record_id,
        revisions=tuple(
            shapes.RevisionShown(
                revision=one.revision,
                at=one.at,
                batch=one.batch,
                index=one.index,
                is_withdrawal=one.is_withdrawal,
            )
            for one in report.revisions
        ),
        releases=tuple(_release_shown(one) for one in report.releases),
        recipients=recipients_of(report.releases),
        until=report.until,
        is_complete=report.complete,
        is_continued=after >= 0,
        next=report.page.next if report.page.more else None,
    )
    return Shown(template="exposure.html", values={"page": page})


@exposures.get("/console/organisations/<name>/exposure", permission=Permission.READ_EXPOSURE, query=(_AFTER_LINE,))
def organisation_exposure_page(visit: ConsoleVisit, name: str) -> Shown:
    """Show what was released to an organisation.

    Raises:
        NotFound: there is no such organisation, or it is not this viewer's.
    """
    if not is_organisation(name):
        raise NotFound
    visit.facts.filter = {"subject": name}
    report = exposure_of_organisation(
        visit.trail, viewer_at(visit), name, after=visit.query.get("after"), limit=RELEASES_SHOWN
    )
    if report is None:
        raise NotFound
    page = shapes.ReceivedPage(
        organisation=name,
        releases=tuple(_release_shown(one) for one in report.releases),
        until=report.until,
        is_complete=report.complete,
        is_continued="after" in visit.query,
        next=report.page.next if report.page.more else None,
    )
    return Shown(template="received.html", values={"page": page})


def recipients_of(releases: Sequence[Release]) -> tuple[shapes.Recipient, ...]:
    """Return who received, by name, with how often, why, first and last."""
    by_name: dict[str, list[Release]] = {}
    for one in releases:
        by_name.setdefault(one.organisation, []).append(one)
    return tuple(
        shapes.Recipient(
            organisation=name,
            purposes=tuple(sorted({one.purpose for one in ones})),
            times=len(ones),
            first=min(one.at for one in ones),
            last=max(one.at for one in ones),
        )
        for name, ones in sorted(by_name.items())
    )


def _release_shown(one: Release) -> shapes.ReleaseShown:
    return shapes.ReleaseShown(
        index=one.index,
        at=one.at,
        organisation=one.organisation,
        node=one.node,
        origin=one.origin,
        record_id=one.id,
        kind=one.kind,
        revision=one.revision,
        purpose=one.purpose,
        action=one.action,
        keyid=one.keyid,
    )
