"""Synthetic opinions and signed batches of them, of which a test states only what matters."""

from collections.abc import Sequence
from typing import Any

from tests.partners import Partner, an_id
from tests.signals import Batch, Json, a_batch, a_salt, an_audience


def an_opinion(origin: Partner, record: Json, verdict: str = "confirmed", **members: Any) -> Json:
    """The first revision of an opinion on a record of `origin`'s."""
    reason = {"reason": "not_csam"} if verdict in ("disputed", "not_actionable", "outdated") else {}
    return {
        "id": an_id(),
        "kind": "opinion",
        "revision": 1,
        "salt": a_salt(),
        "status": "active",
        "about": {"origin": origin.name, "id": record["id"], "revision": record["revision"]},
        "verdict": verdict,
        "reviewed_by": "one_person",
        **reason,
        **members,
    }


def to_origin(origin: Partner) -> Json:
    """The audience of a record's origin alone."""
    return an_audience("AMBER+STRICT", organisations=[origin.name])


def an_opinion_batch(opiner: Partner, origin: Partner, opinions: Sequence[Json], **changes: Any) -> Batch:
    """The batch that carries opinions on records of `origin`'s, to the audience of GREEN records."""
    return a_batch(opiner, opinions, **{"kind": "opinion", "schema": "opinion/1", "about": origin.name, **changes})
