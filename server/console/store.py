"""Speak SQL for the console's pages: each query bounded, none of it about what a record holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One member of the node."""

    name: str
    display_name: str
    sector: str
    status: str
    roles_at_most: list[str]
    statement_seq: int


@dataclass(frozen=True, kw_only=True)
class Stated:
    """One statement of an organisation, without its text; `sha256` is 32 bytes."""

    seq: int
    sha256: bytes
    issued_at: datetime
    expires_at: datetime
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Head:
    """A signed head of the log, and the witnesses' keys that cosigned it; `root` is 32 bytes."""

    epoch: int
    size: int
    root: bytes
    note: str
    signed_at: datetime
    witnesses: list[str]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An entry drawn for a check: its place's leaf beside what makes it; what was erased is None."""

    index: int
    placed_leaf: bytes
    leaf: bytes | None
    document: bytes | None
    salt: bytes | None
    commitment: bytes | None
    p: bytes | None


@dataclass(frozen=True, kw_only=True)
class Named:
    """A record by its name."""

    origin: str
    record_id: UUID


def members_after(db: Connection, name: str, *, limit: int) -> list[Listed]:
    """Return up to `limit` members that follow `name`, by name."""
    with db.cursor(row_factory=class_row(Listed)) as rows:
        return rows.execute(
            """
            SELECT organisation.name,
                   organisation.display_name,
                   organisation.sector,
                   organisation.status,
                   organisation.roles_at_most,
                   statement.seq AS statement_seq
              FROM organisation
              JOIN statement USING (statement_id)
             WHERE organisation.name COLLATE "C" > %(name)s
             ORDER BY organisation.name COLLATE "C"
             LIMIT %(limit)s
            """,
            {"name": name, "limit": limit},
        ).fetchall()


def count_members(db: Connection) -> dict[str, int]:
    """Return how many members there are of each status."""
    return dict(db.execute("SELECT status, count(*) FROM organisation GROUP BY status").fetchall())


def statements_listed(db: Connection, organisation_id: int, *, limit: int) -> list[Stated]:
    """Return the newest `limit` statements of an organisation, newest first."""
    with db.cursor(row_factory=class_row(Stated)) as rows:
        return rows.execute(
            """
            SELECT seq, sha256, issued_at, expires_at, received_at
              FROM statement
             WHERE organisation_id = %(organisation_id)s
             ORDER BY seq DESC
             LIMIT %(limit)s
            """,
            {"organisation_id": organisation_id, "limit": limit},
        ).fetchall()


def heads_before(db: Connection, epoch: int, size: int, *, limit: int) -> list[Head]:
    """Return up to `limit` signed heads of the log before one of `epoch` and `size`, newest first."""
    with db.cursor(row_factory=class_row(Head)) as rows:
        return rows.execute(
            """
            SELECT checkpoint.epoch,
                   checkpoint.size,
                   checkpoint.root,
                   checkpoint.note,
                   checkpoint.signed_at,
                   ARRAY(SELECT cosignature.witness
                           FROM cosignature
                          WHERE cosignature.epoch = checkpoint.epoch
                            AND cosignature.size = checkpoint.size
                          ORDER BY cosignature.witness) AS witnesses
              FROM checkpoint
             WHERE (checkpoint.epoch, checkpoint.size) < (%(epoch)s, %(size)s)
             ORDER BY checkpoint.epoch DESC, checkpoint.size DESC
             LIMIT %(limit)s
            """,
            {"epoch": epoch, "size": size, "limit": limit},
        ).fetchall()


def log_size(db: Connection) -> int:
    """Return how many entries have their place; 0 before there is a log."""
    row = db.execute("SELECT size FROM log_head").fetchone()
    return 0 if row is None else row[0]


def entries_drawn(db: Connection, indexes: Sequence[int]) -> list[Drawn]:
    """Return what is kept of the entries at these places; a place that was not given is left out."""
    with db.cursor(row_factory=class_row(Drawn)) as rows:
        return rows.execute(
            """
            SELECT placed.index,
                   placed.leaf AS placed_leaf,
                   entry.leaf,
                   entry.document,
                   entry.salt,
                   entry.commitment,
                   entry.p
              FROM placed
              LEFT JOIN entry USING (entry_id)
             WHERE placed.index = ANY (%(indexes)s)
            """,
            {"indexes": list(indexes)},
        ).fetchall()


def records_stored_by(db: Connection, entry_id: UUID, *, limit: int) -> list[Named]:
    """Return up to `limit` records that the act of an entry stored, in the order of their lines."""
    with db.cursor(row_factory=class_row(Named)) as rows:
        return rows.execute(
            """
            SELECT organisation.name AS origin, record.record_id
              FROM batch
              JOIN record ON record.batch_id = batch.batch_id
              JOIN organisation ON organisation.organisation_id = record.origin_id
             WHERE batch.entry_id = %(entry_id)s
             ORDER BY batch.entry_position, record.position
             LIMIT %(limit)s
            """,
            {"entry_id": entry_id, "limit": limit},
        ).fetchall()


def holder_of_key(db: Connection, thumbprint: bytes) -> str | None:
    """Return the name of the organisation that has, or had, the key with this thumbprint (32 bytes)."""
    row = db.execute(
        """
        SELECT organisation.name
          FROM signing_key
          JOIN organisation USING (organisation_id)
         WHERE signing_key.thumbprint = %(thumbprint)s
        """,
        {"thumbprint": thumbprint},
    ).fetchone()
    return None if row is None else row[0]
