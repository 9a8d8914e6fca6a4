"""Speak SQL for sessions: found by the digest of a cookie's token, judged by what the database says now."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session, the passkey that opened it, and whose it is; `passkeys` counts those that have not ended."""

    session_id: int
    signed_in_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    ended_at: datetime | None
    passkey_id: int
    public_key: bytes
    passkey_ended_at: datetime | None
    person_id: int
    holder: str
    roles: list[str]
    person_ended_at: datetime | None
    organisation_id: int
    organisation: str
    passkeys: int


def session_of(db: Connection, token_sha256: bytes) -> Session | None:
    """Return the session whose cookie has this token, however it stands."""
    with db.cursor(row_factory=class_row(Session)) as rows:
        return rows.execute(
            """
            SELECT session.session_id,
                   session.signed_in_at,
                   session.seen_at,
                   session.confirmed_at,
                   session.ended_at,
                   passkey.passkey_id,
                   passkey.public_key,
                   passkey.ended_at AS passkey_ended_at,
                   person.person_id,
                   person.holder,
                   person.roles,
                   person.ended_at AS person_ended_at,
                   organisation.organisation_id,
                   organisation.name AS organisation,
                   (SELECT count(*)
                      FROM passkey AS other
                     WHERE other.person_id = person.person_id
                       AND other.ended_at IS NULL)::integer AS passkeys
              FROM session
              JOIN passkey USING (passkey_id)
              JOIN person USING (person_id)
              JOIN organisation USING (organisation_id)
             WHERE session.token_sha256 = %(token_sha256)s
            """,
            {"token_sha256": token_sha256},
        ).fetchone()


def open_session(db: Connection, passkey_id: int, token_sha256: bytes, *, now: datetime) -> None:
    """Open a session by a passkey that was just used."""
    db.execute(
        """
        INSERT INTO session (token_sha256, passkey_id, signed_in_at, seen_at, confirmed_at)
        VALUES (%(token_sha256)s, %(passkey_id)s, %(now)s, %(now)s, %(now)s)
        """,
        {"token_sha256": token_sha256, "passkey_id": passkey_id, "now": now},
    )


def keep_open(db: Connection, session_id: int, *, now: datetime) -> bool:
    """Keep that a session was used now; return False if it has ended meanwhile.

    Who ends it waits for this transaction, so that the trail shows nothing of a session after its end.
    """
    with db.cursor(row_factory=scalar_row) as rows:
        return (
            rows.execute(
                """
                UPDATE session
                   SET seen_at = greatest(seen_at, %(now)s)
                 WHERE session_id = %(session_id)s
                   AND ended_at IS NULL
                RETURNING true
                """,
                {"session_id": session_id, "now": now},
            ).fetchone()
            is not None
        )


def confirm_session(db: Connection, session_id: int, *, now: datetime) -> None:
    """Keep that a passkey of its person was used for a session now."""
    db.execute(
        "UPDATE session SET confirmed_at = %(now)s WHERE session_id = %(session_id)s",
        {"session_id": session_id, "now": now},
    )


def end_session(db: Connection, session_id: int, *, now: datetime) -> None:
    """End a session."""
    db.execute(
        "UPDATE session SET ended_at = %(now)s WHERE session_id = %(session_id)s AND ended_at IS NULL",
        {"session_id": session_id, "now": now},
    )


def end_session_with(db: Connection, token_sha256: bytes, *, now: datetime) -> None:
    """End the session whose cookie has this token, if there is one."""
    db.execute(
        "UPDATE session SET ended_at = %(now)s WHERE token_sha256 = %(token_sha256)s AND ended_at IS NULL",
        {"token_sha256": token_sha256, "now": now},
    )


def serve(db: Connection, organisation_id: int) -> None:
    """Let row security show this transaction what the organisation may see."""
    db.execute(
        "SELECT set_config('havre.organisation', %(organisation_id)s::text, true)",
        {"organisation_id": organisation_id},
    )
