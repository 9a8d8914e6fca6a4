"""People: the invitation that an administrator signs, the body that carries it, the answers about people."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow.validate import Length

from schemas.fields import (
    Ascending,
    Items,
    Moment,
    Part,
    Seconds,
    Text,
    WireSchema,
    choice,
    federation,
    jws,
    organisation,
    record_id,
    token,
    version_one,
    whole,
)
from schemas.rulebook import RULES
from schemas.vocabulary.documents import PERSON_ROLE, PERSON_STATUS

MAX_INVITATION = 4_096
MOST_PEOPLE = 1_000
MOST_PASSKEYS = 4


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """The claims of `havre-invitation+jws`."""

    v: int
    federation: str
    iss: str
    jti: str
    iat: datetime
    exp: datetime
    holder: str
    roles: tuple[str, ...]


class InvitationSchema(WireSchema):
    """All members always; at most seven days. `roles` are the most that the person will have."""

    loads_to = Invitation
    rules = RULES["invitation"]

    v = version_one()
    federation = federation(required=True)
    iss = organisation(required=True)
    jti = record_id(required=True)
    iat = Seconds(required=True)
    exp = Seconds(required=True)
    holder = token(64, required=True)
    roles = Items(choice(PERSON_ROLE), required=True, validate=[Length(min=1, max=2, error="length"), Ascending()])


@dataclass(frozen=True, kw_only=True)
class InvitationBody:
    """An invitation as sent: `POST /v1/invitations`."""

    invitation: str


class InvitationBodySchema(WireSchema):
    """`{invitation}`."""

    loads_to = InvitationBody

    invitation = jws(MAX_INVITATION, required=True)


@dataclass(frozen=True, kw_only=True)
class InvitationOutcome:
    """`POST /v1/invitations`: the link that works once, told only here, and until when."""

    id: str
    holder: str
    link: str
    expires: datetime


class InvitationOutcomeSchema(WireSchema):
    """All members always; `id` is the invitation's `jti`."""

    loads_to = InvitationOutcome

    id = record_id(required=True)
    holder = token(64, required=True)
    link = Text(required=True)
    expires = Moment(required=True)


@dataclass(frozen=True, kw_only=True)
class ListedPerson:
    """One invitation and what became of it: `roles` as invited, `roles_in_force` as the organisation has them now."""

    holder: str
    roles: tuple[str, ...]
    roles_in_force: tuple[str, ...]
    status: str
    invited_at: datetime
    expires: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    passkeys: int


class ListedPersonSchema(WireSchema):
    """All members always; what has not happened is null."""

    loads_to = ListedPerson

    holder = token(64, required=True)
    roles = Items(choice(PERSON_ROLE), required=True)
    roles_in_force = Items(choice(PERSON_ROLE), required=True)
    status = choice(PERSON_STATUS, required=True)
    invited_at = Moment(required=True)
    expires = Moment(required=True)
    joined_at = Moment(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    passkeys = whole(0, MOST_PASSKEYS, required=True)


@dataclass(frozen=True, kw_only=True)
class People:
    """`GET /v1/people`: newest invitation first."""

    people: tuple[ListedPerson, ...]


class PeopleSchema(WireSchema):
    """At most 1,000."""

    loads_to = People

    people = Items(Part(ListedPersonSchema), required=True, validate=Length(max=MOST_PEOPLE, error="length"))


@dataclass(frozen=True, kw_only=True)
class EndBody:
    """Whom to end: `POST /v1/people/end`."""

    holder: str


class EndBodySchema(WireSchema):
    """`{holder}`."""

    loads_to = EndBody

    holder = token(64, required=True)


@dataclass(frozen=True, kw_only=True)
class EndOutcome:
    """`POST /v1/people/end`: since when the holder is nobody here."""

    holder: str
    ended_at: datetime


class EndOutcomeSchema(WireSchema):
    """All members always."""

    loads_to = EndOutcome

    holder = token(64, required=True)
    ended_at = Moment(required=True)
