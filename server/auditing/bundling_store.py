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


def waits_for_its_telling(db: Connection, indexes: Sequence[int] | None, size: int) -> bool:
    """Return whether some of these places (None: all below `size`) were erased so lately that no head tells of it yet.

    What tells of them has a place behind `size`, or is a few minutes old and waits for one. Anything else that an
    erased entry names tells of nothing.
    """
    row = db.execute(
        """
        SELECT EXISTS (SELECT
                         FROM placed
                         JOIN entry USING (entry_id)
                         JOIN entry AS telling ON telling.entry_id = entry.erased_by
                         LEFT JOIN placed AS told ON told.entry_id = telling.entry_id
                        WHERE placed.index < %(size)s
                          AND (%(indexes)s::bigint[] IS NULL OR placed.index = ANY (%(indexes)s))
                          AND entry.document IS NULL
                          AND telling.action = 'erase_entries'
                          AND (told.index BETWEEN %(size)s AND (SELECT size - 1 FROM log_head)
                               OR (told.index IS NULL AND telling.at BETWEEN now() - interval '10 minutes' AND now())))
        """,
        {"indexes": None if indexes is None else list(indexes), "size": size},
    ).fetchone()
    return row == (True,)


def count_lines(db: Connection, size: int) -> int:
    """Return how many places below `size` have a line in a complete bundle: all, unless somebody took an entry away."""
    row = db.execute(
        """
        SELECT count(*)
          FROM placed
          JOIN entry USING (entry_id)
          LEFT JOIN placed AS told ON told.entry_id = entry.erased_by
         WHERE placed.index < %(size)s
           AND (entry.document IS NOT NULL AND entry.salt IS NOT NULL OR told.index < %(size)s)
        """,
        {"size": size},
    ).fetchone()
    return 0 if row is None else int(row[0])


def with_what_tells_of_them(db: Connection, indexes: Sequence[int], size: int) -> list[int]:
    """Return the places among `indexes` that have a line in a bundle, rising, with those that explain what is missing.

    These are the entries that tell of the erasure of what is among them, and those that open an epoch: they show that
    it was erased, or lost by a restore, and not suppressed.
    """
    rows = db.execute(
        """
        WITH lines AS (
            SELECT placed.index, told.index AS told_at, entry.document IS NULL OR entry.salt IS NULL AS is_erased
              FROM placed
              JOIN entry USING (entry_id)
              LEFT JOIN placed AS told ON told.entry_id = entry.erased_by AND told.index < %(size)s
             WHERE placed.index = ANY (%(indexes)s)
        )
        SELECT index FROM lines WHERE NOT is_erased OR told_at IS NOT NULL
        UNION
        SELECT told_at FROM lines WHERE is_erased AND told_at IS NOT NULL
        UNION
        SELECT trail_posting.index
          FROM trail_posting
          JOIN trail_scope USING (scope_id)
          JOIN trail_combination USING (combination_id)
         WHERE trail_scope.organisation IS NULL
           AND NOT trail_scope.of_records
           AND trail_combination.action = 'open_epoch'
           AND trail_posting.index < %(size)s
         ORDER BY 1
        """,
        {"indexes": list(indexes), "size": size},
    )
    return [index for (index,) in rows]


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
