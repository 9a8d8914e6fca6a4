"""End cleanly when asked by a signal: at once while waiting or asking the node, else after what is being done.

A page that is being kept is kept, its lines are written, a hook that runs is waited for.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopped(KeyboardInterrupt):
    """The process was asked to end."""


class Stop:
    """Whether this process was asked to end; `ask` is fit for `signal.signal`."""

    def __init__(self) -> None:
        self._is_asked = False
        self._may_interrupt = False

    def ask(self, *_signal: object) -> None:
        """Ask for the end.

        Raises:
            Stopped: where nothing is lost by it.
        """
        self._is_asked = True
        if self._may_interrupt:
            raise Stopped

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let `ask` interrupt what is done inside.

        Raises:
            Stopped: the end was asked for, before or inside.
        """
        self._may_interrupt = True
        try:
            if self._is_asked:
                raise Stopped
            yield
        finally:
            self._may_interrupt = False

    def wait(self, seconds: float) -> None:
        """Wait.

        Raises:
            Stopped: as `interruptible` does.
        """
        with self.interruptible():
            time.sleep(seconds)
