"""What the log says of releases: none to an organisation after its right to it had ended.

A page's entry has its index, and so has the act that ended a right: intervals are the sequencer's record of both.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg

from crypto.encoding import from_base64url
from tests.conftest import Database


class Released(Protocol):
    """What an answer with this receipt gave to a reader: ids of batches."""

    @property
    def reader(self) -> str: ...
    @property
    def receipt(self) -> str: ...
    @property
    def jtis(self) -> Sequence[str]: ...


def assert_log_agrees(database: Database, released: Sequence[Released]) -> None:
    """Each release that has its place in the log lies within an interval that was open there."""
    with psycopg.connect(database.superuser) as db:
        places = dict(db.execute("SELECT leaf, index FROM placed").fetchall())
        batches = {str(jti): row for jti, *row in db.execute(_BATCHES)}
        intervals = defaultdict(list)
        for reader, audience_id, *interval in db.execute(_INTERVALS):
            intervals[reader, audience_id].append(interval)
    for release in released:
        index = places.get(from_base64url(release.receipt))
        if index is None:
            continue
        for jti in release.jtis:
            stored_at, audience_id, origin, about = batches[jti]
            if release.reader in (origin, about):
                continue
            was_open = [
                interval for interval in intervals[release.reader, audience_id] if _holds(interval, index, stored_at)
            ]
            assert was_open, f"{release.reader} got {jti} at {index}: {intervals[release.reader, audience_id]}"


def _holds(interval: list[Any], index: int, stored_at: int) -> bool:
    from_index, until_index, floor = interval
    return from_index < index and (until_index is None or index < until_index) and floor <= stored_at


_BATCHES = """
    SELECT batch.jti, feed.index, feed.audience_id, origin.name, about.name
      FROM feed
      JOIN batch USING (batch_id)
      JOIN organisation AS origin ON origin.organisation_id = feed.origin_id
      LEFT JOIN organisation AS about ON about.organisation_id = feed.about_id
"""
_INTERVALS = """
    SELECT organisation.name, entitlement.audience_id, entitlement.from_index, entitlement.until_index,
           entitlement.floor
      FROM entitlement
      JOIN organisation USING (organisation_id)
"""
