"""Tell an operator in plain words how a node is."""

import http.client
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from server import wsgi
from server.auditing.viewing import BEHIND_AT_MOST, behind
from server.commands import examining
from server.commands.examining import Line
from server.db import Connection, connect
from server.retention.erasing import ADVISORY_LOCK as ERASER_LOCK
from server.sequencer import ADVISORY_LOCK as SEQUENCER_LOCK
from server.settings import Settings

_ANSWER_BYTES = 1024 * 1024
_HEARTBEAT = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an api answered."""

    status: int
    body: bytes


def report(settings: Settings, *, bind: str) -> list[Line]:
    """Return what can be said about the node from here: its processes, its database, and what that says of the node."""
    lines = [_api(bind)]
    try:
        with connect(settings.database_url, connect_timeout=5) as db:
            now = datetime.now(UTC)
            lines.append(Line(name="database", says="answers"))
            lines.append(_fitness(settings))
            lines.append(_sequencer(db))
            lines.append(_worker(settings, now=now))
            lines.append(_eraser(db))
            lines.append(_trail(db))
            lines += examining.lines_of(db, now=now)
    except psycopg.OperationalError:
        lines.append(Line(name="database", says="cannot be reached at DATABASE_URL", is_well=False))
    except psycopg.Error:
        lines.append(Line(name="database", says="has no schema of ours: run havre-node migrate", is_well=False))
    return lines


def _api(bind: str) -> Line:
    try:
        status = ask_ready(bind)
    except (OSError, ValueError, http.client.HTTPException):
        return Line(name="api", says=f"does not answer at {bind}", is_well=False)
    if status == http.client.OK:
        return Line(name="api", says=f"is ready at {bind}")
    return Line(name="api", says=f"answers at {bind}, and is not ready", is_well=False)


def ask_ready(bind: str) -> int:
    """Return the status that the api at `bind` gives for `/readyz`.

    Raises:
        OSError, ValueError, http.client.HTTPException: nothing that speaks HTTP answers there.
    """
    return ask(bind, "/readyz", host="localhost").status


def ask(bind: str, target: str, *, host: str) -> Told:
    """Return what the api at `bind` answers to a GET of the public `target`, asked as `host`.

    Raises:
        OSError, ValueError, http.client.HTTPException: nothing that speaks HTTP answers there.
    """
    connection = http.client.HTTPConnection("localhost", timeout=3)
    try:
        connection.sock = _connect(bind)
        connection.request("GET", target, headers={"Host": host})
        answer = connection.getresponse()
        return Told(status=answer.status, body=answer.read(_ANSWER_BYTES))
    finally:
        connection.close()


def takes_connections(bind: str) -> bool:
    """Return whether somebody listens at `bind`."""
    try:
        _connect(bind).close()
    except OSError:
        return False
    return True


def _connect(bind: str) -> socket.socket:
    if bind.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(3)
        connection.connect(bind.removeprefix("unix:"))
        return connection
    host, _, port = bind.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=3)


def _fitness(settings: Settings) -> Line:
    if not any(settings.home.glob("node-*.pem")):
        return Line(name="node", says=f"cannot be judged from here: no node key is in {settings.home}", is_well=None)
    try:
        node = wsgi.load_node(settings)
    except wsgi.NotFit as error:
        return Line(name="node", says=" ".join(error.problems), is_well=False)
    return Line(name="node", says=f"{settings.node} in {settings.federation} signs with {node.keyid}")


def _sequencer(db: Connection) -> Line:
    if _is_held(db, SEQUENCER_LOCK):
        return Line(name="sequencer", says="is active")
    return Line(name="sequencer", says="none is active: nothing new gets into the feed", is_well=False)


def _eraser(db: Connection) -> Line:
    if _is_held(db, ERASER_LOCK):
        return Line(name="eraser", says="is active")
    return Line(name="eraser", says="none is active: what is due to be erased stays", is_well=False)


def _trail(db: Connection) -> Line:
    entries = behind(db)
    return Line(
        name="trail",
        says="auditors find every entry" if entries == 0 else f"auditors do not find the last {entries} entries yet",
        is_well=entries <= BEHIND_AT_MOST,
    )


def _is_held(db: Connection, lock: int) -> bool:
    row = db.execute(
        """
        SELECT EXISTS (
            SELECT FROM pg_locks
             WHERE locktype = 'advisory'
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = 0
               AND objid = %(lock)s
               AND granted
        )
        """,
        {"lock": lock},
    ).fetchone()
    return row == (True,)


def _worker(settings: Settings, *, now: datetime) -> Line:
    if settings.worker_database_url is None:
        return Line(name="worker", says="cannot be seen from here (HAVRE_WORKER_DATABASE_URL is not set)", is_well=None)
    try:
        with connect(settings.worker_database_url, connect_timeout=5) as db:
            row = db.execute("SELECT max(last_heartbeat) FROM procrastinate.procrastinate_workers").fetchone()
    except psycopg.Error:
        return Line(name="worker", says="its jobs cannot be seen: run havre-node migrate", is_well=False)
    if row is not None and row[0] is not None and now - row[0] < _HEARTBEAT:
        return Line(name="worker", says="is active")
    return Line(name="worker", says="none is active: nonces and old applications pile up", is_well=False)


def failed(lines: Sequence[Line], needed: Sequence[str]) -> list[str]:
    """Return the names of what is not well: among `needed`, `database` and `node`; or of everything, if none is."""
    always = {"database", "node"}
    return [line.name for line in lines if line.is_well is False and (not needed or line.name in always | set(needed))]
