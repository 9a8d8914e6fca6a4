"""Count what holds and what does not, and say each in a line: what, how many, how long."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

_PATIENCE_SECONDS = 60.0


class CheckFailed(Exception):
    """Something that the demo asserts is not so."""


class Checks:
    """The checks of one demo."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        # Plain lines where the output is no terminal.
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)

    def scene(self, title: str) -> None:
        """Begin a part of the demo."""
        self._console.print(f"\n[bold]{title}[/bold]")

    def say(self, text: str) -> None:
        """Tell what is no check."""
        self._console.print(f"      {text}", markup=False)

    @contextmanager
    def check(self, what: str) -> Iterator[Callable[[object], None]]:
        """Check what the block asserts; the block may tell a count by calling what it is given.

        A failed check is counted and told, and the demo goes on: one broken rule must not hide another.
        """
        told: list[object] = []
        begin = time.monotonic()
        try:
            yield told.append
        except Exception as error:  # noqa: BLE001 - whatever breaks is what the demo must show
            self.failed += 1
            mark, reason = "[red]FAIL[/red]", f"  {type(error).__name__}: {error}"
        else:
            self.passed += 1
            mark, reason = "[green] ok [/green]", ""
        seconds = time.monotonic() - begin
        count = str(told[-1]) if told else ""
        self._console.print(f"{mark}  {what:<84} {count:>14} {seconds:7.2f} s", end="")
        self._console.print(reason, markup=False)


def expect(found: object, wanted: object, what: str) -> None:
    """Fail unless `found` equals `wanted`.

    Raises:
        CheckFailed: it does not.
    """
    if found != wanted:
        raise CheckFailed(f"{what}: expected {wanted!r}, found {found!r}")


def wait_until(is_so: Callable[[], object], *, what: str, seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait until the callable `is_so` returns something true.

    Raises:
        CheckFailed: it did not within `seconds`.
    """
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise CheckFailed(what)
        time.sleep(0.02)
