"""Synthetic groups and their signed batches, of which a test states only what matters."""

from collections.abc import Sequence
from typing import Any

from tests.partners import Partner, an_id
from tests.signals import Batch, Json, a_batch, a_salt, an_audience


def members(*names: str, observers: Sequence[str] = ()) -> list[Json]:
    """The members of a group, then its observers."""
    return [
        {"organisation": name, "role": role, "since": "2026-01-01"}
        for role, named in (("member", names), ("observer", observers))
        for name in named
    ]


def a_group(*names: str, observers: Sequence[str] = (), **said: Any) -> Json:
    """The first revision of a group of these members."""
    return {
        "id": an_id(),
        "kind": "group",
        "revision": 1,
        "salt": a_salt(),
        "status": "active",
        "name": "A sample group",
        "purpose_text": "Share sample values in tests.",
        "members": members(*names, observers=observers),
        "history": "all",
        **said,
    }


def name_of(owner: Partner, group: Json) -> str:
    return f"{owner.name}/{group['id']}"


def to_group(*names: str, **members: Any) -> Json:
    """The audience of these groups alone."""
    return an_audience("AMBER+STRICT", groups=sorted(names), **members)


def a_group_batch(owner: Partner, group: Json, **changes: Any) -> Batch:
    """The batch that carries a revision of a group, addressed to itself."""
    itself = to_group(name_of(owner, group))
    return a_batch(owner, [group], **{"kind": "group", "schema": "group/1", "audience": itself, **changes})


def founded(owner: Partner, *others: Partner, observers: Sequence[Partner] = (), **said: Any) -> Json:
    """A group of `owner` and `others` that the node has taken."""
    names = [owner.name, *(other.name for other in others)]
    group = a_group(*names, observers=[observer.name for observer in observers], **said)
    answered = owner.push(a_group_batch(owner, group).document)
    assert answered.status == 201, answered.body
    return group
