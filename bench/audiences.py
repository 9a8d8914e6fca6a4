"""What surrounds a measured feed on a node that is in use: 300 organisations, and 1,000 audiences that all may have.

The members are rows that the owner of the tables writes before any audience is there: nobody acts as them, but every
audience is opened for each of them. The audiences are opened as any is: by a contributor's push to each, one record,
and placed by the sequencer. So there are 300,000 intervals, a thousand of them the measured reader's.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, islice, product

import psycopg

from bench.generating import Generator, Signer
from bench.partners import Partner
from bench.pushing import push_all
from bench.raw_http import Connection
from bench.surroundings import Surroundings
from schemas.vocabulary.documents import SECTOR
from schemas.vocabulary.exchange import SHARING_PURPOSE

MEMBERS = 300
# As many live streams as one organisation may have.
AUDIENCES = 1_000

_NDJSON = "application/x-ndjson"
# Fewer than a minute's: requests are signed before they are sent.
_AT_ONCE = 100

# Members as the owner may found them: with a status, no keys, no statement; they cannot ask for anything.
_FOUND_MEMBERS = """
WITH found AS (
    INSERT INTO admission (act, subject, document_sha256, content_sha256, decided_at)
    SELECT 'found', 'member-' || number || '.example', sha256(''), sha256(''), now()
      FROM generate_series(1, %(count)s) AS number
    RETURNING admission_id, subject, status
)
INSERT INTO organisation
    (name, status, admission_id, sector, home, home_origin_url, display_name, roles_at_most, root_x)
SELECT subject, status, admission_id, 'platform', %(node)s, %(origin_url)s, subject, '{consumer}',
       sha256(convert_to(subject, 'UTF8'))
  FROM found
"""


def add_members(surroundings: Surroundings, *, count: int = MEMBERS) -> None:
    """Write `count` synthetic platforms into the database, as its superuser."""
    with psycopg.connect(surroundings.dsn("postgres"), autocommit=True) as db:
        db.execute(
            _FOUND_MEMBERS,
            {"count": count, "node": surroundings.place.node, "origin_url": surroundings.place.origin_url},
        )


def open_audiences(surroundings: Surroundings, partner: Partner, *, count: int = AUDIENCES) -> None:
    """Let `partner` push a batch of one record to each of `count` audiences, and wait until all have their places."""
    generator = Generator(partner.name)
    documents = [
        generator.batch(
            Signer(
                federation=surroundings.place.federation,
                organisation=partner.name,
                record_key=partner.records,
                audience=audience,
            ),
            size=1,
        ).document
        for audience in islice(_audiences(), count)
    ]
    for start in range(0, count, _AT_ONCE):
        requests = [
            surroundings.request(partner, "POST", "/v1/batches", purpose="contribution", body=document, media=_NDJSON)
            for document in documents[start : start + _AT_ONCE]
        ]
        with Connection(surroundings.port) as connection:
            push_all([connection], requests)
    surroundings.wait_until_placed()


def _audiences() -> Iterator[dict[str, object]]:
    """Yield 1,024 audiences that a platform may have for detection; none of them names anybody."""
    for tlp, sectors, purposes in product(
        ("CLEAR", "GREEN"), _sets_with("platform", SECTOR.values), _sets_with("detection", SHARING_PURPOSE.values)
    ):
        yield {"tlp": tlp, "groups": [], "organisations": [], "sectors": sectors, "purposes": purposes}


def _sets_with(word: str, words: Iterable[str]) -> list[list[str]]:
    others = sorted(set(words) - {word})
    chosen = chain.from_iterable(combinations(others, count) for count in range(len(others) + 1))
    return [sorted({word, *each}) for each in chosen]
