"""Set up what is measured: a durable PostgreSQL, a founded node, its real processes, its members.

The processes are those of the demo and of production: `havre-node api`, `havre-node sequencer`, which signs the log's
head by a key in its home, and `havre-node worker`, which keeps the index of the trail; each connected as a role of its
own. Nothing here has a switch that turns a wall off; members join by application and two approvals.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench.partners import ListedKey, Partner, Place, key_from, make_partner, sign_approval, sign_statement
from bench.raw_http import Connection, request_bytes
from crypto.keys import PrivateKey
from server import embedded, migrating, worker
from server.commands.keyfiles import write_key
from server.db import connect
from server.embedded import EmbeddedPostgres
from server.organisations.founding import found_node
from server.settings import Settings

DATABASE = "havre"
WORKERS, THREADS = 2, 8
_NODE, _FEDERATION = "node.example", "bench"
_READY_SECONDS = 30.0
_JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """A running node with its database. `host` is what requests name; `port` is where its api listens."""

    postgres: EmbeddedPostgres
    place: Place
    operators: Sequence[PrivateKey]
    port: int
    environment: dict[str, str]
    folder: Path

    @property
    def host(self) -> str:
        """Return the `Host` of requests."""
        return f"127.0.0.1:{self.port}"

    def dsn(self, role: str) -> str:
        """Return the connection URL of `role`."""
        return self.postgres.dsn(role, DATABASE)

    def request(
        self, partner: Partner, method: str, target: str, *, purpose: str, body: bytes | None = None, media: str = _JSON
    ) -> bytes:
        """Return a signed request of `partner`, ready to be sent within a minute."""
        headers = partner.headers(
            method, target, purpose=purpose, body=body, content_type=None if body is None else media
        )
        return request_bytes(method, target, host=self.host, headers=headers, body=body or b"")

    def join(self, partner: Partner) -> None:
        """Let `partner` join: its application, the word of two operators, and its first place in the log.

        Raises:
            RuntimeError: the node refused, or did not begin to serve it.
        """
        statement = partner.statement()
        self._tell(partner, "/v1/applications", {"statement": statement})
        for position, operator in enumerate(self.operators):
            signer = Partner(
                place=self.place,
                name=_NODE,
                sector="ngo",
                roles=(),
                root=operator,
                records=operator,
                requests=self.operators[position],
            )
            approval = sign_approval(self.place, operator, partner, statement)
            self._tell(signer, "/v1/approvals", {"approval": approval})
        self.wait_until_placed()

    def wait_until_placed(self) -> None:
        """Wait until no entry waits for its place.

        Raises:
            RuntimeError: none got its place for a minute.
        """
        self._wait_for_none("SELECT count(*) FROM unplaced", "the sequencer gives no places")

    def wait_until_indexed(self) -> None:
        """Wait until every placed entry is in the index of the trail and under a signed head.

        Raises:
            RuntimeError: no entry came into them for a minute.
        """
        self.wait_until_placed()
        self._wait_for_none(
            "SELECT size - next_index FROM log_head CROSS JOIN trail_progress", "the worker indexes nothing"
        )
        self._wait_for_none(
            "SELECT size - (SELECT coalesce(max(size), 0) FROM checkpoint) FROM log_head", "no head is signed"
        )

    def settle(self) -> None:
        """Bring the database to rest: placed, indexed, signed, vacuumed, analysed, checkpointed before every series."""
        self.wait_until_indexed()
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as db:
            db.execute("VACUUM (ANALYZE)")
            db.execute("CHECKPOINT")

    def _wait_for_none(self, counting: LiteralString, failure: str) -> None:
        end, left = time.monotonic() + 2 * _READY_SECONDS, -1
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as db:
            while (row := db.execute(counting).fetchone()) not in {None, (0,)}:
                if row != (left,):
                    end, left = time.monotonic() + 2 * _READY_SECONDS, -1 if row is None else row[0]
                if time.monotonic() > end:
                    raise RuntimeError(failure)
                time.sleep(0.01)

    def _tell(self, partner: Partner, target: str, value: dict[str, str]) -> None:
        body = json.dumps(value).encode()
        with Connection(self.port) as connection:
            answer = connection.send(self.request(partner, "POST", target, purpose="administration", body=body))
        if answer.status != HTTPStatus.CREATED:
            raise RuntimeError(f"{target} answered {answer.status}: {answer.tail.decode(errors='replace')}")


@contextmanager
def surrounded() -> Iterator[Surroundings]:
    """Run a PostgreSQL (fsync on), found a node in it, start its processes; all of it ends and goes at the end."""
    with ExitStack() as running:
        postgres = running.enter_context(embedded.temporary(durable=True, tcp_port=free_port()))
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="havre-bench-")))
        migrating.create_roles(postgres.dsn("postgres", "postgres"))
        migrating.create_database(postgres.dsn("postgres", "postgres"), DATABASE)
        migrating.migrate(postgres.dsn("havre_owner", DATABASE))
        worker.migrate_jobs(postgres.dsn("havre_owner", DATABASE))
        port = free_port()
        place = Place(federation=_FEDERATION, node=_NODE, origin_url=f"http://127.0.0.1:{port}")
        operators = [key_from(f"operator {number}") for number in (1, 2)]
        settings = Settings(
            node=_NODE,
            federation=_FEDERATION,
            origin_url=place.origin_url,
            home=folder / "home",
            database_url=postgres.dsn("havre_app", DATABASE),
        )
        _found(settings, postgres, place, operators)
        environment = {
            **os.environ,
            "HAVRE_NODE": _NODE,
            "HAVRE_FEDERATION": _FEDERATION,
            "HAVRE_ORIGIN_URL": place.origin_url,
            "HAVRE_HOME": str(settings.home),
            "DATABASE_URL": settings.database_url,
            "HAVRE_AUDITOR_DATABASE_URL": postgres.dsn("havre_auditor", DATABASE),
            "HAVRE_SEQUENCER_DATABASE_URL": postgres.dsn("havre_sequencer", DATABASE),
            "HAVRE_WORKER_DATABASE_URL": postgres.dsn("havre_worker", DATABASE),
            # Requests are counted as everywhere; one machine asks more often than a partner may.
            **{f"HAVRE_RATE_{act}": "1000000:1000000/60" for act in ("PUSH", "READ", "OTHER", "NEWCOMERS")},
        }
        surroundings = Surroundings(
            postgres=postgres, place=place, operators=operators, port=port, environment=environment, folder=folder
        )
        running.enter_context(api(surroundings, port=port, workers=WORKERS))
        for name in ("sequencer", "worker"):
            running.enter_context(beside(surroundings, name))
        yield surroundings


@contextmanager
def api(surroundings: Surroundings, *, port: int, workers: int) -> Iterator[int]:
    """Run `havre-node api` on `port` and yield its process id."""
    arguments = ["api", "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(THREADS)]
    with process(node_command(*arguments), surroundings.environment, surroundings.folder / f"api-{port}.log") as pid:
        wait_for_port(port)
        yield pid


@contextmanager
def beside(surroundings: Surroundings, name: str) -> Iterator[int]:
    """Run `havre-node sequencer` or `worker` and yield its process id."""
    with process(node_command(name), surroundings.environment, surroundings.folder / f"{name}.log") as pid:
        yield pid


def node_command(*arguments: str) -> list[str]:
    """Return the command line of `havre-node` as installed beside this Python; it ends when we end."""
    return [str(Path(sys.executable).parent / "havre-node"), "--with-parent", *arguments]


@contextmanager
def process(command: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[int]:
    """Run `command`, its output in the file `log`, and end it at the end."""
    with log.open("wb") as output:
        running = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        time.sleep(0.1)
        if running.poll() is not None:
            raise RuntimeError(f"{command[1:]} ended at once: {log.read_text()[-2000:]}")
        yield running.pid
    finally:
        running.terminate()
        running.wait()


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on `port`.

    Raises:
        RuntimeError: nobody did within half a minute.
    """
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("a server did not start")


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        number: int = listener.getsockname()[1]
        return number


def contributor(surroundings: Surroundings, name: str) -> Partner:
    """Return a new member that pushes."""
    partner = make_partner(surroundings.place, name, roles=["contributor"])
    surroundings.join(partner)
    return partner


def consumer(surroundings: Surroundings, name: str) -> Partner:
    """Return a new member that pulls."""
    partner = make_partner(surroundings.place, name, roles=["consumer"], sector="platform")
    surroundings.join(partner)
    return partner


def auditor(surroundings: Surroundings, name: str) -> Partner:
    """Return a new member that audits the whole federation: it applies as its own auditor, as no other can."""
    partner = make_partner(surroundings.place, name, roles=["auditor", "federation_auditor"], sector="ngo")
    surroundings.join(partner)
    return partner


def described(surroundings: Surroundings) -> dict[str, Any]:
    """Return the facts that a table of figures must name: versions, durability, roles, row security, what is there."""
    settings = ("server_version", "fsync", "full_page_writes", "synchronous_commit", "shared_buffers", "max_wal_size")
    with psycopg.connect(surroundings.dsn("postgres"), autocommit=True) as db:
        facts: dict[str, Any] = dict(
            db.execute(
                "SELECT name, current_setting(name) FROM UNNEST(%(names)s::text[]) AS name", {"names": list(settings)}
            ).fetchall()
        )
        facts["roles"] = [
            name
            for (name,) in db.execute(
                "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %(name)s AND usename LIKE 'havre%%'",
                {"name": DATABASE},
            )
        ]
        facts["row security"] = [
            name for (name,) in db.execute("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY relname")
        ]
        counted = db.execute(
            """
            SELECT (SELECT count(*) FROM organisation) AS organisations,
                   (SELECT count(*) FROM audience) AS audiences,
                   (SELECT count(*) FROM entitlement) AS intervals,
                   (SELECT count(*) FROM record) AS records
            """
        )
        names = [column.name for column in counted.description or ()]
        facts |= {name: f"{count:,}" for name, count in zip(names, counted.fetchone() or (), strict=True)}
    return facts


def _found(settings: Settings, postgres: EmbeddedPostgres, place: Place, operators: Sequence[PrivateKey]) -> None:
    root, node, log = (key_from(f"{_NODE} {use}") for use in ("root", "node", "log"))
    write_key(settings.home, "node", node)
    write_key(settings.home, "log", log)
    keys = [
        ListedKey(key=node, use="node"),
        ListedKey(key=log, use="log"),
        *(
            ListedKey(key=key, use="exchange", roles=("administrator", "operator"), holder=f"operator-{number}")
            for number, key in enumerate(operators, 1)
        ),
    ]
    with connect(postgres.dsn("havre_owner", DATABASE)) as owner_db:
        found_node(owner_db, settings, sign_statement(place, _NODE, "ngo", root=root, keys=keys))
