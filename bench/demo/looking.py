"""Look into a node's log as an auditor will: entries that have their place, and leaves that open.

Auditors' own endpoints come with the trail's second half; until then the demo reads the tables.
"""

import time
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from bench.demo.checks import CheckFailed
from crypto.entries import entry_leaf

_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Log:
    """The log of a node, by a connection URL that may read it."""

    dsn: str

    def size(self) -> int:
        """Return how many entries have their place."""
        return self._count("SELECT count(*) FROM placed")

    def await_refusals(self, organisation: str, reason: str, *, at_least: int = 1) -> int:
        """Return how many refusals with `reason` the log holds for `organisation`, once there are `at_least`.

        Raises:
            CheckFailed: they did not come.
        """
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            found = self._count(
                """
                SELECT count(*)
                  FROM placed
                  JOIN entry USING (entry_id)
                  JOIN organisation USING (organisation_id)
                 WHERE organisation.name = %s AND entry.decision = 'refused' AND entry.reason = %s
                """,
                organisation,
                reason,
            )
            if found >= at_least:
                return found
            if time.monotonic() > end:
                raise CheckFailed(f"the log holds {found} refusals for {reason}, not {at_least}")
            time.sleep(0.05)

    def open_every_leaf(self) -> int:
        """Recompute the leaf of every entry from its text and salt; return how many there are.

        Raises:
            CheckFailed: a leaf is another's, an index is missing, or an entry has no place.
        """
        with psycopg.connect(self.dsn) as db:
            rows = db.execute(
                """
                SELECT placed.index, placed.leaf, entry.salt, entry.document, entry.p
                  FROM placed
                  JOIN entry USING (entry_id)
                 ORDER BY placed.index
                """
            ).fetchall()
        for position, (index, leaf, salt, document, p) in enumerate(rows):
            if index != position or entry_leaf(salt=salt, entry=document, p=p) != leaf:
                raise CheckFailed(f"the entry at {position} is not what its leaf says")
        return len(rows)

    def _count(self, query: LiteralString, *parameters: str) -> int:
        with psycopg.connect(self.dsn) as db:
            row = db.execute(query, parameters).fetchone()
        if row is None:
            raise CheckFailed("a count has no row")
        found: int = row[0]
        return found
