"""Speak SQL for the founding of a node, and for who this node is."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class FoundedNode:
    """Who this node is, with its newest statement and the epoch of its log."""

    organisation_id: int
    name: str
    federation: str
    origin_url: str
    statement: str
    epoch: int


def is_founded(db: Connection) -> bool:
    """Return whether this database belongs to a node."""
    return db.execute("SELECT is_this_node FROM node").fetchone() is not None


def founded_node(db: Connection) -> FoundedNode | None:
    """Return who this node is, if it has been founded."""
    with db.cursor(row_factory=class_row(FoundedNode)) as rows:
        return rows.execute(
            """
            SELECT node.organisation_id,
                   organisation.name,
                   node.federation,
                   node.origin_url,
                   statement.document AS statement,
                   log_head.epoch
              FROM node
              JOIN organisation USING (organisation_id)
              JOIN statement USING (statement_id)
             CROSS JOIN log_head
            """
        ).fetchone()


def insert_founding(
    db: Connection, *, subject: str, document_sha256: bytes, content_sha256: bytes, decided_at: datetime
) -> int:
    """Insert the one admission that needs no approval, and return its id; the database lets only the owner do it."""
    row = db.execute(
        """
        INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at)
        VALUES ('found', %(subject)s, %(document_sha256)s, %(content_sha256)s, %(decided_at)s)
        RETURNING admission_id
        """,
        {
            "subject": subject,
            "document_sha256": document_sha256,
            "content_sha256": content_sha256,
            "decided_at": decided_at,
        },
    ).fetchone()
    if row is None:
        raise LookupError("an inserted row was not returned")
    admission_id: int = row[0]
    return admission_id


def insert_node(db: Connection, *, organisation_id: int, federation: str, origin_url: str) -> None:
    """Insert the one row that says who this node is."""
    db.execute(
        """
        INSERT INTO node (organisation_id, federation, origin_url)
        VALUES (%(organisation_id)s, %(federation)s, %(origin_url)s)
        """,
        {"organisation_id": organisation_id, "federation": federation, "origin_url": origin_url},
    )
