"""A log of any size, as rows: sixty organisations that follow one audience, and a record in the middle of it.

Every tenth entry stores a batch of one record; all others are pulls, each of what came since the same organisation's
last. So each record was released once to each organisation, however long the log is.
"""

from uuid import UUID

import psycopg

ORGANISATIONS = 60
ORIGIN = "origin-1.example"

_STATEMENTS = (
    """
    INSERT INTO organisation (organisation_id, name, status, admission_id, sector, home, home_origin_url, display_name,
                              roles_at_most, root_x)
    OVERRIDING SYSTEM VALUE
    SELECT 1000 + number, format('origin-%%s.example', number), 'active', 0, 'ngo', 'node.example', '', '', '{}',
           sha256(number::text::bytea)
      FROM generate_series(1, %(organisations)s) AS number
    """,
    """
    INSERT INTO audience (audience_id, sha256, tlp, groups, organisations, sectors, purposes) OVERRIDING SYSTEM VALUE
    VALUES (1000, sha256('generated'), 'GREEN', '{}', '{}', '{}', '{}')
    """,
    """
    INSERT INTO entitlement (organisation_id, audience_id, epoch, from_index, floor, past_from, past_until)
    SELECT 1000 + number, 1000, 1, 0, 0, 0, 0 FROM generate_series(1, %(organisations)s) AS number
    """,
    """
    INSERT INTO batch (batch_id, stream_id, seq, origin_id, jti, manifest_sha256, acceptance_sha256, record_count,
                       expires_at, entry_id, entry_position, record_key, node_key, accepted_at, head_length,
                       head_sha256, document_sha256, document)
    OVERRIDING SYSTEM VALUE
    SELECT 1000 + number, 1, number, 1001, md5('batch' || number)::uuid, sha256('m'), sha256('a'), 1, '2100-01-01',
           md5('entry' || number * 10)::uuid, 0, '', '', now(), 0, sha256('h'), sha256('d'), ''
      FROM generate_series(0, %(size)s / 10 - 1) AS number
    """,
    """
    INSERT INTO record (origin_id, record_id, revision, batch_id, channel_id, position, line_start, line_length, leaf,
                        is_current, is_withdrawn)
    SELECT 1001, md5('record' || number)::uuid, 1, 1000 + number, 1, 0, 0, 0, sha256('l'), true, false
      FROM generate_series(0, %(size)s / 10 - 1) AS number
    """,
    """
    INSERT INTO feed (epoch, index, position, batch_id, audience_id, origin_id, kind)
    SELECT 1, number * 10, 0, 1000 + number, 1000, 1001, 'signal' FROM generate_series(0, %(size)s / 10 - 1) AS number
    """,
    """
    INSERT INTO placed (epoch, index, entry_id, leaf)
    SELECT 1, number, md5('entry' || number)::uuid, sha256(number::text::bytea)
      FROM generate_series(0, %(size)s - 1) AS number
    """,
    """
    INSERT INTO trail_combination (combination_id, organisation, organisation_id, keyid, role, action, decision,
                                   purpose)
    OVERRIDING SYSTEM VALUE
    SELECT 1000 + number, format('origin-%%s.example', number), 1000 + number, format('origin-%%s.example/key', number),
           'consumer', 'read_feed', 'allowed', 'detection'
      FROM generate_series(1, %(organisations)s) AS number
    """,
    # The pulls of an organisation follow each other without a gap: each begins where the last one ended.
    """
    INSERT INTO trail_entry (index, entry_id, leaf, at, combination_id, response_status, records, first_place,
                             last_place, filter_own, places)
    SELECT index, md5('entry' || index)::uuid, sha256(index::text::bytea), now(), 1000 + reader, 200,
           (last - first) / 10 + 1,
           ARRAY[1, first, first, 0], ARRAY[1, last, last, 0], true,
           int8range(((1000 + reader) << 40) + first, ((1000 + reader) << 40) + last, '[]')
      FROM (SELECT index, reader,
                   coalesce(lag(index) OVER (PARTITION BY reader ORDER BY index) / 10 * 10 + 10, 0) AS first,
                   index / 10 * 10 AS last
              FROM (SELECT index, (index - index / 10 - 1) %% %(organisations)s + 1 AS reader
                      FROM generate_series(0::bigint, %(size)s - 1) AS index
                     WHERE index %% 10 <> 0) AS pull) AS pull
     WHERE first <= last
    """,
    "UPDATE trail_progress SET next_index = %(size)s",
    "UPDATE log_head SET size = %(size)s",
)


def fill(superuser_url: str, *, size: int) -> UUID:
    """Fill a database that holds nothing of a log with one of `size` entries; return a record in its middle."""
    with psycopg.connect(superuser_url, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        for statement in _STATEMENTS:
            db.execute(statement, {"size": size, "organisations": ORGANISATIONS})
        db.execute("VACUUM ANALYZE")
        row = db.execute("SELECT md5('record' || %s)::uuid", [size // 20]).fetchone()
    assert row is not None
    record: UUID = row[0]
    return record
