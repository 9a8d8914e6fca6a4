"""An organisation that takes part: its keys, its SDK's home on disk, and what it does by its commands and the SDK."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Unpack

import orjson

from bench.demo.checks import CheckFailed, expect
from client.choosing import choose_key
from client.drafting import Draft, Terms
from client.home import Home
from client.partner import Partner
from client.pulled import Filter
from client.state.live import Selected
from client.state.records import LiveRecord
from crypto.documents import STATEMENT, read_document
from crypto.keys import KeyUse, PrivateKey
from schemas.statements import StatementSchema


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
        told = run([*self.command_line(*arguments), "--json"], dict(os.environ))
        said: dict[str, Any] = orjson.loads(told)
        return said

    def command_line(self, *arguments: str) -> list[str]:
        """Return the command line of `havre` as this member."""
        return [_beside_python("havre"), "--home", str(self.home.path), *arguments]

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

    def push(self, records: Sequence[dict[str, Any]], terms: Terms | None = None) -> None:
        """Push records, under `terms` or else to every member.

        Raises:
            CheckFailed: not all of them are new, or taken.
        """
        with self.partner() as partner:
            outcome = partner.push(self.drafts(records, terms))
        expect((outcome.pushed, outcome.refused), (len(records), []), "pushed, refused")

    def drafts(self, records: Sequence[dict[str, Any]], terms: Terms | None = None) -> list[Draft]:
        """Return what the SDK is given to push."""
        return [Draft(row=row, record=record, terms=terms or self.stage_terms) for row, record in enumerate(records)]

    def pull(self, purpose: str = "detection", only: Filter | None = None) -> bytes:
        """Pull and keep what is new, and return the pages as they came, one after the other.

        Raises:
            CheckFailed: something of it does not count, or was withheld.
        """
        with self.partner() as partner:
            pages = list(partner.pull(purpose=purpose, only=only))
        for page in pages:
            expect((page.held, page.set_aside, page.unknown_lines), (0, 0, 0), "held, set aside, unknown")
        expect(pages[-1].withheld, 0, "lines withheld")
        return b"".join(page.body for page in pages)

    def held(self, **selected: Unpack[Selected]) -> list[LiveRecord]:
        """Return the live records that the member's SDK holds, by the members of its selection."""
        with self.partner() as partner:
            return list(partner.records(**selected))

    def values(self, **selected: Unpack[Selected]) -> set[str]:
        """Return the hash values of the signals among them."""
        return {record["value"] for one in self.held(**selected) if "value" in (record := orjson.loads(one.line))}


def run(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run a command to its end and return its output.

    Raises:
        CheckFailed: it did not exit 0.
    """
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise CheckFailed(
            f"{' '.join(command[1:4])} exited {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}"
        )
    return done.stdout or done.stderr


def _beside_python(command: str) -> str:
    return str(Path(sys.executable).parent / command)
