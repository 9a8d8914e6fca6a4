"""The smallest HTTP/1.1 client that a measurement can do with: one kept connection, bytes out, bytes in.

It signs nothing and checks nothing: requests come with the headers of `Partner.headers`, answers are read to their
last byte into one buffer and thrown away, but for status, header fields and the last bytes. So the client costs
neither side of a measurement more than a few hundredths of a request.
"""

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_BUFFER_BYTES = 1024 * 1024
_TAIL_BYTES = 4096
_HEAD_END = b"\r\n\r\n"
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Received:
    """An answer: its head as text, how long its body was, and the last bytes of it (at most 4 KiB)."""

    status: int
    head: str
    length: int
    tail: bytes


class Connection:
    """One kept connection to a server on loopback."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(_BUFFER_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, request: bytes) -> Received:
        """Send a whole request, and read its answer whole.

        Raises:
            ConnectionError: the server closed the connection before the end.
        """
        self._socket.sendall(request)
        head = b""
        while _HEAD_END not in head:
            head += self._receive()
        first, _, body = head.partition(_HEAD_END)
        text = first.decode("latin-1")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in text.split("\r\n")[1:])}
        length = int(fields["content-length"])
        left, tail = length - len(body), body[-_TAIL_BYTES:]
        view = memoryview(self._buffer)
        while left:
            received = self._socket.recv_into(view, min(left, _BUFFER_BYTES))
            if received == 0:
                raise ConnectionError("the server closed the connection")
            left -= received
            tail = (tail + bytes(view[max(0, received - _TAIL_BYTES) : received]))[-_TAIL_BYTES:]
        return Received(status=int(text.split(" ", 2)[1]), head=text, length=length, tail=tail)

    def _receive(self) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece


def request_bytes(
    method: str, target: str, *, host: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("ascii") + _HEAD_END + body
