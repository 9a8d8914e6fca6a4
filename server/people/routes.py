"""The endpoints about people: invite one, list them, end one. All else a person does at the console."""

from http import HTTPStatus

from schemas.people import (
    MAX_INVITATION,
    EndBodySchema,
    EndOutcome,
    EndOutcomeSchema,
    InvitationBodySchema,
    InvitationOutcome,
    InvitationOutcomeSchema,
    People,
    PeopleSchema,
)
from server.access import Permission
from server.errors import DocumentRefused, MalformedBody, NotFound
from server.people import inviting
from server.web.endpoints import JSON, Body, Endpoints, Exchange

people = Endpoints(name="people", description="Who of an organisation may look at the trail, and who no longer.")

# A document of its greatest size, and what JSON puts around it.
_AROUND_BYTES = 64
_INVITATION = Body(media_type=JSON, limit_bytes=MAX_INVITATION + _AROUND_BYTES, schema=InvitationBodySchema())
_END = Body(media_type=JSON, limit_bytes=128, schema=EndBodySchema())


@people.post(
    "/v1/invitations",
    permission=Permission.INVITE_PERSON,
    body=_INVITATION,
    answer=InvitationOutcomeSchema(),
    status=HTTPStatus.CREATED,
    refusals=(MalformedBody, DocumentRefused),
)
def send_invitation(exchange: Exchange) -> InvitationOutcome:
    """Take a signed invitation, and give the link that works once."""
    return inviting.invite(exchange)


@people.get("/v1/people", permission=Permission.READ_PEOPLE, answer=PeopleSchema())
def read_people(exchange: Exchange) -> People:
    """List whom the caller's organisation invited."""
    return inviting.list_people(exchange)


@people.post(
    "/v1/people/end",
    permission=Permission.END_PERSON,
    body=_END,
    answer=EndOutcomeSchema(),
    refusals=(MalformedBody, NotFound),
)
def end_person(exchange: Exchange) -> EndOutcome:
    """End a person of the caller's organisation: its sessions and invitations too."""
    return inviting.end(exchange)
