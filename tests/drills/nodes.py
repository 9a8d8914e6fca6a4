"""A whole node under force: its own durable PostgreSQL, a real api and a real sequencer, each to be killed with -9."""

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from crypto.keys import encode_private_key
from server import embedded, migrating
from server.embedded.account import server_account
from server.embedded.cluster import temporary_folder
from tests.conftest import Database
from tests.drills.sockets import NoAnswer, SocketPartner
from tests.partners import Partner, TestNode, a_node

PROJECT = Path(__file__).parents[2]
DATABASE = "drill"
START_SECONDS = 30
RECOVERY_SECONDS = 60
# Below what the kernel gives to outgoing connections.
PORTS = range(20_000, 32_000)


def wait_until(holds: Callable[[], Any], *, seconds: float = 20, what: str = "") -> Any:
    """Return what `holds` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"waited {seconds} s in vain {what}"
        time.sleep(0.005)
    return found


def free_port() -> int:
    while True:
        port = random.choice(PORTS)  # noqa: S311 - any number will do
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(kw_only=True)
class Process:
    """One command of ours as a child in a process group of its own, to be killed whole."""

    arguments: Sequence[str]
    environment: dict[str, str]
    ready: str
    log: list[str] = field(default_factory=list)
    child: "subprocess.Popen[str] | None" = None
    reader: threading.Thread | None = None

    def start(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, *self.arguments],
            env=self.environment,
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        is_ready = threading.Event()
        self.reader = threading.Thread(target=self._read, args=[self.child, is_ready], daemon=True)
        self.reader.start()
        if not is_ready.wait(START_SECONDS) or self.child.poll() is not None:
            self.stop()
            raise AssertionError(f"{self.arguments} did not start:\n{''.join(self.log)}")

    def _read(self, child: "subprocess.Popen[str]", is_ready: threading.Event) -> None:
        assert child.stderr is not None
        for line in child.stderr:
            self.log.append(line)
            if re.search(self.ready, line):
                is_ready.set()
        is_ready.set()

    @property
    def pids(self) -> list[int]:
        """The process ids of the group, the leader first."""
        assert self.child is not None
        found = [self.child.pid]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.child.pid and int(folder.name) != self.child.pid:
                    found.append(int(folder.name))
        return found

    def signal(self, number: int) -> None:
        assert self.child is not None
        os.killpg(self.child.pid, number)

    def kill(self) -> None:
        """Kill the whole group with -9."""
        self.signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        if self.child is None or self.child.returncode is not None:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        assert self.child is not None
        assert self.reader is not None
        self.child.wait(20)
        self.reader.join(20)
        assert self.child.stderr is not None
        self.child.stderr.close()


@dataclass(kw_only=True)
class DrillNode:
    """A node with its processes; `simulated` is the same node inside this process, for admissions."""

    database: Database
    simulated: TestNode
    port: int
    api: Process
    sequencer: Process
    folder: Path | None = None
    postgres: embedded.EmbeddedPostgres | None = None

    def join(self, name: str, **said: Any) -> SocketPartner:
        """Admit `name` and return it as a partner over real sockets."""
        admitted = self.simulated.admit(Partner(self.simulated, name, **said))
        partner = SocketPartner(self.simulated, name, **said)
        partner.statements = admitted.statements
        partner.port = self.port
        return partner

    def start(self) -> None:
        self.sequencer.start()
        self.api.start()

    def stop(self) -> None:
        self.api.stop()
        self.sequencer.stop()
        self.simulated.close()

    def kill_database(self) -> None:
        assert self.postgres is not None
        self.postgres.kill()

    def restart_database(self) -> None:
        assert self.folder is not None
        self.postgres = embedded.start(self.folder, durable=True)

    def connect(self) -> "psycopg.Connection[Any]":
        """A connection of the superuser, which sees and may do everything."""
        return psycopg.connect(self.database.superuser, autocommit=True)

    def wait_placed(self, *, seconds: float = RECOVERY_SECONDS) -> None:
        """Wait until the sequencer has placed all that waits."""

        def is_placed() -> bool:
            with contextlib.suppress(psycopg.OperationalError), self.connect() as db:
                return db.execute("SELECT NOT EXISTS (SELECT FROM unplaced)").fetchone() == (True,)
            return False

        wait_until(is_placed, seconds=seconds, what="for the sequencer")

    def wait_serving(self, partner: SocketPartner, *, seconds: float = RECOVERY_SECONDS) -> float:
        """Wait until the api answers `partner` well, and return after how many seconds that was."""
        begun = time.monotonic()

        def serves() -> bool:
            with contextlib.suppress(*NoAnswer):
                return partner.get("/v1/whoami").status == 200
            return False

        wait_until(serves, seconds=seconds, what="for the api")
        return time.monotonic() - begun


def found_drill_node(database: Database, home: Path, *, workers: int = 1, **changes: Any) -> DrillNode:
    """Found a node in `database` and return it with its processes, not started yet."""
    port = free_port()
    home.mkdir(mode=0o700, exist_ok=True)
    simulated = a_node(database, home=home, origin_url=f"http://127.0.0.1:{port}", **changes)
    file = home / f"node-{simulated.key.thumbprint[:12]}.pem"
    file.write_bytes(encode_private_key(simulated.key))
    file.chmod(0o600)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HAVRE_NODE": simulated.settings.node,
        "HAVRE_FEDERATION": simulated.settings.federation,
        "HAVRE_ORIGIN_URL": simulated.settings.origin_url,
        "HAVRE_HOME": str(home),
        "DATABASE_URL": database.app,
        "HAVRE_SEQUENCER_DATABASE_URL": database.sequencer,
        "HAVRE_AUDITOR_DATABASE_URL": database.auditor,
    }
    api = Process(
        arguments=["-m", "server.cli", "api", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)],
        environment=environment,
        ready="Booting worker",
    )
    sequencer = Process(
        arguments=["-m", "server.cli", "sequencer"],
        environment=environment,
        ready="sequencer_(started|stood_by)",
    )
    return DrillNode(database=database, simulated=simulated, port=port, api=api, sequencer=sequencer)


def database_of(address: Any, name: str) -> Database:
    """The connection URLs of the database `name` of a cluster."""
    roles = {role.removeprefix("havre_"): address.dsn(role, name) for role in migrating.ROLES}
    return Database(name=name, superuser=address.dsn("postgres", name), **roles)


@contextlib.contextmanager
def durable_node(**changes: Any) -> Iterator[DrillNode]:
    """Run a node on a durable cluster of its own."""
    folder = temporary_folder(server_account())
    postgres = embedded.start(folder, durable=True)
    node: DrillNode | None = None
    try:
        migrating.create_roles(postgres.dsn("postgres", "postgres"))
        migrating.create_database(postgres.dsn("postgres", "postgres"), DATABASE)
        migrating.migrate(postgres.dsn("havre_owner", DATABASE))
        node = found_drill_node(database_of(postgres, DATABASE), folder / "home", **changes)
        node.folder, node.postgres = folder, postgres
        node.start()
        yield node
    finally:
        if node is not None:
            node.stop()
            postgres = node.postgres or postgres
        with contextlib.suppress(ProcessLookupError):
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
