"""Bring a database to the newest schema: the roles of the cluster once, then `migrations/` forward only.

Migrations are plain SQL run by yoyo as the owner. An applied file is never edited: a test compares the folder with
the committed snapshot and digests.
"""

from pathlib import Path
from urllib.parse import quote

import psycopg
import yoyo
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from yoyo.migrations import MigrationList

import migrations

_FOLDER = Path(migrations.__file__).parent

ROLES = ("havre_owner", "havre_app", "havre_sequencer", "havre_worker", "havre_eraser", "havre_auditor")


def create_roles(superuser_dsn: str) -> None:
    """Create the six login roles of a node where they are missing, none of them with any attribute beyond login."""
    with psycopg.connect(superuser_dsn, autocommit=True) as db:
        known = {name for (name,) in db.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)", [list(ROLES)])}
        for role in ROLES:
            if role not in known:
                db.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS").format(
                        sql.Identifier(role)
                    )
                )


def create_database(superuser_dsn: str, name: str) -> None:
    """Create the database `name`, owned by `havre_owner` and closed to everyone but our roles, where it is missing."""
    with psycopg.connect(superuser_dsn, autocommit=True) as db:
        if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            db.execute(
                sql.SQL("CREATE DATABASE {} OWNER havre_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                    sql.Identifier(name)
                )
            )
        close_database(db, name)


def close_database(superuser_db: psycopg.Connection, name: str) -> None:
    """Close the database `name` to everyone but our roles."""
    superuser_db.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    superuser_db.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, ROLES))
        )
    )


def migrate(owner_dsn: str) -> list[str]:
    """Apply every migration that `owner_dsn`'s database lacks, oldest first, and return their names."""
    # The folder also holds the snapshot `schema.sql`, which is no migration.
    written = MigrationList(step for step in yoyo.read_migrations(str(_FOLDER)) if step.id[0].isdigit())
    backend = yoyo.get_backend(_yoyo_uri(owner_dsn))
    try:
        with backend.lock():
            pending = backend.to_apply(written)
            names = [migration.id for migration in pending]
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    with psycopg.connect(owner_dsn) as db:
        # Whether something is missing is a question of `/readyz`, which the api asks as its own role.
        db.execute("GRANT SELECT ON _yoyo_migration TO havre_app")
    return names


def _yoyo_uri(dsn: str) -> str:
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    database = parts.pop("dbname", "")
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(parts.items()))
    return f"postgresql+psycopg:///{quote(database, safe='')}?{query}"
