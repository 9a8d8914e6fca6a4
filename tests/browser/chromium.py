"""Find a Chromium, or say in one sentence how to get one: for `make test`, which asks before the tests begin.

In this order: `HAVRE_CHROMIUM`, one on PATH, one that Playwright has installed. With `--install`, if there is none:
Playwright's own headless build, and if that cannot be had, Debian's package, for which one must be root.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "No Chromium: the tests of the console need one. Install it (Debian: apt install chromium; anywhere: "
    ".venv/bin/playwright install --with-deps --only-shell chromium), or set HAVRE_CHROMIUM to its path."
)
_INSTALL_SECONDS = 600

Run = Callable[[Sequence[str]], bool]


class NoChromium(Exception):
    """There is none, or not where `HAVRE_CHROMIUM` says."""


def find_chromium(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return where a Chromium is, or None.

    Raises:
        NoChromium: `HAVRE_CHROMIUM` names none.
    """
    told = os.environ if environment is None else environment
    if chosen := told.get("HAVRE_CHROMIUM"):
        if not os.access(chosen, os.X_OK):
            raise NoChromium("HAVRE_CHROMIUM names no program that can be run.")
        return Path(chosen)
    for name in NAMES:
        if (found := shutil.which(name, path=told.get("PATH", ""))) is not None:
            return Path(found)
    return _of_playwright(told)


def install_chromium(environment: Mapping[str, str] | None = None, *, run: Run | None = None) -> Path:
    """Return where a Chromium is, after installing one if there is none.

    Raises:
        NoChromium: there is none, and none could be installed.
    """
    start = run or _run
    for commands in ([], *_ways()):
        if not all(start(command) for command in commands):
            continue
        # One that was downloaded may lack the system's libraries: it is there, and does not start.
        if (found := find_chromium(environment)) is not None and start([str(found), "--version"]):
            return found
    raise NoChromium(MISSING)


def _ways() -> list[list[list[str]]]:
    ways = [[[sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]]]
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        ways.append([["apt-get", "update"], install])
    return ways


def _of_playwright(environment: Mapping[str, str]) -> Path | None:
    folder = environment.get("PLAYWRIGHT_BROWSERS_PATH") or Path(environment.get("HOME", "/")) / ".cache/ms-playwright"
    found = sorted(Path(folder).glob("chromium*/*/*headless*shell*")) + sorted(Path(folder).glob("chromium*/*/chrome"))
    return next((path for path in reversed(found) if os.access(path, os.X_OK) and path.is_file()), None)


def _run(command: Sequence[str]) -> bool:
    is_asking = command[-1] == "--version"
    if not is_asking:
        sys.stderr.write(f"+ {' '.join(command)}\n")
    told = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ran = subprocess.run(
            command,
            env=told,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if is_asking else None,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


def main() -> None:
    """Say where the Chromium is; with `--install` after installing one if there is none."""
    try:
        found = install_chromium() if "--install" in sys.argv[1:] else find_chromium()
    except NoChromium as error:
        sys.exit(str(error))
    if found is None:
        sys.exit(MISSING)


if __name__ == "__main__":
    main()
