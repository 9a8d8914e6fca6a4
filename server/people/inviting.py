"""Invite a person: one signed invitation becomes one link, which works once.

- The invitation is signed by the very key that signs the request, an administrator's; at most seven days, and its `jti`
  counts once.
- The roles are among those that the organisation has now, and apart from those of the holder's own exchange keys.
- The link's token stands after `#`: a browser sends it to no server, so no log and no entry ever holds it. We keep its
  digest.
"""

import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from crypto.documents import INVITATION, verify_document
from crypto.encoding import from_base64url, to_base64url
from crypto.keys import public_key_from_bytes
from crypto.refusals import NotVerified
from schemas.people import EndOutcome, Invitation, InvitationOutcome, InvitationSchema, ListedPerson, People
from server.errors import MalformedBody, NotFound
from server.guard.store import known_key
from server.organisations.reading import load_document, read_form, read_member, refused, refused_by_judge
from server.people import standing, store
from server.people.passkeys import relying_party
from server.people.store import Known
from server.web.exchange import Exchange

INVITED: Final = "invited"
ACTIVE: Final = "active"
ENDED: Final = "ended"
JOIN_PATH: Final = "/console/join"
_TOKEN_BYTES: Final = 32
_HOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_CLOCK_DIFFERENCE = timedelta(seconds=60)


def invite(exchange: Exchange) -> InvitationOutcome:
    """Take an invitation and return its link, told only here.

    Raises:
        MalformedBody: the body is of another form.
        DocumentRefused: the invitation breaks a rule, was handed in before, or is for a holder who is a person already.
    """
    claims, token = _judged(exchange)
    db, organisation_id = exchange.db, _organisation_id(exchange)
    store.lock_holder(db, organisation_id, claims.holder)
    if store.was_invited_by(db, organisation_id, UUID(claims.jti)):
        raise refused("/jti", "already_used")
    if store.is_person(db, organisation_id, claims.holder):
        raise refused("/holder", "holder_is_person")
    footing = store.footing_of(db, organisation_id, claims.holder, now=exchange.now)
    if standing.roles_in_force(footing, claims.roles) != frozenset(claims.roles):
        raise refused("/roles", "role_not_given")
    if not standing.are_apart(footing, claims.roles):
        raise refused("/roles", "roles_of_holder_apart")
    secret = secrets.token_bytes(_TOKEN_BYTES)
    store.insert_invitation(
        db,
        store.NewInvitation(
            organisation_id=organisation_id,
            jti=UUID(claims.jti),
            holder=claims.holder,
            roles=claims.roles,
            inviter=from_base64url(exchange.request.thumbprint, length=32),
            token_sha256=sha256(secret).digest(),
            issued_at=claims.iat,
            received_at=exchange.now,
            expires_at=claims.exp,
            document=token,
        ),
    )
    link = f"{exchange.node.settings.origin_url}{JOIN_PATH}#{to_base64url(secret)}"
    return InvitationOutcome(id=claims.jti, holder=claims.holder, link=link, expires=claims.exp)


def status_of(known: Known, *, now: datetime) -> str:
    """Return what became of an invitation: invited, active, ended."""
    if known.ended_at is not None or (known.joined_at is None and now >= known.expires_at):
        return ENDED
    return INVITED if known.joined_at is None else ACTIVE


def list_people(exchange: Exchange) -> People:
    """Return whom the caller's organisation invited, and what became of each."""
    organisation_id = _organisation_id(exchange)
    return People(
        people=tuple(_listed(exchange, organisation_id, each) for each in store.people_of(exchange.db, organisation_id))
    )


def end(exchange: Exchange) -> EndOutcome:
    """End a person of the caller's organisation at once: its sessions, its passkeys, its invitations.

    Raises:
        MalformedBody: the body is of another form.
        NotFound: the holder is neither a person nor invited.
    """
    holder = read_member(exchange.body_bytes, "holder")
    if _HOLDER.fullmatch(holder) is None:
        raise MalformedBody
    organisation_id = _organisation_id(exchange)
    store.lock_holder(exchange.db, organisation_id, holder)
    if store.end_holder(exchange.db, organisation_id, holder, now=exchange.now) == 0:
        raise NotFound
    return EndOutcome(holder=holder, ended_at=exchange.now)


def _judged(exchange: Exchange) -> tuple[Invitation, str]:
    """Return the invitation in the body, signed by the key of the request, and its compact form."""
    token = read_member(exchange.body_bytes, "invitation")
    document = read_form(token, INVITATION)
    claims: Invitation = load_document(InvitationSchema(), document)
    if document.keyid != exchange.request.keyid:
        raise refused("", "keyid")
    known = known_key(
        exchange.db,
        thumbprint=from_base64url(exchange.request.thumbprint, length=32),
        organisation=exchange.caller.organisation,
    )
    if known is None:
        raise refused("", "unknown_key")
    key = public_key_from_bytes(known.x)
    try:
        verify_document(token, typ=INVITATION, key=key, federation=exchange.node.settings.federation)
    except NotVerified as error:
        raise refused_by_judge(error) from error
    if claims.iat > exchange.now + _CLOCK_DIFFERENCE:
        raise refused("/iat", "invitation_early")
    if exchange.now >= claims.exp:
        raise refused("/exp", "invitation_expired")
    settings = exchange.node.settings
    if relying_party(origin_url=settings.origin_url, node=settings.node) is None:
        # No browser would make a passkey for it.
        raise refused("", "node_without_name")
    return claims, token


def _organisation_id(exchange: Exchange) -> int:
    if exchange.caller.organisation_id is None:
        raise NotFound
    return exchange.caller.organisation_id


def _listed(exchange: Exchange, organisation_id: int, known: Known) -> ListedPerson:
    status = status_of(known, now=exchange.now)
    return ListedPerson(
        holder=known.holder,
        roles=tuple(sorted(known.roles)),
        roles_in_force=tuple(sorted(_in_force(exchange, organisation_id, known))) if status != ENDED else (),
        status=status,
        invited_at=known.invited_at,
        expires=known.expires_at,
        joined_at=known.joined_at,
        ended_at=known.ended_at,
        passkeys=known.passkeys if status == ACTIVE else 0,
    )


def _in_force(exchange: Exchange, organisation_id: int, known: Known) -> frozenset[str]:
    footing = store.footing_of(exchange.db, organisation_id, known.holder, now=exchange.now)
    return standing.roles_in_force(footing, known.roles) if standing.are_apart(footing, known.roles) else frozenset()
