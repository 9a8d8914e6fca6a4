"""Run a whole node on one machine: a PostgreSQL unless there is one, then each of its processes.

A process that ends by itself is started again, later each time; one that keeps ending ends all, with a sentence.
Everything ends, by its number, when this process is told to; and the kernel ends the others if this one is killed.
"""

import contextlib
import errno
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from crypto.claims import public_key_of
from crypto.keys import PublicKey
from server import embedded, migrating, worker
from server.commands import founding, reporting, single
from server.errors import Refusal
from server.organisations.reading import read_statement
from server.settings import Settings

log = structlog.get_logger()

PROCESSES = ("sequencer", "worker", "eraser", "api")
_STOP_SECONDS = 40.0
_WATCH_SECONDS = 0.2
_STEADY_SECONDS = 60.0
_ENDINGS_AT_MOST = 5
_FIRST_PAUSE_SECONDS = 0.5


class NotRunning(Exception):
    """The node could not be started or kept running; the message is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class OwnNode:
    """How this machine's node is told from another that has taken its address."""

    host: str
    key: PublicKey

    def answers_at(self, bind: str) -> bool:
        """Return whether the node at `bind` has our key in its statement (this is no proof: a node may lie)."""
        try:
            described = reporting.ask(bind, "/.well-known/havre", host=self.host)
            statement = read_statement(json.loads(described.body)["statement"])
        except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException, Refusal):
            return False
        return self.key in {public_key_of(claim.jwk) for claim in statement.claims.keys}


@dataclass(kw_only=True)
class Child:
    """One process of the node, and how often it ended lately."""

    name: str
    process: "subprocess.Popen[bytes]"
    started_at: float
    endings: int = 0
    start_again_at: float | None = None


@dataclass(kw_only=True)
class Children:
    """The processes of a node."""

    environment: Mapping[str, str]
    options: Mapping[str, tuple[str, ...]]
    stop: threading.Event
    children: list[Child] = field(default_factory=list)
    other_at: str | None = None

    def start(self) -> None:
        """Start each process."""
        for name in PROCESSES:
            self.children.append(Child(name=name, process=self._spawn(name), started_at=time.monotonic()))

    def watch(self) -> None:
        """Keep them running until `stop` is set.

        Raises:
            NotRunning: one keeps ending, or another node answers where the api should.
        """
        while not self.stop.wait(_WATCH_SECONDS):
            if self.other_at is not None:
                raise NotRunning(f"Another node answers at {self.other_at}: choose another --bind.")
            for child in self.children:
                self._look_after(child)

    def end(self) -> None:
        """End them all: politely first, then not."""
        for child in self.children:
            if child.process.poll() is None:
                child.process.terminate()
        until = time.monotonic() + _STOP_SECONDS
        for child in self.children:
            try:
                child.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.start_again_at is not None:
            if now >= child.start_again_at:
                child.process, child.started_at, child.start_again_at = self._spawn(child.name), now, None
            return
        if child.process.poll() is None:
            return
        log.warning("process_ended", name=child.name, status=child.process.returncode)
        child.endings = 1 if now - child.started_at > _STEADY_SECONDS else child.endings + 1
        if child.endings >= _ENDINGS_AT_MOST:
            raise NotRunning(
                f"havre-node {child.name} ended {child.endings} times, last with status {child.process.returncode}; "
                "its log above says why."
            )
        child.start_again_at = now + _FIRST_PAUSE_SECONDS * 2 ** (child.endings - 1)

    def _spawn(self, name: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "server.cli", "--with-parent", name, *self.options.get(name, ())],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            # A terminal's Ctrl-C reaches this process alone, which ends the others in order.
            start_new_session=True,
        )


@contextlib.contextmanager
def database_of(folder: Path, given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give the database URLs of a node: those that are `given`, or of an embedded PostgreSQL in `folder`.

    Raises:
        server.embedded.EmbeddedPostgresError: it cannot be started.
    """
    if given.get("DATABASE_URL"):
        yield {}
        return
    with embedded.start(folder) as postgres:
        superuser = postgres.dsn("postgres", "postgres")
        migrating.create_roles(superuser)
        migrating.create_database(superuser, single.DATABASE)
        yield single.database_urls(postgres.address)


def migrate_all(settings: Settings, owner_url: str) -> list[str]:
    """Bring the database and the jobs' schema up to date, and found the node if its home is new; say what was done."""
    done = [f"applied {name}" for name in migrating.migrate(owner_url)]
    done += [f"applied the jobs' {name}" for name in worker.migrate_jobs(owner_url)]
    if founding.found_if_new(settings, owner_url):
        done.append(f"founded {settings.node} in {settings.federation}")
    return done


def run(
    environment: Mapping[str, str],
    *,
    bind: str,
    own: OwnNode,
    options: Mapping[str, tuple[str, ...]],
    when_ready: Callable[[], None],
) -> None:
    """Run the processes until SIGINT or SIGTERM; `when_ready` is called once the api, which is `own`, can serve.

    Raises:
        NotRunning: a process keeps ending, or another node answers at `bind`.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_ignored: stop.set())
    # Without the owner's and the superuser's: the processes get what they use.
    children = Children(
        environment={name: value for name, value in environment.items() if name != "HAVRE_OWNER_DATABASE_URL"},
        options=options,
        stop=stop,
    )
    announced = threading.Thread(target=_announce, args=(bind, own, children, when_ready), daemon=True)
    try:
        children.start()
        announced.start()
        children.watch()
    finally:
        stop.set()
        children.end()


def _announce(bind: str, own: OwnNode, children: Children, when_ready: Callable[[], None]) -> None:
    while not children.stop.wait(_WATCH_SECONDS):
        if not is_ready(bind):
            continue
        if own.answers_at(bind):
            when_ready()
        else:
            children.other_at = bind
        return


def check_free(bind: str) -> None:
    """Check that nobody listens at `bind`, `HOST:PORT` or `unix:/PATH`, before anything is started.

    Raises:
        NotRunning: somebody does.
    """
    if bind.startswith("unix:"):
        is_taken = reporting.takes_connections(bind)
    else:
        host, _, port = bind.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        with socket.socket(family) as probe:
            # As the server itself binds: what merely lingers is not in the way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host.strip("[]"), int(port)))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise NotRunning(f"The api cannot listen at {bind}: {error.strerror}.") from error
                is_taken = True
            else:
                is_taken = False
    if is_taken:
        raise NotRunning(f"{bind} is in use: another process listens there. End it, or choose another --bind.")


def is_ready(bind: str) -> bool:
    """Return whether an api answers at `bind` that it can serve."""
    try:
        return reporting.ask_ready(bind) == http.client.OK
    except (OSError, ValueError, http.client.HTTPException):
        return False


def with_defaults(defaults: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment, with `defaults` where it says nothing."""
    return dict(os.environ) | {name: value for name, value in defaults.items() if not os.environ.get(name)}
