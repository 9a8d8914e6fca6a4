"""Judge a session: is it one, is it still one, whose is it, what may that person do now.

A session ends by itself after 15 minutes in which nothing was asked for, and 12 hours after it was opened; at once when
its person signs out, when its passkey is removed, and when an administrator ends the person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from server.access import Permission, Purpose, Role, role_for
from server.console.door import Person
from server.db import Connection
from server.errors import NotAuthenticated, RoleNotAllowed
from server.people import session_store, standing, store
from server.people.passkeys import keyid_of_passkey
from server.people.session_store import Session
from server.people.store import Footing

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=12)
FRESH: Final = timedelta(minutes=5)

ENDED: Final = "session_ended"
OVER: Final = "session_over"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A session and what its person's organisation says, as they stand in the database."""

    session: Session
    footing: Footing

    @property
    def keyid(self) -> str:
        """Return the name of the passkey that opened it, in entries."""
        return keyid_of_passkey(self.session.organisation, self.session.public_key)


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A person who may use a permission, under a role and for a purpose."""

    person: Person
    role: Role
    purpose: Purpose


def find(db: Connection, token: bytes, *, now: datetime) -> Standing | None:
    """Return the session that a cookie's token opens, however it stands; None: there never was one."""
    session = session_store.session_of(db, sha256(token).digest())
    if session is None:
        return None
    footing = store.footing_of(db, session.organisation_id, session.holder, now=now)
    return Standing(session=session, footing=footing)


def is_over(found: Standing, *, now: datetime) -> bool:
    """Return whether a session has run out by itself."""
    session = found.session
    return now >= session.seen_at + IDLE or now >= session.signed_in_at + LONGEST


def is_fresh(found: Standing, *, now: datetime) -> bool:
    """Return whether a passkey of the person was used for this session a moment ago."""
    return now < found.session.confirmed_at + FRESH


def person_of(found: Standing, *, now: datetime) -> Person:
    """Return the person of a session that holds, with the roles in force.

    Raises:
        NotAuthenticated: the session, its passkey or its person has ended.
        Suspended, RoleNotAllowed: see `people.standing`.
    """
    session = found.session
    if session.ended_at is not None or session.passkey_ended_at is not None or session.person_ended_at is not None:
        raise NotAuthenticated(ENDED)
    if is_over(found, now=now):
        raise NotAuthenticated(OVER)
    roles = standing.judge_footing(found.footing, session.roles, now=now)
    return Person(
        person_id=session.person_id,
        organisation=session.organisation,
        organisation_id=session.organisation_id,
        holder=session.holder,
        roles=roles,
        keyid=found.keyid,
        passkeys=session.passkeys,
    )


def admit(person: Person, permission: Permission) -> Admitted:
    """Return a person as one who may use `permission`.

    Raises:
        RoleNotAllowed: none of the person's roles allows it.
    """
    role = role_for(permission, person.roles)
    if role is None:
        raise RoleNotAllowed
    return Admitted(person=person, role=role, purpose=purpose_of(role))


def purpose_of(role: Role) -> Purpose:
    """Return why a person with this role is at the console."""
    return Purpose.ADMINISTRATION if role == Role.ADMINISTRATOR else Purpose.AUDIT
