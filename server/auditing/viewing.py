"""Say who looks at the trail, and give them connections that can only look: as the auditor's role, read-only.

All that one answer is made of is read in one transaction, repeatable: what is placed meanwhile is in the next answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from server.access import Role
from server.db import Connection, Judge, Pool, open_judged_pool
from server.errors import Busy

POOL_SIZE = 4
# What is more is told to the operator: no indexer runs, or it cannot keep up.
BEHIND_AT_MOST = 100_000
_WAIT_SECONDS = 5.0
_IDLE_SECONDS = 60.0
_OPTIONS = (
    "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read "
    "-c statement_timeout=30000 -c lock_timeout=2000 -c timezone=UTC -c jit=off "
    # Who takes nothing of a download for so long gets no more: others wait for this connection.
    "-c idle_in_transaction_session_timeout=120000"
)


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """An auditor: of one organisation, who sees what concerns it; or of the federation (`sees_all`)."""

    organisation_id: int
    organisation: str
    sees_all: bool


def viewer_of(*, organisation_id: int, organisation: str, role: Role) -> Viewer:
    """Return who looks with this role; whatever is not the federation's auditor sees what concerns its organisation."""
    return Viewer(organisation_id=organisation_id, organisation=organisation, sees_all=role is Role.FEDERATION_AUDITOR)


def open_trail_pool(database_url: str, *, size: int = POOL_SIZE, judge: Judge | None = None) -> Pool:
    """Return a pool of at most `size` connections as the auditor's role; none is opened before it is used.

    With a `judge` no connection is given that it refuses, as in the api's own pool.
    """
    return open_judged_pool(
        database_url,
        judge=judge,
        min_size=0,
        max_size=size,
        max_idle=_IDLE_SECONDS,
        timeout=_WAIT_SECONDS,
        kwargs={"options": _OPTIONS, "connect_timeout": 5, "prepare_threshold": None},
        name="havre-trail",
    )


@contextmanager
def reading(pool: Pool | None) -> Iterator[Connection]:
    """Give a connection in one read-only transaction.

    Raises:
        LookupError: the endpoint was declared without a pool, to be described alone.
        Busy: all are in use, or the database is not to be had.
    """
    if pool is None:
        raise LookupError("declared without the auditor's connections")
    try:
        with pool.connection() as db:
            yield db
    except (PoolTimeout, psycopg.OperationalError) as error:
        raise Busy from error


def behind(db: Connection) -> int:
    """Return how many placed entries are not in the index of the trail yet."""
    row = db.execute(
        "SELECT log_head.size - trail_progress.next_index FROM log_head CROSS JOIN trail_progress"
    ).fetchone()
    return 0 if row is None else max(0, int(row[0]))


def problems_of(db: Connection) -> list[str]:
    """Return why the role of `db` is not fit to read the trail for auditors: sentences for the operator, or none."""
    row = db.execute(
        """
        SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole,
               EXISTS (SELECT FROM pg_class
                        WHERE relnamespace = 'public'::regnamespace
                          AND relkind IN ('r', 'p')
                          AND (has_table_privilege(oid, 'DELETE, TRUNCATE')
                               OR has_any_column_privilege(oid, 'INSERT, UPDATE'))),
               has_column_privilege('public.batch', 'document', 'SELECT')
               OR has_column_privilege('public.record', 'value', 'SELECT')
               OR has_column_privilege('public.opinion', 'verdict', 'SELECT'),
               has_table_privilege('public.trail_entry', 'SELECT')
          FROM pg_roles
         WHERE rolname = current_user
        """
    ).fetchone()
    name, is_mighty, may_write, sees_values, may_read = row or ("", True, True, True, False)
    if is_mighty or may_write or sees_values:
        return [f"The role {name} may do more than read the trail: HAVRE_AUDITOR_DATABASE_URL must name havre_auditor."]
    if not may_read:
        return [f"The role {name} may not read the trail: HAVRE_AUDITOR_DATABASE_URL must name havre_auditor."]
    return []
