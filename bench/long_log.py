"""A log of any size, as rows: sixty organisations that follow one audience, and a record in the middle of it.

Every tenth entry stores a batch of one record; all others are pulls, each of what came since the same organisation's
last. So each record was released once to each organisation, however long the log is. An entry a second; what the
sequencer and the worker would have made of them (places, feed, the index of the trail) is made here by SQL, because
they would need minutes for a million. Heads are not: the sequencer signs them.
"""

from typing import LiteralString
from uuid import UUID

import psycopg

ORGANISATIONS = 60
ORIGIN = "origin-1.example"

_PREPARE: tuple[LiteralString, ...] = (
    # A UUIDv7 in the order of the numbers, as ids of entries come (RFC 9562 §5.7).
    """
    CREATE FUNCTION pg_temp.id_of(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(number), 12, '0') || '7' || left(md5(kind || number), 3)
                || '8' || right(md5(kind || number), 15))::uuid
    $$
    """,
    # Whoever keeps the index waits here, and goes on behind what is made.
    "UPDATE trail_progress SET next_index = %(first)s::bigint + %(size)s, renewals = renewals + 1",
    "UPDATE log_head SET size = %(first)s::bigint + %(size)s",
    # The pulls of an organisation follow each other without a gap: each begins where the last one ended.
    """
    CREATE TEMP TABLE made AS
    SELECT number, %(first)s + number AS index, pg_temp.id_of('entry', number) AS entry_id,
           sha256(number::text::bytea) AS leaf, now() - (%(size)s - number) * interval '1 second' AS at,
           coalesce(reader, 1) AS member,
           CASE WHEN reader IS NOT NULL
                THEN %(first)s + coalesce(lag(number) OVER (PARTITION BY reader ORDER BY number) / 10 * 10 + 10, 0)
                END AS from_m,
           CASE WHEN reader IS NOT NULL THEN %(first)s + number / 10 * 10 END AS to_m
      FROM (SELECT number,
                   CASE WHEN number %% 10 <> 0 THEN (number - number / 10 - 1) %% %(organisations)s + 1 END AS reader
              FROM generate_series(0::bigint, %(size)s - 1) AS number) AS act
    """,
)
_LOG: tuple[LiteralString, ...] = (
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
    INSERT INTO entry (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
    SELECT entry_id, at, 1000 + member, format('origin-%%s.example/key', member),
           CASE WHEN to_m IS NULL THEN 'push_batch' ELSE 'read_feed' END, 'allowed', NULL, leaf, sha256('salt'),
           CASE WHEN to_m IS NULL THEN sha256('p') ELSE decode(repeat('00', 32), 'hex') END,
           convert_to(format(%(text)s, CASE WHEN to_m IS NULL THEN 'push_batch' ELSE 'read_feed' END,
                             to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                             coalesce(format('[1,%%s,%%s,0]', from_m, from_m), 'null'), entry_id,
                             format('origin-%%s.example/key', member), format('origin-%%s.example', member),
                             coalesce(format('[1,%%s,%%s,0]', to_m, to_m), 'null')), 'UTF8')
      FROM made
    """,
    "INSERT INTO placed (epoch, index, entry_id, leaf) SELECT 1, index, entry_id, leaf FROM made",
    """
    INSERT INTO batch (batch_id, stream_id, seq, origin_id, jti, manifest_sha256, acceptance_sha256, record_count,
                       expires_at, entry_id, entry_position, record_key, node_key, accepted_at, head_length,
                       head_sha256, document_sha256, document)
    OVERRIDING SYSTEM VALUE
    SELECT 1000 + number / 10, 1, number / 10, 1001, pg_temp.id_of('batch', number), sha256('m'), sha256('a'), 1,
           '2100-01-01', entry_id, 0, '', '', at, 0, sha256('h'), sha256('d'), ''
      FROM made
     WHERE to_m IS NULL
    """,
    """
    INSERT INTO record (origin_id, record_id, revision, batch_id, channel_id, position, line_start, line_length, leaf,
                        is_current, is_withdrawn)
    SELECT 1001, pg_temp.id_of('record', number), 1, 1000 + number / 10, 1, 0, 0, 0, sha256('l'), true, false
      FROM made
     WHERE to_m IS NULL
    """,
    """
    INSERT INTO feed (epoch, index, position, batch_id, audience_id, origin_id, kind)
    SELECT 1, index, 0, 1000 + number / 10, 1000, 1001, 'signal' FROM made WHERE to_m IS NULL
    """,
)
_INDEX: tuple[LiteralString, ...] = (
    # Of the readers, and 1000 of what stored the batches.
    """
    INSERT INTO trail_combination (combination_id, organisation, organisation_id, keyid, role, action, decision,
                                   purpose)
    OVERRIDING SYSTEM VALUE
    SELECT 1000 + number, format('origin-%%s.example', greatest(number, 1)), 1000 + greatest(number, 1),
           format('origin-%%s.example/key', greatest(number, 1)),
           CASE WHEN number = 0 THEN 'contributor' ELSE 'consumer' END,
           CASE WHEN number = 0 THEN 'push_batch' ELSE 'read_feed' END, 'allowed',
           CASE WHEN number = 0 THEN 'contribution' ELSE 'detection' END
      FROM generate_series(0, %(organisations)s) AS number
    """,
    """
    INSERT INTO trail_entry (index, entry_id, leaf, at, combination_id, response_status, records, first_place,
                             last_place, filter_own, places)
    SELECT index, entry_id, leaf, at, CASE WHEN to_m IS NULL THEN 1000 ELSE 1000 + member END, 200,
           CASE WHEN to_m IS NULL THEN 1 ELSE greatest(0, (to_m - from_m) / 10 + 1) END,
           CASE WHEN from_m <= to_m THEN ARRAY[1, from_m, from_m, 0] END,
           CASE WHEN from_m <= to_m THEN ARRAY[1, to_m, to_m, 0] END, to_m IS NOT NULL,
           CASE WHEN from_m <= to_m
                THEN int8range(((1000 + member) << 40) + from_m, ((1000 + member) << 40) + to_m, '[]') END
      FROM made
    """,
    """
    INSERT INTO trail_scope (organisation, of_records)
    SELECT organisation, of_records
      FROM (SELECT NULL, false UNION ALL SELECT %(origin)s, true UNION ALL
            SELECT format('origin-%%s.example', number), false FROM generate_series(1, %(organisations)s) AS number
           ) AS scope (organisation, of_records)
        ON CONFLICT ON CONSTRAINT trail_scope_unique DO NOTHING
    """,
    # Everything is in the scope of all and in both of the origin, and what others did in theirs.
    """
    INSERT INTO trail_posting (scope_id, combination_id, index, at)
    SELECT scope.scope_id, CASE WHEN made.to_m IS NULL THEN 1000 ELSE 1000 + made.member END, made.index, made.at
      FROM (SELECT scope_id, generate_series(1, %(organisations)s) AS member
              FROM trail_scope
             WHERE organisation IS NULL OR organisation = %(origin)s
             UNION ALL
            SELECT scope_id, member
              FROM generate_series(2, %(organisations)s) AS member
              JOIN trail_scope ON trail_scope.organisation = format('origin-%%s.example', member)) AS scope
      JOIN made USING (member)
    """,
    """
    INSERT INTO trail_day (scope_id, combination_id, day, entries)
    SELECT scope_id, combination_id, (at AT TIME ZONE 'UTC')::date, count(*)
      FROM trail_posting
     WHERE combination_id >= 1000
     GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO trail_tally (scope_id, combination_id, entries)
    SELECT scope_id, combination_id, sum(entries) FROM trail_day WHERE combination_id >= 1000 GROUP BY 1, 2
    """,
    """
    INSERT INTO trail_day_total (scope_id, day, allowed, refused)
    SELECT scope_id, day, sum(entries), 0 FROM trail_day WHERE combination_id >= 1000 GROUP BY 1, 2
        ON CONFLICT ON CONSTRAINT trail_day_total_pk
        DO UPDATE SET allowed = trail_day_total.allowed + excluded.allowed
    """,
    """
    INSERT INTO trail_span (is_day, begins_at, first_index, last_index)
    SELECT unit = 'day', date_trunc(unit, at, 'UTC') AS begins_at, min(index), max(index)
      FROM made
     CROSS JOIN (VALUES ('minute'), ('day')) AS span (unit)
     GROUP BY unit, begins_at
        ON CONFLICT ON CONSTRAINT trail_span_pk
        DO UPDATE SET first_index = least(trail_span.first_index, excluded.first_index),
                      last_index = greatest(trail_span.last_index, excluded.last_index)
    """,
)

# `format` fills in: action, time, first place, id, key, organisation, last place.
_TEXT = (
    '{"action":"%s","at":"%s","decision":"allowed","filter":null,"from":%s,"id":"%s","keyid":"%s",'
    '"node":"node.example","organisation":"%s","policy":null,"purpose":"detection","reason":null,"records":1,'
    f'"response_digest":"sha-256=:{"A" * 44}:","response_status":200,"role":"consumer","served":"{"A" * 43}",'
    f'"signature":"{"A" * 86}","signature_base":"{"A" * 600}","target":"/v1/feed","tlp":null,"to":%s,"v":1}}'
)


def fill(superuser_url: str, *, size: int) -> UUID:
    """Add `size` entries to a log, behind those that it has; return a record in their middle.

    The log holds nothing of organisations' sharing yet, and nobody writes to it meanwhile.
    """
    with psycopg.connect(superuser_url) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET work_mem = '64MB'")
        row = db.execute("SELECT coalesce(max(index) + 1, 0) FROM placed").fetchone()
        assert row is not None
        values = {"first": row[0], "size": size, "organisations": ORGANISATIONS, "origin": ORIGIN, "text": _TEXT}
        for statement in (*_PREPARE, *_LOG, *_INDEX):
            # Each asks for some of the values: bound by the client, as a temporary table's definition must be.
            psycopg.ClientCursor(db).execute(statement, values)
        found = db.execute("SELECT pg_temp.id_of('record', %s)", [size // 20 * 10]).fetchone()
        assert found is not None
        db.commit()
        db.autocommit = True
        db.execute("VACUUM (ANALYZE)")
    record: UUID = found[0]
    return record
