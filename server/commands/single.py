"""What is known of a node on one machine by its folder: its names by its statement, its database by what runs."""

from pathlib import Path
from urllib.parse import urlsplit

from server import embedded
from server.commands.founding import STATEMENT_FILE
from server.commands.processes import BIND
from server.embedded.access import Address
from server.organisations.reading import read_statement

DATABASE = "havre"

_LOOPBACK = "127.0.0.1"
_LOCALHOST = "localhost"


def names_of(home: Path) -> dict[str, str] | None:
    """Return the environment that names the node in `home`, by its statement; None where none was begun.

    Raises:
        Refusal: the statement is not of its form.
    """
    path = home / STATEMENT_FILE
    if not path.is_file():
        return None
    claims = read_statement(path.read_text("ascii")).claims
    return {
        "HAVRE_NODE": claims.iss,
        "HAVRE_FEDERATION": claims.federation,
        "HAVRE_ORIGIN_URL": claims.home.origin_url,
        "HAVRE_HOME": str(home),
    }


def database_urls(address: Address) -> dict[str, str]:
    """Return the environment that names the databases of an embedded PostgreSQL, by role."""
    return {
        "DATABASE_URL": address.dsn("havre_app", DATABASE),
        "HAVRE_SEQUENCER_DATABASE_URL": address.dsn("havre_sequencer", DATABASE),
        "HAVRE_WORKER_DATABASE_URL": address.dsn("havre_worker", DATABASE),
        "HAVRE_ERASER_DATABASE_URL": address.dsn("havre_eraser", DATABASE),
        "HAVRE_AUDITOR_DATABASE_URL": address.dsn("havre_auditor", DATABASE),
        "HAVRE_OWNER_DATABASE_URL": address.dsn("havre_owner", DATABASE),
    }


def environment_of(folder: Path) -> dict[str, str] | None:
    """Return the environment of the node that runs in `folder`, or None if none does.

    Raises:
        Refusal: the statement is not of its form.
    """
    names, address = names_of(folder / "home"), embedded.running(folder / "database")
    return None if names is None or address is None else names | database_urls(address)


def origin_of(bind: str) -> str:
    """Return the origin of a trial that listens at `bind`: a name, since no passkey can be made for an IP address."""
    host, _, port = bind.rpartition(":")
    return f"http://{_LOCALHOST}:{port}" if host == _LOOPBACK else f"http://{bind}"


def bind_of(origin_url: str) -> str:
    """Return where a node with this origin listens: on a trial's own address, else where a proxy expects it."""
    parts = urlsplit(origin_url)
    if parts.scheme != "http" or parts.port is None:
        return BIND
    # The name may mean another address too; we listen at this one alone.
    return f"{_LOOPBACK}:{parts.port}" if parts.hostname == _LOCALHOST else parts.netloc
