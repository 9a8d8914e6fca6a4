"""Synthetic incidents and signed batches of them, of which a test states only what matters."""

from collections.abc import Sequence
from typing import Any

from tests.partners import Partner, an_id
from tests.signals import Batch, Json, a_batch, a_salt


def an_incident(**members: Any) -> Json:
    """The first revision of an incident."""
    return {
        "id": an_id(),
        "kind": "incident",
        "revision": 1,
        "salt": a_salt(),
        "status": "active",
        "incident_type": "csam_known",
        "state": "open",
        "severity": "medium",
        "occurred": {"from": "2026-10-01", "to": "2026-10-31", "precision": "month"},
        "reported_at": "2026-11-01T10:00:00Z",
        "jurisdictions": ["BE", "FR"],
        "service_kind": "hosting",
        "ai": {},
        **members,
    }


def an_incident_batch(origin: Partner, incidents: Sequence[Json], **changes: Any) -> Batch:
    """The batch that carries incidents."""
    return a_batch(origin, incidents, **{"kind": "incident", "schema": "incident/1", **changes})
