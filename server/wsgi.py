"""Build one process of the api: settings, the key that signs its answers, database connections, application.

A node that cannot prove itself does not start: exactly one unrevoked node key of the node's newest statement must be in
our hands, and the database must be this node's and fit for it (`readiness`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import psycopg
from flask import Flask
from psycopg.rows import class_row

from crypto.encoding import to_base64url
from crypto.keys import KeyUse, PrivateKey, load_private_key
from crypto.keys import keyid as keyid_of
from crypto.refusals import NotVerified
from schemas import screening
from server import readiness
from server.auditing import viewing
from server.auditing.viewing import open_trail_pool
from server.db import Connection, connect, open_pool
from server.epochs import high_water
from server.epochs.watching import Watch
from server.settings import Settings
from server.watching.tracing import set_up_traces
from server.web.exchange import Node

_NAMED_BY = 12
_OPEN_TO_OTHERS = 0o077


class NotFit(Exception):
    """This process cannot serve; `problems` are sentences for the operator."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class KeyService(Protocol):
    """Where a node's private keys are: files below `HAVRE_HOME`, or a service that signs and never gives a key away.

    Such a service returns a `PrivateKey` whose `ed25519` is its own subclass of `Ed25519PrivateKey`: what signs asks
    nothing of it but `sign`.
    """

    def find(self, use: KeyUse, thumbprints: Sequence[str]) -> list[PrivateKey]:
        """Return the keys for `use` that are in our hands, among those with one of `thumbprints`."""
        ...


@dataclass(frozen=True, kw_only=True)
class KeyFolder:
    """Keys as PKCS#8 PEM files `<use>-<12 of thumbprint>.pem` in `home`, for this account's eyes alone."""

    home: Path

    def find(self, use: KeyUse, thumbprints: Sequence[str]) -> list[PrivateKey]:
        """Return the keys for `use` that are here, among those with one of `thumbprints`.

        Raises:
            NotFit: a file is open to others or holds no key of its name.
        """
        found: list[PrivateKey] = []
        for thumbprint in thumbprints:
            path = self.home / f"{use}-{thumbprint[:_NAMED_BY]}.pem"
            if not path.is_file():
                continue
            if path.stat().st_mode & _OPEN_TO_OTHERS:
                raise NotFit([f"The key file {path} can be read by others: chmod 600 it, and ask who has read it."])
            try:
                key = load_private_key(path.read_bytes())
            except NotVerified as error:
                raise NotFit([f"The key file {path} holds no Ed25519 key that opens without a passphrase."]) from error
            if key.thumbprint == thumbprint:
                found.append(key)
        return found


@dataclass(frozen=True, kw_only=True)
class _Identity:
    name: str
    federation: str
    origin_url: str


def build(settings: Settings, *, threads: int = 1, keys: KeyService | None = None) -> Flask:
    """Return the WSGI application of one process that answers with `threads` threads.

    Raises:
        NotFit: see `load_node` and `load_trail`.
    """
    # Every feature's code is loaded with the application: what only reads keys or settings does not need it.
    from server.app import create_app  # noqa: PLC0415 - see above
    from server.watching.pools import watch_pool  # noqa: PLC0415 - where it counts is said before it is loaded

    node = load_node(settings, keys=keys)
    # A request holds one connection while it is answered: with fewer than threads, threads would wait for each other.
    pool = open_pool(settings.database_url, size=max(settings.pool_size, threads), judge=Watch(settings.home))
    # After the fork: both are threads.
    watch_pool(pool)
    set_up_traces(process="api")
    # Each pool judges for itself: they might lead to two databases.
    return create_app(node, pool, open_trail_pool(load_trail(settings), judge=Watch(settings.home)))


def load_node(settings: Settings, *, keys: KeyService | None = None) -> Node:
    """Return this node, after asking the database whether it is fit and ours.

    Raises:
        NotFit: it is not, or the node's key is not in our hands.
    """
    try:
        with connect(settings.database_url, connect_timeout=10) as db:
            problems = readiness.problems_of(db) or high_water.judge(db, home=settings.home)
            if problems:
                raise NotFit(problems)
            _check_identity(db, settings)
            listed = _listed_node_keys(db, now=datetime.now(UTC))
    except psycopg.OperationalError as error:
        raise NotFit(["The database cannot be reached at DATABASE_URL."]) from error
    service = KeyFolder(home=settings.home) if keys is None else keys
    held = service.find("node", listed)
    if len(held) != 1:
        problem = (
            f"Of the {len(listed)} valid node key(s) that the node's statement lists, {len(held)} are in "
            f"{settings.home}; it must be exactly one."
        )
        raise NotFit([problem])
    return Node(
        settings=settings,
        key=held[0],
        keyid=keyid_of(settings.node, held[0].thumbprint),
        policy_sha256=policy_digest(),
    )


def load_trail(settings: Settings) -> str:
    """Return where auditors' questions are asked, after asking the database whether the role there can only look.

    Raises:
        NotFit: it is not said, cannot be reached, or the role may do more or less.
    """
    if not settings.auditor_database_url:
        raise NotFit(["HAVRE_AUDITOR_DATABASE_URL is not set: PostgreSQL, as role havre_auditor, for those who audit."])
    try:
        with connect(settings.auditor_database_url, connect_timeout=10) as db:
            problems = viewing.problems_of(db)
    except psycopg.OperationalError as error:
        raise NotFit(["The database cannot be reached at HAVRE_AUDITOR_DATABASE_URL."]) from error
    if problems:
        raise NotFit(problems)
    return settings.auditor_database_url


def policy_digest() -> bytes:
    """Return SHA-256 of the screening rules in force, which every entry names: of the file that they are written in.

    A release has one configuration; whoever holds the release can recompute this, and any change of a rule changes it.
    """
    return sha256(Path(screening.__file__).read_bytes()).digest()


def _check_identity(db: Connection, settings: Settings) -> None:
    with db.cursor(row_factory=class_row(_Identity)) as rows:
        row = rows.execute(
            """
            SELECT organisation.name, node.federation, node.origin_url
              FROM node
              JOIN organisation USING (organisation_id)
            """
        ).fetchone()
    if row is None:
        raise NotFit(["The database belongs to no node yet: run havre-node init."])
    problems = [
        f"The database is that of {what} {stored}, and {name} says {said}."
        for name, what, stored, said in (
            ("HAVRE_NODE", "the node", row.name, settings.node),
            ("HAVRE_FEDERATION", "the federation", row.federation, settings.federation),
            ("HAVRE_ORIGIN_URL", "the origin", row.origin_url, settings.origin_url),
        )
        if stored != said
    ]
    if problems:
        raise NotFit(problems)


def _listed_node_keys(db: Connection, *, now: datetime) -> list[str]:
    """Return the thumbprints of the node's own keys that may sign answers at `now`."""
    rows = db.execute(
        """
        SELECT signing_key.thumbprint
          FROM signing_key
          JOIN node USING (organisation_id)
         WHERE signing_key.use = 'node'
           AND signing_key.valid_from <= %(now)s
           AND (signing_key.valid_until IS NULL OR signing_key.valid_until > %(now)s)
           AND (signing_key.revoked_at IS NULL OR signing_key.revoked_at > %(now)s)
         ORDER BY signing_key.thumbprint
        """,
        {"now": now},
    )
    return [to_base64url(thumbprint) for (thumbprint,) in rows]
