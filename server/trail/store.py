"""Speak SQL for the trail: insert an entry with its waiting row, find one by its leaf."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection
from server.statements import COMMIT, Statement, nothing, run_together


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """One row of `entry`; digests and salt are 32 bytes, `document` is the canonical entry."""

    entry_id: UUID
    at: datetime
    organisation_id: int | None
    keyid: str | None
    action: str
    decision: str
    reason: str | None
    leaf: bytes
    salt: bytes
    p: bytes
    document: bytes


@dataclass(frozen=True, kw_only=True)
class OpenedEntry:
    """What opens a leaf: the entry's bytes, its salt and what the act stored; and its place, None while it waits."""

    document: bytes
    salt: bytes
    p: bytes
    index: int | None


def insert_entry(db: Connection, entry: NewEntry) -> None:
    """Insert `entry` and its row in `unplaced`, and commit: the entry is the last that a transaction writes."""
    written = Statement(
        row=nothing,
        sql="""
        WITH written AS (
            INSERT INTO entry
                (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
            VALUES
                (%(entry_id)s, %(at)s, %(organisation_id)s, %(keyid)s, %(action)s, %(decision)s, %(reason)s,
                 %(leaf)s, %(salt)s, %(p)s, %(document)s)
        )
        INSERT INTO unplaced (entry_id, leaf) VALUES (%(entry_id)s, %(leaf)s)
        """,
        parameters={
            "entry_id": entry.entry_id,
            "at": entry.at,
            "organisation_id": entry.organisation_id,
            "keyid": entry.keyid,
            "action": entry.action,
            "decision": entry.decision,
            "reason": entry.reason,
            "leaf": entry.leaf,
            "salt": entry.salt,
            "p": entry.p,
            "document": entry.document,
        },
    )
    run_together(db, written, COMMIT)


def entry_of(db: Connection, *, leaf: bytes, organisation_id: int, organisation: str) -> OpenedEntry | None:
    """Return the entry with this leaf if it was an act of this organisation.

    What it did before it was admitted was its act too, where it did it with a key that is still its own.
    """
    with db.cursor(row_factory=class_row(OpenedEntry)) as rows:
        return rows.execute(
            """
            SELECT entry.document, entry.salt, entry.p, placed.index
              FROM entry
              LEFT JOIN placed USING (entry_id)
             WHERE entry.leaf = %(leaf)s
               AND (entry.organisation_id = %(organisation_id)s
                    OR (entry.organisation_id IS NULL
                        AND EXISTS (SELECT FROM signing_key
                                     WHERE signing_key.organisation_id = %(organisation_id)s
                                       AND entry.keyid = %(organisation)s || '/' || translate(
                                           rtrim(encode(signing_key.thumbprint, 'base64'), '='), '+/', '-_'))))
            """,
            {"leaf": leaf, "organisation_id": organisation_id, "organisation": organisation},
        ).fetchone()
