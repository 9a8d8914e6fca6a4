"""A real `havre-node api` as a child process, and a raw connection to it: bytes out, bytes in, nothing in between."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from crypto.encoding import to_base64url
from crypto.keys import PrivateKey
from crypto.keys import keyid as keyid_of
from crypto.messages import sign_request
from server.commands.founding import begin_node, found_if_new
from server.commands.keyfiles import make_exchange_key, only_key
from server.settings import Settings, read_settings

NODE = "node.example"
FEDERATION = "test.example"
ORIGIN = "https://node.example"
HOST = "node.example"
START_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class FoundedNode:
    """A node in a fresh database: its settings, its environment, and the key of its first operator."""

    settings: Settings
    environment: dict[str, str]
    operator: PrivateKey
    second_operator: PrivateKey
    root_thumbprint: str

    @property
    def keyid(self) -> str:
        return keyid_of(NODE, self.operator.thumbprint)


def found_test_node(database, folder: Path) -> FoundedNode:
    """Found a node in `database`, with its home and its operators' folders below `folder`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HAVRE_NODE": NODE,
        "HAVRE_FEDERATION": FEDERATION,
        "HAVRE_ORIGIN_URL": ORIGIN,
        "HAVRE_HOME": str(folder / "home"),
        "DATABASE_URL": database.app,
        "HAVRE_SEQUENCER_DATABASE_URL": database.sequencer,
        "HAVRE_WORKER_DATABASE_URL": database.worker,
        "HAVRE_AUDITOR_DATABASE_URL": database.auditor,
        "HAVRE_ERASER_DATABASE_URL": database.eraser,
        "HAVRE_OWNER_DATABASE_URL": database.owner,
    }
    settings = read_settings(environment)
    folders = [folder / "first-operator", folder / "second-operator"]
    halves = [make_exchange_key(each, federation=FEDERATION, organisation=NODE) for each in folders]
    begun = begin_node(settings, display_name="Node", sector="ngo", operators=halves)
    found_if_new(settings, database.owner)
    return FoundedNode(
        settings=settings,
        environment=environment,
        operator=only_key(folders[0], "exchange"),
        second_operator=only_key(folders[1], "exchange"),
        root_thumbprint=begun.root_thumbprint,
    )


@dataclass(frozen=True, kw_only=True)
class HttpAnswer:
    """One answer as it came: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def code(self) -> str:
        return json.loads(self.body)["code"]


class Wire:
    """One connection to the api."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=20)
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_answer(self) -> HttpAnswer:
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", "0"))
        self._buffer = rest
        while len(self._buffer) < length:
            self._fill()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return HttpAnswer(status=int(lines[0].split(" ")[1]), headers=headers, body=body, raw=head + b"\r\n\r\n" + body)

    def is_closed(self) -> bool:
        """Return whether the api ends the connection without another byte."""
        if self._buffer:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _fill(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(self._buffer)
        self._buffer += piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ignored) -> None:
        self.socket.close()


@dataclass(kw_only=True)
class RunningApi:
    """The child process and where it listens."""

    node: FoundedNode
    process: subprocess.Popen
    address: tuple[str, int] = ("127.0.0.1", 0)
    log: list[str] = field(default_factory=list)
    reader: threading.Thread = field(default_factory=threading.Thread)

    def wire(self) -> Wire:
        return Wire(self.address)

    def ask(self, data: bytes) -> HttpAnswer:
        """Send `data` on a fresh connection and return the first answer."""
        with self.wire() as wire:
            wire.send(data)
            return wire.read_answer()

    def signed(self, method: str, target: str, *, body: bytes | None = None, **changes) -> dict[str, str]:
        """Return the headers of a request that the first operator signs."""
        return sign_request(
            method=method,
            target_uri=ORIGIN + target,
            purpose=changes.get("purpose", "administration"),
            body=body,
            content_type=None if body is None else changes.get("content_type", "application/json"),
            key=self.node.operator,
            keyid=self.node.keyid,
            created=changes.get("created", int(time.time())),
            nonce=to_base64url(secrets.token_bytes(16)),
        )

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)
        self.reader.join(10)
        self.process.stderr.close()

    def log_text(self) -> str:
        return "".join(self.log)


def request_bytes(
    method: str, target: str, headers: dict[str, str] | list[tuple[str, str]], body: bytes = b""
) -> bytes:
    """Return an HTTP/1.1 request as it goes over the wire."""
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs = [("Host", HOST), *pairs]
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def start_api(node: FoundedNode, *options: str) -> RunningApi:
    """Start `havre-node api` on an ephemeral port and wait until it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "api", "--bind", "127.0.0.1:0", "--workers", "1", *options],
        env=node.environment,
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    api = RunningApi(node=node, process=process)
    listening = threading.Event()

    def read_log() -> None:
        for line in process.stderr:
            api.log.append(line)
            found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
            if found:
                api.address = ("127.0.0.1", int(found[1]))
                listening.set()
        listening.set()

    api.reader = threading.Thread(target=read_log, daemon=True)
    api.reader.start()
    if not listening.wait(START_SECONDS) or not api.address[1]:
        api.stop()
        raise AssertionError(f"the api did not start:\n{api.log_text()}")
    # It listens before its first worker is there; the answer comes from that one.
    assert api.ask(request_bytes("GET", "/readyz", {})).status == 200
    return api
