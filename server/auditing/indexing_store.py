"""Speak SQL for the index of the trail: what is placed next, and the rows that are made of it.

Everything here runs in the one transaction of a step.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.range import Int8Range

from server.auditing.meaning import Combination, PlacedEntry
from server.db import Connection


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the log has been read, and how often something was taken out of the index."""

    next_index: int
    renewals: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of `trail_entry`."""

    index: int
    entry_id: UUID
    leaf: bytes
    at: datetime
    combination_id: int | None
    response_status: int | None
    records: int | None
    first_place: list[int] | None
    last_place: list[int] | None
    filter_kind: str | None
    filter_origin_id: int | None
    filter_own: bool | None
    places: Int8Range | None


_LINE = tuple(field.name for field in fields(Line))


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One row of `trail_posting`."""

    scope_id: int
    combination_id: int
    index: int
    at: datetime


def lock_progress(db: Connection) -> Progress:
    """Return how far the index is, and hold it until the transaction ends."""
    with db.cursor(row_factory=class_row(Progress)) as rows:
        progress = rows.execute("SELECT next_index, renewals FROM trail_progress FOR UPDATE").fetchone()
    if progress is None:
        raise LookupError("this database has no index of its trail")
    return progress


def next_placed(db: Connection, *, from_index: int, most: int) -> list[PlacedEntry]:
    """Return up to `most` placed entries from `from_index` on, by their indexes."""
    with db.cursor(row_factory=class_row(PlacedEntry), binary=True) as rows:
        return rows.execute(
            """
            SELECT placed.index, placed.entry_id, placed.leaf, entry.at, entry.organisation_id,
                   entry.p <> decode(repeat('00', 32), 'hex') AS stored, entry.document
              FROM placed
              JOIN entry USING (entry_id)
             WHERE placed.index >= %(from_index)s
             ORDER BY placed.index
             LIMIT %(most)s
            """,
            {"from_index": from_index, "most": most},
        ).fetchall()


def known_combinations(db: Connection) -> dict[Combination, int]:
    """Return every combination with its number."""
    rows = db.execute(
        """
        SELECT combination_id, organisation, organisation_id, keyid, role, action, decision, reason, purpose
          FROM trail_combination
        """
    )
    return {Combination(*said): number for number, *said in rows}


def insert_combination(db: Connection, said: Combination) -> int:
    """Insert a combination that was not there, and return its number."""
    row = db.execute(
        """
        INSERT INTO trail_combination (organisation, organisation_id, keyid, role, action, decision, reason, purpose)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        RETURNING combination_id
        """,
        astuple(said),
    ).fetchone()
    return _number(row)


def known_scopes(db: Connection) -> dict[tuple[str | None, bool], int]:
    """Return every scope, by organisation (None: all entries) and whether it is of its records alone."""
    rows = db.execute("SELECT scope_id, organisation, of_records FROM trail_scope")
    return {(organisation, of_records): number for number, organisation, of_records in rows}


def insert_scope(db: Connection, organisation: str | None, *, of_records: bool) -> int:
    """Insert a scope that was not there, and return its number."""
    row = db.execute(
        "INSERT INTO trail_scope (organisation, of_records) VALUES (%s, %s) RETURNING scope_id",
        [organisation, of_records],
    ).fetchone()
    return _number(row)


def organisations_named(db: Connection, names: Collection[str]) -> dict[str, int]:
    """Return the numbers of the organisations that have these names."""
    rows = db.execute(
        "SELECT name, organisation_id FROM organisation WHERE name = ANY (%(names)s)", {"names": list(names)}
    )
    return dict(rows.fetchall())


def insert_lines(db: Connection, lines: Sequence[Line]) -> None:
    """Insert rows of `trail_entry`."""
    with (
        db.cursor() as rows,
        rows.copy(
            """
            COPY trail_entry (index, entry_id, leaf, at, combination_id, response_status, records, first_place,
                              last_place, filter_kind, filter_origin_id, filter_own, places)
            FROM STDIN
            """
        ) as copied,
    ):
        for line in lines:
            copied.write_row(tuple(getattr(line, name) for name in _LINE))


def insert_postings(db: Connection, postings: Sequence[Posting]) -> None:
    """Insert rows of `trail_posting`, and count them by scope and combination: in all, and by UTC day."""
    with (
        db.cursor() as rows,
        rows.copy("COPY trail_posting (scope_id, combination_id, index, at) FROM STDIN") as copied,
    ):
        for posting in postings:
            copied.write_row((posting.scope_id, posting.combination_id, posting.index, posting.at))
    # Erased entries are in the order of all, and are counted nowhere.
    days = Counter(
        (posting.scope_id, posting.combination_id, posting.at.astimezone(UTC).date())
        for posting in postings
        if posting.combination_id
    )
    db.execute(
        """
        WITH counted AS (
            SELECT *
              FROM unnest(%(scopes)s::integer[], %(combinations)s::integer[], %(days)s::date[], %(entries)s::bigint[])
                   AS counted (scope_id, combination_id, day, entries)
        ), in_all AS (
            INSERT INTO trail_tally (scope_id, combination_id, entries)
            SELECT scope_id, combination_id, sum(entries) FROM counted GROUP BY scope_id, combination_id
                ON CONFLICT ON CONSTRAINT trail_tally_pk
                DO UPDATE SET entries = trail_tally.entries + excluded.entries
        ), by_decision AS (
            INSERT INTO trail_day_total (scope_id, day, allowed, refused)
            SELECT counted.scope_id, counted.day,
                   coalesce(sum(counted.entries) FILTER (WHERE trail_combination.decision = 'allowed'), 0),
                   coalesce(sum(counted.entries) FILTER (WHERE trail_combination.decision = 'refused'), 0)
              FROM counted
              JOIN trail_combination USING (combination_id)
             GROUP BY counted.scope_id, counted.day
                ON CONFLICT ON CONSTRAINT trail_day_total_pk
                DO UPDATE SET allowed = trail_day_total.allowed + excluded.allowed,
                              refused = trail_day_total.refused + excluded.refused
        )
        INSERT INTO trail_day (scope_id, combination_id, day, entries)
        SELECT scope_id, combination_id, day, entries FROM counted
            ON CONFLICT ON CONSTRAINT trail_day_pk DO UPDATE SET entries = trail_day.entries + excluded.entries
        """,
        {
            "scopes": [scope for scope, _, _ in days],
            "combinations": [combination for _, combination, _ in days],
            "days": [day for _, _, day in days],
            "entries": list(days.values()),
        },
    )


def insert_spans(db: Connection, entries: Sequence[PlacedEntry]) -> None:
    """Widen the spans of the minutes and days of `entries` by their indexes."""
    db.execute(
        """
        WITH seen AS (
            SELECT * FROM unnest(%(indexes)s::bigint[], %(times)s::timestamptz[]) AS entry (index, at)
        ), each AS (
            SELECT false AS is_day, date_trunc('minute', at, 'UTC') AS begins_at, index FROM seen
             UNION ALL
            SELECT true, date_trunc('day', at, 'UTC'), index FROM seen
        )
        INSERT INTO trail_span (is_day, begins_at, first_index, last_index)
        SELECT is_day, begins_at, min(index), max(index) FROM each GROUP BY is_day, begins_at
            ON CONFLICT ON CONSTRAINT trail_span_pk
            DO UPDATE SET first_index = least(trail_span.first_index, excluded.first_index),
                          last_index = greatest(trail_span.last_index, excluded.last_index)
        """,
        {"indexes": [entry.index for entry in entries], "times": [entry.at for entry in entries]},
    )


def insert_records(db: Connection, named: Sequence[tuple[str, UUID, int]]) -> None:
    """Insert rows of `trail_record`: origin, record, index."""
    with db.cursor() as rows:
        rows.executemany("INSERT INTO trail_record (origin, record_id, index) VALUES (%s, %s, %s)", named)


def move_progress(db: Connection, *, next_index: int) -> None:
    """Say that entries below `next_index` are in the index."""
    db.execute("UPDATE trail_progress SET next_index = %(next_index)s", {"next_index": next_index})


def empty(db: Connection) -> None:
    """Take everything out of the index; it begins anew."""
    db.execute("UPDATE trail_progress SET next_index = 0, renewals = renewals + 1")
    db.execute(
        """
        TRUNCATE trail_combination, trail_entry, trail_scope, trail_posting, trail_record, trail_tally, trail_day,
                 trail_day_total, trail_span
        """
    )


def _number(row: tuple[int, ...] | None) -> int:
    if row is None:
        raise LookupError("what was inserted has a number")
    return row[0]
