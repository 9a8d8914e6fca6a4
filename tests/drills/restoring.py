"""Back up a node's cluster, lose it, and put the backup back: by `pg_dump` into a new cluster, or file by file."""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from client.home import Home
from server import embedded, migrating
from server.embedded.account import server_account
from server.embedded.binaries import find_binaries
from server.embedded.cluster import temporary_folder
from server.epochs import high_water
from tests.client.exchanging import a_signal
from tests.drills.nodes import DATABASE, PROJECT, DrillNode, Process, database_of, durable_node, wait_until
from tests.tree.keeping import put_log_key

HAVRE = "from client.cli import main; main()"
TERMS = ("--tlp", "GREEN", "--expires", "2029-01-01")


@contextlib.contextmanager
def signing_node() -> Iterator[DrillNode]:
    """A durable node whose sequencer signs."""
    with durable_node() as node:
        put_log_key(node.simulated.settings.home)
        node.sequencer.stop()
        node.sequencer.start()
        yield node


def havre(home: Home, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Run `havre` as a process of its own, and return what it says as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", HAVRE, "--home", str(home.path), *arguments, "--json"],
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
    return told


def push(home: Home, *numbers: int) -> dict[str, Any]:
    """Push synthetic signals."""
    path = home.path / f"signals-{numbers[0]}.ndjson"
    path.write_text("".join(json.dumps(a_signal(number)) + "\n" for number in numbers))
    return havre(home, "push", str(path), *TERMS)


def pull(home: Home) -> dict[str, Any]:
    """Pull what is there."""
    return havre(home, "pull", "--purpose", "detection", "--output", str(home.path / "pulled.ndjson"))


def havre_node(node: DrillNode, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `havre-node` as the owner of the database."""
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments],
        cwd=PROJECT,
        env=node.api.environment | {"HAVRE_OWNER_DATABASE_URL": node.database.owner},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def wait_signed(node: DrillNode) -> int:
    """Wait until all is placed and signed; return how many entries that is."""
    node.wait_placed()

    def is_signed() -> int | None:
        kept = high_water.read(node.simulated.settings.home)
        return None if kept is None or kept.size != size_of(node) else kept.size

    size: int = wait_until(is_signed, seconds=30, what="for a head")
    return size


def size_of(node: DrillNode) -> int:
    """How many entries have places."""
    with node.connect() as db:
        row = db.execute("SELECT size FROM log_head").fetchone()
    assert row is not None
    return int(row[0])


def dump(node: DrillNode, path: Path) -> None:
    """Back up the database while the node runs, as an operator does."""
    _run("pg_dump", "--format=custom", f"--file={path}", node.database.superuser)


def lose_cluster(node: DrillNode) -> None:
    """End the processes and the cluster; its files are gone."""
    node.api.stop()
    node.sequencer.stop()
    node.simulated.pool.close()
    assert node.postgres is not None
    assert node.folder is not None
    node.postgres.stop()
    shutil.rmtree(node.folder / "data")


def restore_dump(node: DrillNode, path: Path) -> None:
    """Put a dump into a new cluster, and let the node's processes use that."""
    assert node.folder is not None
    node.postgres = embedded.start(temporary_folder(server_account()), durable=True)
    superuser = node.postgres.dsn("postgres", "postgres")
    migrating.create_roles(superuser)
    migrating.create_database(superuser, DATABASE)
    node.database = database_of(node.postgres, DATABASE)
    _run("pg_restore", "--exit-on-error", f"--dbname={node.database.superuser}", str(path))
    urls = {
        "DATABASE_URL": node.database.app,
        "HAVRE_SEQUENCER_DATABASE_URL": node.database.sequencer,
        "HAVRE_AUDITOR_DATABASE_URL": node.database.auditor,
    }
    for process in (node.api, node.sequencer):
        process.environment = {**process.environment, **urls}


def does_not_start(process: Process) -> str:
    """Start a process that must end by itself, and return what it said."""
    with contextlib.suppress(AssertionError):
        process.start()
        wait_until(lambda: process.child is not None and process.child.poll() is not None, what="for its end")
    assert process.child is not None
    assert process.child.returncode not in {None, 0}
    assert process.reader is not None
    assert process.child.stderr is not None
    process.reader.join(20)
    process.child.stderr.close()
    return "".join(process.log)


def stored(node: DrillNode) -> Mapping[str, int]:
    """How many records, batches and ids of batches the node has."""
    with node.connect() as db:
        row = db.execute(
            "SELECT (SELECT count(*) FROM record), count(*), count(DISTINCT (origin_id, jti)) FROM batch"
        ).fetchone()
    assert row is not None
    return {"records": row[0], "batches": row[1], "ids": row[2]}


def as_superuser(node: DrillNode, query: Any) -> list[tuple[Any, ...]]:
    """What the superuser reads."""
    with psycopg.connect(node.database.superuser) as db:
        return db.execute(query).fetchall()


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [find_binaries().program(program), *arguments], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
