"""Pinned roots, statements, admissions and the directory."""

import sqlite3
from datetime import datetime

import orjson


def pinned_root(db: sqlite3.Connection, organisation: str) -> str | None:
    """Return the thumbprint of the root pinned for `organisation`."""
    row = db.execute(
        "SELECT thumbprint FROM pinned_root WHERE organisation = :organisation", {"organisation": organisation}
    ).fetchone()
    return None if row is None else str(row["thumbprint"])


def pin_root(db: sqlite3.Connection, organisation: str, thumbprint: str, *, by: str, at: datetime) -> None:
    """Pin a root, in place of the one before."""
    db.execute(
        """
        INSERT INTO pinned_root (organisation, thumbprint, pinned_by, pinned_at)
        VALUES (:organisation, :thumbprint, :by, :at)
        ON CONFLICT (organisation) DO UPDATE
            SET thumbprint = excluded.thumbprint, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at
        """,
        {"organisation": organisation, "thumbprint": thumbprint, "by": by, "at": int(at.timestamp())},
    )


def statement_tokens(db: sqlite3.Connection, organisation: str) -> list[str]:
    """Return all statements of `organisation` that were verified, oldest first."""
    rows = db.execute(
        "SELECT token FROM statement WHERE organisation = :organisation ORDER BY seq", {"organisation": organisation}
    )
    return [str(row["token"]) for row in rows]


def organisations(db: sqlite3.Connection) -> list[str]:
    """Return the organisations of which a statement was verified."""
    rows = db.execute("SELECT DISTINCT organisation FROM statement ORDER BY organisation")
    return [str(row["organisation"]) for row in rows]


def add_statement(db: sqlite3.Connection, *, organisation: str, seq: int, digest: bytes, token: str) -> None:
    """Keep a verified statement."""
    db.execute(
        """
        INSERT INTO statement (organisation, seq, digest, token)
        VALUES (:organisation, :seq, :digest, :token)
        """,
        {"organisation": organisation, "seq": seq, "digest": digest, "token": token},
    )


def approvals_of(db: sqlite3.Connection, organisation: str) -> list[str]:
    """Return the approvals by which `organisation` was last judged to be admitted."""
    row = db.execute(
        "SELECT approvals FROM admission WHERE organisation = :organisation", {"organisation": organisation}
    ).fetchone()
    return [] if row is None else list(orjson.loads(row["approvals"]))


def keep_approvals(db: sqlite3.Connection, organisation: str, approvals: list[str]) -> None:
    """Keep the approvals that admit `organisation`."""
    db.execute(
        """
        INSERT INTO admission (organisation, approvals) VALUES (:organisation, :approvals)
        ON CONFLICT (organisation) DO UPDATE SET approvals = excluded.approvals
        """,
        {"organisation": organisation, "approvals": orjson.dumps(approvals).decode("ascii")},
    )


def directory_token(db: sqlite3.Connection) -> str | None:
    """Return the newest directory that was verified."""
    row = db.execute("SELECT token FROM directory").fetchone()
    return None if row is None else str(row["token"])


def keep_directory(db: sqlite3.Connection, *, seq: int, token: str) -> None:
    """Keep a verified directory in place of the one before."""
    db.execute(
        """
        INSERT INTO directory (one, seq, token) VALUES (1, :seq, :token)
        ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, token = excluded.token
        """,
        {"seq": seq, "token": token},
    )
