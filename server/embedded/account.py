"""The operating system account that runs the embedded PostgreSQL.

PostgreSQL refuses to run as root. Started by root, it runs as an account that already exists (`postgres`, else
`nobody`), by dropping privileges in the child process. Started by anybody else, it runs as that person.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.embedded.failures import EmbeddedPostgresError

_UNPRIVILEGED = ("postgres", "nobody")
_RUN_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who runs PostgreSQL (`uid`, `gid`) and who alone may connect to it (`caller`, an account name)."""

    name: str
    uid: int
    gid: int
    caller: str
    is_other: bool

    def popen_identity(self) -> dict[str, Any]:
        """Return the keyword arguments that make `subprocess` start a child as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account, with nothing of our environment, and return what it wrote.

        Raises:
            PermissionError: this account may not execute the program.
            subprocess.TimeoutExpired: it did not end within three minutes.
        """
        return subprocess.run(
            list(arguments),
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            timeout=_RUN_SECONDS,
            umask=0o077,
            **self.popen_identity(),
        )

    def give(self, folder: Path) -> None:
        """Make this account the owner of `folder`, which we have just made."""
        if self.is_other:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def closed_parent(self, folder: Path) -> Path | None:
        """Return the first folder on the way to and including `folder` that this account cannot enter, or None."""
        if not self.is_other:
            return None
        return next((step for step in reversed([folder, *folder.parents]) if not self._may_enter(step)), None)

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def server_account() -> Account:
    """Return the account that is to run PostgreSQL for the present process.

    Raises:
        EmbeddedPostgresError: the present user has no name, or we are root and no unprivileged account exists.
    """
    uid = os.geteuid()
    caller = _entry(uid)
    if caller is None:
        raise EmbeddedPostgresError(f"the user with number {uid} has no name on this machine; PostgreSQL needs one")
    if uid != 0:
        return Account(name=caller.pw_name, uid=uid, gid=os.getegid(), caller=caller.pw_name, is_other=False)
    for name in _UNPRIVILEGED:
        entry = _entry(name)
        if entry is not None and entry.pw_uid != 0:
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, caller=caller.pw_name, is_other=True)
    raise EmbeddedPostgresError("PostgreSQL refuses to run as root, and neither `postgres` nor `nobody` exists here")


def child_environment() -> dict[str, str]:
    """Return the whole environment of PostgreSQL's processes: no PG* variable of the caller may steer them."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _entry(who: int | str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
    except KeyError:
        return None
