"""Ask one witness over HTTP: https, or plain HTTP on loopback; bounded in time and size; no redirect, no proxy.

A witness that does not answer, or sends byte by byte, costs its own thread at most `_SECONDS`.
"""

import http.client
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from crypto.cosignatures import MOST_ANSWER_BYTES

_SECONDS: Final = 5.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "havre", "Connection": "close"}


class NoAnswer(Exception):
    """The witness gave no answer that can be read; `reason` is a constant token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class WitnessAnswer:
    """What a witness answered; nothing of it is believed. `media_type` is the whole field, "" without."""

    status: int
    media_type: str
    body: bytes


def is_askable(url: str) -> bool:
    """Return whether `url` is a submission prefix that may be asked: https, or http on loopback, and a path."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname or not has_port:
        return False
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def hand_in(url: str, body: bytes, *, seconds: float = _SECONDS) -> WitnessAnswer:
    """Return the answer to `add-checkpoint` below the submission prefix `url`.

    Raises:
        NoAnswer: `witness_url`, `witness_unreachable`, `witness_slow`, `witness_talks_too_long`, `witness_malformed`.
    """
    if not is_askable(url):
        raise NoAnswer("witness_url")
    parts = urlsplit(url)
    connection = _connection(parts, seconds)
    is_late = False

    def hang_up() -> None:
        nonlocal is_late
        is_late = True
        if connection.sock is not None:
            with suppress(OSError):
                # The plain shutdown also of a TLS socket, whose own is not for another thread.
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    watchdog = Timer(seconds, hang_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", f"{parts.path.rstrip('/')}/add-checkpoint", body=body, headers=_HEADERS)
        answer = connection.getresponse()
        read = answer.read(MOST_ANSWER_BYTES + 1)
    except (OSError, ValueError) as error:
        raise NoAnswer("witness_slow" if is_late else "witness_unreachable") from error
    except http.client.HTTPException as error:
        raise NoAnswer("witness_slow" if is_late else "witness_malformed") from error
    finally:
        watchdog.cancel()
        connection.close()
    if is_late:
        raise NoAnswer("witness_slow")
    if len(read) > MOST_ANSWER_BYTES:
        raise NoAnswer("witness_talks_too_long")
    return WitnessAnswer(status=answer.status, media_type=answer.headers.get("Content-Type", ""), body=read)


def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=seconds)
