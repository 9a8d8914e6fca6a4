"""Open the next epoch of the log after a backup was put back: the restored places stay, and the old head is named.

The tree of the new epoch begins with the restored entries at their old indexes, so what was proven of them before stays
provable. Behind them stands the entry `open_epoch`, placed here and not by the sequencer: nothing that waited in the
backup may come before it. It names the old head; how many entries the old head has more than were restored is exactly
what was lost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crypto.encoding import to_base64url
from server.db import Connection
from server.epochs.high_water import Head, HighWater, cluster_of, root_at
from server.trail.store import NewEntry

ACTION = "open_epoch"
# So many directories no node signs in an epoch: the next one is newer than all that readers have seen in any.
_DIRECTORIES_SKIPPED = 1_000_000
# So often no node is restored between two backups.
_EPOCHS_SKIPPED = 1_000


class OtherLog(Exception):
    """What the database holds is no older state of the log that was signed."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is to be opened: the epoch, behind `head`, after `kept` (None where it is not known what was signed)."""

    epoch: int
    head: Head
    kept: HighWater | None

    @property
    def lost(self) -> int | None:
        """Return how many signed entries the database lacks; None where it is not known."""
        return None if self.kept is None else max(0, self.kept.size - self.head.size)

    @property
    def target(self) -> Mapping[str, object]:
        """Return what the entry `open_epoch` says."""
        return {
            "log": replace(self.head, epoch=self.epoch).log,
            "previous": _told(self.kept),
            "restored_size": self.head.size,
        }


def plan(db: Connection, head: Head, kept: HighWater | None) -> Opening:
    """Return what there is to open.

    Raises:
        OtherLog: the database is another node's, or its entries are not those that were signed.
    """
    if kept is None:
        # Epochs may have been opened of which nothing here tells: their names must not come again.
        return Opening(epoch=head.epoch + _EPOCHS_SKIPPED, head=head, kept=None)
    name, _, epoch = kept.log.rpartition("/")
    if name != f"{head.node}/log" or not epoch.isdecimal():
        raise OtherLog(f"The high-water is that of {kept.log}, and the database belongs to {head.node}.")
    if head.size >= kept.size and root_at(db, size=kept.size) != kept.root:
        raise OtherLog(
            f"The first {kept.size} entries of the database are not those that were signed: it is no older state of "
            "this log. Put back a backup that is."
        )
    return Opening(epoch=max(int(epoch), head.epoch) + 1, head=head, kept=kept)


def is_opened_after(db: Connection, head: Head, kept: HighWater | None) -> bool:
    """Return whether the database's epoch was opened behind `kept`, and only the high-water does not say so yet."""
    row = db.execute(
        """
        SELECT entry.document
          FROM placed
          JOIN entry USING (entry_id)
         WHERE placed.index = %(last)s AND placed.epoch = %(epoch)s AND entry.action = %(action)s
        """,
        {"epoch": head.epoch, "last": head.size - 1, "action": ACTION},
    ).fetchone()
    return row is not None and _names(row[0], kept)


def open_epoch(db: Connection, opening: Opening, entry: NewEntry) -> None:
    """Open the epoch, in the one transaction that the caller holds as the owner of the tables.

    Raises:
        LookupError: the log has moved since `opening` was planned.
    """
    at = {"epoch": opening.epoch, "size": opening.head.size, "old": opening.head.epoch}
    moved = db.execute(
        "UPDATE log_head SET epoch = %(epoch)s, size = %(size)s + 1 WHERE epoch = %(old)s AND size = %(size)s", at
    )
    if moved.rowcount != 1:
        raise LookupError("the log has moved")
    _enter(db, opening, entry)
    # Indexes stay. All of it is of one epoch, so that a cursor of another one is told by its first number.
    db.execute("UPDATE feed SET epoch = %(epoch)s", at)
    db.execute("UPDATE entitlement SET epoch = %(epoch)s", at)
    # Readers refuse a directory that is older than theirs: the next one must be newer than any that is lost. This row
    # itself is never served: nobody is listed so.
    db.execute(
        """
        INSERT INTO directory (seq, members_sha256, issued_at, expires_at, document)
        SELECT coalesce(max(seq), 0) + %(skipped)s, decode(repeat('00', 32), 'hex'), now(), now(), ''
          FROM directory
        """,
        {"skipped": _DIRECTORIES_SKIPPED * opening.epoch},
    )


def new_high_water(db: Connection, head: Head) -> HighWater:
    """Return what is kept of a log that was opened anew and not signed yet."""
    cluster = cluster_of(db)
    return HighWater(
        log=head.log,
        size=head.size,
        root=root_at(db, size=head.size),
        checkpoint=None,
        system_identifier=cluster.system_identifier,
        timeline=cluster.timeline,
    )


def newest_entry_at(db: Connection) -> datetime | None:
    """Return the moment of the newest entry that the database has."""
    row = db.execute("SELECT max(at) FROM entry").fetchone()
    return None if row is None else row[0]


def _enter(db: Connection, opening: Opening, entry: NewEntry) -> None:
    db.execute(
        """
        INSERT INTO entry (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
        SELECT %(entry_id)s, %(at)s, node.organisation_id, NULL, %(action)s, 'allowed', NULL, %(leaf)s, %(salt)s, %(p)s,
               %(document)s
          FROM node
        """,
        {
            "entry_id": entry.entry_id,
            "at": entry.at,
            "action": entry.action,
            "leaf": entry.leaf,
            "salt": entry.salt,
            "p": entry.p,
            "document": entry.document,
        },
    )
    db.execute(
        "INSERT INTO placed (epoch, index, entry_id, leaf) VALUES (%(epoch)s, %(index)s, %(entry_id)s, %(leaf)s)",
        {"epoch": opening.epoch, "index": opening.head.size, "entry_id": entry.entry_id, "leaf": entry.leaf},
    )


def _names(document: bytes, kept: HighWater | None) -> bool:
    """Return whether the entry `open_epoch` names `kept` as the head before it."""
    previous = json.loads(json.loads(document)["target"])["previous"]
    return bool(previous == _told(kept))


def _told(kept: HighWater | None) -> Mapping[str, object] | None:
    return None if kept is None else {"log": kept.log, "size": kept.size, "root": to_base64url(kept.root)}
