"""Judge whom an audience names: organisations that are known, groups that the origin is a member of.

Whoever is not in a group cannot tell whether it is there. An observer knows it, and is told what observers may not.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schemas.manifests import Audience
from server.batches import store
from server.db import Connection
from server.errors import RefusedMember
from server.sharing.groups import standings_in


def judge_organisations(db: Connection, audience: Audience) -> list[RefusedMember]:
    """Return a refusal if an organisation that `audience` names was never admitted."""
    known = store.organisation_ids(db, names=audience.organisations)
    if len(known) < len(audience.organisations):
        return [_refuse("/audience/organisations", "unknown_organisation")]
    return []


def judge_groups(db: Connection, audience: Audience, *, organisation_id: int, now: datetime) -> list[RefusedMember]:
    """Return a refusal if the organisation may not share with every group that `audience` names.

    What it may stays true until this transaction ends: whoever removes it waits for us.
    """
    if not audience.groups:
        return []
    standings = standings_in(db, names=_names(audience.groups), organisation_id=organisation_id, now=now)
    roles = [standing.role for standing in standings]
    if len(roles) < len(audience.groups) or None in roles:
        return [_refuse("/audience/groups", "unknown_group")]
    if "observer" in roles:
        return [_refuse("/audience/groups", "observer_cannot_share")]
    return []


def _names(groups: Sequence[str]) -> list[tuple[str, UUID]]:
    parts = [group.partition("/") for group in groups]
    return [(owner, UUID(group_id)) for owner, _, group_id in parts]


def _refuse(pointer: str, code: str) -> RefusedMember:
    return RefusedMember(index=None, pointer=pointer, code=code)
