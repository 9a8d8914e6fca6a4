"""Set and lift legal holds, as the owner of the database: no process that runs all day can do either."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from crypto.entries import receipt
from server.db import Connection
from server.retention import store
from server.retention.entering import new_entry_id, own_entry
from server.trail.store import insert_entry


class UnknownOrigin(Exception):
    """No organisation of this name was ever admitted here."""


class NothingToDo(Exception):
    """The hold stands already, or there is none to lift."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a hold covers: a record by its id, or with None all records of the origin."""

    origin: str
    record_id: UUID | None

    def __str__(self) -> str:
        return self.origin if self.record_id is None else f"{self.origin}/{self.record_id}"


def set_hold(db: Connection, held: Held, *, node: str, reason_token: str, holder: str) -> str:
    """Stop the erasure of what is `held`, enter it and commit; return the receipt (43 characters).

    An erasure that is under way is waited for: what it has removed is gone, and nothing goes after this.

    Raises:
        UnknownOrigin, NothingToDo: nothing was changed.
    """
    return _change(db, held, node=node, action="hold", reason_token=reason_token, holder=holder)


def lift_hold(db: Connection, held: Held, *, node: str, reason_token: str, holder: str) -> str:
    """Let what was `held` go when it is due, enter it and commit; return the receipt. Other holds still stand.

    Raises:
        UnknownOrigin, NothingToDo: nothing was changed.
    """
    return _change(db, held, node=node, action="release", reason_token=reason_token, holder=holder)


def _change(db: Connection, held: Held, *, node: str, action: str, reason_token: str, holder: str) -> str:
    now = datetime.now(UTC)
    origin_id = store.organisation_id(db, name=held.origin)
    if origin_id is None:
        raise UnknownOrigin(held.origin)
    entry_id = new_entry_id()
    store.lock_holds(db)
    if action == "hold":
        is_changed = store.insert_hold(
            db,
            origin_id=origin_id,
            record_id=held.record_id,
            reason_token=reason_token,
            holder=holder,
            now=now,
            entry_id=entry_id,
        )
    else:
        is_changed = store.lift_hold(db, origin_id=origin_id, record_id=held.record_id, now=now, entry_id=entry_id)
    if not is_changed:
        raise NothingToDo(str(held))
    entry = own_entry(
        entry_id=entry_id,
        at=now,
        node=node,
        node_id=store.node_id(db),
        action=action,
        target={"held": str(held), "holder": holder, "reason_token": reason_token},
    )
    insert_entry(db, entry)
    return receipt(entry.leaf)
