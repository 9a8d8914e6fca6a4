"""Find groups whose time is over, and end them: each with an entry of the node's own, in one transaction."""

from datetime import datetime

from server.db import Connection
from server.retention import store
from server.retention.entering import new_entry_id, own_entry
from server.sharing.changing import lock_access
from server.sharing.groups import end_group
from server.trail.store import insert_entry


def end_expired_groups(db: Connection, *, node: str, now: datetime) -> int:
    """End every group that lives and has expired at `now`, each in a transaction of its own; return how many."""
    ended = 0
    for group in store.expired_groups(db, now=now):
        lock_access(db)
        # Its owner may have prolonged it while we waited.
        if not store.is_still_expired(db, group=group, now=now):
            db.rollback()
            continue
        entry_id = new_entry_id()
        end_group(
            db,
            entry_id=entry_id,
            owner_id=group.owner_id,
            group_id=group.group_id,
            reason="group_expired",
            now=now,
        )
        insert_entry(
            db,
            own_entry(
                entry_id=entry_id,
                at=now,
                node=node,
                node_id=store.node_id(db),
                action="expire_group",
                target={"group": f"{group.owner}/{group.group_id}"},
            ),
        )
        ended += 1
    db.rollback()
    return ended
