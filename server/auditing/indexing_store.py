"""Speak SQL for the index of the trail: what is placed next, what a pull held, and the rows that are made of it.

Everything here runs in the one transaction of a step.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.range import Int8Range

from server.auditing.meaning import Combination, PlacedEntry, Pull
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


@dataclass(frozen=True, kw_only=True)
class AskedPull:
    """A pull whose origins are asked: whose, for which purpose, at which index of the log, and when it was judged."""

    index: int
    at: datetime
    organisation_id: int
    purpose: str
    pull: Pull


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


def about_of(db: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return whose records those of these acts concern that stored opinions."""
    rows = db.execute(
        """
        SELECT DISTINCT batch.entry_id, about.name
          FROM batch
          JOIN stream USING (stream_id)
          JOIN channel USING (channel_id)
          JOIN organisation AS about ON about.organisation_id = channel.about_id
         WHERE batch.entry_id = ANY (%(entry_ids)s)
        """,
        {"entry_ids": list(entry_ids)},
    )
    return dict(rows.fetchall())


def origins_in(db: Connection, asked: AskedPull) -> list[str]:
    """Return the organisations whose batches, or opinions about whose records, a pull held; by the feed's own rule.

    Intervals are taken as they stood at the pull's index: what ended before it gave it nothing. A restore moves feed
    and intervals to its new epoch at the same indexes, so a pull of any epoch is looked up in the present one.
    """
    pull = asked.pull
    rows = db.execute(
        """
        WITH named AS (
            SELECT organisation_id FROM organisation WHERE name = %(origin)s
        ), reached AS (
            SELECT feed.origin_id, feed.about_id, feed.kind, feed.audience_id,
                   feed.origin_id = %(reader)s OR feed.about_id IS NOT DISTINCT FROM %(reader)s AS is_own
              FROM feed
             WHERE feed.epoch = (SELECT epoch FROM log_head)
               AND feed.index BETWEEN %(first_m)s AND %(last_m)s
               AND (feed.index, feed.index, feed.position) >= (%(first_m)s, %(first_i)s, %(first_j)s)
               AND (feed.index, feed.index, feed.position) <= (%(last_m)s, %(last_i)s, %(last_j)s)
               AND (feed.origin_id = %(reader)s
                    OR feed.about_id = %(reader)s
                    OR (NOT %(only_own)s
                        AND EXISTS (SELECT FROM entitlement
                                      JOIN audience USING (audience_id)
                                     WHERE entitlement.organisation_id = %(reader)s
                                       AND entitlement.audience_id = feed.audience_id
                                       AND entitlement.epoch = feed.epoch
                                       AND entitlement.from_index <= feed.index
                                       AND (entitlement.until_index IS NULL OR entitlement.until_index > %(at_index)s)
                                       AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes)))))
            UNION ALL
            SELECT feed.origin_id, feed.about_id, feed.kind, feed.audience_id, false
              FROM entitlement AS past
              JOIN audience ON audience.audience_id = past.audience_id
              JOIN feed ON feed.audience_id = past.audience_id AND feed.epoch = past.epoch
             WHERE past.organisation_id = %(reader)s
               AND past.epoch = (SELECT epoch FROM log_head)
               AND past.from_index BETWEEN %(first_m)s AND %(last_m)s
               AND past.past_from < past.past_until
               AND EXISTS (SELECT FROM entitlement AS open
                            WHERE open.organisation_id = past.organisation_id
                              AND open.audience_id = past.audience_id
                              AND open.epoch = past.epoch
                              AND open.from_index <= past.from_index
                              AND (open.until_index IS NULL OR open.until_index > %(at_index)s))
               AND (audience.purposes = '{}' OR %(purpose)s = ANY (audience.purposes))
               AND feed.index >= past.past_from
               AND feed.index < past.past_until
               AND (past.from_index, feed.index, feed.position) >= (%(first_m)s, %(first_i)s, %(first_j)s)
               AND (past.from_index, feed.index, feed.position) <= (%(last_m)s, %(last_i)s, %(last_j)s)
               AND feed.origin_id <> %(reader)s
               AND feed.about_id IS DISTINCT FROM %(reader)s
               AND NOT %(only_own)s
        ), lapsed AS (
            -- Access that had run out by the pull's time gave it nothing, though its end has a place only later.
            SELECT gone.audience_id
              FROM (SELECT DISTINCT audience_id FROM reached WHERE NOT is_own) AS gone
             CROSS JOIN LATERAL (
                   SELECT access_end.ends_at
                     FROM access_end
                     LEFT JOIN placed USING (entry_id)
                    WHERE access_end.audience_id = gone.audience_id
                      AND %(reader)s = ANY (access_end.organisations)
                      AND (access_end.entry_id IS NULL OR placed.index < %(at_index)s)
                    ORDER BY placed.index DESC NULLS LAST, access_end.access_end_id DESC
                    LIMIT 1
                  ) AS access
             WHERE access.ends_at <= %(at)s
        )
        SELECT name
          FROM organisation
         WHERE organisation_id IN (
               SELECT unnest(ARRAY[reached.origin_id, reached.about_id])
                 FROM reached
                WHERE (reached.is_own OR reached.audience_id NOT IN (SELECT lapsed.audience_id FROM lapsed))
                  AND (%(kind)s::text IS NULL OR reached.kind = %(kind)s)
                  AND (%(origin)s::text IS NULL OR reached.origin_id = (SELECT named.organisation_id FROM named))
                  -- Who may read its own alone and names no origin asks for what it stored itself.
                  AND (NOT %(only_own)s OR %(origin)s::text IS NOT NULL OR reached.origin_id = %(reader)s)
                  AND (%(own)s OR reached.origin_id <> %(reader)s))
        """,
        {
            "reader": asked.organisation_id,
            "purpose": asked.purpose,
            "at_index": asked.index,
            "at": asked.at,
            "first_m": pull.first[1],
            "first_i": pull.first[2],
            "first_j": pull.first[3],
            "last_m": pull.last[1],
            "last_i": pull.last[2],
            "last_j": pull.last[3],
            "kind": pull.kind,
            "origin": pull.origin,
            "own": pull.own,
            "only_own": pull.only_own,
        },
    )
    return [name for (name,) in rows]


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
