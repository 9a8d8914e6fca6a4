"""Keep, outside the database, how far the log was signed: a database behind it, or another one, is not served.

`$HAVRE_HOME/high-water` holds the last checkpoint that this node signed, and which cluster of PostgreSQL it was of. It
is written before that checkpoint can be seen by anybody, so what anybody has seen is never ahead of it. A backup that
was put back, a dump in a new cluster, a standby that took over: each is told by it, and nothing is served until
`havre-node restore` has opened the next epoch (`docs/protocol.md`, epochs).
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from crypto import merkle
from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from server.db import Connection
from server.tree.growing import split_hashes

FILE = "high-water"
_VERSION = 1
_HASH_BYTES = 32
_LOG = re.compile(r"[^/]+/log/[1-9][0-9]{0,8}")
_LEAVES_AT_ONCE = 10_000

RESTORE = "Run havre-node restore; docs/operating.md, backup and restore, says when."


class HighWaterDamaged(Exception):
    """The file is not of its form: it says nothing that could be relied on."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Which PostgreSQL this is: the number that `initdb` gave it, and how often one of its standbys took over."""

    system_identifier: str
    timeline: int


@dataclass(frozen=True, kw_only=True)
class HighWater:
    """How far the log was signed: its name with the epoch, its size, its root (32 bytes), and in which cluster.

    `checkpoint` is the signed note; None where an epoch was opened and nothing of it is signed yet.
    """

    log: str
    size: int
    root: bytes
    checkpoint: str | None
    system_identifier: str
    timeline: int


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the database says of its log: the node's name, the epoch, how many entries have places."""

    node: str
    epoch: int
    size: int

    @property
    def log(self) -> str:
        """Return the log's name, with its epoch."""
        return f"{self.node}/log/{self.epoch}"


def read(home: Path) -> HighWater | None:
    """Return the high-water that is kept in `home`; None where there is none yet.

    Raises:
        HighWaterDamaged: it is there and not of its form.
    """
    try:
        data = (home / FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HighWaterDamaged(FILE) from error
    try:
        said = json.loads(data.decode("utf-8"))
        if not isinstance(said, Mapping) or said["v"] != _VERSION:
            raise HighWaterDamaged(FILE)
        high_water = HighWater(
            log=said["log"],
            size=said["size"],
            root=from_base64url(said["root"], length=_HASH_BYTES),
            checkpoint=said["checkpoint"],
            system_identifier=said["system_identifier"],
            timeline=said["timeline"],
        )
    except (ValueError, KeyError, TypeError, NotVerified) as error:
        raise HighWaterDamaged(FILE) from error
    if not _is_of_its_form(high_water):
        raise HighWaterDamaged(FILE)
    return high_water


def _is_of_its_form(said: HighWater) -> bool:
    numbers, texts = (said.size, said.timeline), (said.log, said.system_identifier, said.checkpoint or "")
    return (
        all(type(number) is int and number >= 0 for number in numbers)
        and all(isinstance(text, str) for text in texts)
        and _LOG.fullmatch(said.log) is not None
    )


def write(home: Path, high_water: HighWater) -> None:
    """Put `high_water` in place of what `home` keeps, so that a power cut leaves the old one or the new one.

    To be called before the checkpoint is committed: from then on a database that lacks it is refused.
    """
    said = {"v": _VERSION, **asdict(high_water), "root": to_base64url(high_water.root)}
    unfinished = home / f".{FILE}.new"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(said, sort_keys=True, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(home / FILE)
    sync_folder(home)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cluster_of(db: Connection) -> Cluster:
    """Return which cluster `db` is connected to; any role may ask.

    The timeline is that of the log which is being written, not that of the last checkpoint of PostgreSQL's own: a
    standby that has just taken over is on the new one at once.
    """
    row = db.execute(
        """
        SELECT pg_control_system.system_identifier::text,
               ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
          FROM pg_control_system()
        """
    ).fetchone()
    if row is None:
        raise LookupError("a function has one row")
    return Cluster(system_identifier=row[0], timeline=row[1])


def head_of(db: Connection) -> Head | None:
    """Return what the database says of its log; None where it has no node yet."""
    row = db.execute(
        """
        SELECT organisation.name, log_head.epoch, log_head.size
          FROM log_head
         CROSS JOIN node
          JOIN organisation USING (organisation_id)
        """
    ).fetchone()
    return None if row is None else Head(node=row[0], epoch=row[1], size=row[2])


def judge(db: Connection, *, home: Path) -> list[str]:
    """Return why what this database holds must not be served: sentences for the operator, or none.

    The file is read first: what it says was committed before it was written, so a database that is whole has it.
    """
    try:
        kept = read(home)
    except HighWaterDamaged:
        return [f"The file {home / FILE} is damaged: how far the log was signed is not known. {RESTORE}"]
    head = head_of(db)
    if head is None:
        return []
    if kept is None:
        if _has_checkpoints(db):
            return [f"The log was signed, and {home / FILE}, which says how far, is gone. {RESTORE}"]
        return []
    return _compare(db, kept, head)


def _compare(db: Connection, kept: HighWater, head: Head) -> list[str]:
    cluster = cluster_of(db)
    problems: list[str] = []
    if (kept.system_identifier, kept.timeline) != (cluster.system_identifier, cluster.timeline):
        problems.append(f"This is another PostgreSQL than the one in which the log was signed last. {RESTORE}")
    if head.log != kept.log:
        problems.append(f"The database's log is {head.log}, and {kept.log} was signed last. {RESTORE}")
    if head.size < kept.size:
        problems.append(
            f"The log has {head.size} entries, and {kept.size} were signed: the database is older than what this node "
            f"has said. {RESTORE}"
        )
    elif root_at(db, size=kept.size) != kept.root:
        problems.append(f"The first {kept.size} entries of the log are not those that were signed. {RESTORE}")
    return problems


def root_at(db: Connection, *, size: int) -> bytes:
    """Return the root over the first `size` places of the log (32 bytes), from the newest head up to there on."""
    row = db.execute(
        """
        SELECT size, peaks
          FROM checkpoint
         WHERE size <= %(size)s
         ORDER BY size DESC, epoch DESC
         LIMIT 1
        """,
        {"size": size},
    ).fetchone()
    frontier = merkle.Frontier() if row is None else merkle.Frontier(size=row[0], peaks=split_hashes(row[1]))
    with db.transaction(), db.cursor(name="leaves") as leaves:
        leaves.itersize = _LEAVES_AT_ONCE
        leaves.execute(
            "SELECT leaf FROM placed WHERE index >= %(start)s AND index < %(size)s ORDER BY index",
            {"start": frontier.size, "size": size},
        )
        for (leaf,) in leaves:
            frontier.append(leaf)
    return frontier.root


def _has_checkpoints(db: Connection) -> bool:
    return db.execute("SELECT EXISTS (SELECT FROM checkpoint)").fetchone() == (True,)
