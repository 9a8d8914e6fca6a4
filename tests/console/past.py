"""A month of a node's past, for pictures: entries as exchanges write them, on days that have gone by."""

import random
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.trail.entries import Told, write_entry
from server.web.exchange import EntryFacts
from tests.partners import TestNode, an_id

_ACTS = (
    ("read_feed", "consumer", "detection", 60),
    ("read_feed", "consumer", "investigation", 12),
    ("read_record", "consumer", "victim_identification", 8),
    ("read_whoami", "consumer", "detection", 10),
    ("read_streams", "consumer", "statistics", 5),
)


def live_through(node: TestNode, names: list[str], *, days: int = 30, a_day: int = 24) -> None:
    """Write entries of `names` over the last `days`, few of them refused; the same each time but for ids."""
    drawn = random.Random(7)  # noqa: S311 - a picture, not a secret
    now = datetime.now(UTC).replace(microsecond=0)
    with node.pool.connection() as db:
        ids = dict(db.execute("SELECT name, organisation_id FROM organisation").fetchall())
        for gone in range(days - 1, 0, -1):
            for number in range(a_day - 10 * ((gone + 2) % 7 < 2) + drawn.randrange(12)):
                at = now - timedelta(days=gone, minutes=number)
                told = _told(drawn, ids, drawn.choice(names), at)
                write_entry(
                    db,
                    node.node,
                    told,
                    EntryFacts(records=40 if told.reason is None else None),
                    salt=secrets.token_bytes(32),
                )


def _told(drawn: random.Random, ids: dict[str, Any], name: str, at: datetime) -> Told:
    action, role, purpose, _ = drawn.choices(_ACTS, weights=[act[3] for act in _ACTS])[0]
    reason = drawn.choice(["role_not_allowed", "purpose_not_allowed", "bad_cursor"]) if drawn.random() < 0.08 else None
    return Told(
        request_id=UUID(an_id()),
        at=at,
        organisation=name,
        organisation_id=ids[name],
        keyid=None,
        role=role,
        action=action,
        purpose=purpose,
        reason=reason,
        target="/v1/feed",
        signature_base=None,
        signature=None,
        response_status=200 if reason is None else 403,
        response_digest=bytes(32),
    )
