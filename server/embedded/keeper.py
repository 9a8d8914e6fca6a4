"""The process that keeps one PostgreSQL: it starts it, and stops it when whoever wanted it is gone.

Run as a script of its own, with the standard library alone: `keeper.py '<JSON>'`, where the JSON is
`{"arguments": [...], "identity": {...}, "environment": {...}, "log": path, "remove": path | null}`.

* Its standard input is a pipe whose other end only the starting process holds. End of file there means "stop", and
  comes too when that process was killed: nothing is left behind.
* It has a session of its own, so that the Ctrl-C of a terminal reaches it only through the process that started it,
  and the database is the last to stop.
* It inherits the lock on the folder and keeps it as long as PostgreSQL runs; PostgreSQL does not inherit it.
* Killed itself (-9), it leaves PostgreSQL running; the next start in the folder stops that one first.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

_FAST_SECONDS = 60


def _stop(server: "subprocess.Popen[Any]") -> None:
    # SIGINT is PostgreSQL's fast shutdown (sessions are ended, data is written), SIGQUIT the immediate one.
    server.send_signal(signal.SIGINT)
    try:
        server.wait(_FAST_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def _keep(order: dict[str, Any]) -> int:
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)

    def noticed(_number: int, _frame: FrameType | None) -> None:
        """Do nothing: the number arrives in the wake-up pipe."""

    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, noticed)
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    server = subprocess.Popen(
        order["arguments"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=order["environment"],
        umask=0o077,
        start_new_session=True,
        **order["identity"],
    )
    os.close(log)
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()
    while server.poll() is None:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            numbers = os.read(wake_read, 64)
            if all(number == signal.SIGCHLD for number in numbers):
                continue
        _stop(server)
    if order["remove"] is not None:
        shutil.rmtree(Path(str(order["remove"])), ignore_errors=True)
    return 0 if server.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(_keep(json.loads(sys.argv[1])))
