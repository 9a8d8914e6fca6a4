"""Read from the database how a node is, for an operator: one line a thing, in plain words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

import psycopg

from server.db import Connection
from server.watching.asking import age_of

_SOON = timedelta(days=30)
_LATE = timedelta(seconds=10)
_COUNTED_AT_MOST = 100_000
_NAMED_AT_MOST = 5


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing about the node; `is_well` None: it could not be known from here, or somebody must judge it."""

    name: str
    says: str
    is_well: bool | None = True


def lines_of(db: Connection, *, now: datetime) -> list[Line]:
    """Return what the database says of the node; a question that it refuses is one that could not be known."""
    lines: list[Line] = []
    for name, question in _QUESTIONS.items():
        try:
            with db.transaction():
                lines += question(db, now)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            lines.append(Line(name=name, says="the database does not say: run havre-node migrate", is_well=None))
    return lines


def _log(db: Connection, now: datetime) -> Iterator[Line]:
    size = _count(db, "SELECT size FROM log_head")
    waiting = _count(db, "SELECT count(*) FROM (SELECT FROM unplaced LIMIT %s) AS counted", _COUNTED_AT_MOST)
    if waiting == 0:
        yield Line(name="log", says=f"{size} entries, every one has its place")
        return
    row = db.execute("SELECT entry_id FROM unplaced ORDER BY unplaced_id LIMIT 1").fetchone()
    age = timedelta() if row is None else age_of(row[0], now)
    says = f"{size} entries; {waiting} wait for their place, the oldest for {age.total_seconds():.0f} s"
    yield Line(name="log", says=says, is_well=age < _LATE)


def _head(db: Connection, now: datetime) -> Iterator[Line]:
    """Say how far the log is signed: what stands under no head can still be denied."""
    size = _count(db, "SELECT size FROM log_head")
    signed = _count(db, "SELECT coalesce(max(size), 0) FROM checkpoint")
    row = db.execute("SELECT entry_id FROM placed WHERE index = %(signed)s", {"signed": signed}).fetchone()
    age = timedelta() if row is None else age_of(row[0], now)
    if age < _LATE:
        yield Line(name="head", says=f"signed over {signed} entries")
        return
    says = (
        f"{size - signed} entries are under no signed head, the oldest for {age.total_seconds():.0f} s: the log of the "
        "sequencer says why"
    )
    yield Line(name="head", says=says, is_well=False)


def _members(db: Connection, _now: datetime) -> Iterator[Line]:
    active = _count(db, "SELECT count(*) FROM organisation WHERE status = 'active'")
    suspended = _count(db, "SELECT count(*) FROM organisation WHERE status = 'suspended'")
    waiting = _count(db, "SELECT count(*) FROM application WHERE status = 'pending' AND expires_at > now()")
    yield Line(name="members", says=f"{active} active, {suspended} suspended, {waiting} waiting")


def _own(db: Connection, now: datetime) -> Iterator[Line]:
    """Say how long the node's own statement and keys are good."""
    row = db.execute(
        """
        SELECT statement.expires_at
          FROM node
          JOIN organisation USING (organisation_id)
          JOIN statement ON statement.statement_id = organisation.statement_id
        """
    ).fetchone()
    if row is not None:
        yield _expiry("statement", row[0], now)
    row = db.execute(
        """
        SELECT min(nullif(held.until, 'infinity'))
          FROM (SELECT max(coalesce(signing_key.valid_until, 'infinity')) AS until
                  FROM signing_key
                  JOIN node USING (organisation_id)
                 WHERE signing_key.use IN ('node', 'log')
                   AND signing_key.revoked_at IS NULL
                 GROUP BY signing_key.use) AS held
        """
    ).fetchone()
    if row is not None and row[0] is not None:
        yield _expiry("keys", row[0], now)


def _theirs(db: Connection, now: datetime) -> Iterator[Line]:
    """Say whose statement, or last key of a use, ends within 30 days: their clients stop then."""
    rows = db.execute(
        """
        SELECT organisation.name, least(statement.expires_at, held.until)
          FROM organisation
          JOIN statement ON statement.statement_id = organisation.statement_id
          LEFT JOIN (SELECT newest.organisation_id, min(newest.until) AS until
                       FROM (SELECT organisation_id, use, max(coalesce(valid_until, 'infinity')) AS until
                               FROM signing_key
                              WHERE use <> 'root'
                                AND revoked_at IS NULL
                              GROUP BY organisation_id, use) AS newest
                      WHERE newest.until > %(now)s
                      GROUP BY newest.organisation_id) AS held ON held.organisation_id = organisation.organisation_id
         WHERE organisation.status = 'active'
           AND organisation.organisation_id NOT IN (SELECT organisation_id FROM node)
           AND least(statement.expires_at, held.until) < %(soon)s
         ORDER BY 2
        """,
        {"now": now, "soon": now + _SOON},
    ).fetchall()
    if not rows:
        yield Line(name="renewals", says="no member's statement or keys end within 30 days")
        return
    named = ", ".join(f"{name} in {max((at - now).days, 0)} days" for name, at in rows[:_NAMED_AT_MOST])
    more = f", and {len(rows) - _NAMED_AT_MOST} more" if len(rows) > _NAMED_AT_MOST else ""
    # It is the member's to mend; an operator may ring them.
    yield Line(name="renewals", says=f"statements or keys end soon: {named}{more}", is_well=None)


def _sharing(db: Connection, _now: datetime) -> Iterator[Line]:
    ahead = _count(db, "SELECT count(*) FROM stream WHERE accepted_at > now() + interval '60 seconds'")
    if ahead:
        says = f"{ahead} are ahead of the clock, and take nothing until it has caught up: look at the time of this host"
        yield Line(name="streams", says=says, is_well=False)
    else:
        yield Line(name="streams", says="none is ahead of the clock")
    ending = _count(db, "SELECT count(*) FROM sharing_group WHERE is_live AND expires_at < now() + interval '7 days'")
    yield Line(name="groups", says=f"{ending} expire within 7 days")


def _erasures(db: Connection, _now: datetime) -> Iterator[Line]:
    waiting = _count(
        db,
        "SELECT count(*) FROM erasure WHERE erased_at IS NULL AND marked_at < now() - interval '10 minutes'",
    )
    if waiting:
        says = f"{waiting} lines wait for more than 10 minutes: they are held, or no eraser runs"
        yield Line(name="erasures", says=says, is_well=None)
    else:
        yield Line(name="erasures", says="none is late")


_Question = Callable[[Connection, datetime], Iterator[Line]]
_QUESTIONS: dict[str, _Question] = {
    "log": _log,
    "head": _head,
    "members": _members,
    "statement": _own,
    "renewals": _theirs,
    "streams": _sharing,
    "erasures": _erasures,
}


def _expiry(name: str, at: datetime, now: datetime) -> Line:
    return Line(name=name, says=f"valid for {(at - now).days} more days", is_well=at - now > _SOON)


def _count(db: Connection, query: LiteralString, *values: int) -> int:
    row = db.execute(query, values).fetchone()
    return 0 if row is None else int(row[0])
