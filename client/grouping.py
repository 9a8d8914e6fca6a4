"""Groups: who shares with whom, as records of their owner.

- A group is addressed to itself, and its owner is a member of it.
- A change is the next revision, made from the newest that is known; where another machine was faster the node refuses
  it (`revision_taken`): pull, look, and change again.
- A live group's name is given once by one organisation: a command that died after signing is safe to repeat, and finds
  the group that it made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from client.drafting import Draft, Line, RefusedRecord, Terms
from client.own import Desk, content_of, standing_of
from client.pushed_terms import terms_of
from client.pushing import PushOutcome
from client.state.live import Selection, live_records
from client.state.records import LiveRecord
from client.withdrawing import withdraw
from crypto.documents import BATCH, read_document
from schemas.groups import Group, GroupSchema

_GROUP = GroupSchema()


@dataclass(frozen=True, kw_only=True)
class LiveGroup:
    """A live group as it is known here, its owner, and until when it lives."""

    owner: str
    group: Group
    expires: datetime

    @property
    def name(self) -> str:
        """Return `owner/id`, as terms name it."""
        return f"{self.owner}/{self.group.id}"

    def role_of(self, organisation: str) -> str | None:
        """Return `member`, `observer`, or None for an organisation that is not in the group."""
        return next((one.role for one in self.group.members if one.organisation == organisation), None)


@dataclass(frozen=True, kw_only=True)
class GroupChange:
    """What changes in a group; None and empty leave things as they are.

    `add` gives roles by organisation, also new roles to those who are in it; `remove` names those who go.
    """

    name: str | None = None
    purpose_text: str | None = None
    add: Mapping[str, str] | None = None
    remove: Iterable[str] = ()
    accepts_sectors: Iterable[str] | None = None
    default_tlp: str | None = None
    expires: datetime | None = None


class Groups:
    """The groups of one partner: those it owns, and those it is in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def live(self) -> Iterator[LiveGroup]:
        """Yield the live groups that are known here, in the order in which they came."""
        for one in live_records(self._desk.state.db, Selection(kind="group"), now=self._desk.source.now()):
            yield _live_group(one)

    def named(self, name: str) -> LiveGroup | None:
        """Return the live group `owner/id`, or one's own by its id alone; None: it is not known here."""
        owner, record_id = self._split(name)
        return next((one for one in self.live() if (one.owner, one.group.id) == (owner, record_id)), None)

    def create(
        self,
        *,
        name: str,
        purpose_text: str,
        members: Mapping[str, str],
        history: str,
        expires: datetime,
        accepts_sectors: Iterable[str] = (),
        default_tlp: str | None = None,
    ) -> tuple[str, PushOutcome]:
        """Create a group and return its name `owner/id`, and what became of it.

        `members` gives roles (`member`, `observer`) by organisation; the owner is a member without being named.
        `history` (`all`, `from_joining`) can never be changed. Where one's own live group has this name already, it is
        that one if nothing about it differs, else refused as `group_name_taken`.

        Raises:
            Failure: by its classes; what was signed stays in the journal.
        """
        desk, outcome = self._desk, PushOutcome()
        record: dict[str, Any] = {
            "id": desk.source.identifier(),
            "kind": "group",
            "name": name,
            "purpose_text": purpose_text,
            "members": self._members({}, {desk.organisation: "member", **members}),
            "history": history,
        }
        record |= _optional(accepts_sectors, default_tlp)

        def compose() -> Draft | RefusedRecord:
            own = (one for one in self.live() if one.owner == desk.organisation)
            made = next((one for one in own if one.group.name == name), None)
            if made is None:
                return self._draft(record, expires)
            now = standing_of(desk, made.owner, made.group.id)
            if isinstance(now, RefusedRecord) or expires != now.expires or _said(record) != _said(now.record):
                return RefusedRecord(row=0, id="", pointer="/name", code="group_name_taken")
            record.update(content_of(now.record))
            return self._draft(record, expires)

        desk.pusher().push_composed(compose, wanted=_is_group, outcome=outcome)
        return f"{desk.organisation}/{record['id']}", outcome

    def change(self, name: str, change: GroupChange) -> PushOutcome:
        """Make the next revision of one's own group; refused records say why not.

        Raises:
            Failure: by its classes; what was signed stays in the journal.
        """
        outcome = PushOutcome()
        owner, record_id = self._split(name)
        if owner != self._desk.organisation:
            outcome.refused.append(RefusedRecord(row=0, id=record_id, pointer="", code="not_own_group"))
            return outcome
        self._desk.pusher().push_composed(
            lambda: self._next(record_id, change), wanted=lambda line: line.id == record_id, outcome=outcome
        )
        return outcome

    def withdraw(self, name: str, *, reason: str) -> PushOutcome:
        """Withdraw one's own group: it ends for everyone in it, for good."""
        owner, record_id = self._split(name)
        if owner != self._desk.organisation:
            return PushOutcome(refused=[RefusedRecord(row=0, id=record_id, pointer="", code="not_own_group")])
        return withdraw(self._desk, [record_id], reason=reason)

    def _next(self, record_id: str, change: GroupChange) -> Draft | RefusedRecord:
        now = standing_of(self._desk, self._desk.organisation, record_id)
        if isinstance(now, RefusedRecord):
            return now
        before = now.record
        if before["kind"] != "group":
            return RefusedRecord(row=0, id=record_id, pointer="/kind", code="unknown_group")
        present = {one["organisation"]: one for one in before["members"]}
        gone = set(change.remove)
        if not gone <= set(present):
            return RefusedRecord(row=0, id=record_id, pointer="/members", code="not_in_group")
        roles = {name: one["role"] for name, one in present.items() if name not in gone} | dict(change.add or {})
        said = {"name": change.name, "purpose_text": change.purpose_text}
        record = {
            **content_of(before),
            **{name: value for name, value in said.items() if value is not None},
            "members": self._members(present, roles),
            **_optional(change.accepts_sectors, change.default_tlp),
        }
        return self._draft(record, change.expires or now.expires)

    def _draft(self, record: dict[str, Any], expires: datetime) -> Draft | RefusedRecord:
        me, record_id = self._desk.organisation, str(record["id"])
        if {one["organisation"]: one["role"] for one in record["members"]}.get(me) != "member":
            return RefusedRecord(row=0, id=record_id, pointer="/members", code="owner_not_member")
        terms = Terms(tlp="AMBER+STRICT", groups=(f"{me}/{record_id}",), expires=expires)
        return Draft(row=0, record=record, terms=terms)

    def _members(self, present: Mapping[str, Any], roles: Mapping[str, str]) -> list[dict[str, str]]:
        today = self._desk.source.now().date().isoformat()
        return [
            {"organisation": name, "role": role, "since": present[name]["since"] if name in present else today}
            for name, role in sorted(roles.items())
        ]

    def _split(self, name: str) -> tuple[str, str]:
        owner, slash, record_id = name.partition("/")
        return (owner, record_id) if slash else (self._desk.organisation, name)


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the owner says of a group; neither its id nor since when each member is in it."""
    roles = {one["organisation"]: one["role"] for one in record["members"]}
    return {**{name: value for name, value in content_of(dict(record)).items() if name != "id"}, "members": roles}


def _is_group(line: Line) -> bool:
    return bool(orjson.loads(line.line)["kind"] == "group")


def _optional(accepts_sectors: Iterable[str] | None, default_tlp: str | None) -> dict[str, Any]:
    sectors = sorted(set(accepts_sectors or ()))
    said = {"accepts_sectors": sectors or None, "default_tlp": default_tlp}
    return {name: value for name, value in said.items() if value is not None}


def _live_group(one: LiveRecord) -> LiveGroup:
    terms = terms_of(read_document(one.manifest, typ=BATCH).claims)
    return LiveGroup(owner=one.origin, group=_GROUP.load(orjson.loads(one.line)), expires=terms.expires)
