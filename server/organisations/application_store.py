"""Speak SQL for statements that wait for the operators: newcomers' and members'."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class Application:
    """A statement that waits, or waited; `keyid` signed the request that brought it, `document` is a compact JWS."""

    application_id: UUID
    organisation: str
    document_sha256: bytes
    document: str
    keyid: str
    status: str
    applied_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Pending:
    """How many statements of strangers wait: under one name, and in all."""

    of_name: int
    in_all: int


def insert_application(db: Connection, new: Application) -> None:
    """Insert a statement that waits."""
    db.execute(
        """
        INSERT INTO application
            (application_id, organisation, document_sha256, document, keyid, status, applied_at, expires_at)
        VALUES
            (%(application_id)s, %(organisation)s, %(document_sha256)s, %(document)s, %(keyid)s, %(status)s,
             %(applied_at)s, %(expires_at)s)
        """,
        {
            "application_id": new.application_id,
            "organisation": new.organisation,
            "document_sha256": new.document_sha256,
            "document": new.document,
            "keyid": new.keyid,
            "status": new.status,
            "applied_at": new.applied_at,
            "expires_at": new.expires_at,
        },
    )


def application_with_id(db: Connection, application_id: UUID) -> Application | None:
    """Return the application with this id, whatever became of it."""
    with db.cursor(row_factory=class_row(Application)) as rows:
        return rows.execute(
            """
            SELECT application_id, organisation, document_sha256, document, keyid, status, applied_at, expires_at
              FROM application
             WHERE application_id = %(application_id)s
            """,
            {"application_id": application_id},
        ).fetchone()


def application_of(db: Connection, *, document_sha256: bytes) -> Application | None:
    """Return the application that brought this statement, whatever became of it."""
    with db.cursor(row_factory=class_row(Application)) as rows:
        return rows.execute(
            """
            SELECT application_id, organisation, document_sha256, document, keyid, status, applied_at, expires_at
              FROM application
             WHERE document_sha256 = %(document_sha256)s
            """,
            {"document_sha256": document_sha256},
        ).fetchone()


def count_pending_of(db: Connection, *, organisation: str, now: datetime) -> int:
    """Return how many statements wait at `now` under a name."""
    row = db.execute(
        """
        SELECT count(*)
          FROM application
         WHERE organisation = %(organisation)s
           AND status = 'pending'
           AND expires_at > %(now)s
        """,
        {"organisation": organisation, "now": now},
    ).fetchone()
    if row is None:
        raise LookupError("a count was not returned")
    count: int = row[0]
    return count


def count_strangers(db: Connection, *, organisation: str, now: datetime) -> Pending:
    """Return how many statements of no member wait at `now`, under this name and in all."""
    with db.cursor(row_factory=class_row(Pending)) as rows:
        counted = rows.execute(
            """
            SELECT count(*) FILTER (WHERE application.organisation = %(organisation)s) AS of_name,
                   count(*) AS in_all
              FROM application
             WHERE application.status = 'pending'
               AND application.expires_at > %(now)s
               AND NOT EXISTS (SELECT FROM organisation WHERE organisation.name = application.organisation)
            """,
            {"organisation": organisation, "now": now},
        ).fetchone()
    if counted is None:
        raise LookupError("a count was not returned")
    return counted


def drop_oldest(db: Connection, *, now: datetime) -> bool:
    """Delete the oldest statement of no member that waits and nobody has approved; return whether there was one."""
    dropped = db.execute(
        """
        DELETE FROM application
         WHERE application_id = (
               SELECT oldest.application_id
                 FROM application AS oldest
                WHERE oldest.status = 'pending'
                  AND oldest.expires_at > %(now)s
                  AND NOT EXISTS (SELECT FROM organisation WHERE organisation.name = oldest.organisation)
                  AND NOT EXISTS (
                      SELECT
                        FROM approval
                       WHERE approval.subject = oldest.organisation
                         AND approval.act = 'admit'
                         AND approval.document_sha256 = oldest.document_sha256
                      )
                ORDER BY oldest.applied_at, oldest.application_id
                LIMIT 1
               )
        """,
        {"now": now},
    )
    return dropped.rowcount == 1


def drop_oldest_of(db: Connection, *, organisation: str, now: datetime) -> bool:
    """Delete the oldest statement that waits under a name and nobody has approved; return whether there was one."""
    dropped = db.execute(
        """
        DELETE FROM application
         WHERE application_id = (
               SELECT oldest.application_id
                 FROM application AS oldest
                WHERE oldest.organisation = %(organisation)s
                  AND oldest.status = 'pending'
                  AND oldest.expires_at > %(now)s
                  AND NOT EXISTS (
                      SELECT
                        FROM approval
                       WHERE approval.subject = oldest.organisation
                         AND approval.act = 'admit'
                         AND approval.document_sha256 = oldest.document_sha256
                      )
                ORDER BY oldest.applied_at, oldest.application_id
                LIMIT 1
               )
        """,
        {"organisation": organisation, "now": now},
    )
    return dropped.rowcount == 1


def close_applications(db: Connection, *, organisation: str, approved_sha256: bytes) -> None:
    """End the waiting of all statements under a name: one was approved, the others are overtaken."""
    db.execute(
        """
        UPDATE application
           SET status = CASE WHEN document_sha256 = %(approved_sha256)s THEN 'approved' ELSE 'overtaken' END
         WHERE organisation = %(organisation)s
           AND status = 'pending'
        """,
        {"organisation": organisation, "approved_sha256": approved_sha256},
    )
