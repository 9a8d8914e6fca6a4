"""Speak SQL for the tree: lock the head, write tiles and checkpoints, name the log's key."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from crypto.encoding import to_base64url
from server.db import Connection
from server.tree.reading import StoredCheckpoint


def lock_head(db: Connection) -> tuple[int, int]:
    """Return epoch and size of the log; until the transaction's end nobody places or signs.

    Raises:
        LookupError: this database has no log.
    """
    row = db.execute("SELECT epoch, size FROM log_head FOR UPDATE").fetchone()
    if row is None:
        raise LookupError("this database has no log")
    return row[0], row[1]


def write_tiles(db: Connection, changed: Mapping[tuple[int, int], bytes]) -> None:
    """Write the tiles of these levels and indexes, new or grown.

    Raises:
        psycopg.errors.InsufficientPrivilege: `tile_grows`: one is there whose hashes are others.
    """
    if not changed:
        return
    db.execute(
        """
        INSERT INTO tile (level, tile_index, hashes)
        SELECT level, tile_index, hashes
          FROM unnest(%(levels)s::integer[], %(indexes)s::bigint[], %(hashes)s::bytea[])
               AS changed (level, tile_index, hashes)
            ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes
        """,
        {
            "levels": [level for level, _ in changed],
            "indexes": [index for _, index in changed],
            "hashes": list(changed.values()),
        },
    )


def insert_checkpoint(db: Connection, signed: StoredCheckpoint) -> None:
    """Insert a signed head.

    Raises:
        psycopg.errors.InsufficientPrivilege: `checkpoint_grows`: a longer one is there.
    """
    db.execute(
        """
        INSERT INTO checkpoint (epoch, size, root, peaks, note, signed_at)
        VALUES (%(epoch)s, %(size)s, %(root)s, %(peaks)s, %(note)s, %(signed_at)s)
        """,
        asdict(signed),
    )


def log_key_thumbprint(db: Connection, *, now: datetime) -> str | None:
    """Return the thumbprint of the key that signs the log at `now`: of those listed, the one that began last.

    `/.well-known/havre` names the same key.
    """
    rows = db.execute(
        """
        SELECT signing_key.valid_from, signing_key.thumbprint
          FROM signing_key
          JOIN node USING (organisation_id)
         WHERE signing_key.use = 'log'
           AND signing_key.valid_from <= %(now)s
           AND (signing_key.valid_until IS NULL OR signing_key.valid_until > %(now)s)
           AND (signing_key.revoked_at IS NULL OR signing_key.revoked_at > %(now)s)
        """,
        {"now": now},
    ).fetchall()
    listed = sorted((since, to_base64url(thumbprint)) for since, thumbprint in rows)
    return listed[-1][1] if listed else None
