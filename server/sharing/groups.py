"""Keep groups as their newest revision has them, and say how an organisation stands in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from server.db import Connection
from server.sharing.changing import Cause, lock_access, reconsider_audiences

History = Literal["all", "from_joining"]
GroupRole = Literal["member", "observer"]


@dataclass(frozen=True, kw_only=True)
class GroupRevision:
    """A group as a revision has it; `members` are organisation ids with their roles."""

    owner_id: int
    group_id: UUID
    revision: int
    history: str
    expires_at: datetime
    members: Mapping[int, str]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one organisation stands in a group that lives; `role` None: it is not in it."""

    owner: str
    group_id: UUID
    role: str | None


@dataclass(frozen=True, kw_only=True)
class StoredGroup:
    """What no revision of a group changes, and whether it still lives."""

    revision: int
    history: str
    expires_at: datetime
    is_live: bool


def stored_group(db: Connection, *, owner_id: int, group_id: UUID) -> StoredGroup | None:
    """Return the group as its newest revision has it, behind the lock of access: it stays so until we commit."""
    lock_access(db)
    with db.cursor(row_factory=class_row(StoredGroup)) as rows:
        return rows.execute(
            """
            SELECT revision, history, expires_at, is_live
              FROM sharing_group
             WHERE owner_id = %(owner_id)s
               AND group_id = %(group_id)s
            """,
            {"owner_id": owner_id, "group_id": group_id},
        ).fetchone()


def standings_in(
    db: Connection, *, names: Sequence[tuple[str, UUID]], organisation_id: int, now: datetime
) -> list[Standing]:
    """Return how the organisation stands in those of the groups `names` that live; it stays so until we commit.

    What is not known, was withdrawn or has expired is not among them.
    """
    named = {
        "owners": [owner for owner, _ in names],
        "ids": [group_id for _, group_id in names],
        "organisation_id": organisation_id,
        "now": now,
    }
    # A statement of its own: what waited here for a revision would else see the group's new row beside its old members.
    db.execute(
        """
        SELECT
          FROM UNNEST(%(owners)s::text[], %(ids)s::uuid[]) AS asked (owner, group_id)
          JOIN organisation AS owner ON owner.name = asked.owner
          JOIN sharing_group ON sharing_group.owner_id = owner.organisation_id
                            AND sharing_group.group_id = asked.group_id
           FOR SHARE OF sharing_group
        """,
        named,
    )
    with db.cursor(row_factory=class_row(Standing)) as rows:
        return rows.execute(
            """
            SELECT owner.name AS owner, sharing_group.group_id, group_member.role
              FROM UNNEST(%(owners)s::text[], %(ids)s::uuid[]) AS asked (owner, group_id)
              JOIN organisation AS owner ON owner.name = asked.owner
              JOIN sharing_group ON sharing_group.owner_id = owner.organisation_id
                                AND sharing_group.group_id = asked.group_id
              LEFT JOIN group_member ON group_member.owner_id = sharing_group.owner_id
                                    AND group_member.group_id = sharing_group.group_id
                                    AND group_member.organisation_id = %(organisation_id)s
             WHERE sharing_group.is_live
               AND sharing_group.expires_at > %(now)s
            """,
            named,
        ).fetchall()


def set_group(db: Connection, *, entry_id: UUID, group: GroupRevision, now: datetime) -> None:
    """Write a group's newest revision, who joined and who left by it, and what follows for every audience it is in."""
    lock_access(db)
    name = {"owner_id": group.owner_id, "group_id": group.group_id}
    row = db.execute(
        """
        WITH before AS (
            SELECT expires_at FROM sharing_group WHERE owner_id = %(owner_id)s AND group_id = %(group_id)s
        )
        INSERT INTO sharing_group (owner_id, group_id, revision, history, expires_at, is_live)
        VALUES (%(owner_id)s, %(group_id)s, %(revision)s, %(history)s, %(expires_at)s, true)
        ON CONFLICT ON CONSTRAINT sharing_group_pk
        DO UPDATE SET revision = EXCLUDED.revision, expires_at = EXCLUDED.expires_at
        RETURNING expires_at IS DISTINCT FROM (SELECT expires_at FROM before)
        """,
        {**name, "revision": group.revision, "history": group.history, "expires_at": group.expires_at},
    ).fetchone()
    lives_to_another_time = row == (True,)
    # One statement: each part sees the members as they were.
    changed = db.execute(
        """
        WITH wanted AS (
            SELECT * FROM UNNEST(%(members)s::integer[], %(roles)s::text[]) AS wanted (organisation_id, role)
        ), present AS (
            SELECT organisation_id FROM group_member WHERE owner_id = %(owner_id)s AND group_id = %(group_id)s
        ), set_now AS (
            INSERT INTO group_member (owner_id, group_id, organisation_id, role)
            SELECT %(owner_id)s, %(group_id)s, organisation_id, role FROM wanted
            ON CONFLICT ON CONSTRAINT group_member_pk DO UPDATE SET role = EXCLUDED.role
        ), gone AS (
            DELETE FROM group_member
             WHERE owner_id = %(owner_id)s
               AND group_id = %(group_id)s
               AND organisation_id NOT IN (SELECT organisation_id FROM wanted)
            RETURNING organisation_id
        ), changed AS (
            SELECT organisation_id, true AS is_member FROM wanted
             WHERE organisation_id NOT IN (SELECT organisation_id FROM present)
             UNION ALL
            SELECT organisation_id, false FROM gone
        ), told AS (
            INSERT INTO joining_change (entry_id, owner_id, group_id, organisation_id, is_member)
            SELECT %(entry_id)s, %(owner_id)s, %(group_id)s, organisation_id, is_member FROM changed
        )
        SELECT organisation_id, is_member FROM changed
        """,
        {
            **name,
            "entry_id": entry_id,
            "members": list(group.members),
            "roles": list(group.members.values()),
        },
    ).fetchall()
    reconsider_audiences(
        db,
        audience_ids=_audiences_of(db, owner_id=group.owner_id, group_id=group.group_id),
        # Whoever stays in a group that lives as long as before has what it had.
        organisation_ids=sorted(
            {number for number, _ in changed} | (set(group.members) if lives_to_another_time else set())
        ),
        left=[number for number, is_member in changed if not is_member],
        cause=Cause(entry_id=entry_id, reason="left_group", now=now),
    )


def end_group(
    db: Connection,
    *,
    entry_id: UUID,
    owner_id: int,
    group_id: UUID,
    reason: Literal["group_withdrawn", "group_expired"],
    now: datetime,
) -> None:
    """Let a group live no more: everybody leaves it, and it never comes back."""
    lock_access(db)
    name = {"owner_id": owner_id, "group_id": group_id}
    db.execute(
        "UPDATE sharing_group SET is_live = false WHERE owner_id = %(owner_id)s AND group_id = %(group_id)s", name
    )
    rows = db.execute(
        """
        WITH members AS (
            SELECT organisation_id FROM group_member WHERE owner_id = %(owner_id)s AND group_id = %(group_id)s
        ), told AS (
            INSERT INTO joining_change (entry_id, owner_id, group_id, organisation_id, is_member)
            SELECT %(entry_id)s, %(owner_id)s, %(group_id)s, organisation_id, false FROM members
        )
        SELECT organisation_id FROM members
        """,
        {**name, "entry_id": entry_id},
    ).fetchall()
    left = sorted(row[0] for row in rows)
    reconsider_audiences(
        db,
        audience_ids=_audiences_of(db, owner_id=owner_id, group_id=group_id),
        organisation_ids=left,
        left=left,
        cause=Cause(entry_id=entry_id, reason=reason, now=now),
    )


def _audiences_of(db: Connection, *, owner_id: int, group_id: UUID) -> list[int]:
    return [
        row[0]
        for row in db.execute(
            "SELECT audience_id FROM audience_group WHERE owner_id = %(owner_id)s AND group_id = %(group_id)s",
            {"owner_id": owner_id, "group_id": group_id},
        )
    ]
