"""Speak SQL for keys: a key is registered once, for one organisation and one use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class ListedKey:
    """A key as a statement lists it; `thumbprint` and `x` are 32 bytes, `revoked_at` is from when it is refused."""

    thumbprint: bytes
    x: bytes
    use: str
    valid_from: datetime
    valid_until: datetime | None
    roles: Sequence[str]
    holder: str | None
    revoked_at: datetime | None
    revoked_reason: str | None


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """Whose a registered key is, and what for; `roles` are those of the newest statement."""

    thumbprint: bytes
    organisation_id: int
    use: str
    roles: list[str]
    revoked_at: datetime | None


def known_keys(db: Connection, thumbprints: Sequence[bytes]) -> list[KnownKey]:
    """Return those of `thumbprints` that any organisation has registered, whatever became of them."""
    with db.cursor(row_factory=class_row(KnownKey)) as rows:
        return rows.execute(
            """
            SELECT thumbprint, organisation_id, use, roles, revoked_at
              FROM signing_key
             WHERE thumbprint = ANY (%(thumbprints)s)
            """,
            {"thumbprints": list(thumbprints)},
        ).fetchall()


def write_keys(db: Connection, organisation_id: int, keys: Sequence[ListedKey]) -> int:
    """Register `keys` of an organisation, or change what its newest statement says of them; return how many.

    A revocation is never lifted and never moves to a later moment. A key that is another organisation's, or for another
    use, is left alone and not counted, even if it was registered a moment ago by a transaction beside this one.
    """
    with db.cursor() as rows:
        rows.executemany(
            """
            INSERT INTO signing_key AS known
                (thumbprint, organisation_id, x, use, valid_from, valid_until, roles, holder, revoked_at,
                 revoked_reason)
            VALUES
                (%(thumbprint)s, %(organisation_id)s, %(x)s, %(use)s, %(valid_from)s, %(valid_until)s, %(roles)s,
                 %(holder)s, %(revoked_at)s, %(revoked_reason)s)
            ON CONFLICT (thumbprint) DO UPDATE
               SET valid_from = EXCLUDED.valid_from,
                   valid_until = EXCLUDED.valid_until,
                   roles = EXCLUDED.roles,
                   holder = EXCLUDED.holder,
                   revoked_at = LEAST(known.revoked_at, EXCLUDED.revoked_at),
                   revoked_reason = coalesce(EXCLUDED.revoked_reason, known.revoked_reason)
             WHERE known.organisation_id = EXCLUDED.organisation_id
               AND known.use = EXCLUDED.use
            """,
            [
                {
                    "thumbprint": key.thumbprint,
                    "organisation_id": organisation_id,
                    "x": key.x,
                    "use": key.use,
                    "valid_from": key.valid_from,
                    "valid_until": key.valid_until,
                    "roles": list(key.roles),
                    "holder": key.holder,
                    "revoked_at": key.revoked_at,
                    "revoked_reason": key.revoked_reason,
                }
                for key in keys
            ],
        )
        return rows.rowcount
