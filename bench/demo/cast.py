"""Who takes part: a node with two operators, run by its real commands, and members with their homes."""

import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from bench.demo.checks import CheckFailed
from bench.demo.looking import Log
from bench.surroundings import free_port, node_command, process, wait_for_port
from client.clock import Source
from client.drafting import Terms
from client.home import Config, Home
from client.partner import Partner
from client.stating import Grant, digest_of, first_statement
from crypto.documents import STATEMENT, read_document
from crypto.keys import KeyUse, PrivateKey, load_private_key, private_key_from_seed, public_key_from_jwk
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

    def partner(self) -> Partner:
        """Return the SDK over this member's home."""
        return Partner.open(self.home.path)

    def key(self, use: KeyUse) -> PrivateKey:
        """Return the member's first key for `use`."""
        return next(one.key for one in self.home.key_files() if one.use == use)

    def exchange_key(self, role: str) -> PrivateKey:
        """Return the member's exchange key whose statement gives it `role`."""
        claims = read_document(self.statement(), typ=STATEMENT).claims
        revoked = {entry["thumbprint"] for entry in claims["revoked"]}
        listed = {public_key_from_jwk(claim["jwk"]).thumbprint for claim in claims["keys"] if role in claim["roles"]}
        return next(one.key for one in self.home.key_files() if one.key.thumbprint in listed - revoked)

    def statement(self) -> str:
        """Return the member's newest statement."""
        return self.home.read_text(_STATEMENT_FILE)


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
        """Make a member's keys and its first statement: an exchange key for `roles`, another for its administrator."""
        home = Home(self.folder / name)
        home.create()
        config = Config(
            organisation=name,
            federation=self.federation,
            node=self.node,
            origin_url=self.origin_url,
            node_root=self.node_root,
        )
        home.write_config(config)
        uses: tuple[KeyUse, ...] = ("root", "record", "exchange")
        for use in uses:
            home.add_key(use, private_key_from_seed(secrets.token_bytes(32)))
        statement = first_statement(
            config=config,
            keys=home.key_files(),
            root=next(one.key for one in home.key_files() if one.use == "root"),
            display_name=name,
            sector=sector,
            grant=Grant(roles=(*roles, "administrator"), holder=None),
            days=365,
            source=Source(),
        )
        home.write(_STATEMENT_FILE, statement.encode("ascii"))
        member = Member(
            name=name,
            sector=sector,
            home=home,
            federation=self.federation,
            origin_url=self.origin_url,
            stage_terms=Terms(tlp="GREEN", expires=self.began + timedelta(days=180)),
        )
        self.members.append(member)
        return member

    def apply(self, member: Member) -> str:
        """Send a member's application and return its status."""
        with member.partner() as partner:
            body = orjson.dumps({"statement": member.statement()})
            answer = partner.send("POST", "/v1/applications", body, action="apply", role=None)
        return str(orjson.loads(answer.body)["status"])

    def admit(self, member: Member, *, operator: int, roles: Sequence[str]) -> str:
        """Let one operator approve the member's statement, by its command; return what it said."""
        roles_at_most = [argument for role in (*roles, "administrator") for argument in ("--role", role)]
        return self.command(
            "admit",
            str(member.home.path / _STATEMENT_FILE),
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
    return done.stdout + done.stderr


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
