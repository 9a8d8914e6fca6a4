"""What each release adds to the tables of the one before: a new file takes all steps, an older one those that it lacks.

Each step runs in the transaction that opens the file, so a kill leaves the old file or the new one.
"""

import sqlite3
from collections.abc import Callable

import orjson

from client.state.receipt_upgrades import PROOFS
from crypto.documents import ACCEPTANCE, BATCH, read_document
from crypto.encoding import from_base64url

_TO_2 = (
    # Which stream a batch came by (`ended` names streams), and to whom it is addressed.
    "ALTER TABLE batch ADD COLUMN stream TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE batch ADD COLUMN audience TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE batch ADD COLUMN about TEXT",
    "CREATE INDEX batch_by_stream ON batch (stream)",
    "CREATE INDEX revision_by_batch ON revision (batch_id)",
    # What is asked for most, read from the exact line by the database itself.
    """
    ALTER TABLE revision ADD COLUMN signal_type TEXT
          GENERATED ALWAYS AS (json_extract(CAST(line AS TEXT), '$.signal_type')) VIRTUAL
    """,
    """
    ALTER TABLE revision ADD COLUMN value TEXT
          GENERATED ALWAYS AS (json_extract(CAST(line AS TEXT), '$.value')) VIRTUAL
    """,
    """
    ALTER TABLE revision ADD COLUMN ai_status TEXT
          GENERATED ALWAYS AS (json_extract(CAST(line AS TEXT), '$.ai.status')) VIRTUAL
    """,
    """
    ALTER TABLE revision ADD COLUMN ai_kind TEXT
          GENERATED ALWAYS AS (json_extract(CAST(line AS TEXT), '$.ai.kind')) VIRTUAL
    """,
    "CREATE INDEX revision_by_value ON revision (value) WHERE value IS NOT NULL",
    "CREATE INDEX revision_by_ai ON revision (ai_status, ai_kind) WHERE ai_status IS NOT NULL",
    "ALTER TABLE feed ADD COLUMN read_at INTEGER",
    "ALTER TABLE feed ADD COLUMN poll_after INTEGER",
    "ALTER TABLE held ADD COLUMN stream TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE held ADD COLUMN feed_id INTEGER",
    # A line that never came: pending until the last page of the feed `feed_id`, withheld from then on, unless a
    # revision that counts replaces it.
    "ALTER TABLE erased RENAME TO erased_1",
    """
    CREATE TABLE erased (
        origin TEXT NOT NULL,
        leaf BLOB NOT NULL,
        batch_id INTEGER REFERENCES batch,
        expires INTEGER NOT NULL,
        feed_id INTEGER,
        PRIMARY KEY (origin, leaf)
    ) WITHOUT ROWID
    """,
    "INSERT INTO erased (origin, leaf, expires) SELECT origin, leaf, expires FROM erased_1",
    "DROP TABLE erased_1",
    "CREATE INDEX erased_by_batch ON erased (batch_id)",
    """
    CREATE TABLE replaced (
        origin TEXT NOT NULL,
        leaf BLOB NOT NULL,
        batch_id INTEGER NOT NULL REFERENCES batch,
        PRIMARY KEY (origin, leaf, batch_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX replaced_by_batch ON replaced (batch_id)",
    # A stream whose end the node has said has no head: it may start again anywhere.
    "DELETE FROM stream_head WHERE ended IS NOT NULL",
    """
    CREATE TABLE ended_stream (
        stream TEXT PRIMARY KEY,
        origin TEXT,
        kind TEXT,
        reason TEXT NOT NULL,
        records INTEGER NOT NULL,
        ended_at INTEGER NOT NULL,
        reopened_at INTEGER
    ) WITHOUT ROWID
    """,
    # What a hook is told. `told` is the live set as far as it is written down in `change`, `touched` what may differ.
    "CREATE TABLE hook (one INTEGER PRIMARY KEY CHECK (one = 1), since INTEGER NOT NULL)",
    """
    CREATE TABLE touched (
        position INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        id TEXT NOT NULL,
        UNIQUE (origin, id)
    )
    """,
    """
    CREATE TABLE told (
        origin TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        kind TEXT NOT NULL,
        stream TEXT NOT NULL,
        expires INTEGER NOT NULL,
        PRIMARY KEY (origin, id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX told_by_expiry ON told (expires)",
    """
    CREATE TABLE change (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        what TEXT NOT NULL CHECK (what IN ('added', 'changed', 'removed')),
        reason TEXT,
        origin TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL
    )
    """,
)

_TO_3 = (
    # The heads of the node's log that were seen, and where the log went on under another name.
    """
    CREATE TABLE checkpoint (
        log TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        size INTEGER NOT NULL,
        root BLOB NOT NULL,
        note TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (epoch, size, root)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE log_change (
        log TEXT PRIMARY KEY,
        previous TEXT NOT NULL,
        known_size INTEGER NOT NULL,
        kept_size INTEGER NOT NULL,
        at INTEGER NOT NULL,
        is_told INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
)


def _name_streams(db: sqlite3.Connection) -> None:
    """Write beside each batch what its two documents say, and which leaves its lines replace."""
    for row in db.execute("SELECT id, manifest, accepted FROM batch").fetchall():
        said = read_document(row["manifest"], typ=BATCH).claims
        db.execute(
            "UPDATE batch SET stream = :stream, audience = :audience, about = :about WHERE id = :id",
            {
                "stream": read_document(row["accepted"], typ=ACCEPTANCE).claims["stream"],
                "audience": orjson.dumps(said["audience"]).decode(),
                "about": said["about"],
                "id": row["id"],
            },
        )
    later = "SELECT origin, batch_id, line FROM revision WHERE revision > 1 AND line IS NOT NULL"
    for row in db.execute(later).fetchall():
        db.executemany(
            "INSERT INTO replaced (origin, leaf, batch_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(row["origin"], from_base64url(leaf), row["batch_id"]) for leaf in orjson.loads(row["line"])["replaces"]],
        )


_TO_5 = (
    # In which epoch of the node's log a batch was last known to it, and when to send it again that could not be taken.
    "ALTER TABLE journal ADD COLUMN confirmed TEXT",
    "ALTER TABLE journal ADD COLUMN again_at INTEGER",
    "CREATE INDEX journal_by_confirmed ON journal (state, confirmed, signed_at, position)",
    "CREATE TABLE node_log (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL)",
)


def _name_logs(db: sqlite3.Connection) -> None:
    """Write beside each accepted batch which log its acceptance names; the newest is the node's."""
    newest: str | None = None
    accepted = "SELECT position, accepted FROM journal WHERE state = 'accepted' ORDER BY position"
    for row in db.execute(accepted).fetchall():
        newest = str(read_document(row["accepted"], typ=ACCEPTANCE).claims["log"])
        db.execute(
            "UPDATE journal SET confirmed = :log WHERE position = :position",
            {"log": newest, "position": row["position"]},
        )
    if newest is not None:
        db.execute("INSERT INTO node_log (one, name) VALUES (1, :log)", {"log": newest})


def _fill_nothing(db: sqlite3.Connection) -> None:
    """Leave new tables empty."""


Step = tuple[tuple[str, ...], Callable[[sqlite3.Connection], None]]

STEPS: dict[int, Step] = {
    2: (_TO_2, _name_streams),
    3: (_TO_3, _fill_nothing),
    4: (PROOFS, _fill_nothing),
    5: (_TO_5, _name_logs),
}
"""The statements that lead to a version, and what is filled in after them."""

VERSION = max(STEPS)
