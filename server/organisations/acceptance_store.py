"""Speak SQL for what this node has accepted by a key: what a statement that ends the key must not undo."""

from collections.abc import Sequence
from datetime import datetime

from server.db import Connection


def wait_for_pushes(db: Connection, *, organisation_id: int) -> None:
    """Wait until no push of the organisation is under way, and let none begin before this transaction ends.

    In the order in which a push locks: a new channel refers to the row of its origin, then its stream is locked.

    Raises:
        psycopg.errors.LockNotAvailable: a push took longer than two seconds.
    """
    db.execute(
        "SELECT FROM organisation WHERE organisation_id = %(organisation_id)s FOR UPDATE",
        {"organisation_id": organisation_id},
    )
    db.execute(
        """
        SELECT
          FROM channel
          JOIN stream USING (channel_id)
         WHERE channel.origin_id = %(organisation_id)s
         ORDER BY stream.stream_id
           FOR UPDATE OF stream
        """,
        {"organisation_id": organisation_id},
    )


def has_accepted(db: Connection, *, organisation_id: int, keys: Sequence[bytes], since: datetime) -> bool:
    """Return whether a batch with `at` from `since` on was signed or placed by one of `keys` of the organisation.

    `keys` are thumbprints of 32 bytes.
    """
    row = db.execute(
        "SELECT has_accepted(%(organisation_id)s, %(keys)s, %(since)s)",
        {"organisation_id": organisation_id, "keys": list(keys), "since": since},
    ).fetchone()
    return row == (True,)
