"""The yardsticks in PostgreSQL: tables of their own in the same database, by the same role, with the same settings.

They do what a plain system would do with the same records, and nothing of what Havre adds: no signature, no check of
form, no log. Their SQL is printed with the figures.
"""

import struct
from collections.abc import Iterable, Sequence

import psycopg

from bench.generating import Record
from bench.surroundings import Surroundings

TABLES = """
CREATE SCHEMA yardstick;
-- For push: one record a row, with the three indexes that a node of this kind cannot do without.
CREATE TABLE yardstick.record (
    origin_id integer NOT NULL, record_id uuid NOT NULL, revision bigint NOT NULL,
    channel_id integer NOT NULL, signal_type text NOT NULL, value bytea NOT NULL, body bytea NOT NULL
);
CREATE UNIQUE INDEX record_once ON yardstick.record (origin_id, record_id, revision);
CREATE INDEX record_by_channel ON yardstick.record (channel_id, signal_type, value);
CREATE INDEX record_by_value ON yardstick.record (signal_type, value);
-- For pull: one record a row, at its place in the feed, with what its entitlement is judged by.
CREATE TABLE yardstick.line (
    epoch integer NOT NULL, index bigint NOT NULL, position integer NOT NULL, line integer NOT NULL,
    audience_id integer NOT NULL, origin_id integer NOT NULL, body text NOT NULL,
    PRIMARY KEY (epoch, index, position, line)
);
-- For single: one row a request. For idle_poll: the first of them, looked up by its key.
CREATE TABLE yardstick.request (
    request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL
);
INSERT INTO yardstick.request (body) VALUES ('');
GRANT USAGE ON SCHEMA yardstick TO havre_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA yardstick TO havre_app;
"""

COPY_IN = "COPY yardstick.record FROM STDIN (FORMAT BINARY)"

COPY_OUT = """
COPY (SELECT line.body
        FROM yardstick.line
        JOIN audience USING (audience_id)
       WHERE line.epoch = 1
         AND (line.index, line.position) > ({after_index}, {after_position})
         AND (line.index, line.position) <= ({last_index}, {last_position})
         AND (line.origin_id = {reader}
              OR ((audience.purposes = '{{}}' OR 'detection' = ANY (audience.purposes))
                  AND EXISTS (SELECT FROM audience_access
                               WHERE audience_access.organisation_id = {reader}
                                 AND audience_access.audience_id = line.audience_id
                                 AND audience_access.ends_at > now())))
         AND EXISTS (SELECT FROM entitlement
                      WHERE entitlement.organisation_id = {reader}
                        AND entitlement.audience_id = line.audience_id
                        AND entitlement.epoch = line.epoch
                        AND entitlement.from_index <= line.index
                        AND entitlement.until_index IS NULL)
       ORDER BY line.index, line.position, line.line
     ) TO STDOUT
"""

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_FIXED = struct.Struct(">hii i16s iq ii i".replace(" ", ""))
_LENGTH = struct.Struct(">i")
_COLUMNS = 7


def create(surroundings: Surroundings) -> None:
    """Create the yardsticks' tables."""
    with psycopg.connect(surroundings.dsn("postgres"), autocommit=True) as db:
        db.execute(TABLES)


def encode_rows(records: Sequence[Record]) -> bytes:
    """Return the rows of `records` in PostgreSQL's binary COPY format, as one COPY of its own."""
    rows = [_HEADER]
    for record in records:
        signal_type = record.signal_type.encode()
        rows.append(
            _FIXED.pack(_COLUMNS, 4, 1, 16, record.record_id, 8, 1, 4, 1, len(signal_type))
            + signal_type
            + _LENGTH.pack(len(record.value))
            + record.value
            + _LENGTH.pack(len(record.line))
            + record.line
        )
    rows.append(_TRAILER)
    return b"".join(rows)


def copy_in(db: psycopg.Connection[tuple[object, ...]], blocks: Iterable[bytes]) -> None:
    """COPY each block of rows in and commit it."""
    for block in blocks:
        with db.cursor() as rows, rows.copy(COPY_IN) as copy:
            copy.write(block)
        db.commit()


def fill_lines(surroundings: Surroundings) -> None:
    """Fill `yardstick.line` with what the feed has and it has not: every record at its place, one a row."""
    with psycopg.connect(surroundings.dsn("postgres"), autocommit=True) as db:
        db.execute(
            """
            INSERT INTO yardstick.line (epoch, index, position, line, audience_id, origin_id, body)
            SELECT feed.epoch, feed.index, feed.position, cut.line, feed.audience_id, feed.origin_id, cut.body
              FROM feed
              JOIN batch USING (batch_id)
             CROSS JOIN LATERAL UNNEST(string_to_array(convert_from(batch.document, 'UTF8'), E'\n'))
                   WITH ORDINALITY AS cut (body, line)
             WHERE cut.line > 2
               AND cut.body <> ''
               AND (feed.epoch, feed.index) > (SELECT coalesce(max(epoch), 0), coalesce(max(index), -1)
                                                 FROM yardstick.line)
             ORDER BY feed.epoch, feed.index, feed.position, cut.line
            """
        )
