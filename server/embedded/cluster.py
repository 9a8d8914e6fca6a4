"""Starting, finding and stopping one private PostgreSQL cluster in one folder.

What lies in the folder: `data/` (of the account that runs PostgreSQL, 0700), `settings/` (who may connect, ours),
`socket/` (0700), `postgresql.log`, `lock`, and `programs/` if a wheel had to be copied. Started by root, the folder
itself is ours and 0711, so that the other account may walk through it and change nothing.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from server.embedded import keeper
from server.embedded.access import Address, write_access_files
from server.embedded.account import Account, child_environment, server_account
from server.embedded.binaries import Binaries, find_binaries, usable_by
from server.embedded.failures import AlreadyRunning, EmbeddedPostgresError, FolderClosed, NotStarted

DEFAULT_PORT = 5432
_READY_SECONDS = 300
_POLL_SECONDS = 0.02
_STALE_ATTEMPTS = 20
_STALE_PAUSE_SECONDS = 0.5
_SOCKET_PATH_BYTES = 103  # 107 on Linux, 103 on macOS
_LOG_TAIL_BYTES = 2_000
_PID_LINE, _PORT_LINE, _SOCKET_LINE, _STATUS_LINE = 0, 3, 4, 7


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the cluster is run; `durable=False` (no fsync) survives kill -9 of any process, not of the machine."""

    durable: bool = True
    max_connections: int = 100
    tcp_port: int | None = None


class EmbeddedPostgres:
    """A running cluster. As a context manager it is stopped at the end of the block."""

    def __init__(self, *, folder: Path, address: Address, pid: int, process: "subprocess.Popen[str]") -> None:
        self.folder = folder
        self.address = address
        self.pid = pid
        self._keeper = process

    def dsn(self, role: str, database: str) -> str:
        """Return the connection URL of `role` for `database`, by the Unix socket."""
        return self.address.dsn(role, database)

    def tcp_dsn(self, role: str, database: str) -> str:
        """Give `role` a fresh password and return its connection URL by 127.0.0.1 (see `Address.tcp_dsn`)."""
        return self.address.tcp_dsn(role, database)

    def stop(self) -> None:
        """Shut down in an orderly way (sessions ended, data written); nothing happens the second time."""
        if self._keeper.stdin is not None and not self._keeper.stdin.closed:
            self._keeper.stdin.close()
        self._reap()

    def kill(self) -> None:
        """Kill PostgreSQL at once (-9), as a crash would: `start` in the same folder recovers."""
        os.kill(self.pid, 9)
        self._reap()

    def _reap(self) -> None:
        self._keeper.wait()
        for pipe in (self._keeper.stdin, self._keeper.stdout):
            if pipe is not None:
                pipe.close()
        if self.address.socket_folder.parent != self.folder:
            shutil.rmtree(self.address.socket_folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    folder: Path,
    *,
    durable: bool = True,
    max_connections: int = 100,
    tcp_port: int | None = None,
    binaries: Binaries | None = None,
) -> EmbeddedPostgres:
    """Start the cluster of `folder`, made there if there is none yet, and return when it takes connections.

    A cluster that was killed is recovered; one whose keeper was killed is stopped first. `tcp_port` also opens
    127.0.0.1, by SCRAM alone. `binaries` defaults to `find_binaries`, of the version that the folder holds.

    Raises:
        AlreadyRunning: another process keeps it running.
        FolderClosed: we are root, and the unprivileged account cannot enter the folder or one above it.
        NoBinaries: no PostgreSQL (of the version that wrote the data) is there.
        NotStarted: PostgreSQL said no; the message ends with the end of its log.
    """
    options = Options(durable=durable, max_connections=max_connections, tcp_port=tcp_port)
    return _start(folder.resolve(), options, binaries, remove=False)


@contextmanager
def temporary(
    *,
    durable: bool = True,
    max_connections: int = 100,
    tcp_port: int | None = None,
    binaries: Binaries | None = None,
) -> Iterator[EmbeddedPostgres]:
    """Run a cluster in a new folder below the system's folder for temporary files, and remove it at the end.

    It is removed too when this process is killed. Options and errors are those of `start`.
    """
    folder = temporary_folder(server_account())
    options = Options(durable=durable, max_connections=max_connections, tcp_port=tcp_port)
    try:
        with _start(folder, options, binaries, remove=True) as postgres:
            yield postgres
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def running(folder: Path) -> Address | None:
    """Return where the cluster of `folder` takes connections, or None if it does not run."""
    data = folder.resolve() / "data"
    lines = _pid_lines(data)
    if len(lines) <= _STATUS_LINE or not _is_postgres_of(data, int(lines[_PID_LINE])):
        return None
    return Address(socket_folder=Path(lines[_SOCKET_LINE]), port=int(lines[_PORT_LINE]))


def temporary_folder(account: Account) -> Path:
    """Make and return a new folder for temporary files that `account` can enter (0711 for root, else 0700).

    Raises:
        FolderClosed: every such folder is closed to the account.
    """
    for parent in (Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 - mkdtemp inside
        if parent.is_dir() and account.closed_parent(parent) is None:
            folder = Path(tempfile.mkdtemp(prefix="havre-", dir=parent))
            folder.chmod(0o711 if account.is_other else 0o700)
            return folder
    raise FolderClosed(f"the account `{account.name}` can enter no folder for temporary files; set TMPDIR")


def _start(folder: Path, options: Options, binaries: Binaries | None, *, remove: bool) -> EmbeddedPostgres:
    account = server_account()
    folder.mkdir(mode=0o711 if account.is_other else 0o700, parents=True, exist_ok=True)
    closed = account.closed_parent(folder)
    if closed is not None:
        raise FolderClosed(
            f"PostgreSQL must run as `{account.name}`, which cannot enter {closed}: choose a folder elsewhere, such "
            "as one below /var/lib, or start as a normal user"
        )
    lock = _lock(folder)
    try:
        data = folder / "data"
        found = binaries or find_binaries(major=_data_major(data))
        programs = usable_by(account, found, spare_folder=folder / "programs")
        is_stale = _end_orphan(account, programs, data)
        if not data.exists():
            _make_data(account, programs, data, durable=options.durable)
        write_access_files(folder / "settings", caller=account.caller, with_tcp=options.tcp_port is not None)
        address = _address(account, folder, options)
        arguments = [programs.program("postgres"), "-D", str(data), *_settings(folder, address, options)]
        for _ in range(_STALE_ATTEMPTS if is_stale else 1):
            process = _run_keeper(account, folder, arguments, lock=lock, remove=remove)
            pid = _wait_ready(process, data)
            if pid is not None:
                return EmbeddedPostgres(folder=folder, address=address, pid=pid, process=process)
            # The children of a killed server take a moment to notice that it is gone.
            time.sleep(_STALE_PAUSE_SECONDS)
        raise NotStarted(f"PostgreSQL did not start in {folder}:\n{_log_tail(folder)}")
    finally:
        os.close(lock)


def _lock(folder: Path) -> int:
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise AlreadyRunning(f"another process keeps the PostgreSQL in {folder} running") from error
    return lock


def _data_major(data: Path) -> int | None:
    version = data / "PG_VERSION"
    return int(version.read_text()) if version.exists() else None


def _end_orphan(account: Account, programs: Binaries, data: Path) -> bool:
    """Stop a server whose keeper was killed, remove what a dead one left, and say whether there was one."""
    lines = _pid_lines(data)
    if not lines:
        return False
    if _is_postgres_of(data, int(lines[_PID_LINE])):
        account.run([programs.program("pg_ctl"), "stop", "-D", str(data), "-m", "fast", "-w", "-t", "60"])
    elif Path("/proc/self").exists():
        # Its number may belong to somebody else by now, and PostgreSQL would take that for itself.
        (data / "postmaster.pid").unlink(missing_ok=True)
    return True


def _make_data(account: Account, programs: Binaries, data: Path, *, durable: bool) -> None:
    unfinished = data.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.give(unfinished)
    made = account.run(
        [
            programs.program("initdb"),
            f"--pgdata={unfinished}",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--auth-local=peer",
            "--auth-host=reject",
            "--data-checksums",
            *([] if durable else ["--no-sync"]),
        ]
    )
    if made.returncode != 0:
        raise NotStarted(f"initdb failed in {data.parent}:\n{made.stderr.strip()}")
    unfinished.rename(data)


def _address(account: Account, folder: Path, options: Options) -> Address:
    port = options.tcp_port or DEFAULT_PORT
    socket_folder = folder / "socket"
    if len(os.fsencode(socket_folder / f".s.PGSQL.{port}")) > _SOCKET_PATH_BYTES:
        socket_folder = temporary_folder(account)
    else:
        socket_folder.mkdir(mode=0o700, exist_ok=True)
    socket_folder.chmod(0o700)
    account.give(socket_folder)
    return Address(socket_folder=socket_folder, port=port)


def _settings(folder: Path, address: Address, options: Options) -> list[str]:
    quoted_socket_folder = '"' + str(address.socket_folder).replace('"', '""') + '"'
    settings = {
        "listen_addresses": "" if options.tcp_port is None else "127.0.0.1",
        "port": address.port,
        "unix_socket_directories": quoted_socket_folder,
        "unix_socket_permissions": "0700",
        "hba_file": folder / "settings" / "pg_hba.conf",
        "ident_file": folder / "settings" / "pg_ident.conf",
        "password_encryption": "scram-sha-256",
        "max_connections": options.max_connections,
        "timezone": "UTC",
        # What a statement held must not get into the log: no DETAIL, no text of failed statements.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "fsync": "on" if options.durable else "off",
        "full_page_writes": "on" if options.durable else "off",
        "synchronous_commit": "on",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _run_keeper(
    account: Account, folder: Path, arguments: list[str], *, lock: int, remove: bool
) -> "subprocess.Popen[str]":
    order = {
        "arguments": arguments,
        "identity": account.popen_identity(),
        "environment": child_environment(),
        "log": str(folder / "postgresql.log"),
        "remove": str(folder) if remove else None,
    }
    return subprocess.Popen(
        [sys.executable, "-I", keeper.__file__, json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        pass_fds=(lock,),
        start_new_session=True,
    )


def _wait_ready(process: "subprocess.Popen[str]", data: Path) -> int | None:
    """Return the process id of the server once it takes connections, or None if it ended."""
    if process.stdin is None or process.stdout is None:
        raise EmbeddedPostgresError("the keeper has no pipes")
    first_line = process.stdout.readline().strip()
    end = time.monotonic() + _READY_SECONDS
    while first_line and process.poll() is None and time.monotonic() < end:
        lines = _pid_lines(data)
        if len(lines) > _STATUS_LINE and lines[_PID_LINE] == first_line and lines[_STATUS_LINE].strip() == "ready":
            return int(first_line)
        time.sleep(_POLL_SECONDS)
    process.stdin.close()
    process.stdout.close()
    process.wait()
    return None


def _pid_lines(data: Path) -> list[str]:
    """Return the lines of `postmaster.pid`, none if it is not there; the status is its last line."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _is_postgres_of(data: Path, pid: int) -> bool:
    """Say whether process `pid` lives and is the server of `data` (on systems without /proc: whether it lives)."""
    if not Path("/proc/self").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except FileNotFoundError:
        return False
    except PermissionError:
        return False


def _log_tail(folder: Path) -> str:
    log = folder / "postgresql.log"
    return log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace") if log.exists() else "(no log)"
