"""Show an organisation's people and invitations to its administrators."""

from datetime import datetime

from server.access import Permission
from server.console import shapes
from server.console.door import ConsoleVisit, Pages, Shown
from server.people.store import Known, people_of

persons = Pages(name="persons")


@persons.get("/console/people", permission=Permission.READ_PEOPLE)
def people_page(visit: ConsoleVisit) -> Shown:
    """Show who of the person's own organisation may use the console, and who is invited."""
    known = people_of(visit.db, visit.person.organisation_id)
    page = shapes.PeoplePage(people=tuple(_shown(one, now=visit.now) for one in known))
    return Shown(template="people.html", values={"page": page})


def _shown(one: Known, *, now: datetime) -> shapes.PersonShown:
    return shapes.PersonShown(
        holder=one.holder,
        roles=tuple(one.roles),
        passkeys=one.passkeys,
        invited_at=one.invited_at,
        expires_at=one.expires_at,
        joined_at=one.joined_at,
        state=_state_of(one, now=now),
    )


def _state_of(one: Known, *, now: datetime) -> str:
    if one.ended_at is not None:
        return "ended"
    if one.joined_at is not None:
        return "active"
    return "open" if now < one.expires_at else "over"
