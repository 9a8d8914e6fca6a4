"""Read what a node must be told, once, from the environment.

Rules: every missing or malformed name is reported together; nothing that weakens security has a default;
secrets come as files below `HAVRE_HOME`, never as values.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from server.rates import Rates, read_rates

RETENTION_DAYS = 30
# Five years. The least is the database's: `erase_entries` refuses a shorter time.
ENTRY_RETENTION_DAYS = 1_826
ENTRY_RETENTION_AT_LEAST_DAYS = 90

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?){1,4}")
_DAYS = re.compile(r"[1-9][0-9]{0,3}")
_FEDERATION = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?")


class SettingsMissing(Exception):
    """The environment does not say what a node must know; `problems` are sentences for the operator."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one process of a node knows about its surroundings."""

    node: str
    federation: str
    origin_url: str
    home: Path
    database_url: str
    sequencer_database_url: str | None = None
    worker_database_url: str | None = None
    eraser_database_url: str | None = None
    auditor_database_url: str | None = None
    owner_database_url: str | None = None
    # How long the text of an entry is kept; its leaf stays.
    entry_retention_days: int = ENTRY_RETENTION_DAYS
    # How long what expired, was replaced or withdrawn is kept.
    retention_days: int = RETENTION_DAYS
    pool_size: int = 8
    page_builds: int = 2
    rates: Rates = field(default_factory=Rates)

    @property
    def host(self) -> str:
        """Return the only `Host` that this node answers to (RFC 9110 §7.2)."""
        return urlsplit(self.origin_url).netloc

    @property
    def log_name(self) -> str:
        """Return the name of the node's log without its epoch."""
        return f"{self.node}/log"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process.

    Raises:
        SettingsMissing: names are missing or malformed, all of them listed.
    """
    source = os.environ if environment is None else environment
    problems: list[str] = []

    def required(name: str, what: str) -> str:
        value = source.get(name, "")
        if not value:
            problems.append(f"{name} is not set: {what}")
        return value

    node = required("HAVRE_NODE", "the organisation that runs this node, such as node.example")
    federation = required("HAVRE_FEDERATION", "the federation's name, in every signed document")
    origin_url = required("HAVRE_ORIGIN_URL", "the public origin that partners sign, such as https://node.example")
    home = required("HAVRE_HOME", "the folder with the node's keys")
    database_url = required("DATABASE_URL", "PostgreSQL, as role havre_app")
    if node and not (_NAME.fullmatch(node) and len(node) <= 100):  # noqa: PLR2004 - the limit of a name
        problems.append("HAVRE_NODE is not a lower-case name of two to five labels")
    if federation and not _FEDERATION.fullmatch(federation):
        problems.append("HAVRE_FEDERATION is not a lower-case name")
    if origin_url and not _is_origin(origin_url):
        problems.append("HAVRE_ORIGIN_URL must be https://host[:port], or http:// on loopback, nothing after it")
    retention_days = source.get("HAVRE_RETENTION_DAYS") or str(RETENTION_DAYS)
    if not _DAYS.fullmatch(retention_days):
        problems.append("HAVRE_RETENTION_DAYS must be a number of days from 1 to 9999")
    entry_retention_days = source.get("HAVRE_ENTRY_RETENTION_DAYS") or str(ENTRY_RETENTION_DAYS)
    if not _DAYS.fullmatch(entry_retention_days) or int(entry_retention_days) < ENTRY_RETENTION_AT_LEAST_DAYS:
        problems.append("HAVRE_ENTRY_RETENTION_DAYS must be a number of days from 90 to 9999")
    rates = read_rates(source, problems.append)
    if problems:
        raise SettingsMissing(problems)
    return Settings(
        node=node,
        federation=federation,
        origin_url=origin_url,
        home=Path(home),
        database_url=database_url,
        sequencer_database_url=source.get("HAVRE_SEQUENCER_DATABASE_URL"),
        worker_database_url=source.get("HAVRE_WORKER_DATABASE_URL"),
        eraser_database_url=source.get("HAVRE_ERASER_DATABASE_URL"),
        auditor_database_url=source.get("HAVRE_AUDITOR_DATABASE_URL"),
        owner_database_url=source.get("HAVRE_OWNER_DATABASE_URL"),
        entry_retention_days=int(entry_retention_days),
        retention_days=int(retention_days),
        rates=rates,
    )


def _is_origin(url: str) -> bool:
    parts = urlsplit(url)
    if parts.path or parts.query or parts.fragment or parts.username or not parts.hostname or url != url.lower():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"})
