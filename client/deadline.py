"""A deadline for one answer, from the first byte of the request to the last of the body.

The timeouts of an HTTP library are those of a single read: a node that sends one byte a minute never meets them, in
the headers least of all. So a timer shuts the sockets down, and the read that waits ends at once.
"""

import socket
from contextlib import suppress
from threading import Timer
from types import TracebackType
from typing import Any
from weakref import WeakSet

_CONNECTED = ("connect_tcp.complete", "start_tls.complete")


class Deadline:
    """Use as a context around each answer, one at a time; `watch` is the library's `trace` of the request."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._timer: Timer | None = None

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Remember the socket of each connection that is made: connections outlive requests."""
        if event.endswith(_CONNECTED):
            self._sockets.add(info["return_value"].get_extra_info("socket"))

    def __enter__(self) -> None:
        self._timer = Timer(self._seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _cut(self) -> None:
        for one in list(self._sockets):
            with suppress(OSError):
                # The plain shutdown also of a TLS socket, whose own is not for another thread.
                socket.socket.shutdown(one, socket.SHUT_RDWR)
