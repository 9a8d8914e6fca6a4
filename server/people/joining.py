"""Join by an invitation's link: it is looked at, then a first passkey makes the person, in one act.

The link works until it is used, its invitation has run out or was ended, or the key that signed it was revoked. What
the invitation gives is judged anew when it is used: an organisation that lost a role in between invites nobody to it.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

from psycopg.errors import UniqueViolation

from crypto.encoding import from_base64url
from crypto.refusals import NotVerified
from server.db import Connection
from server.errors import NotAuthenticated
from server.people import passkey_store, standing, store
from server.people.passkeys import NewPasskey
from server.people.store import Invitation

JOIN: Final = "join"
_TOKEN_BYTES: Final = 32
_HANDLE_CONTEXT: Final = b"havre-user-handle-v1 "


def find_invitation(db: Connection, token: str) -> tuple[Invitation, bytes]:
    """Return the invitation of a link's token, however it stands, and the token's digest.

    Raises:
        NotAuthenticated: `unknown_invitation`.
    """
    try:
        digest = sha256(from_base64url(token, length=_TOKEN_BYTES)).digest()
    except NotVerified as error:
        raise NotAuthenticated("unknown_invitation") from error
    invitation = store.invitation_of(db, digest)
    if invitation is None:
        raise NotAuthenticated("unknown_invitation")
    return invitation, digest


def judge_invitation(db: Connection, invitation: Invitation, *, now: datetime) -> None:
    """Refuse an invitation that makes nobody a person any more.

    Raises:
        NotAuthenticated: `invitation_used`, `invitation_expired`, `invitation_ended`, `inviter_revoked`.
        Suspended, RoleNotAllowed: see `standing`.
    """
    if invitation.is_used:
        raise NotAuthenticated("invitation_used")
    if invitation.ended_at is not None:
        raise NotAuthenticated("invitation_ended")
    if now >= invitation.expires_at:
        raise NotAuthenticated("invitation_expired")
    if invitation.inviter_revoked_at is not None:
        raise NotAuthenticated("inviter_revoked")
    footing = store.footing_of(db, invitation.organisation_id, invitation.holder, now=now)
    standing.judge_footing(footing, invitation.roles, now=now)


def join(db: Connection, invitation: Invitation, new: NewPasskey, *, user_handle: bytes, now: datetime) -> int:
    """Make the invited holder a person with a first passkey, and return the passkey's id.

    Raises:
        NotAuthenticated: the invitation was used, ended, or its holder became a person, in this very moment or before;
            `credential_taken`: the passkey is somebody's.
    """
    store.lock_holder(db, invitation.organisation_id, invitation.holder)
    if store.has_ended(db, invitation.invitation_id):
        raise NotAuthenticated("invitation_ended")
    if passkey_store.is_known_credential(db, new.credential_id):
        raise NotAuthenticated("credential_taken")
    try:
        person_id = store.insert_person(db, invitation, user_handle=user_handle, now=now)
        return passkey_store.insert_passkey(db, person_id, new, now=now)
    except UniqueViolation as error:
        raise NotAuthenticated("invitation_used") from error


def user_handle_of(token: str) -> bytes:
    """Return what a passkey keeps of a person, 32 bytes: from a link's secret, so that both steps know it."""
    return sha256(_HANDLE_CONTEXT + token.encode("ascii")).digest()
