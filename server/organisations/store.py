"""Speak SQL for organisations: who is a member, and by which statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from server.db import Connection

# One namespace of advisory locks is ours; the guard's nonces use the other form, of one 64-bit number.
_NAMES = 1_752_134_770
_PENDING = 1_752_134_771
_DIRECTORY = 1_752_134_772


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """An organisation as admitted, and the number and digest of its newest statement.

    `root_x` and `statement_sha256` are 32 bytes; `status_decided_at` is when it became what it is.
    """

    organisation_id: int
    name: str
    status: str
    status_decided_at: datetime
    sector: str
    home: str
    home_origin_url: str
    display_name: str
    roles_at_most: list[str]
    root_x: bytes
    statement_seq: int
    statement_sha256: bytes
    statement_exp: datetime


@dataclass(frozen=True, kw_only=True)
class NewStatement:
    """A row of `statement`, without its organisation."""

    seq: int
    sha256: bytes
    issued_at: datetime
    expires_at: datetime
    received_at: datetime
    document: str


@dataclass(frozen=True, kw_only=True)
class KeptStatements:
    """How much an organisation's statements are: `since` a moment, and `in_bytes` in all."""

    since: int
    in_bytes: int


def lock_name(db: Connection, name: str) -> None:
    """Let one transaction at a time decide about `name`, whether or not it is a member yet."""
    db.execute("SELECT pg_advisory_xact_lock(%(ours)s, hashtext(%(name)s))", {"ours": _NAMES, "name": name})


def lock_pending(db: Connection) -> None:
    """Let one transaction at a time count what is pending; after `lock_name`, never before it."""
    db.execute("SELECT pg_advisory_xact_lock(%(ours)s, 0)", {"ours": _PENDING})


def lock_directory(db: Connection) -> None:
    """Let one transaction at a time make the next directory."""
    db.execute("SELECT pg_advisory_xact_lock(%(ours)s, 0)", {"ours": _DIRECTORY})


def organisation_named(db: Connection, name: str) -> Organisation | None:
    """Return the organisation `name`, if operators have ever admitted it."""
    with db.cursor(row_factory=class_row(Organisation)) as rows:
        return rows.execute(
            """
            SELECT organisation.organisation_id,
                   organisation.name,
                   organisation.status,
                   admission.decided_at AS status_decided_at,
                   organisation.sector,
                   organisation.home,
                   organisation.home_origin_url,
                   organisation.display_name,
                   organisation.roles_at_most,
                   organisation.root_x,
                   statement.seq AS statement_seq,
                   statement.sha256 AS statement_sha256,
                   statement.expires_at AS statement_exp
              FROM organisation
              JOIN admission USING (admission_id)
              JOIN statement ON statement.statement_id = organisation.statement_id
             WHERE organisation.name = %(name)s
            """,
            {"name": name},
        ).fetchone()


def count_statements(db: Connection, organisation_id: int, *, since: datetime) -> KeptStatements:
    """Return how many statements of an organisation came from `since` on, and how many bytes all of them have."""
    with db.cursor(row_factory=class_row(KeptStatements)) as rows:
        counted = rows.execute(
            """
            SELECT count(*) FILTER (WHERE received_at >= %(since)s) AS since,
                   coalesce(sum(octet_length(document)), 0)::bigint AS in_bytes
              FROM statement
             WHERE organisation_id = %(organisation_id)s
            """,
            {"organisation_id": organisation_id, "since": since},
        ).fetchone()
    if counted is None:
        raise LookupError("a count was not returned")
    return counted


def statements_after(
    db: Connection, organisation_id: int, seq: int, *, most_bytes: int, around_bytes: int
) -> list[str]:
    """Return the statements of an organisation that follow number `seq`, oldest first, each a compact JWS.

    As many as fit in `most_bytes` together, each with `around_bytes` more; the first in any case.
    """
    with db.cursor(row_factory=scalar_row) as rows:
        return rows.execute(
            """
            SELECT document
              FROM (SELECT statement.seq,
                           statement.document,
                           row_number() OVER (ORDER BY statement.seq) AS position,
                           sum(octet_length(statement.document) + %(around_bytes)s) OVER (ORDER BY statement.seq)
                               AS bytes_so_far
                      FROM statement
                     WHERE statement.organisation_id = %(organisation_id)s
                       AND statement.seq > %(seq)s) AS following
             WHERE following.bytes_so_far <= %(most_bytes)s
                OR following.position = 1
             ORDER BY following.seq
            """,
            {"organisation_id": organisation_id, "seq": seq, "most_bytes": most_bytes, "around_bytes": around_bytes},
        ).fetchall()


def statements_of(db: Connection, organisation_id: int) -> list[str]:
    """Return all statements of an organisation, oldest first, each a compact JWS."""
    with db.cursor(row_factory=scalar_row) as rows:
        return rows.execute(
            """
            SELECT document
              FROM statement
             WHERE organisation_id = %(organisation_id)s
             ORDER BY seq
            """,
            {"organisation_id": organisation_id},
        ).fetchall()


def newest_statement(db: Connection, organisation_id: int) -> str:
    """Return the newest statement of an organisation, a compact JWS.

    Raises:
        LookupError: there is no such organisation.
    """
    row = db.execute(
        """
        SELECT statement.document
          FROM organisation
          JOIN statement USING (statement_id)
         WHERE organisation.organisation_id = %(organisation_id)s
        """,
        {"organisation_id": organisation_id},
    ).fetchone()
    if row is None:
        raise LookupError("no such organisation")
    document: str = row[0]
    return document


@dataclass(frozen=True, kw_only=True)
class NewOrganisation:
    """What an admission says of a newcomer."""

    name: str
    admission_id: int
    sector: str
    home: str
    home_origin_url: str
    display_name: str
    roles_at_most: Sequence[str]
    root_x: bytes


def insert_organisation(db: Connection, new: NewOrganisation) -> int:
    """Insert an admitted organisation, and return its id; its statement and keys follow in the same transaction."""
    row = db.execute(
        """
        INSERT INTO organisation
            (name, status, admission_id, sector, home, home_origin_url, display_name, roles_at_most, root_x)
        VALUES
            (%(name)s, 'active', %(admission_id)s, %(sector)s, %(home)s, %(home_origin_url)s, %(display_name)s,
             %(roles_at_most)s, %(root_x)s)
        RETURNING organisation_id
        """,
        {
            "name": new.name,
            "admission_id": new.admission_id,
            "sector": new.sector,
            "home": new.home,
            "home_origin_url": new.home_origin_url,
            "display_name": new.display_name,
            "roles_at_most": list(new.roles_at_most),
            "root_x": new.root_x,
        },
    ).fetchone()
    if row is None:
        raise LookupError("an inserted row was not returned")
    organisation_id: int = row[0]
    return organisation_id


def change_admitted(
    db: Connection,
    organisation_id: int,
    *,
    sector: str,
    home: str,
    home_origin_url: str,
    display_name: str,
    roles_at_most: Sequence[str],
) -> None:
    """Change what was admitted; a change of sector or roles ends pages that were built before it."""
    db.execute(
        """
        UPDATE organisation
           SET sector = %(sector)s,
               home = %(home)s,
               home_origin_url = %(home_origin_url)s,
               display_name = %(display_name)s,
               roles_at_most = %(roles_at_most)s,
               entitlement_version = entitlement_version
                   + CASE WHEN sector = %(sector)s AND roles_at_most = %(roles_at_most)s THEN 0 ELSE 1 END
         WHERE organisation_id = %(organisation_id)s
        """,
        {
            "organisation_id": organisation_id,
            "sector": sector,
            "home": home,
            "home_origin_url": home_origin_url,
            "display_name": display_name,
            "roles_at_most": list(roles_at_most),
        },
    )


def change_status(db: Connection, organisation_id: int, *, status: str, admission_id: int) -> None:
    """Change an organisation's status to what an admission decided; pages that were built before it are void."""
    db.execute(
        """
        UPDATE organisation
           SET status = %(status)s,
               admission_id = %(admission_id)s,
               entitlement_version = entitlement_version + 1
         WHERE organisation_id = %(organisation_id)s
        """,
        {"organisation_id": organisation_id, "status": status, "admission_id": admission_id},
    )


def insert_statement(db: Connection, organisation_id: int, new: NewStatement, *, root_x: bytes) -> None:
    """Insert a statement and make it and its root the organisation's newest; one statement."""
    db.execute(
        """
        WITH written AS (
            INSERT INTO statement (organisation_id, seq, sha256, issued_at, expires_at, received_at, document)
            VALUES (%(organisation_id)s, %(seq)s, %(sha256)s, %(issued_at)s, %(expires_at)s, %(received_at)s,
                    %(document)s)
            RETURNING statement_id
        )
        UPDATE organisation
           SET statement_id = written.statement_id,
               root_x = %(root_x)s
          FROM written
         WHERE organisation_id = %(organisation_id)s
        """,
        {
            "organisation_id": organisation_id,
            "seq": new.seq,
            "sha256": new.sha256,
            "issued_at": new.issued_at,
            "expires_at": new.expires_at,
            "received_at": new.received_at,
            "document": new.document,
            "root_x": root_x,
        },
    )
