"""The database alone keeps organisations apart: the queries' own predicate is taken away, and requests fail midway.

Organisations take turns on a few pooled connections; what a failed request leaves on one must not serve the next.
"""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from crypto.batches import StoredDocument, split_documents
from server.feed import store as feed_store
from tests.conftest import a_database
from tests.drills.sharing_world import World
from tests.exchanges import feed_path, jti_of
from tests.growing import grown_with
from tests.partners import Partner, a_node

pytestmark = pytest.mark.drill

SECTORS = {"hotline": "hotline", "platform": "platform", "ngo": "ngo", "ministry": "government"}
REQUESTS, THREADS, CONNECTIONS = 10_000, 6, 3
# Two groups, one that begins at joining; some by name, some to a sector, some to all; each organisation has its own.
ACTS = [
    ("found", 0, 0b0010, 0),
    ("found", 0, 0b0010, 1),
    ("share", 0, 1, 0),
    ("share", 1, 1 | 1 << 4, 0),
    ("members", 1, 0b0110, 0),
    ("share", 1, 1 | 1 << 2 | 1 << 4, 0),
    ("share", 2, 0b1000 << 2, 0),
    ("share", 3, 0b0001 << 2, 0),
    ("share", 3, 1 << 2, 4 | 1),
    ("opine", 0, 3, 1),
    ("quiet", 0, 0, 0),
]
NO_PREDICATE = """
    SELECT feed.index AS m, feed.index AS i, feed.position AS j, feed.batch_id, batch.record_count,
           batch.manifest_sha256, octet_length(batch.document) AS length
      FROM feed
      JOIN batch USING (batch_id)
     WHERE feed.epoch = %(epoch)s
       AND (feed.index, feed.position) > (%(since_index)s, %(since_position)s)
       AND feed.index < %(until)s
     ORDER BY feed.index, feed.position
     LIMIT %(most)s
"""

template = grown_with(**SECTORS, place_all=True)


class SyntheticFailure(Exception):
    pass


def fail_midway(monkeypatch) -> None:
    """Let a third of the pages fail: before their documents, within them, or by the database."""
    documents, chance = feed_store.documents, random.Random(3)  # noqa: S311 - repeatable, not secret

    def failing(db, **asked):
        match chance.randrange(9):
            case 0:
                raise SyntheticFailure
            case 1:
                db.execute("SELECT 1 / 0")
            case 2:
                yield next(documents(db, **asked))
                raise SyntheticFailure
        yield from documents(db, **asked)

    monkeypatch.setattr(feed_store, "documents", failing)


def without_predicate(monkeypatch) -> None:
    batches_after = feed_store._batches_after
    monkeypatch.setattr(
        feed_store, "_batches_after", lambda parameters: replace(batches_after(parameters), sql=NO_PREDICATE)
    )


def jtis_of(partner: Partner) -> tuple[int, set[str]]:
    answered = partner.get(feed_path(limit=50_000), purpose="detection")
    if answered.status != 200:
        return answered.status, set()
    return 200, {jti_of(part) for part in split_documents(answered.body) if isinstance(part, StoredDocument)}


@pytest.fixture
def world(postgres, template):
    with a_database(postgres, template) as database:
        node = a_node(database, pool_size=CONNECTIONS)
        try:
            partners = [node.join(f"{name}.example", sector=sector) for name, sector in SECTORS.items()]
            world = World(node, database, partners, clients=len(partners))
            world.act_all(ACTS)
            yield world
        finally:
            node.close()


def test_no_row_of_another_is_ever_shown_though_requests_fail_midway(world, monkeypatch):
    may = {partner.name: world.model.may_hold(partner.name, "detection") for partner in world.partners}
    without_predicate(monkeypatch)
    fail_midway(monkeypatch)

    def ask(number: int) -> tuple[str, int, frozenset[str]]:
        partner = world.partners[number % len(world.partners)]
        status, found = jtis_of(partner)
        return partner.name, status, frozenset(found)

    with ThreadPoolExecutor(THREADS) as threads:
        told = Counter(threads.map(ask, range(REQUESTS)))
    shown = {(name, found) for name, status, found in told if status == 200}
    assert shown == {(name, frozenset(found)) for name, found in may.items()}
    statuses = Counter(status for _, status, _ in told.elements())
    assert statuses[200] > REQUESTS / 3, statuses
    assert statuses[500] > REQUESTS / 10, statuses


def test_without_row_security_the_predicate_that_was_taken_away_is_missed(world, monkeypatch):
    """Else the test above could not fail."""
    without_predicate(monkeypatch)
    with psycopg.connect(world.database.owner) as db:
        for table in ("feed", "batch", "record"):
            db.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    everything = {batch.jti for batch in world.model.batches}
    assert [jtis_of(partner) for partner in world.partners] == [(200, everything)] * len(world.partners)
