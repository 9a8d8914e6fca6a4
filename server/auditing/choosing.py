"""Say which lists of the index answer a filter: a scope that the viewer may see, combinations, bounds of indexes.

Whatever is asked, a viewer's own scope bounds it. An organisation's auditor who asks for another origin's records sees
its own acts with them and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg.rows import class_row

from server.auditing.filtering import FACETS, TrailFilter
from server.auditing.viewing import Viewer
from server.db import Connection
from server.errors import BadQuery

_MAX_INDEX = 2**62


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A combination: its number, what it says by `FACETS`, and how many entries of the scope say it."""

    combination_id: int
    entries: int
    said: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What answers a filter. `kinds` None: all of the scope, erased entries too.

    `first` and `last` bound the indexes, both included; `since` and `until` the times within. `is_all_but_decision`:
    nothing narrows what entries say but how they were decided.
    """

    scope_id: int
    kinds: list[int] | None
    first: int
    last: int
    since: datetime
    until: datetime
    is_timed: bool
    is_all_but_decision: bool


@dataclass(frozen=True, kw_only=True)
class _Span:
    first: int | None
    last: int | None


_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def choose(db: Connection, viewer: Viewer, asked: TrailFilter) -> Chosen | None:
    """Return what answers `asked` for `viewer`; None where nothing does.

    Raises:
        BadQuery: it names an organisation or a holder that nobody here has: text of the caller's own.
    """
    _check_names(db, viewer, asked)
    keyids = None if asked.holder is None else _keyids_of(db, viewer, asked.holder)
    scope_id, only_of = _scope(db, viewer, asked)
    if scope_id is None:
        return None
    kinds = None
    if only_of is not None or keyids is not None or any(text is not None for text in asked.said.values()):
        kinds = _kinds(db, scope_id, asked, keyids, only_of=only_of)
        if not kinds:
            return None
    bounds = _bounds(db, asked)
    if bounds is None:
        return None
    return Chosen(
        scope_id=scope_id,
        kinds=kinds,
        first=bounds[0],
        last=bounds[1],
        since=asked.since or _EARLIEST,
        until=asked.until or _LATEST,
        is_timed=asked.since is not None or asked.until is not None,
        is_all_but_decision=only_of is None
        and keyids is None
        and all(text is None for name, text in asked.said.items() if name != "decision"),
    )


def scope_of(db: Connection, organisation: str | None, *, of_records: bool = False) -> int | None:
    """Return the number of a scope (None: of all entries); None where nothing is in it."""
    row = db.execute(
        """
        SELECT scope_id
          FROM trail_scope
         WHERE organisation IS NOT DISTINCT FROM %(organisation)s
           AND of_records = %(of_records)s
        """,
        {"organisation": organisation, "of_records": of_records},
    ).fetchone()
    return None if row is None else int(row[0])


def visible_scope(db: Connection, viewer: Viewer) -> int | None:
    """Return the scope of everything that `viewer` may see; None where nothing is."""
    return scope_of(db, None if viewer.sees_all else viewer.organisation)


def kinds_of(db: Connection, viewer: Viewer, chosen: Chosen) -> dict[int, Kind]:
    """Return the combinations of what was chosen, by their numbers."""
    rows = db.execute(
        """
        SELECT combination_id, trail_tally.entries, organisation, keyid, role, action, decision, reason, purpose
          FROM trail_tally
          JOIN trail_combination USING (combination_id)
         WHERE trail_tally.scope_id = %(scope_id)s
           AND (%(kinds)s::integer[] IS NULL OR combination_id = ANY (%(kinds)s))
        """,
        {"scope_id": chosen.scope_id, "kinds": chosen.kinds},
    ).fetchall()
    holders = holders_of(db, viewer)
    return {
        number: Kind(
            combination_id=number,
            entries=entries,
            said=dict(zip(FACETS, (said[0], said[1], holders.get(said[1]), *said[2:]), strict=True)),
        )
        for number, entries, *said in rows
    }


def holders_of(db: Connection, viewer: Viewer) -> dict[str, str]:
    """Return who holds each key that is held by anybody, as the newest statements say, and whose each passkey is.

    Statements are every member's to read; the people at the console of others are the federation's auditor's alone.
    """
    rows = db.execute(
        """
        SELECT organisation.name || '/' || translate(rtrim(encode(held.thumbprint, 'base64'), '='), '+/', '-_'),
               held.holder
          FROM (SELECT signing_key.organisation_id, signing_key.thumbprint, signing_key.holder
                  FROM signing_key
                 WHERE signing_key.holder IS NOT NULL
                 UNION ALL
                SELECT person.organisation_id, sha256(passkey.public_key), person.holder
                  FROM passkey
                  JOIN person USING (person_id)
                 WHERE %(sees_all)s OR person.organisation_id = %(organisation_id)s) AS held
          JOIN organisation USING (organisation_id)
        """,
        {"sees_all": viewer.sees_all, "organisation_id": viewer.organisation_id},
    )
    return dict(rows.fetchall())


def _scope(db: Connection, viewer: Viewer, asked: TrailFilter) -> tuple[int | None, str | None]:
    """Return the scope, and whose acts alone it is narrowed to (None: anybody's)."""
    # Acts that name one record are looked up by the record; what of them is seen, by the viewer's scope.
    if asked.origin is None or asked.record is not None:
        return visible_scope(db, viewer), None
    scope_id = scope_of(db, asked.origin, of_records=True)
    return scope_id, None if viewer.sees_all or asked.origin == viewer.organisation else viewer.organisation


def _check_names(db: Connection, viewer: Viewer, asked: TrailFilter) -> None:
    """Refuse names that no member has: they would stand in the log. Members know each other, not each other's acts.

    Applicants that nobody has admitted are known to the federation's auditor.
    """
    of_key = None if asked.keyid is None else asked.keyid.partition("/")[0]
    named = {asked.organisation, asked.origin, of_key} - {None}
    row = db.execute(
        """
        SELECT bool_and(EXISTS (SELECT FROM organisation WHERE organisation.name = named.name)
                        OR (%(sees_all)s AND EXISTS (SELECT FROM trail_combination
                                                      WHERE trail_combination.organisation = named.name)))
          FROM unnest(%(named)s::text[]) AS named (name)
        """,
        {"named": sorted(filter(None, named)), "sees_all": viewer.sees_all},
    ).fetchone()
    if row == (False,):
        raise BadQuery


def _keyids_of(db: Connection, viewer: Viewer, holder: str) -> list[str]:
    keyids = [keyid for keyid, held_by in holders_of(db, viewer).items() if held_by == holder]
    if not keyids:
        raise BadQuery
    return keyids


def _kinds(
    db: Connection, scope_id: int, asked: TrailFilter, keyids: list[str] | None, *, only_of: str | None
) -> list[int]:
    rows = db.execute(
        """
        SELECT combination_id
          FROM trail_tally
          JOIN trail_combination USING (combination_id)
         WHERE trail_tally.scope_id = %(scope_id)s
           AND (%(organisation)s::text IS NULL OR organisation = %(organisation)s)
           AND (%(only_of)s::text IS NULL OR organisation = %(only_of)s)
           AND (%(keyid)s::text IS NULL OR keyid = %(keyid)s)
           AND (%(keyids)s::text[] IS NULL OR keyid = ANY (%(keyids)s))
           AND (%(role)s::text IS NULL OR role = %(role)s)
           AND (%(action)s::text IS NULL OR action = %(action)s)
           AND (%(decision)s::text IS NULL OR decision = %(decision)s)
           AND (%(reason)s::text IS NULL OR reason = %(reason)s)
           AND (%(purpose)s::text IS NULL OR purpose = %(purpose)s)
         ORDER BY combination_id
        """,
        {"scope_id": scope_id, "only_of": only_of, "keyids": keyids, **asked.said},
    )
    return [number for (number,) in rows]


def _bounds(db: Connection, asked: TrailFilter) -> tuple[int, int] | None:
    if asked.since is None and asked.until is None:
        return 0, _MAX_INDEX
    return bounds_of(db, asked.since or _EARLIEST, asked.until or _LATEST)


def bounds_of(db: Connection, since: datetime, until: datetime) -> tuple[int, int] | None:
    """Return the least and the greatest index of what is in a time, or of more; None where nothing is.

    Times do not rise with indexes, so the spans of all days and minutes in that time are looked at.
    """
    with db.cursor(row_factory=class_row(_Span)) as rows:
        span = rows.execute(
            """
            SELECT min(first_index) AS first, max(last_index) AS last
              FROM trail_span
             WHERE (is_day AND begins_at >= %(first_day)s AND begins_at < %(last_day)s)
                OR (NOT is_day AND begins_at >= %(first_minute)s AND begins_at < least(%(first_day)s, %(until)s))
                OR (NOT is_day AND begins_at >= greatest(%(last_day)s, %(first_day)s) AND begins_at < %(until)s)
            """,
            {
                "first_minute": since.replace(second=0, microsecond=0),
                "first_day": day_after(since),
                "last_day": day_of(until),
                "until": until,
            },
        ).fetchone()
    if span is None or span.first is None or span.last is None:
        return None
    return span.first, span.last


def day_of(moment: datetime) -> datetime:
    """Return the last midnight that is not after `moment`, UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def day_after(moment: datetime) -> datetime:
    """Return the first midnight that is not before `moment`, UTC."""
    midnight = day_of(moment)
    return midnight if midnight == moment or moment.year >= _LATEST.year else midnight + timedelta(days=1)
