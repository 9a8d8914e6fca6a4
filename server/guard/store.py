"""Speak SQL for the guard: the keys that are known, and who stands behind one while its nonce is claimed."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from server.db import Connection
from server.statements import Statement, nothing, run_together

_BEHIND_A_SAVEPOINT = Statement(sql="SAVEPOINT act", row=nothing)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a key and its organisation stand as committed now, and whether the nonce was new.

    `claimed` is false where the nonce was used before or is in flight in another request.
    """

    claimed: bool
    organisation_id: int
    organisation: str
    sector: str
    status: str
    roles_at_most: list[str]
    use: str
    roles: list[str]
    holder: str | None
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    statement_seq: int
    statement_exp: datetime


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """The 32 bytes of a key that an organisation has, whatever its use or validity."""

    x: bytes
    organisation_id: int


def known_key(db: Connection, *, thumbprint: bytes, organisation: str) -> KnownKey | None:
    """Return the key that `organisation` has under `thumbprint`."""
    row = db.execute(
        """
        SELECT signing_key.x, signing_key.organisation_id
          FROM signing_key
          JOIN organisation USING (organisation_id)
         WHERE signing_key.thumbprint = %(thumbprint)s
           AND organisation.name = %(organisation)s
        """,
        {"thumbprint": thumbprint, "organisation": organisation},
    ).fetchone()
    return None if row is None else KnownKey(x=row[0], organisation_id=row[1])


class Claim(TypedDict):
    """A nonce to claim: 32 and 16 bytes, when it may be forgotten, and a 64-bit digest of both for the lock.

    Of many sends of one request at once one goes on, and the others see at once that they do not: they neither queue on
    the row nor hold a connection each.
    """

    thumbprint: bytes
    nonce: bytes
    lock: int
    expires_at: datetime


def claim(db: Connection, claim: Claim) -> Standing:
    """Claim the nonce, begin the act behind a savepoint, and return how the key stands; one round trip.

    Raises:
        LookupError: the key has left the database, which no grant allows.
    """
    standing = run_together(
        db,
        Statement(
            row=Standing,
            sql="""
            WITH claim AS (
                INSERT INTO nonce (thumbprint, nonce, expires_at)
                SELECT %(thumbprint)s, %(nonce)s, %(expires_at)s
                 WHERE pg_try_advisory_xact_lock(%(lock)s)
                ON CONFLICT DO NOTHING
                RETURNING true
            )
            SELECT EXISTS (SELECT FROM claim) AS claimed,
                   -- Row security shows this transaction what this organisation may see.
                   set_config('havre.organisation', organisation.organisation_id::text, true)::integer
                       AS organisation_id,
                   organisation.name AS organisation,
                   organisation.sector,
                   organisation.status,
                   organisation.roles_at_most,
                   signing_key.use,
                   signing_key.roles,
                   signing_key.holder,
                   signing_key.valid_from,
                   signing_key.valid_until,
                   signing_key.revoked_at,
                   statement.seq AS statement_seq,
                   statement.expires_at AS statement_exp
              FROM signing_key
              JOIN organisation USING (organisation_id)
              JOIN statement ON statement.statement_id = organisation.statement_id
             WHERE signing_key.thumbprint = %(thumbprint)s
            """,
            parameters=claim,
        ),
        _BEHIND_A_SAVEPOINT,
    )[0]
    if not standing:
        raise LookupError("no such key")
    first: Standing = standing[0]
    return first


def claim_nonce(db: Connection, claim: Claim) -> bool:
    """Claim the nonce of a key that this node may not know yet, begin the act, and return whether it was new."""
    row = db.execute(
        """
        INSERT INTO nonce (thumbprint, nonce, expires_at)
        SELECT %(thumbprint)s, %(nonce)s, %(expires_at)s
         WHERE pg_try_advisory_xact_lock(%(lock)s)
        ON CONFLICT DO NOTHING
        RETURNING true
        """,
        claim,
    ).fetchone()
    db.execute("SAVEPOINT act")
    return row is not None
