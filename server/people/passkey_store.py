"""Speak SQL for passkeys and challenges: a credential is one person's for ever, a challenge is answered once."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from server.db import Connection
from server.people.passkeys import NewPasskey


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """A passkey that has not ended, and whose it is; `roles` are those of the person's invitation."""

    passkey_id: int
    person_id: int
    organisation_id: int
    organisation: str
    holder: str
    roles: list[str]
    user_handle: bytes
    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool
    added_at: datetime
    used_at: datetime


def passkey_of_credential(db: Connection, credential_id: bytes) -> Passkey | None:
    """Return the passkey with this credential; nobody's if it or its person has ended. Its row is locked."""
    with db.cursor(row_factory=class_row(Passkey)) as rows:
        return rows.execute(
            """
            SELECT passkey.passkey_id,
                   passkey.person_id,
                   person.organisation_id,
                   organisation.name AS organisation,
                   person.holder,
                   person.roles,
                   person.user_handle,
                   passkey.credential_id,
                   passkey.public_key,
                   passkey.sign_count,
                   passkey.is_synced,
                   passkey.added_at,
                   passkey.used_at
              FROM passkey
              JOIN person USING (person_id)
              JOIN organisation USING (organisation_id)
             WHERE passkey.credential_id = %(credential_id)s
               AND passkey.ended_at IS NULL
               AND person.ended_at IS NULL
               FOR NO KEY UPDATE OF passkey
            """,
            {"credential_id": credential_id},
        ).fetchone()


def passkeys_of(db: Connection, person_id: int) -> list[Passkey]:
    """Return the passkeys of a person that have not ended, oldest first."""
    with db.cursor(row_factory=class_row(Passkey)) as rows:
        return rows.execute(
            """
            SELECT passkey.passkey_id,
                   passkey.person_id,
                   person.organisation_id,
                   organisation.name AS organisation,
                   person.holder,
                   person.roles,
                   person.user_handle,
                   passkey.credential_id,
                   passkey.public_key,
                   passkey.sign_count,
                   passkey.is_synced,
                   passkey.added_at,
                   passkey.used_at
              FROM passkey
              JOIN person USING (person_id)
              JOIN organisation USING (organisation_id)
             WHERE passkey.person_id = %(person_id)s
               AND passkey.ended_at IS NULL
             ORDER BY passkey.passkey_id
            """,
            {"person_id": person_id},
        ).fetchall()


def lock_person(db: Connection, person_id: int) -> None:
    """Let one transaction at a time change a person's passkeys."""
    db.execute("SELECT FROM person WHERE person_id = %(person_id)s FOR UPDATE", {"person_id": person_id})


def is_known_credential(db: Connection, credential_id: bytes) -> bool:
    """Return whether anybody has or had this credential."""
    row = db.execute(
        "SELECT FROM passkey WHERE credential_id = %(credential_id)s", {"credential_id": credential_id}
    ).fetchone()
    return row is not None


def insert_passkey(db: Connection, person_id: int, new: NewPasskey, *, now: datetime) -> int:
    """Insert a passkey of a person and return its id.

    Raises:
        psycopg.errors.UniqueViolation: the credential is somebody's.
    """
    with db.cursor(row_factory=scalar_row) as rows:
        passkey_id: int | None = rows.execute(
            """
            INSERT INTO passkey (person_id, credential_id, public_key, is_synced, sign_count, added_at, used_at)
            VALUES (%(person_id)s, %(credential_id)s, %(public_key)s, %(is_synced)s, %(sign_count)s, %(now)s, %(now)s)
            RETURNING passkey_id
            """,
            {
                "person_id": person_id,
                "credential_id": new.credential_id,
                "public_key": new.public_key,
                "is_synced": new.is_synced,
                "sign_count": new.sign_count,
                "now": now,
            },
        ).fetchone()
    if passkey_id is None:
        raise LookupError("an inserted row was not returned")
    return passkey_id


def use_passkey(db: Connection, passkey_id: int, *, sign_count: int, now: datetime) -> None:
    """Keep that a passkey was used, and its new counter."""
    db.execute(
        """
        UPDATE passkey
           SET sign_count = %(sign_count)s,
               used_at = %(now)s
         WHERE passkey_id = %(passkey_id)s
        """,
        {"passkey_id": passkey_id, "sign_count": sign_count, "now": now},
    )


def end_passkey(db: Connection, passkey_id: int, *, now: datetime) -> None:
    """End a passkey and the sessions that it opened.

    Raises:
        psycopg.errors.CheckViolation: `passkey_last_stays`.
    """
    db.execute(
        "UPDATE passkey SET ended_at = %(now)s WHERE passkey_id = %(passkey_id)s",
        {"passkey_id": passkey_id, "now": now},
    )
    db.execute(
        "UPDATE session SET ended_at = %(now)s WHERE passkey_id = %(passkey_id)s AND ended_at IS NULL",
        {"passkey_id": passkey_id, "now": now},
    )


def use_challenge(db: Connection, digest: bytes, *, expires_at: datetime) -> bool:
    """Keep that a challenge was answered; return whether this is the first time."""
    row = db.execute(
        """
        INSERT INTO challenge (sha256, expires_at)
        VALUES (%(digest)s, %(expires_at)s)
        ON CONFLICT DO NOTHING
        RETURNING true
        """,
        {"digest": digest, "expires_at": expires_at},
    ).fetchone()
    return row is not None
