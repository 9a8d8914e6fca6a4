"""Who takes part: a node with two operators, run by its real commands, and members with their homes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from bench.demo.checks import CheckFailed
from bench.demo.looking import Log
from bench.surroundings import free_port, node_command, process, wait_for_port
from client.choosing import choose_key
from client.drafting import Terms
from client.home import Home
from client.partner import Partner
from client.stating import digest_of
from crypto.documents import STATEMENT, read_document
from crypto.keys import KeyUse, PrivateKey, load_private_key, public_key_from_jwk
from schemas.statements import StatementSchema
from server import embedded, migrating

DATABASE = "havre"
NODE, FEDERATION = "node.example", "demo"
_STATEMENT_FILE = "statement.jws"


@dataclass(frozen=True, kw_only=True)
class Member:
    """An organisation with its keys and its SDK's home on disk."""

    name: str
    sector: str
    home: Home
    federation: str
    origin_url: str
    stage_terms: Terms

    def command(self, *arguments: str) -> dict[str, Any]:
        """Run `havre` as this member, to its end, and return what it says in JSON.

        Raises:
            CheckFailed: it did not exit 0.
        """
        told = run([_beside_python("havre"), "--home", str(self.home.path), *arguments, "--json"], dict(os.environ))
        said: dict[str, Any] = orjson.loads(told)
        return said

    def partner(self) -> Partner:
        """Return the SDK over this member's home."""
        return Partner.open(self.home.path)

    def key(self, use: KeyUse) -> PrivateKey:
        """Return the member's first key for `use`."""
        return next(one.key for one in self.home.key_files() if one.use == use)

    def exchange_key(self, role: str) -> PrivateKey:
        """Return the member's exchange key that its newest statement lists with `role`."""
        claims = read_document(self.statement(), typ=STATEMENT).claims
        return choose_key(
            self.home.key_files(),
            "exchange",
            role=role,
            statement=StatementSchema().load(claims),
            at=datetime.now(UTC),
        )

    def statement(self) -> str:
        """Return the member's newest statement.

        Raises:
            CheckFailed: it has none.
        """
        token = self.home.newest_statement()
        if token is None:
            raise CheckFailed("there is no statement")
        return token


@dataclass(kw_only=True)
class Stage:
    """A running node and its members."""

    folder: Path
    port: int
    node_root: str
    node_key: PrivateKey
    log: Log
    environment: dict[str, str]
    members: list[Member] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    node: str = NODE
    federation: str = FEDERATION

    @property
    def host(self) -> str:
        """Return the `Host` of requests."""
        return f"127.0.0.1:{self.port}"

    @property
    def origin_url(self) -> str:
        """Return the node's public origin; plain HTTP, because it is loopback."""
        return f"http://{self.host}"

    def command(self, *arguments: str) -> str:
        """Run `havre-node` to its end and return what it said.

        Raises:
            CheckFailed: it did not exit 0.
        """
        return run(node_command(*arguments), self.environment)

    def new_member(self, name: str, *, sector: str, roles: Sequence[str]) -> Member:
        """Let an organisation make its settings, keys and first statement, by its own commands."""
        member = Member(
            name=name,
            sector=sector,
            home=Home(self.folder / name),
            federation=self.federation,
            origin_url=self.origin_url,
            stage_terms=Terms(tlp="GREEN", expires=self.began + timedelta(days=180)),
        )
        member.command(
            "init",
            *("--organisation", name, "--federation", self.federation, "--node", self.node),
            *("--url", self.origin_url, "--node-root", self.node_root),
        )
        for use in ("root", "record", "exchange"):
            member.command("keys", "new", use)
        member.command(
            *("statement", "new", "--display-name", name, "--sector", sector),
            *(argument for role in (*roles, "administrator") for argument in ("--role", role)),
        )
        self.members.append(member)
        return member

    def admit(self, member: Member, *, operator: int, roles: Sequence[str]) -> str:
        """Let one operator approve the member's statement, by its command; return what it said."""
        roles_at_most = [argument for role in (*roles, "administrator") for argument in ("--role", role)]
        return self.command(
            "admit",
            str(member.home.path / "statement-1.jws"),
            *("--digest", digest_of(member.statement())),
            *roles_at_most,
            *("--operator-folder", str(self.folder / f"operator-{operator}")),
            *("--node-root", self.node_root),
            "--yes",
        )


def run(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run a command to its end and return its output.

    Raises:
        CheckFailed: it did not exit 0.
    """
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise CheckFailed(f"{' '.join(command[1:4])} exited {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout or done.stderr


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Found a node below `folder` and run its processes, as docker-compose.yml does, on an embedded PostgreSQL."""
    with ExitStack() as running:
        postgres = running.enter_context(embedded.temporary(durable=True))
        superuser = postgres.dsn("postgres", "postgres")
        migrating.create_roles(superuser)
        migrating.create_database(superuser, DATABASE)
        port = free_port()
        environment = {
            **os.environ,
            "HAVRE_NODE": NODE,
            "HAVRE_FEDERATION": FEDERATION,
            "HAVRE_ORIGIN_URL": f"http://127.0.0.1:{port}",
            "HAVRE_HOME": str(folder / "node"),
            "DATABASE_URL": postgres.dsn("havre_app", DATABASE),
            "HAVRE_SEQUENCER_DATABASE_URL": postgres.dsn("havre_sequencer", DATABASE),
            "HAVRE_WORKER_DATABASE_URL": postgres.dsn("havre_worker", DATABASE),
            "HAVRE_ERASER_DATABASE_URL": postgres.dsn("havre_eraser", DATABASE),
        }
        _found(folder, {**environment, "HAVRE_OWNER_DATABASE_URL": postgres.dsn("havre_owner", DATABASE)})
        for name, arguments in {
            "api": ("api", "--bind", f"127.0.0.1:{port}"),
            "sequencer": ("sequencer",),
            "worker": ("worker",),
        }.items():
            running.enter_context(process(node_command(*arguments), environment, folder / f"{name}.log"))
        wait_for_port(port)
        yield Stage(
            folder=folder,
            port=port,
            node_root=_root_of_node(folder / "node"),
            node_key=_only_key(folder / "node", "node"),
            log=Log(dsn=postgres.dsn("havre_owner", DATABASE)),
            environment=environment,
        )


def _found(folder: Path, environment: dict[str, str]) -> None:
    operators = [
        argument for number in (1, 2) for argument in ("--operator-folder", str(folder / f"operator-{number}"))
    ]
    run(node_command("init", "--display-name", "The demo's node", "--sector", "ngo", *operators), environment)


def _root_of_node(home: Path) -> str:
    claims = read_document((home / _STATEMENT_FILE).read_text(), typ=STATEMENT).claims
    return public_key_from_jwk(claims["root"]).thumbprint


def _beside_python(command: str) -> str:
    return str(Path(sys.executable).parent / command)


def _only_key(home: Path, use: str) -> PrivateKey:
    (path,) = home.glob(f"{use}-*.pem")
    return load_private_key(path.read_bytes())


def wait_until(is_so: Callable[[], object], *, seconds: float, what: str) -> None:
    """Wait until the callable `is_so` returns something true.

    Raises:
        CheckFailed: it did not within `seconds`.
    """
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise CheckFailed(what)
        time.sleep(0.02)
