"""Who may connect to the embedded PostgreSQL, and the addresses they use.

By the socket: `peer`, that is, the kernel names the account at the other end, and the map lets the account that
started the cluster be each database role of this list. By TCP, if opened at all: SCRAM with a generated password.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
ROLES = ("havre_owner", "havre_app", "havre_sequencer", "havre_worker", "havre_eraser", "havre_auditor")
_PASSWORD_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a cluster takes connections."""

    socket_folder: Path
    port: int

    def dsn(self, role: str, database: str) -> str:
        """Return the connection URL of `role` for `database`, by the Unix socket."""
        where = urlencode({"host": str(self.socket_folder), "port": self.port}, quote_via=quote)
        return f"postgresql://{quote(role)}@/{quote(database)}?{where}"

    def tcp_dsn(self, role: str, database: str) -> str:
        """Give `role` a fresh random password and return its connection URL by TCP, password included.

        The server is sent the SCRAM verifier only; an earlier URL for the same role stops working.

        Raises:
            psycopg.errors.UndefinedObject: there is no such role.
            psycopg.OperationalError: the cluster does not run.
        """
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        with psycopg.connect(self.dsn(SUPERUSER, "postgres"), autocommit=True) as db:
            verifier = db.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            db.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))
        return f"postgresql://{quote(role)}:{password}@127.0.0.1:{self.port}/{quote(database)}?sslmode=disable"


def write_access_files(folder: Path, *, caller: str, with_tcp: bool) -> None:
    """Write `pg_hba.conf` and `pg_ident.conf` into `folder`: account `caller` may be each of our roles, by socket."""
    folder.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o755)
    tcp_lines = ["host all all 127.0.0.1/32 scram-sha-256"] if with_tcp else []
    quoted_caller = '"' + caller.replace('"', '""') + '"'
    files = {
        "pg_hba.conf": ["local all all peer map=havre", *tcp_lines],
        "pg_ident.conf": [f"havre {quoted_caller} {role}" for role in (SUPERUSER, *ROLES)],
    }
    for name, lines in files.items():
        path = folder / name
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)
