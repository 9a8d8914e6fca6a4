"""Look into a node's log as an auditor will: entries that have their place, and leaves that open.

Auditors' own endpoints come with the trail's second half; until then the demo reads the tables.
"""

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, LiteralString

import orjson
import psycopg

from bench.demo.checks import CheckFailed
from crypto.encoding import to_base64url
from crypto.entries import entry_leaf

_PATIENCE_SECONDS = 5.0
_ERASURE_SECONDS = 60.0


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

    def await_erasure(self, leaf: bytes) -> str:
        """Return the batch (`origin/id`) of which, as the log says, this one line was erased, once it says so.

        Raises:
            CheckFailed: it does not say so within a minute, the time that a node has for it.
        """
        leaves_sha256 = to_base64url(sha256(leaf).digest())
        end = time.monotonic() + _ERASURE_SECONDS
        while time.monotonic() < end:
            for target in self._targets("erase"):
                if target["leaves_sha256"] == leaves_sha256:
                    return str(target["batch"])
            time.sleep(0.1)
        raise CheckFailed("the log holds no such erasure")

    def stores(self, value: str) -> bool:
        """Return whether the node's database holds the hash `value`, in a batch's bytes or beside them."""
        found = self._count(
            """
            SELECT (SELECT count(*) FROM batch WHERE position(convert_to(%s, 'UTF8') IN document) > 0)
                 + (SELECT count(*) FROM record WHERE value = decode(%s, 'hex'))
            """,
            value,
            value,
        )
        return found > 0

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

    def _targets(self, action: str) -> list[dict[str, Any]]:
        """Return what the placed entries of the node's own acts of this sort are about, oldest first."""
        with psycopg.connect(self.dsn) as db:
            rows = db.execute(
                """
                SELECT entry.document
                  FROM placed
                  JOIN entry USING (entry_id)
                 WHERE entry.action = %s
                 ORDER BY placed.index
                """,
                [action],
            ).fetchall()
        return [orjson.loads(orjson.loads(document)["target"]) for (document,) in rows]

    def _count(self, query: LiteralString, *parameters: str) -> int:
        with psycopg.connect(self.dsn) as db:
            row = db.execute(query, parameters).fetchone()
        if row is None:
            raise CheckFailed("a count has no row")
        found: int = row[0]
        return found
