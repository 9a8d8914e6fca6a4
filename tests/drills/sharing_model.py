"""Who may hold which batch: the whole of sharing, as a partner would say it, with no interval, row or query.

Everything happens at a moment, a whole number that rises with each act.
"""

from dataclasses import dataclass, field
from typing import Any

EVERYONE = ("CLEAR", "GREEN")


@dataclass(kw_only=True)
class ModelGroup:
    """A group; `members` say since when they are in it, `observers` are those of them that only read."""

    has_past: bool
    is_live: bool = True
    members: dict[str, int] = field(default_factory=dict)
    observers: set[str] = field(default_factory=set)

    def set_members(self, names: set[str], observers: set[str], now: int) -> None:
        self.members = {name: self.members.get(name, now) for name in names | observers}
        self.observers = observers


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A batch that an organisation has pushed at a moment."""

    jti: str
    at: int
    origin: str
    about: str | None
    audience: dict[str, Any]


@dataclass(kw_only=True)
class Model:
    """All that decides who may hold what."""

    sectors: dict[str, str]
    groups: dict[str, ModelGroup] = field(default_factory=dict)
    batches: list[Sent] = field(default_factory=list)

    def since(self, reader: str, audience: dict[str, Any]) -> int | None:
        """From which moment on `reader` may have others' batches of an audience; None: no batch at all."""
        if audience["sectors"] and self.sectors[reader] not in audience["sectors"]:
            return None
        ways = [0] if audience["tlp"] in EVERYONE or reader in audience["organisations"] else []
        groups = [self.groups[name] for name in audience["groups"]]
        ways += [0 if group.has_past else group.members[reader] for group in groups if reader in group.members]
        return min(ways, default=None)

    def may_hold(self, reader: str, purpose: str) -> set[str]:
        """The ids of all batches that `reader` may hold for `purpose`."""
        return {batch.jti for batch in self.batches if self._may_hold(reader, purpose, batch)}

    def _may_hold(self, reader: str, purpose: str, batch: Sent) -> bool:
        if reader in (batch.origin, batch.about):
            return True
        since = self.since(reader, batch.audience)
        fits = not batch.audience["purposes"] or purpose in batch.audience["purposes"]
        return fits and since is not None and batch.at >= since

    def may_address(self, origin: str, audience: dict[str, Any]) -> bool:
        """Whether `origin` may share with these: in each group that it names it is a member, and no observer."""
        groups = [self.groups[name] for name in audience["groups"]]
        return all(group.is_live and origin in group.members.keys() - group.observers for group in groups)

    def end_group(self, name: str) -> None:
        self.groups[name].is_live = False
        self.groups[name].members, self.groups[name].observers = {}, set()
