"""Keep, outside the database, a list of what was erased: a backup that is put back must not bring it again.

`$HAVRE_HOME/erasures` is NDJSON, one line an erasure, only ever appended to. The eraser writes a line when the database
has committed; what a kill between the two left out is written when it starts again, from the marks in the database. The
list names lines by their leaves: it holds nothing of what was erased.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from psycopg.rows import class_row

from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from server.db import Connection
from server.epochs.high_water import sync_folder

FILE = "erasures"
_VERSION = 1
_HASH_BYTES = 32
_LOOK_BYTES = 65_536


class ErasuresDamaged(Exception):
    """The list is not of its form: what was erased is not known."""


@dataclass(frozen=True, kw_only=True)
class ListedErasure:
    """One erasure: when, by which entry, of which batch, and each line's leaf (32 bytes) and reason."""

    at: datetime
    entry_id: UUID
    origin: str
    jti: UUID
    leaves: Sequence[bytes]
    reasons: Sequence[str]


def append(home: Path, erasures: Sequence[ListedErasure]) -> None:
    """Write `erasures` behind what the list in `home` has, so that a power cut takes none of them away again.

    A line that a kill has cut short goes first: the database still knows what it said.
    """
    path = home / FILE
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "rb+") as file:
        file.truncate(_whole_bytes(file))
        file.seek(0, os.SEEK_END)
        file.write(b"".join(_line(one) for one in erasures))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(home)


def read(home: Path) -> list[ListedErasure]:
    """Return what the list in `home` has, in its order; a last line that was cut short is left out.

    Raises:
        ErasuresDamaged: a line is not of its form.
    """
    try:
        written = (home / FILE).read_bytes()
    except FileNotFoundError:
        return []
    return [_read_line(line) for line in written.split(b"\n")[:-1]]


def complete(db: Connection, home: Path) -> int:
    """Write into the list what the database has erased and it lacks; return how many erasures that were.

    Raises:
        ErasuresDamaged: the list cannot be read.
    """
    listed = [one.entry_id for one in read(home)]
    with db.cursor(row_factory=class_row(ListedErasure)) as rows:
        missing = rows.execute(
            """
            SELECT max(erasure.erased_at) AS at, erasure.entry_id, organisation.name AS origin, batch.jti,
                   array_agg(erasure.leaf ORDER BY erasure.position) AS leaves,
                   array_agg(erasure.reason ORDER BY erasure.position) AS reasons
              FROM erasure
              JOIN batch USING (batch_id)
              JOIN organisation ON organisation.organisation_id = batch.origin_id
             WHERE erasure.erased_at IS NOT NULL
               AND NOT EXISTS (SELECT FROM UNNEST(%(listed)s::uuid[]) AS known (entry_id)
                                WHERE known.entry_id = erasure.entry_id)
             GROUP BY erasure.entry_id, organisation.name, batch.jti
             ORDER BY max(erasure.erased_at), erasure.entry_id
            """,
            {"listed": listed},
        ).fetchall()
    # Also where nothing is missing: whoever cannot write here must not erase.
    append(home, missing)
    return len(missing)


def _whole_bytes(file: BinaryIO) -> int:
    """Return how many bytes of `file` are whole lines."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _LOOK_BYTES)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _line(erasure: ListedErasure) -> bytes:
    said = {
        "v": _VERSION,
        "at": erasure.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "entry": str(erasure.entry_id),
        "origin": erasure.origin,
        "batch": str(erasure.jti),
        "lines": [
            {"leaf": to_base64url(leaf), "reason": reason}
            for leaf, reason in zip(erasure.leaves, erasure.reasons, strict=True)
        ],
    }
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _read_line(line: bytes) -> ListedErasure:
    try:
        said = json.loads(line)
        if said["v"] != _VERSION:
            raise ErasuresDamaged(FILE)
        return ListedErasure(
            at=datetime.strptime(said["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            entry_id=UUID(said["entry"]),
            origin=said["origin"],
            jti=UUID(said["batch"]),
            leaves=tuple(from_base64url(one["leaf"], length=_HASH_BYTES) for one in said["lines"]),
            reasons=tuple(one["reason"] for one in said["lines"]),
        )
    except (ValueError, KeyError, TypeError, NotVerified) as error:
        raise ErasuresDamaged(FILE) from error
