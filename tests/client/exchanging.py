"""SDK partners of a test: their homes on disk, the real application behind httpx2, synthetic signals."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from client.clock import Source
from client.drafting import Draft, Terms
from client.home import Config, Home
from client.partner import Partner
from client.wire import Patience
from server.sequencer import place_waiting
from tests import partners
from tests.partners import FEDERATION, NODE_NAME, TestNode

PURPOSE = "detection"
EXPIRES = datetime(2029, 1, 1, tzinfo=UTC)
AT_ONCE = Patience(attempts=1, seconds=5)


def in_days(days: float) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def terms(**changes: Any) -> Terms:
    return Terms(**({"tlp": "GREEN", "expires": EXPIRES} | changes))


def a_signal(number: int, **changes: Any) -> dict[str, Any]:
    """A synthetic signal, without the members that the SDK fills in."""
    return {
        "signal_type": "sha256",
        "value": hashlib.sha256(f"synthetic {number}".encode()).hexdigest(),
        "media": "image",
        "classifications": [
            {"scheme": "ncmec", "value": "B1", "assessed_by": "two_or_more", "assessed_at": "2026-11-01"}
        ],
        "ai": {"status": "unassessed"},
        "origin_of_report": "hotline",
    } | changes


def drafts(*numbers: int, terms_: Terms | None = None) -> list[Draft]:
    given = terms_ or terms()
    return [Draft(row=row, record=a_signal(number), terms=given) for row, number in enumerate(numbers)]


Altering = Callable[[httpx2.Request, httpx2.Response], httpx2.Response]


class Through(httpx2.BaseTransport):
    """Sends to the application in this process; `alter` may play a hostile network or node."""

    def __init__(self, node: TestNode) -> None:
        self.node = node
        self.alter: Altering | None = None
        self.seen: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.seen.append(request)
        answered = self.node.app.test_client().open(
            request.url.raw_path.decode("ascii"),
            method=request.method,
            headers=[
                (name.decode(), value.decode())
                for name, value in request.headers.raw
                if name.lower() not in {b"host", b"content-length"}
            ],
            data=request.content or None,
            base_url=self.node.settings.origin_url,
        )
        response = httpx2.Response(
            answered.status_code, headers=list(answered.headers.items()), stream=httpx2.ByteStream(answered.get_data())
        )
        return response if self.alter is None else self.alter(request, response)


@dataclass(kw_only=True)
class Member:
    """An admitted organisation: its simulated partner (which holds the root) and the home of its SDK."""

    simulated: partners.Partner
    home: Home
    transport: Through
    opened: list[Partner] = field(default_factory=list)

    def sdk(self, *, source: Source | None = None) -> Partner:
        """The SDK over this member's home, opened anew as after a restart."""
        from client.state.opening import State  # noqa: PLC0415 - only tests that exchange need it

        partner = Partner(
            config=self.home.config(),
            keys=self.home.key_files(),
            state=State(self.home.state_path),
            source=source,
            patience=AT_ONCE,
            transport=self.transport,
        )
        self.opened.append(partner)
        return partner


@dataclass(kw_only=True)
class World:
    """A node with its sequencer at hand."""

    node: TestNode
    database: Any
    folder: Path
    members: list[Member] = field(default_factory=list)

    def join(self, name: str, *, sector: str = "ngo", **said: Any) -> Member:
        """Admit `name` and give it a home."""
        simulated = self.node.join(name, sector=sector, **said)
        self.place()
        return self.member(simulated)

    def member(self, simulated: partners.Partner, *, folder: str | None = None) -> Member:
        """Give an organisation a home, or, in another `folder`, a second machine."""
        home = Home(self.folder / (folder or simulated.name))
        home.create()
        home.write_config(
            Config(
                organisation=simulated.name,
                federation=FEDERATION,
                node=NODE_NAME,
                origin_url=self.node.settings.origin_url,
                node_root=self.node.organisation.root.thumbprint,
            )
        )
        home.add_key("exchange", simulated.exchange.key)
        home.add_key("record", simulated.record.key)
        made = Member(simulated=simulated, home=home, transport=Through(self.node))
        self.members.append(made)
        return made

    def place(self) -> None:
        """Let the sequencer place all that waits."""
        with psycopg.connect(self.database.sequencer, autocommit=True) as db:
            while place_waiting(db):
                pass

    def close(self) -> None:
        for member in self.members:
            for partner in member.opened:
                partner.close()
