"""Changes of the live set, for hooks: written in the transaction that makes them, taken away once the hook was told.

Nothing is written before a hook was first asked for (`begin`), which finds everything that is live to be new. `touched`
names records that may have changed; `write_down` compares them with what was written before (`told`). So a record that
went and came again between two comparisons is no change, and nothing that happened is lost to a kill.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

What = Literal["added", "changed", "removed"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change, to be told until it is acknowledged by its `position`.

    `reason` is of removals: `withdrawn`, `expired`, `revoked` (a key turned out to be stolen), or why the stream ended.
    `line` and `manifest` are of the revision that counts now; of a removal only where a withdrawal says why.
    """

    position: int
    what: What
    reason: str | None
    origin: str
    id: str
    revision: int
    kind: str
    at: datetime
    line: bytes | None
    manifest: str | None


def begin(db: sqlite3.Connection, *, now: datetime) -> None:
    """Write changes down from now on; everything that is known is touched the first time."""
    if has_hook(db):
        return
    db.execute("INSERT INTO hook (one, since) VALUES (1, :now)", {"now": int(now.timestamp())})
    db.execute(
        """
        INSERT INTO touched (origin, id)
        SELECT origin, id FROM revision WHERE true ORDER BY rowid
        ON CONFLICT DO NOTHING
        """
    )


def has_hook(db: sqlite3.Connection) -> bool:
    """Return whether changes are written down."""
    return db.execute("SELECT 1 FROM hook").fetchone() is not None


def touch_batch(db: sqlite3.Connection, batch_id: int) -> None:
    """Say that the records of a batch may have changed."""
    db.execute(
        """
        INSERT INTO touched (origin, id)
        SELECT origin, id FROM revision WHERE batch_id = :batch_id AND EXISTS (SELECT 1 FROM hook)
        ON CONFLICT DO NOTHING
        """,
        {"batch_id": batch_id},
    )


def write_down(db: sqlite3.Connection, *, now: datetime) -> None:
    """Write the changes of all that was touched, or has expired, since the last time."""
    if not has_hook(db):
        return
    moment = {"now": int(now.timestamp())}
    db.execute(
        "INSERT INTO touched (origin, id) SELECT origin, id FROM told WHERE expires <= :now ON CONFLICT DO NOTHING",
        moment,
    )
    for row in db.execute("SELECT origin, id FROM touched ORDER BY position").fetchall():
        _compare(db, {"origin": row["origin"], "id": row["id"], **moment})
    db.execute("DELETE FROM touched")


def waiting(db: sqlite3.Connection, *, limit: int) -> list[Change]:
    """Return up to `limit` changes that were not acknowledged, oldest first."""
    rows = db.execute(
        """
        SELECT change.position, change.what, change.reason, change.origin, change.id, change.revision, change.kind,
               change.at, revision.line, batch.manifest
          FROM change
          LEFT JOIN revision ON revision.origin = change.origin AND revision.id = change.id
                            AND revision.revision = change.revision
                            AND (change.what <> 'removed' OR revision.status = 'withdrawn')
          LEFT JOIN batch ON batch.id = revision.batch_id
         ORDER BY change.position
         LIMIT :limit
        """,
        {"limit": limit},
    )
    return [Change(**{**dict(row), "at": datetime.fromtimestamp(row["at"], tz=UTC)}) for row in rows]


def count_waiting(db: sqlite3.Connection) -> int:
    """Return how many changes were not acknowledged."""
    return int(db.execute("SELECT count(*) FROM change").fetchone()[0])


def acknowledge(db: sqlite3.Connection, position: int) -> None:
    """Say that the hook was told of all changes up to this one."""
    db.execute("DELETE FROM change WHERE position <= :position", {"position": position})


def _compare(db: sqlite3.Connection, named: dict[str, object]) -> None:
    newest = db.execute(
        """
        SELECT revision.revision, revision.status, revision.line IS NOT NULL AS has_line,
               batch.kind, batch.stream, batch.expires
          FROM revision JOIN batch ON batch.id = revision.batch_id
         WHERE revision.origin = :origin AND revision.id = :id AND batch.set_aside IS NULL
         ORDER BY revision.revision DESC
         LIMIT 1
        """,
        named,
    ).fetchone()
    told = db.execute("SELECT revision, kind, stream FROM told WHERE origin = :origin AND id = :id", named).fetchone()
    is_live = (
        newest is not None and newest["status"] == "active" and newest["has_line"] and newest["expires"] > named["now"]
    )
    if is_live and told is None:
        _write(db, named, "added", None, newest)
    elif is_live and told["revision"] != newest["revision"]:
        _write(db, named, "changed", None, newest)
    elif not is_live and told is not None:
        reason = _why(db, named, newest, told["stream"])
        _write(db, named, "removed", reason, told if newest is None or reason == "revoked" else newest)
    if is_live:
        db.execute(
            """
            INSERT INTO told (origin, id, revision, kind, stream, expires)
            VALUES (:origin, :id, :revision, :kind, :stream, :expires)
            ON CONFLICT (origin, id) DO UPDATE
                SET revision = excluded.revision, stream = excluded.stream, expires = excluded.expires
            """,
            {**named, **{name: newest[name] for name in ("revision", "kind", "stream", "expires")}},
        )
    else:
        db.execute("DELETE FROM told WHERE origin = :origin AND id = :id", named)


def _write(db: sqlite3.Connection, named: dict[str, object], what: What, reason: str | None, of: sqlite3.Row) -> None:
    db.execute(
        """
        INSERT INTO change (what, reason, origin, id, revision, kind, at)
        VALUES (:what, :reason, :origin, :id, :revision, :kind, :now)
        """,
        {**named, "what": what, "reason": reason, "revision": of["revision"], "kind": of["kind"]},
    )


def _why(db: sqlite3.Connection, named: dict[str, object], newest: sqlite3.Row | None, stream: str) -> str:
    if newest is not None:
        if newest["status"] == "withdrawn":
            return "withdrawn"
        return "expired" if newest["expires"] <= named["now"] else "revoked"
    is_aside = db.execute("SELECT 1 FROM revision WHERE origin = :origin AND id = :id", named).fetchone() is not None
    if is_aside:
        return "revoked"
    ended = db.execute("SELECT reason FROM ended_stream WHERE stream = :stream", {"stream": stream}).fetchone()
    return "ended" if ended is None else str(ended["reason"])
