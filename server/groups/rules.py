"""The rules of groups: addressed to itself alone, owned by a member, never living again.

A batch holds one group (the form says so). Whoever its newest revision names is in it from that batch's entry on; what
that changes for whom is `server.sharing`'s. Acts that change access take turns, so the lock of access comes before the
stream's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from schemas.manifests import Audience, Manifest
from server.access import Permission
from server.batches.kinds import KindRules, Pushed
from server.batches.lines import Line
from server.errors import RefusedMember
from server.groups import store
from server.sharing.changing import lock_access
from server.sharing.groups import GroupRevision, end_group, set_group, stored_group


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What a revision says that the node acts upon; `members` are names with their roles, in the record's order."""

    history: str
    members: Mapping[str, str]


def _detail_of(record: Mapping[str, Any]) -> _Group:
    return _Group(
        history=record["history"], members={member["organisation"]: member["role"] for member in record["members"]}
    )


def _judge_form(manifest: Manifest, lines: Sequence[Line]) -> list[RefusedMember]:
    refused = []
    for line in lines:
        itself = f"{manifest.iss}/{UUID(bytes=line.id_bytes)}"
        if manifest.audience != Audience(
            tlp="AMBER+STRICT", groups=(itself,), organisations=(), sectors=(), purposes=()
        ):
            refused.append(RefusedMember(index=None, pointer="/audience/groups", code="rule_audience"))
        if isinstance(line.detail, _Group) and line.detail.members.get(manifest.iss) != "member":
            refused.append(RefusedMember(index=line.position, pointer="/members", code="owner_not_member"))
    return refused


def _judge(pushed: Pushed) -> list[RefusedMember]:
    refused: list[RefusedMember] = []
    for line in pushed.active():
        group = _group_of(line)
        known = store.organisation_ids(pushed.db, names=group.members)
        refused += (
            _refuse(line, f"/members/{number}/organisation", "unknown_organisation")
            for number, name in enumerate(group.members)
            if name not in known
        )
        stored = stored_group(pushed.db, owner_id=pushed.origin_id, group_id=UUID(bytes=line.id_bytes))
        if stored is not None and (not stored.is_live or stored.expires_at <= pushed.at):
            refused.append(_refuse(line, "", "group_expired"))
        if stored is not None and stored.history != group.history:
            refused.append(_refuse(line, "/history", "history_changed"))
    return refused


def _store(pushed: Pushed) -> None:
    for line in pushed.lines:
        group_id = UUID(bytes=line.id_bytes)
        if line.is_withdrawal:
            end_group(
                pushed.db,
                entry_id=pushed.entry_id,
                owner_id=pushed.origin_id,
                group_id=group_id,
                reason="group_withdrawn",
                now=pushed.at,
            )
            continue
        group = _group_of(line)
        known = store.organisation_ids(pushed.db, names=group.members)
        revision = GroupRevision(
            owner_id=pushed.origin_id,
            group_id=group_id,
            revision=line.revision,
            history=group.history,
            expires_at=pushed.manifest.expires,
            members={known[name]: role for name, role in group.members.items()},
        )
        set_group(pushed.db, entry_id=pushed.entry_id, group=revision, now=pushed.at)


def _group_of(line: Line) -> _Group:
    return cast("_Group", line.detail)


def _refuse(line: Line, pointer: str, code: str) -> RefusedMember:
    return RefusedMember(index=line.position, pointer=pointer, code=code)


GROUPS = KindRules(
    kind="group",
    schema="group/1",
    permission=Permission.PUSH_GROUP,
    detail_of=_detail_of,
    judge_form=_judge_form,
    take_locks=lock_access,
    judge=_judge,
    store=_store,
    names_itself=True,
)
