"""Who takes part: a node with two operators, run by its real commands, and members with their homes."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.demo.checks import CheckFailed
from bench.demo.looking import Log
from bench.demo.member import Member, run
from bench.surroundings import free_port, node_command, process, wait_for_port
from client.drafting import Terms
from client.home import Home
from client.stating import digest_of
from crypto.documents import STATEMENT, read_document
from crypto.keys import PrivateKey, load_private_key, public_key_from_jwk
from server import embedded, migrating

DATABASE = "havre"
NODE, FEDERATION = "node.example", "demo"
_STATEMENT_FILE = "statement.jws"
_READY_SECONDS = 20.0


@dataclass(kw_only=True)
class Stage:
    """A running node and its members."""

    folder: Path
    port: int
    node_root: str
    node_key: PrivateKey
    log: Log
    superuser_dsn: str
    environment: dict[str, str]
    members: list[Member] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    node: str = NODE
    federation: str = FEDERATION

    @property
    def host(self) -> str:
        """Return the `Host` of requests."""
        return f"localhost:{self.port}"

    @property
    def origin_url(self) -> str:
        """Return the node's public origin; plain HTTP, because it is loopback."""
        return f"http://{self.host}"

    @property
    def ends(self) -> datetime:
        """Return until when what is shared here lasts, if nothing else is said: in half a year."""
        return self.began + timedelta(days=180)

    def command(self, *arguments: str) -> str:
        """Run `havre-node` to its end and return what it said.

        Raises:
            CheckFailed: it did not exit 0.
        """
        return run(node_command(*arguments), self.environment)

    def await_ready(self) -> None:
        """Wait until `havre-node status` finds everything well.

        Raises:
            CheckFailed: it did not; what it said last.
        """
        end = time.monotonic() + _READY_SECONDS
        while True:
            try:
                self.command("status")
            except CheckFailed:
                if time.monotonic() > end:
                    raise
            else:
                return

    def new_member(self, name: str, *, sector: str, roles: Sequence[str]) -> Member:
        """Let an organisation make its settings, keys and first statement, by its own commands."""
        member = Member(
            name=name,
            sector=sector,
            home=Home(self.folder / name),
            federation=self.federation,
            origin_url=self.origin_url,
            stage_terms=Terms(tlp="GREEN", expires=self.ends),
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
            # Passkeys want a name, not an address.
            "HAVRE_ORIGIN_URL": f"http://localhost:{port}",
            "HAVRE_BIND": f"127.0.0.1:{port}",
            "HAVRE_HOME": str(folder / "node"),
            "DATABASE_URL": postgres.dsn("havre_app", DATABASE),
            "HAVRE_SEQUENCER_DATABASE_URL": postgres.dsn("havre_sequencer", DATABASE),
            "HAVRE_WORKER_DATABASE_URL": postgres.dsn("havre_worker", DATABASE),
            "HAVRE_AUDITOR_DATABASE_URL": postgres.dsn("havre_auditor", DATABASE),
            "HAVRE_ERASER_DATABASE_URL": postgres.dsn("havre_eraser", DATABASE),
        }
        _found(folder, {**environment, "HAVRE_OWNER_DATABASE_URL": postgres.dsn("havre_owner", DATABASE)})
        for name, arguments in {
            "api": ("api",),
            "sequencer": ("sequencer",),
            "worker": ("worker",),
            "eraser": ("eraser",),
        }.items():
            running.enter_context(process(node_command(*arguments), environment, folder / f"{name}.log"))
        wait_for_port(port)
        yield Stage(
            folder=folder,
            port=port,
            node_root=_root_of_node(folder / "node"),
            node_key=_only_key(folder / "node", "node"),
            log=Log(dsn=postgres.dsn("havre_owner", DATABASE)),
            superuser_dsn=postgres.dsn("postgres", DATABASE),
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


def _only_key(home: Path, use: str) -> PrivateKey:
    (path,) = home.glob(f"{use}-*.pem")
    return load_private_key(path.read_bytes())
