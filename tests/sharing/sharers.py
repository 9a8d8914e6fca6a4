"""What owners do with groups in these tests: each act is pushed and taken."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.conftest import Database
from tests.groups.building import a_group, a_group_batch, members, name_of, to_group
from tests.partners import Partner
from tests.signals import Batch, Json, a_batch, a_revision, a_withdrawal, signals


@dataclass(kw_only=True)
class Group:
    """A group of `owner`'s at this node, with all its revisions, oldest first."""

    owner: Partner
    revisions: list[Json] = field(default_factory=list)
    expires: dict[str, Any] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)

    @property
    def name(self) -> str:
        return name_of(self.owner, self.revisions[0])

    @property
    def audience(self) -> Json:
        return to_group(self.name)

    def set_members(self, *others: Partner, observers: tuple[Partner, ...] = ()) -> str:
        """Let the owner and these be its members from now on; return the id of the batch that says so."""
        named = members(self.owner.name, *(each.name for each in others), observers=[each.name for each in observers])
        self.revisions.append(a_revision(*self.revisions, members=named))
        return self._take(a_group_batch(self.owner, self.revisions[-1], **self.expires))

    def withdraw(self) -> str:
        withdrawal = a_withdrawal(*self.revisions)
        return self._take(
            a_batch(self.owner, [withdrawal], kind="group", schema="group/1", audience=self.audience, **self.expires)
        )

    def found(self) -> str:
        return self._take(a_group_batch(self.owner, self.revisions[0], **self.expires))

    def _take(self, batch: Batch) -> str:
        self.batches.append(batch)
        return taken(self.owner, batch)


def found(owner: Partner, *others: Partner, expires: str | None = None, **said: Any) -> Group:
    group = Group(owner=owner, expires={} if expires is None else {"expires": expires})
    group.revisions.append(a_group(owner.name, *(each.name for each in others), **said))
    group.found()
    return group


def let_expire(database: Database, group: Group) -> None:
    """Let the group's time be over since a second, and so the access that ends with it."""
    _, _, group_id = group.name.partition("/")
    with psycopg.connect(database.superuser) as db:
        db.execute(
            """
            UPDATE audience_access
               SET ends_at = now() - interval '1 second'
              FROM audience_group
              JOIN sharing_group USING (owner_id, group_id)
             WHERE audience_access.audience_id = audience_group.audience_id
               AND audience_access.ends_at = sharing_group.expires_at
               AND sharing_group.group_id = %s
            """,
            [group_id],
        )
        db.execute("UPDATE sharing_group SET expires_at = now() - interval '1 second' WHERE group_id = %s", [group_id])


def share(origin: Partner, audience: Json, count: int = 1, **changes: Any) -> list[str]:
    """Push `count` batches of one signal each; return their ids."""
    return [taken(origin, a_batch(origin, signals(1), audience=audience, **changes)) for _ in range(count)]


def taken(origin: Partner, batch: Any) -> str:
    answered = origin.push(batch.document)
    assert answered.status == 201, answered.body
    jti: str = batch.jti
    return jti
