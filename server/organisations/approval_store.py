"""Speak SQL for approvals and for the admissions that they make."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class StoredApproval:
    """One operator's word, as handed in at `received_at`; digests are 32 bytes, `document` is a compact JWS.

    `content_sha256` is the same for two approvals that are equal in all but `iss jti iat exp`.
    """

    operator: str
    jti: UUID
    holder: str
    keyid: str
    act: str
    subject: str
    document_sha256: bytes
    content_sha256: bytes
    issued_at: datetime
    received_at: datetime
    document: str


def is_known(db: Connection, *, operator: str, jti: UUID) -> bool:
    """Return whether an approval with this (iss, jti) was handed in before."""
    row = db.execute(
        """
        SELECT true
          FROM approval
         WHERE operator = %(operator)s
           AND jti = %(jti)s
        """,
        {"operator": operator, "jti": jti},
    ).fetchone()
    return row is not None


def insert_approval(db: Connection, new: StoredApproval) -> None:
    """Insert an approval that was judged to count."""
    db.execute(
        """
        INSERT INTO approval
            (operator, jti, holder, keyid, act, subject, document_sha256, content_sha256, issued_at, received_at,
             document)
        VALUES
            (%(operator)s, %(jti)s, %(holder)s, %(keyid)s, %(act)s, %(subject)s, %(document_sha256)s,
             %(content_sha256)s, %(issued_at)s, %(received_at)s, %(document)s)
        """,
        {
            "operator": new.operator,
            "jti": new.jti,
            "holder": new.holder,
            "keyid": new.keyid,
            "act": new.act,
            "subject": new.subject,
            "document_sha256": new.document_sha256,
            "content_sha256": new.content_sha256,
            "issued_at": new.issued_at,
            "received_at": new.received_at,
            "document": new.document,
        },
    )


def unused_approvals(db: Connection, *, subject: str, content_sha256: bytes) -> list[StoredApproval]:
    """Return the approvals of exactly this content that no admission has used up, oldest first."""
    with db.cursor(row_factory=class_row(StoredApproval)) as rows:
        return rows.execute(
            """
            SELECT operator, jti, holder, keyid, act, subject, document_sha256, content_sha256, issued_at, received_at,
                   document
              FROM approval
             WHERE subject = %(subject)s
               AND content_sha256 = %(content_sha256)s
               AND NOT EXISTS (
                   SELECT
                     FROM admission
                    WHERE (admission.first_operator, admission.first_jti) = (approval.operator, approval.jti)
                       OR (admission.second_operator, admission.second_jti) = (approval.operator, approval.jti)
                   )
             ORDER BY received_at
            """,
            {"subject": subject, "content_sha256": content_sha256},
        ).fetchall()


def count_holders(db: Connection, *, subject: str, document_sha256: bytes) -> int:
    """Return how many persons have approved this statement in the same words, at most 2."""
    row = db.execute(
        """
        SELECT coalesce(max(holders), 0)
          FROM (SELECT count(DISTINCT (operator, holder)) AS holders
                  FROM approval
                 WHERE subject = %(subject)s
                   AND act IN ('admit', 'replace_root')
                   AND document_sha256 = %(document_sha256)s
                 GROUP BY content_sha256) AS alike
        """,
        {"subject": subject, "document_sha256": document_sha256},
    ).fetchone()
    return 0 if row is None else min(int(row[0]), 2)


def insert_admission(
    db: Connection, first: StoredApproval, second: StoredApproval | None, *, decided_at: datetime
) -> int:
    """Insert the decision that `first`, and `second` where two are needed, make together; return its id.

    Raises:
        psycopg.errors.CheckViolation: `admission_needs_two_holders`.
        psycopg.errors.UniqueViolation: `admission_uses_first_approval_once`, `admission_uses_second_approval_once`.
    """
    row = db.execute(
        """
        INSERT INTO admission
            (act, subject, document_sha256, content_sha256, decided_at, first_operator, first_jti, first_holder,
             second_operator, second_jti, second_holder)
        VALUES
            (%(act)s, %(subject)s, %(document_sha256)s, %(content_sha256)s, %(decided_at)s, %(first_operator)s,
             %(first_jti)s, %(first_holder)s, %(second_operator)s, %(second_jti)s, %(second_holder)s)
        RETURNING admission_id
        """,
        {
            "act": first.act,
            "subject": first.subject,
            "document_sha256": first.document_sha256,
            "content_sha256": first.content_sha256,
            "decided_at": decided_at,
            "first_operator": first.operator,
            "first_jti": first.jti,
            "first_holder": first.holder,
            "second_operator": None if second is None else second.operator,
            "second_jti": None if second is None else second.jti,
            "second_holder": None if second is None else second.holder,
        },
    ).fetchone()
    if row is None:
        raise LookupError("an inserted row was not returned")
    admission_id: int = row[0]
    return admission_id


def last_admitted_at(db: Connection, *, subject: str, document_sha256: bytes) -> datetime | None:
    """Return when operators last admitted exactly this statement; None if they never did."""
    with db.cursor(row_factory=scalar_row) as rows:
        return rows.execute(
            """
            SELECT max(decided_at)
              FROM admission
             WHERE subject = %(subject)s
               AND document_sha256 = %(document_sha256)s
               AND act IN ('admit', 'replace_root')
            """,
            {"subject": subject, "document_sha256": document_sha256},
        ).fetchone()


def deciding_approvals(db: Connection, *, subject: str) -> list[str]:
    """Return the approvals by which `subject` is what it is, each a compact JWS, in the order of the decisions."""
    with db.cursor(row_factory=scalar_row) as rows:
        return rows.execute(
            """
            SELECT approval.document
              FROM admission
              JOIN approval
                ON (approval.operator, approval.jti) = (admission.first_operator, admission.first_jti)
                OR (approval.operator, approval.jti) = (admission.second_operator, admission.second_jti)
             WHERE admission.subject = %(subject)s
             ORDER BY admission.admission_id, approval.received_at
            """,
            {"subject": subject},
        ).fetchall()
