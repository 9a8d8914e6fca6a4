"""Speak SQL for proof bundles: leaves with what opens them, statements and approvals of those who are named."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from server.db import Connection

_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A place with what opens its leaf; where text and salt are gone, `erased_by` is the index that tells of it."""

    index: int
    document: bytes | None
    salt: bytes | None
    p: bytes
    erased_by: int | None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A statement of an organisation or an approval about it, a compact JWS; `operator` signed it."""

    organisation: str
    operator: str
    document: str


def opened(db: Connection, indexes: Sequence[int]) -> list[Opened]:
    """Return what opens the leaves at these places, by their indexes, rising."""
    with db.cursor(row_factory=class_row(Opened), binary=True) as rows:
        return rows.execute(
            """
            SELECT placed.index, entry.document, entry.salt, entry.p, told.index AS erased_by
              FROM placed
              JOIN entry USING (entry_id)
              LEFT JOIN placed AS told ON told.entry_id = entry.erased_by
             WHERE placed.index = ANY (%(indexes)s)
             ORDER BY placed.index
            """,
            {"indexes": list(indexes)},
        ).fetchall()


def all_opened(db: Connection, size: int) -> Iterator[list[Opened]]:
    """Yield what opens the leaves of all places below `size`, rising, 1,000 at a time; by the log, not by its index."""
    for start in range(0, size, _AT_ONCE):
        yield opened(db, range(start, min(size, start + _AT_ONCE)))


def count_entries(db: Connection, size: int) -> int:
    """Return how many places below `size` have their entry: all, unless somebody took one away."""
    row = db.execute(
        "SELECT count(*) FROM placed JOIN entry USING (entry_id) WHERE placed.index < %(size)s", {"size": size}
    ).fetchone()
    return 0 if row is None else int(row[0])


def statements_of(db: Connection, names: Collection[str]) -> Iterator[Document]:
    """Yield all statements of these organisations, by name, oldest first."""
    with db.cursor(row_factory=class_row(Document)) as rows:
        for name in sorted(names):
            yield from rows.execute(
                """
                SELECT organisation.name AS organisation, organisation.name AS operator, statement.document
                  FROM organisation
                  JOIN statement USING (organisation_id)
                 WHERE organisation.name = %(name)s
                 ORDER BY statement.seq
                """,
                {"name": name},
            )


def approvals_of(db: Connection, names: Collection[str]) -> list[Document]:
    """Return the approvals by which these organisations are what they are, by name, in the order of the decisions."""
    with db.cursor(row_factory=class_row(Document)) as rows:
        return rows.execute(
            """
            SELECT admission.subject AS organisation, approval.operator, approval.document
              FROM admission
              JOIN approval
                ON (approval.operator, approval.jti) = (admission.first_operator, admission.first_jti)
                OR (approval.operator, approval.jti) = (admission.second_operator, admission.second_jti)
             WHERE admission.subject = ANY (%(names)s)
             ORDER BY admission.subject COLLATE "C", admission.admission_id, approval.received_at
            """,
            {"names": sorted(names)},
        ).fetchall()
