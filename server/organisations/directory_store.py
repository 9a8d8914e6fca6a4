"""Speak SQL for the directory: the members as they stand, and the directories that were signed."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class ListedMember:
    """One member; `root_x` and `statement_sha256` are 32 bytes."""

    name: str
    sector: str
    status: str
    roles_at_most: list[str]
    root_x: bytes
    statement_seq: int
    statement_sha256: bytes


@dataclass(frozen=True, kw_only=True)
class StoredDirectory:
    """A signed directory; `members_sha256` is of what it lists and of the keyid that signed it."""

    seq: int
    members_sha256: bytes
    issued_at: datetime
    expires_at: datetime
    document: str


def members(db: Connection) -> list[ListedMember]:
    """Return every member as it stands, by name."""
    with db.cursor(row_factory=class_row(ListedMember)) as rows:
        return rows.execute(
            """
            SELECT organisation.name,
                   organisation.sector,
                   organisation.status,
                   organisation.roles_at_most,
                   organisation.root_x,
                   statement.seq AS statement_seq,
                   statement.sha256 AS statement_sha256
              FROM organisation
              JOIN statement USING (statement_id)
             ORDER BY organisation.name COLLATE "C"
            """
        ).fetchall()


def newest_directory(db: Connection) -> StoredDirectory | None:
    """Return the directory that was signed last."""
    with db.cursor(row_factory=class_row(StoredDirectory)) as rows:
        return rows.execute(
            """
            SELECT seq, members_sha256, issued_at, expires_at, document
              FROM directory
             ORDER BY seq DESC
             LIMIT 1
            """
        ).fetchone()


def insert_directory(db: Connection, new: StoredDirectory) -> None:
    """Insert a directory.

    Raises:
        psycopg.errors.UniqueViolation: `directory_pk`, its `seq` was given before.
    """
    db.execute(
        """
        INSERT INTO directory (seq, members_sha256, issued_at, expires_at, document)
        VALUES (%(seq)s, %(members_sha256)s, %(issued_at)s, %(expires_at)s, %(document)s)
        """,
        {
            "seq": new.seq,
            "members_sha256": new.members_sha256,
            "issued_at": new.issued_at,
            "expires_at": new.expires_at,
            "document": new.document,
        },
    )
