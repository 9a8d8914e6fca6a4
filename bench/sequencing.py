"""sequencer: entries a second while the sequencer drains what waits, of 30,000.

The entries are written in one transaction, so that all of them wait at once; every tenth stored a batch, which the
sequencer also puts into the feed and judges by its audience. The drain is timed from the commit to the last place;
meanwhile heads are signed, and the index of the trail is kept.
"""

import time

import psycopg

from bench.surroundings import Surroundings
from crypto.entries import ENTRY_MEMBERS, entry_bytes

GOAL_ENTRIES_PER_SECOND = 30_000
_LOOK_SECONDS = 0.002

# As the owner of the tables: these entries are no acts of anybody's, and no api could write them this fast.
_ENTRIES = """
WITH written AS (
    INSERT INTO entry (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
    SELECT gen_random_uuid(), now(), NULL, 'node.example/bench', 'bench', 'allowed', NULL,
           sha256(convert_to(%(run)s || number, 'UTF8')), sha256('salt'), sha256('p'),
           convert_to(%(text)s, 'UTF8')
      FROM generate_series(1, %(entries)s) AS number
    RETURNING entry_id, leaf
), numbered AS (
    SELECT entry_id, leaf, row_number() OVER () AS number FROM written
), stored AS (
    INSERT INTO batch (stream_id, seq, origin_id, jti, manifest_sha256, acceptance_sha256, record_count, expires_at,
                       entry_id, entry_position, record_key, node_key, accepted_at, head_length, head_sha256,
                       document_sha256, document)
    SELECT stream.stream_id, 1000000000 + %(offset)s + numbered.number, channel.origin_id, gen_random_uuid(), leaf,
           leaf, 1, now() - interval '1 day', entry_id, 0, leaf, leaf, now(), 1, leaf, leaf, 'x'
      FROM numbered
     CROSS JOIN (SELECT stream_id, channel_id FROM stream ORDER BY stream_id LIMIT 1) AS stream
      JOIN channel USING (channel_id)
     WHERE number %% 10 = 0
)
INSERT INTO unplaced (entry_id, leaf) SELECT entry_id, leaf FROM numbered
"""

# What the node itself would say: no other process of the node stumbles over it, and it is as long as an act's.
_TEXT = entry_bytes(
    dict.fromkeys(ENTRY_MEMBERS)
    | {"v": 1, "node": "node.example", "keyid": "node.example/bench", "action": "bench", "decision": "allowed"}
    | {"target": "x" * 600}
).decode()


def drain(surroundings: Surroundings, *, entries: int, run: int) -> float:
    """Let `entries` entries wait at once and return how many a second get their place.

    The node must hold one stream at least. `run` tells one drain from another.
    """
    surroundings.settle()
    with psycopg.connect(surroundings.dsn("postgres"), autocommit=True) as db:
        db.execute(_ENTRIES, {"entries": entries, "run": f"{run} ", "offset": run * entries, "text": _TEXT})
        started = time.perf_counter()
        while db.execute("SELECT EXISTS (SELECT FROM unplaced)").fetchone() == (True,):
            time.sleep(_LOOK_SECONDS)
        return entries / (time.perf_counter() - started)
