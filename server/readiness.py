"""Say whether a database is fit for the api: the right role, the newest schema, a trail that can be written.

A role that could switch the walls off (superuser, owner of the tables, BYPASSRLS) is refused as a fault of the
installation: with it, neither row-level security nor the append-only tables would hold.
"""

from collections.abc import Callable
from pathlib import Path

import psycopg

import migrations
from server.db import Connection

_Check = Callable[[Connection], str | None]


def problems_of(db: Connection) -> list[str]:
    """Return why this database, as the role of `db`, is not fit for the api: sentences for the operator, or none."""
    problems: list[str] = []
    for check in (_role, _schema, _ownership, _trail):
        try:
            problem = check(db)
        except psycopg.Error:
            db.rollback()
            problem = "The database did not answer a question about itself; its log says why."
        if problem is not None:
            problems.append(problem)
            # Without a schema the questions that follow have no answer.
            if check is _schema:
                break
    return problems


def _role(db: Connection) -> str | None:
    row = db.execute(
        """
        SELECT rolname, rolsuper, rolbypassrls, rolcreaterole
          FROM pg_roles
         WHERE rolname = current_user
        """
    ).fetchone()
    if row is None:
        return "The database does not know the role that we are."
    name, is_superuser, bypasses, creates_roles = row
    if is_superuser:
        return f"The role {name} is a superuser: no wall of the database would hold. Connect as havre_app."
    if bypasses:
        return f"The role {name} has BYPASSRLS: row-level security would not hold. Connect as havre_app."
    if creates_roles:
        return f"The role {name} may create roles, and so give itself any other. Connect as havre_app."
    return None


def _schema(db: Connection) -> str | None:
    row = db.execute("SELECT to_regclass('public._yoyo_migration') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return "The database has no schema yet: run havre-node migrate."
    allowed = db.execute("SELECT has_table_privilege('public._yoyo_migration', 'SELECT')").fetchone()
    if allowed is None or not allowed[0]:
        return "This role may not see which migrations were applied: run havre-node migrate."
    applied = {name for (name,) in db.execute("SELECT migration_id FROM public._yoyo_migration")}
    missing = [name for name in _written() if name not in applied]
    if missing:
        return f"The database lacks {len(missing)} migration(s), from {missing[0]} on: run havre-node migrate."
    return None


def _ownership(db: Connection) -> str | None:
    row = db.execute(
        """
        SELECT count(*)
          FROM pg_class
         WHERE relnamespace = 'public'::regnamespace
           AND relkind IN ('r', 'p', 'S', 'v')
           AND pg_has_role(current_user, relowner, 'MEMBER')
        """
    ).fetchone()
    if row is None or row[0]:
        return "This role owns tables (or may become their owner): append-only would not hold. Connect as havre_app."
    return None


def _trail(db: Connection) -> str | None:
    row = db.execute(
        """
        SELECT has_table_privilege('public.entry', 'INSERT') AND has_table_privilege('public.unplaced', 'INSERT'),
               current_setting('transaction_read_only') = 'off' AND NOT pg_is_in_recovery()
        """
    ).fetchone()
    if row is None or not row[0]:
        return "This role may not write the access trail: nothing would be served."
    if not row[1]:
        return "The database takes no writes (a standby, or read-only): nothing would be served."
    return None


def _written() -> list[str]:
    return sorted(path.stem for path in Path(migrations.__file__).parent.glob("[0-9]*.sql"))
