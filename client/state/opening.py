"""Open the one SQLite file (mode 0600) and give its transactions.

Every change is made inside `transaction`, which is immediate: a second process of the same partner waits, and never
reads what the first is about to change. Durable at commit (WAL, synchronous FULL), so a kill or a power cut at any
point leaves the state before or after a transaction, nothing between.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from client.failures import NotConfigured
from client.state.tables import FIRST_VERSION, TABLES
from client.state.upgrades import STEPS, VERSION

_WAIT_SECONDS = 60.0
_OTHERS = 0o077


class State:
    """An open state file; `db` is for the modules of this package."""

    def __init__(self, path: Path) -> None:
        """Open `path`, and create it where it is not yet.

        Raises:
            NotConfigured: `state_mode`: others may read it; `state_version`: written by a later release;
                `state_damaged`: it is no state file any more.
        """
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if path.stat().st_mode & _OTHERS:
            raise NotConfigured("state_mode")
        self.path = path
        self.db = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            self._open()
        except sqlite3.OperationalError:
            raise  # locked, full, read-only: the file is what it was
        except sqlite3.DatabaseError as error:
            self.db.close()
            raise NotConfigured("state_damaged", about=str(path)) from error

    def _open(self) -> None:
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA foreign_keys = ON")
        # Bytes that were erased must not stay in free pages.
        self.db.execute("PRAGMA secure_delete = ON")
        with self.transaction():
            self._prepare()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or nothing of it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def _prepare(self) -> None:
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version > VERSION:
            raise NotConfigured("state_version")
        if version == 0:
            for table in TABLES:
                self.db.execute(table)
            version = FIRST_VERSION
        for step in range(version + 1, VERSION + 1):
            statements, fill = STEPS[step]
            for statement in statements:
                self.db.execute(statement)
            fill(self.db)
        self.db.execute(f"PRAGMA user_version = {VERSION:d}")
