"""An active sequencer, step by step; and leaves that nobody's act made, where only the tree counts."""

from pathlib import Path
from typing import Any, Self

import psycopg

from crypto.checkpoints import verifier_key
from crypto.keys import encode_private_key
from crypto.merkle import leaf_hash
from server.db import connect
from server.sequencer import place_waiting, tree_in
from server.tree.reading import StoredCheckpoint
from tests.partners import NODE_NAME, a_key

LOG_NAME = f"{NODE_NAME}/log"
LOG = f"{LOG_NAME}/1"
LOG_KEY = a_key(NODE_NAME, "log")
VERIFIER_KEY = verifier_key(LOG, LOG_KEY.public)


def put_log_key(home: Path) -> None:
    """Put the log key that the test's node lists into its home."""
    path = home / f"log-{LOG_KEY.thumbprint[:12]}.pem"
    path.write_bytes(encode_private_key(LOG_KEY))
    path.chmod(0o600)


class Keeper:
    """What the active sequencer's process does, one step at a time; a new one is a restarted process."""

    def __init__(self, database_url: str, home: Path) -> None:
        self.db = connect(database_url, autocommit=True)
        self.tree = tree_in(home, log_name=LOG_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def sign(self) -> StoredCheckpoint | None:
        """Place what waits, and sign one head."""
        while place_waiting(self.db):
            pass
        return self.tree.advance(self.db)

    def sign_all(self) -> StoredCheckpoint:
        """Place what waits, and sign until the head holds all of it."""
        signed = None
        while (head := self.sign()) is not None:
            signed = head
        assert signed is not None
        return signed


def fill(database: Any, count: int) -> None:
    """Give `count` leaves their places, without entries: `leaf_hash(b"leaf <index>")`, the index in 8 bytes."""
    with psycopg.connect(database.owner) as db:
        db.execute(
            """
            INSERT INTO placed (epoch, index, entry_id, leaf)
            SELECT 1, index, gen_random_uuid(), sha256('\\x00'::bytea || 'leaf '::bytea || int8send(index))
              FROM log_head, generate_series(size, size + %(count)s - 1) AS index
            """,
            {"count": count},
        )
        db.execute("UPDATE log_head SET size = size + %(count)s", {"count": count})


def filled_leaf(index: int) -> bytes:
    """The leaf that `fill` placed at `index`."""
    return leaf_hash(b"leaf " + index.to_bytes(8, "big"))


def placed_leaves(database: Any) -> list[bytes]:
    with psycopg.connect(database.owner) as db:
        return [leaf for (leaf,) in db.execute("SELECT leaf FROM placed ORDER BY index").fetchall()]
