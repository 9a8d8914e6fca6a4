"""Run a tutorial's commands in order, in one shell, beside a node that `havre-node up` runs; compare what they print.

The folder stands for the checkout and for the reader's home: it holds the node's `.havre`, and the shell starts in it
with the names that `up` prints.
"""

import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.tutorials.reading import Step, agrees

CHECKOUT = Path(__file__).parents[2]
_START_SECONDS = 120
_TUTORIAL_SECONDS = 240


class Node:
    """A node that `havre-node up` runs below `folder`; `names` are those of its `export` line."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "up", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
            env=surroundings(folder),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(_START_SECONDS), self.said
        self.names = dict(re.findall(r"(HAVRE_[A-Z_]+)=(\S+)", "".join(self.said)))
        assert "HAVRE_NODE_ROOT" in self.names, self.said

    def _read(self) -> None:
        for line in self._process.stdout:
            self.said.append(line)
            if line.startswith("Ready at"):
                self._ready.set()
        self._ready.set()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        self._reader.join(timeout=10)
        self._process.stdout.close()


def surroundings(folder: Path, **names: str) -> dict[str, str]:
    """The environment of a reader who stands in a fresh checkout with its virtual environment activated."""
    kept = {name: os.environ[name] for name in ("HAVRE_POSTGRES", "HAVRE_POSTGRES_BIN") if name in os.environ}
    commands = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"PATH": commands, "PYTHONPATH": str(CHECKOUT), "HOME": str(folder), "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    return {**kept, **own, **names}


def disagreements(steps: Sequence[Step], *, folder: Path, names: dict[str, str]) -> list[str]:
    """Run all commands in one shell; return, for each that went otherwise than its tutorial shows, what happened."""
    mark = secrets.token_hex(8)
    script = "".join(f"{step.command}\nprintf '\\n{mark} %s\\n' $?\n" for step in steps)
    ran = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=surroundings(folder, **names),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=_TUTORIAL_SECONDS,
        text=True,
        check=False,
    )
    came = re.findall(rf"(.*?)\n{mark} (\d+)\n", ran.stdout, re.DOTALL)
    if len(came) != len(steps):
        return [f"the shell ended after {len(came)} of {len(steps)} commands: {ran.stdout[-2000:]}"]
    return [
        f"line {step.line}: $ {step.command}\n{printed}\n(status {status}, and the tutorial shows)\n{step.shown}"
        for step, (printed, status) in zip(steps, came, strict=True)
        if int(status) != step.status or not agrees(step.shown, printed)
    ]
