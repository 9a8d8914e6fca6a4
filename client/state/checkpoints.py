"""The heads of the node's log that were seen, and how the log went on under another name."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# Of a log that grows at every look, some weeks of looks each minute.
_KEPT = 16_384


@dataclass(frozen=True, kw_only=True)
class KeptCheckpoint:
    """A head that was verified when it was seen: `log` with its epoch, the 32-byte root, and the signed note."""

    log: str
    epoch: int
    size: int
    root: bytes
    note: str
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class LogChange:
    """The log went on as `log` after `previous`: of the `known_size` entries seen, `kept_size` are proven in it."""

    log: str
    previous: str
    known_size: int
    kept_size: int
    at: datetime

    @property
    def is_unproven(self) -> bool:
        """Return whether nothing that was seen is proven to be in the log as it is now: a restore, or a fork."""
        return self.known_size > 0 and self.kept_size == 0


def newest(db: sqlite3.Connection) -> KeptCheckpoint | None:
    """Return the newest head that was seen."""
    row = db.execute(
        "SELECT log, epoch, size, root, note, seen_at FROM checkpoint ORDER BY epoch DESC, size DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _kept(row)


def of_epoch(db: sqlite3.Connection, epoch: int) -> Sequence[KeptCheckpoint]:
    """Return the heads of one epoch that were seen, by size."""
    rows = db.execute(
        "SELECT log, epoch, size, root, note, seen_at FROM checkpoint WHERE epoch = :epoch ORDER BY size",
        {"epoch": epoch},
    )
    return [_kept(row) for row in rows]


def keep(db: sqlite3.Connection, one: KeptCheckpoint) -> None:
    """Keep a head; its note takes the place of that of the same head before. Of very many, the oldest go."""
    db.execute(
        """
        INSERT INTO checkpoint (log, epoch, size, root, note, seen_at)
        VALUES (:log, :epoch, :size, :root, :note, :seen_at)
        ON CONFLICT (epoch, size, root) DO UPDATE SET note = excluded.note, seen_at = excluded.seen_at
        """,
        {
            "log": one.log,
            "epoch": one.epoch,
            "size": one.size,
            "root": one.root,
            "note": one.note,
            "seen_at": int(one.seen_at.timestamp()),
        },
    )
    db.execute(
        """
        DELETE FROM checkpoint
         WHERE epoch = :epoch
           AND size < (SELECT size FROM checkpoint WHERE epoch = :epoch ORDER BY size DESC LIMIT 1 OFFSET :kept)
        """,
        {"epoch": one.epoch, "kept": _KEPT},
    )


def note_change(db: sqlite3.Connection, change: LogChange) -> None:
    """Write down that the log went on under another name, to be told once."""
    db.execute(
        """
        INSERT INTO log_change (log, previous, known_size, kept_size, at)
        VALUES (:log, :previous, :known_size, :kept_size, :at)
        ON CONFLICT (log) DO NOTHING
        """,
        {
            "log": change.log,
            "previous": change.previous,
            "known_size": change.known_size,
            "kept_size": change.kept_size,
            "at": int(change.at.timestamp()),
        },
    )


def changes(db: sqlite3.Connection) -> Sequence[LogChange]:
    """Return how the log went on under other names, told or not, oldest first."""
    rows = db.execute("SELECT log, previous, known_size, kept_size, at FROM log_change ORDER BY at")
    return [_change(row) for row in rows]


def take_untold(db: sqlite3.Connection) -> Sequence[LogChange]:
    """Return the changes of the log that nobody was told of, and mark them as told."""
    rows = db.execute(
        "SELECT log, previous, known_size, kept_size, at FROM log_change WHERE is_told = 0 ORDER BY at"
    ).fetchall()
    db.execute("UPDATE log_change SET is_told = 1 WHERE is_told = 0")
    return [_change(row) for row in rows]


def forget(db: sqlite3.Connection) -> None:
    """Forget every head that was seen."""
    db.execute("DELETE FROM checkpoint")


def _kept(row: sqlite3.Row) -> KeptCheckpoint:
    return KeptCheckpoint(
        log=row["log"],
        epoch=row["epoch"],
        size=row["size"],
        root=row["root"],
        note=row["note"],
        seen_at=_moment(row["seen_at"]),
    )


def _change(row: sqlite3.Row) -> LogChange:
    return LogChange(
        log=row["log"],
        previous=row["previous"],
        known_size=row["known_size"],
        kept_size=row["kept_size"],
        at=_moment(row["at"]),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
