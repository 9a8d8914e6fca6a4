"""Speak SQL for invitations and persons: who is invited, who joined, who has ended, and how one stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection

# One namespace of advisory locks is ours: what is decided about a holder is decided by one at a time.
_HOLDERS = 1_752_134_774


@dataclass(frozen=True, kw_only=True)
class NewInvitation:
    """A row of `invitation`; `inviter` is the thumbprint of the key that signed it."""

    organisation_id: int
    jti: UUID
    holder: str
    roles: Sequence[str]
    inviter: bytes
    token_sha256: bytes
    issued_at: datetime
    received_at: datetime
    expires_at: datetime
    document: str


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """An invitation as it stands: whom, until when, and whether it still makes a person.

    `inviter_revoked_at` is that of the key that signed it.
    """

    invitation_id: int
    organisation_id: int
    organisation: str
    holder: str
    roles: list[str]
    expires_at: datetime
    ended_at: datetime | None
    is_used: bool
    inviter_revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Footing:
    """What an organisation and its statement say now of a holder: from it follow a person's roles in force.

    `stated_roles` are those of all its exchange keys that hold now; `holders_roles` those of the holder's own keys.
    """

    organisation: str
    status: str
    roles_at_most: list[str]
    statement_exp: datetime
    stated_roles: list[str]
    holders_roles: list[str]


@dataclass(frozen=True, kw_only=True)
class Known:
    """One line of the list of an organisation's people; what has not happened is None."""

    holder: str
    roles: list[str]
    invited_at: datetime
    expires_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    passkeys: int


def lock_holder(db: Connection, organisation_id: int, holder: str) -> None:
    """Let one transaction at a time decide about a holder."""
    db.execute(
        "SELECT pg_advisory_xact_lock(%(ours)s, hashtext(%(holder)s))",
        {"ours": _HOLDERS, "holder": f"{organisation_id}/{holder}"},
    )


def was_invited_by(db: Connection, organisation_id: int, jti: UUID) -> bool:
    """Return whether this invitation was handed in before."""
    row = db.execute(
        "SELECT FROM invitation WHERE organisation_id = %(organisation_id)s AND jti = %(jti)s",
        {"organisation_id": organisation_id, "jti": jti},
    ).fetchone()
    return row is not None


def is_person(db: Connection, organisation_id: int, holder: str) -> bool:
    """Return whether the holder is a person at the console now."""
    row = db.execute(
        """
        SELECT FROM person
         WHERE organisation_id = %(organisation_id)s
           AND holder = %(holder)s
           AND ended_at IS NULL
        """,
        {"organisation_id": organisation_id, "holder": holder},
    ).fetchone()
    return row is not None


def insert_invitation(db: Connection, new: NewInvitation) -> None:
    """Insert an invitation."""
    db.execute(
        """
        INSERT INTO invitation
            (organisation_id, jti, holder, roles, inviter, token_sha256, issued_at, received_at, expires_at, document)
        VALUES
            (%(organisation_id)s, %(jti)s, %(holder)s, %(roles)s, %(inviter)s, %(token_sha256)s, %(issued_at)s,
             %(received_at)s, %(expires_at)s, %(document)s)
        """,
        {
            "organisation_id": new.organisation_id,
            "jti": new.jti,
            "holder": new.holder,
            "roles": list(new.roles),
            "inviter": new.inviter,
            "token_sha256": new.token_sha256,
            "issued_at": new.issued_at,
            "received_at": new.received_at,
            "expires_at": new.expires_at,
            "document": new.document,
        },
    )


def invitation_of(db: Connection, token_sha256: bytes) -> Invitation | None:
    """Return the invitation that has this token."""
    with db.cursor(row_factory=class_row(Invitation)) as rows:
        return rows.execute(
            """
            SELECT invitation.invitation_id,
                   invitation.organisation_id,
                   organisation.name AS organisation,
                   invitation.holder,
                   invitation.roles,
                   invitation.expires_at,
                   invitation.ended_at,
                   EXISTS (SELECT FROM person WHERE person.invitation_id = invitation.invitation_id) AS is_used,
                   signing_key.revoked_at AS inviter_revoked_at
              FROM invitation
              JOIN organisation USING (organisation_id)
              JOIN signing_key ON signing_key.thumbprint = invitation.inviter
             WHERE invitation.token_sha256 = %(token_sha256)s
            """,
            {"token_sha256": token_sha256},
        ).fetchone()


_FOOTING: LiteralString = """
    SELECT organisation.name AS organisation,
           organisation.status,
           organisation.roles_at_most,
           statement.expires_at AS statement_exp,
           ARRAY(SELECT DISTINCT role
                   FROM signing_key, unnest(signing_key.roles) AS role
                  WHERE signing_key.organisation_id = organisation.organisation_id
                    AND signing_key.use = 'exchange'
                    AND signing_key.revoked_at IS NULL
                    AND signing_key.valid_from <= %(now)s
                    AND (signing_key.valid_until IS NULL OR signing_key.valid_until > %(now)s)) AS stated_roles,
           -- A key that will hold tomorrow is its holder's today.
           ARRAY(SELECT DISTINCT role
                   FROM signing_key, unnest(signing_key.roles) AS role
                  WHERE signing_key.organisation_id = organisation.organisation_id
                    AND signing_key.use = 'exchange'
                    AND signing_key.holder = %(holder)s
                    AND signing_key.revoked_at IS NULL
                    AND (signing_key.valid_until IS NULL OR signing_key.valid_until > %(now)s)) AS holders_roles
      FROM organisation
      JOIN statement USING (statement_id)
     WHERE organisation.organisation_id = %(organisation_id)s
"""


def footing_of(db: Connection, organisation_id: int, holder: str, *, now: datetime) -> Footing:
    """Return what an organisation says now of a holder.

    Raises:
        LookupError: there is no such organisation.
    """
    with db.cursor(row_factory=class_row(Footing)) as rows:
        footing = rows.execute(_FOOTING, {"organisation_id": organisation_id, "holder": holder, "now": now}).fetchone()
    if footing is None:
        raise LookupError("no such organisation")
    return footing


def has_ended(db: Connection, invitation_id: int) -> bool:
    """Return whether an invitation was ended; whoever asks holds the holder's lock."""
    row = db.execute(
        "SELECT FROM invitation WHERE invitation_id = %(invitation_id)s AND ended_at IS NOT NULL",
        {"invitation_id": invitation_id},
    ).fetchone()
    return row is not None


def insert_person(db: Connection, invitation: Invitation, *, user_handle: bytes, now: datetime) -> int:
    """Make the person whom `invitation` invites, and return its id.

    Raises:
        psycopg.errors.UniqueViolation: it has made one already, or the holder is a person.
    """
    row = db.execute(
        """
        INSERT INTO person (invitation_id, organisation_id, holder, roles, user_handle, joined_at)
        VALUES (%(invitation_id)s, %(organisation_id)s, %(holder)s, %(roles)s, %(user_handle)s, %(now)s)
        RETURNING person_id
        """,
        {
            "invitation_id": invitation.invitation_id,
            "organisation_id": invitation.organisation_id,
            "holder": invitation.holder,
            "roles": invitation.roles,
            "user_handle": user_handle,
            "now": now,
        },
    ).fetchone()
    if row is None:
        raise LookupError("an inserted row was not returned")
    person_id: int = row[0]
    return person_id


def end_holder(db: Connection, organisation_id: int, holder: str, *, now: datetime) -> int:
    """End a person, its sessions, and every invitation of the holder; return how many there were of them all."""
    row = db.execute(
        """
        WITH ended_invitation AS (
            UPDATE invitation
               SET ended_at = %(now)s
             WHERE organisation_id = %(organisation_id)s AND holder = %(holder)s AND ended_at IS NULL
            RETURNING invitation_id
        ), ended_person AS (
            UPDATE person
               SET ended_at = %(now)s
             WHERE organisation_id = %(organisation_id)s AND holder = %(holder)s AND ended_at IS NULL
            RETURNING person_id
        ), ended_session AS (
            UPDATE session
               SET ended_at = %(now)s
              FROM passkey, ended_person
             WHERE session.passkey_id = passkey.passkey_id
               AND passkey.person_id = ended_person.person_id
               AND session.ended_at IS NULL
        )
        SELECT (SELECT count(*) FROM ended_invitation) + (SELECT count(*) FROM ended_person)
        """,
        {"organisation_id": organisation_id, "holder": holder, "now": now},
    ).fetchone()
    ended: int = 0 if row is None else row[0]
    return ended


def people_of(db: Connection, organisation_id: int) -> list[Known]:
    """Return every invitation of an organisation and whom it made a person, newest first; 1,000 at most."""
    with db.cursor(row_factory=class_row(Known)) as rows:
        return rows.execute(
            """
            SELECT invitation.holder,
                   invitation.roles,
                   invitation.received_at AS invited_at,
                   invitation.expires_at,
                   person.joined_at,
                   coalesce(person.ended_at, invitation.ended_at) AS ended_at,
                   (SELECT count(*)
                      FROM passkey
                     WHERE passkey.person_id = person.person_id
                       AND passkey.ended_at IS NULL)::integer AS passkeys
              FROM invitation
              LEFT JOIN person USING (invitation_id)
             WHERE invitation.organisation_id = %(organisation_id)s
             ORDER BY invitation.invitation_id DESC
             LIMIT 1000
            """,
            {"organisation_id": organisation_id},
        ).fetchall()
