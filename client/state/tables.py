"""The first tables of the state file; what came later is in `client/state/upgrades.py`.

Moments are integers, seconds since 1970; digests are 32 bytes unless they are text.
"""

FIRST_VERSION = 1

TABLES = (
    # Trust.
    """
    CREATE TABLE pinned_root (
        organisation TEXT PRIMARY KEY,
        thumbprint TEXT NOT NULL,
        pinned_by TEXT NOT NULL CHECK (pinned_by IN ('out_of_band', 'first_sight', 'consent', 'user')),
        pinned_at INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE statement (
        organisation TEXT NOT NULL,
        seq INTEGER NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        token TEXT NOT NULL,
        PRIMARY KEY (organisation, seq)
    )
    """,
    """
    CREATE TABLE admission (
        organisation TEXT PRIMARY KEY,
        approvals TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE directory (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        seq INTEGER NOT NULL,
        token TEXT NOT NULL
    )
    """,
    # What was pulled. `place` is what convicts a node that gives one place twice, whatever feed it came by.
    """
    CREATE TABLE feed (
        id INTEGER PRIMARY KEY,
        purpose TEXT NOT NULL,
        filter TEXT NOT NULL,
        cursor TEXT,
        UNIQUE (purpose, filter)
    )
    """,
    """
    CREATE TABLE stream_head (
        feed_id INTEGER NOT NULL REFERENCES feed,
        stream TEXT NOT NULL,
        seq INTEGER NOT NULL,
        acceptance_sha256 TEXT NOT NULL,
        statement_seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        ended TEXT,
        PRIMARY KEY (feed_id, stream)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE place (
        stream TEXT NOT NULL,
        seq INTEGER NOT NULL,
        acceptance_sha256 TEXT NOT NULL,
        prev TEXT,
        PRIMARY KEY (stream, seq)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE batch (
        id INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        jti TEXT NOT NULL,
        kind TEXT NOT NULL,
        manifest TEXT NOT NULL,
        accepted TEXT NOT NULL,
        record_key TEXT NOT NULL,
        node_key TEXT NOT NULL,
        at INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        set_aside TEXT,
        UNIQUE (origin, jti)
    )
    """,
    "CREATE INDEX batch_by_record_key ON batch (record_key)",
    "CREATE INDEX batch_by_node_key ON batch (node_key)",
    # `line` is null when its bytes were dropped.
    """
    CREATE TABLE revision (
        origin TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        leaf BLOB NOT NULL,
        status TEXT NOT NULL,
        batch_id INTEGER NOT NULL REFERENCES batch,
        line BLOB,
        UNIQUE (origin, id, revision)
    )
    """,
    """
    CREATE TABLE held (
        id INTEGER PRIMARY KEY,
        origin TEXT NOT NULL,
        jti TEXT NOT NULL,
        reason TEXT NOT NULL,
        document BLOB NOT NULL,
        UNIQUE (origin, jti)
    )
    """,
    """
    CREATE TABLE erased (
        origin TEXT NOT NULL,
        leaf BLOB NOT NULL,
        expires INTEGER NOT NULL,
        is_withheld INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (origin, leaf)
    ) WITHOUT ROWID
    """,
    # What was signed. `item` names each record of a caller by its content, so that nothing is pushed twice.
    """
    CREATE TABLE journal (
        position INTEGER PRIMARY KEY,
        jti TEXT NOT NULL UNIQUE,
        document BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('signed', 'accepted', 'refused')),
        signed_at INTEGER NOT NULL,
        accepted TEXT
    )
    """,
    "CREATE INDEX journal_unsent ON journal (position) WHERE state = 'signed'",
    """
    CREATE TABLE item (
        digest BLOB PRIMARY KEY,
        jti TEXT NOT NULL,
        line_index INTEGER NOT NULL,
        record_id TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX item_by_batch ON item (jti)",
    "CREATE INDEX item_by_record ON item (record_id)",
    # Receipts, with what is needed to recognise one's own act when the entry is opened.
    """
    CREATE TABLE receipt (
        leaf TEXT PRIMARY KEY,
        action TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        target TEXT NOT NULL,
        signature_base BLOB NOT NULL,
        signature TEXT NOT NULL,
        status INTEGER NOT NULL,
        response_sha256 TEXT NOT NULL,
        records INTEGER,
        served TEXT,
        opened_at INTEGER,
        finding TEXT
    )
    """,
)
