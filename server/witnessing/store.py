"""Speak SQL for witnesses: the newest cosigned checkpoint of each log, and what was found against logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from crypto.merkle import EMPTY_ROOT
from server.db import Connection

Kind = Literal["same_size", "not_extended"]
# A log, or whoever sends its notes, fills no disk.
_EVIDENCE_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class Witnessed:
    """The newest checkpoint of a log that was cosigned here; size 0 and no note: none yet."""

    origin: str
    size: int
    root: bytes
    note: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Two notes of one log that do not go together, and how: see the table."""

    origin: str
    kind: Kind
    known_note: str
    other_note: str
    other_size: int
    other_root: bytes
    found_at: datetime


def size_of(db: Connection, origin: str) -> int:
    """Return the size of the newest checkpoint of `origin` that was cosigned here; 0: none."""
    row = db.execute("SELECT size FROM witnessed WHERE origin = %s", [origin]).fetchone()
    return 0 if row is None else row[0]


def lock(db: Connection, origin: str, *, now: datetime) -> Witnessed:
    """Return the newest checkpoint of `origin` that was cosigned here, and hold it until the transaction ends."""
    db.execute(
        """
        INSERT INTO witnessed (origin, size, root, note, at)
        VALUES (%(origin)s, 0, %(root)s, '', %(at)s)
            ON CONFLICT ON CONSTRAINT witnessed_pk DO NOTHING
        """,
        {"origin": origin, "root": EMPTY_ROOT, "at": now},
    )
    with db.cursor(row_factory=class_row(Witnessed)) as rows:
        found = rows.execute(
            "SELECT origin, size, root, note, at FROM witnessed WHERE origin = %s FOR UPDATE", [origin]
        ).fetchone()
    if found is None:
        raise LookupError("a row that was inserted is there")
    return found


def advance(db: Connection, newest: Witnessed) -> None:
    """Put `newest` in the place of the checkpoint before."""
    db.execute(
        """
        UPDATE witnessed
           SET size = %(size)s, root = %(root)s, note = %(note)s, at = %(at)s
         WHERE origin = %(origin)s
        """,
        {
            "origin": newest.origin,
            "size": newest.size,
            "root": newest.root,
            "note": newest.note,
            "at": newest.at,
        },
    )


def keep_evidence(db: Connection, evidence: Evidence) -> bool:
    """Keep two notes that do not go together; return whether they are new, and kept."""
    kept = db.execute(
        """
        INSERT INTO witness_evidence (origin, kind, known_note, other_note, other_size, other_root, found_at)
        SELECT %(origin)s, %(kind)s, %(known_note)s, %(other_note)s, %(other_size)s, %(other_root)s, %(found_at)s
         WHERE (SELECT count(*)
                  FROM witness_evidence
                 WHERE origin = %(origin)s
                   AND kind = %(kind)s) < %(most)s
            ON CONFLICT ON CONSTRAINT witness_evidence_once DO NOTHING
        RETURNING evidence_id
        """,
        {
            "origin": evidence.origin,
            "kind": evidence.kind,
            "known_note": evidence.known_note,
            "other_note": evidence.other_note,
            "other_size": evidence.other_size,
            "other_root": evidence.other_root,
            "found_at": evidence.found_at,
            "most": _EVIDENCE_AT_MOST,
        },
    ).fetchone()
    return kept is not None


def all_witnessed(db: Connection) -> Sequence[Witnessed]:
    """Return what was cosigned here, by origin."""
    with db.cursor(row_factory=class_row(Witnessed)) as rows:
        return rows.execute(
            "SELECT origin, size, root, note, at FROM witnessed WHERE note <> '' ORDER BY origin"
        ).fetchall()


def all_evidence(db: Connection) -> Sequence[Evidence]:
    """Return what was found against logs, oldest first."""
    with db.cursor(row_factory=class_row(Evidence)) as rows:
        return rows.execute(
            """
            SELECT origin, kind, known_note, other_note, other_size, other_root, found_at
              FROM witness_evidence
             ORDER BY evidence_id
            """
        ).fetchall()
