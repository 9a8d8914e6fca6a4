"""Listen for scrapes, and share counters between the api's processes.

Nothing of prometheus-client is loaded here: where its counters live must be said before that.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class PortTaken(Exception):
    """Metrics cannot be served at this port; the message is a sentence for the operator."""


def listen(port: int) -> socket.socket:
    """Return a socket that listens at `port` of 127.0.0.1.

    Raises:
        PortTaken: somebody else does.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(8)
    except OSError as error:
        listener.close()
        raise PortTaken(f"Metrics cannot be served at {LOOPBACK}:{port}: {error.strerror}.") from error
    return listener


@contextmanager
def exporter(port: int | None) -> Iterator[None]:
    """Let the processes that are forked from here count together, and a process of its own serve what they count.

    It ends with this one. Without a `port` nothing is shared and nobody serves.

    Raises:
        PortTaken: somebody else listens there.
    """
    if port is None:
        os.environ.pop(FOLDER, None)
        yield
        return
    with listen(port) as listener:
        # Of this process alone: what an older one counted in a folder of its own is over.
        folder = Path(tempfile.mkdtemp(prefix="havre-metrics-"))
        os.environ[FOLDER] = str(folder)
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "--with-parent", "metrics", "--listener", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
        )
    owner = os.getpid()
    try:
        yield
    finally:
        # A process that was forked meanwhile leaves by this way too.
        if os.getpid() == owner:
            process.terminate()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def keep_folder() -> None:
    """Make the folder of the counters again if something has cleaned it away: a new process opens files in it."""
    if FOLDER in os.environ:
        Path(os.environ[FOLDER]).mkdir(mode=0o700, exist_ok=True)
