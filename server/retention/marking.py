"""Say which lines are to go. Nothing is removed here; what may be marked is the database's to judge.

- Withdrawn as `legal`: by the push itself, and masked from its commit on.
- Expired, replaced or withdrawn: by the worker, when they have been so for the time that the node keeps them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from server.db import Connection

_BATCHES_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Looked:
    """How many batches were looked through for what is due."""

    expired: int
    replaced: int


def mark_legal(db: Connection, *, origin_id: int, record_ids: Sequence[bytes], now: datetime) -> int:
    """Mask all revisions before the withdrawals that this act has stored, and mark them to go; return how many lines.

    `record_ids` (16 bytes each) are those that it withdraws with the reason `legal`. To be called when the batch is
    stored and its entry is not, after whatever else changes access.

    Raises:
        psycopg.errors.InsufficientPrivilege: one of them is not withdrawn so by this act.
    """
    row = db.execute(
        "SELECT mark_legal(%(origin_id)s, %(ids)s::uuid[], %(now)s)",
        {"origin_id": origin_id, "ids": [UUID(bytes=bytes(one)) for one in record_ids], "now": now},
    ).fetchone()
    return 0 if row is None else int(row[0])


def mark_due(db: Connection, *, keep: timedelta) -> Looked:
    """Mark what expired, was replaced or was withdrawn longer than `keep` ago; `db` commits by itself.

    In steps of 100 batches, each a transaction: killed between two, the rest is marked the next time.

    Raises:
        psycopg.errors.InvalidParameterValue: `keep` is less than a day.
    """
    return Looked(
        expired=_in_steps(db, "SELECT mark_expired(%(keep)s, %(most)s)", keep),
        replaced=_in_steps(db, "SELECT mark_replaced(%(keep)s, %(most)s)", keep),
    )


def _in_steps(db: Connection, query: LiteralString, keep: timedelta) -> int:
    looked = 0
    while True:
        row = db.execute(query, {"keep": keep, "most": _BATCHES_AT_ONCE}).fetchone()
        step = 0 if row is None else int(row[0])
        looked += step
        if step < _BATCHES_AT_ONCE:
            return looked
