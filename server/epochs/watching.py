"""Judge again and again, in one process, whether what the database holds may be served; keep the last judgement.

A process judges when it starts, on each new connection, when somebody asks for its readiness, and once a second while
it serves: a cluster that is changed behind it breaks its connections, and a dump that is put over the live tables does
not. Between two judgements nothing is asked.
"""

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import structlog

from server.db import Connection
from server.epochs.high_water import judge
from server.errors import NotReady

AGAIN_SECONDS = 1.0

log = structlog.get_logger()


class Watch:
    """What one process knows of its database; `home` is the folder with the high-water."""

    def __init__(self, home: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._problems: list[str] = []
        self._looked_at: float | None = None

    @property
    def problems(self) -> list[str]:
        """Return what the last judgement found, sentences for the operator."""
        return self._problems

    def look(self, db: Connection) -> list[str]:
        """Judge now, in a transaction of its own, and return what was found.

        Raises:
            psycopg.Error: the database did not answer; the last judgement stands.
        """
        with db.transaction():
            found = judge(db, home=self._home)
        if found != self._problems:
            if found:
                log.error("database_refused", problems=found)
            else:
                log.info("database_taken")
        self._problems, self._looked_at = found, self._clock()
        return found

    def look_again(self, db: Connection) -> list[str]:
        """Judge if the last judgement is older than a second, and return what stands."""
        if self._looked_at is None or self._clock() - self._looked_at >= AGAIN_SECONDS:
            return self.look(db)
        return self._problems

    def take(self, db: Connection) -> None:
        """Judge a new connection of a pool; whatever comes of it, it is kept for `check`."""
        try:
            self.look(db)
        except psycopg.Error as error:
            log.warning("database_not_judged", error=type(error).__name__)
            self._problems = self._problems or ["The database did not answer when it was judged."]

    def check(self, db: Connection) -> None:
        """Let whoever serves from `db` go on.

        Raises:
            NotReady: the database is not the one that this node has signed; nothing of it may be served.
        """
        if self.look_again(db):
            raise NotReady
