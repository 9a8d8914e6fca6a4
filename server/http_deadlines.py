"""A connection whose peer has so long to send a request's head, so long for its body, and so long to take the answer.

gunicorn's threads read and write without a deadline: a peer that drips one byte a minute would hold a thread for ever.
The deadlines are for the whole of each part, not for each read, so dripping does not help.
"""

import socket
import time
from dataclasses import dataclass

_HEAD_BYTES = 16 * 1024
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 16 * 1024 * 1024
_READ_BYTES = 64 * 1024


class HeadTooSlow(Exception):
    """The head of a request did not arrive in time."""


class HeadTooLarge(Exception):
    """The head of a request is larger than any that we would take."""


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """How long each part of an exchange may take, in seconds; nobody is given longer than these defaults."""

    head: float = 10.0
    body: float = 30.0
    answer: float = 120.0


class DeadlineSocket(socket.socket):
    """A connected socket with the deadlines of the part of the exchange that is under way."""

    def __init__(self, *, fileno: int, deadlines: Deadlines) -> None:
        super().__init__(fileno=fileno)
        self._deadlines = deadlines
        self._ended = False
        self._in_head = True
        self._until: float | None = None
        self._answer_until: float | None = None
        self._head_bytes = 0

    def expect_head(self) -> None:
        """Begin a request: the time for its head runs from the first read."""
        self._in_head, self._until, self._answer_until, self._head_bytes = True, None, None, 0

    def expect_body(self) -> None:
        """The head is here: the time for the body, all of it, runs from now."""
        self._in_head, self._until = False, time.monotonic() + self._deadlines.body

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read what is there.

        Raises:
            HeadTooSlow, HeadTooLarge: while the head is read.
            TimeoutError: while the body is read.
        """
        if self._ended:
            return b""
        if self._in_head and self._head_bytes > _HEAD_BYTES:
            raise HeadTooLarge
        if self._until is None:
            self._until = time.monotonic() + self._deadlines.head
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            raise self._lateness()
        before = self.gettimeout()
        self.settimeout(remaining if before is None else min(before, remaining))
        try:
            piece = super().recv(bufsize, flags)
        except TimeoutError as error:
            raise self._lateness() from error
        finally:
            self.settimeout(before)
        self._head_bytes += len(piece)
        return piece

    def _lateness(self) -> Exception:
        return HeadTooSlow() if self._in_head else TimeoutError()

    def sendall(self, data: bytes, flags: int = 0, /) -> None:  # type: ignore[override]  # gunicorn sends bytes alone
        """Send all of `data`; the time for the answer, all of it, runs from its first byte.

        Raises:
            TimeoutError: the peer does not take it.
        """
        if self._answer_until is None:
            self._answer_until = time.monotonic() + self._deadlines.answer
        remaining = self._answer_until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        before = self.gettimeout()
        self.settimeout(remaining)
        try:
            super().sendall(data, flags)
        finally:
            self.settimeout(before)

    def end(self) -> None:
        """Say that no more will be sent, and let the peer take what was (RFC 9112 §9.6).

        A close with unread bytes would reset the connection and could take the answer away from the peer. It is done
        here, in the thread of the request: gunicorn would do it in its only loop, where one idle peer delays all.
        """
        if self._ended:
            return
        self._ended = True
        until, taken = time.monotonic() + _LINGER_SECONDS, 0
        try:
            self.shutdown(socket.SHUT_WR)
            while taken < _LINGER_BYTES and (remaining := until - time.monotonic()) > 0:
                self.settimeout(remaining)
                piece = super().recv(_READ_BYTES)
                if not piece:
                    return
                taken += len(piece)
        except OSError:
            # The peer is gone, or takes its time: either way there is nothing left to say.
            return
