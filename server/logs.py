"""Say what happened as JSON events on stderr: one line an event, for operators; the trail is the evidence, not this.

Nothing that a caller sent gets in: our own events carry constants and ids, and what libraries say loses its arguments
where it tells of an exception, whose text could repeat a value; its class and where it was raised stay.

Our events are written without the standard module: there is one for each exchange, and it must cost next to nothing.
"""

import contextlib
import logging
import sys
import threading
from traceback import extract_tb
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_FRAMES = 8
# Libraries that speak by the standard module; what they say below a warning is of no use at night.
_QUIET = ("procrastinate", "psycopg", "psycopg.pool", "yoyo", "asyncio", "urllib3")


def set_up_logs(*, process: str) -> None:
    """Send this process's events, and those of the libraries it uses, to stderr; `process` names who speaks."""
    structlog.configure(
        processors=[*_shared(process), structlog.processors.JSONRenderer(serializer=orjson.dumps)],
        logger_factory=_Lines(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Lines:
    """Writes each event as one line, or loses it: a log that nobody takes must not stop an exchange."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def __call__(self, *_named: object) -> "_Lines":
        return self

    def msg(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError), self._lock:
            self._file.write(line + b"\n")
            self._file.flush()

    debug = info = warning = error = critical = exception = msg


def formatter(process: str) -> logging.Formatter:
    """Return what writes a record of the standard module as one of our events."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(process),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )


def _shared(process: str) -> list[Processor]:
    def name_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_process,
        _name_exception,
    ]


def _name_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its class and its frames: its text could repeat what a caller sent."""
    information: Any = event.pop("exc_info", None)
    if information is True:
        information = sys.exc_info()
    error = information if isinstance(information, BaseException) else None
    if isinstance(information, tuple):
        error = information[1]
    if error is not None:
        event["error"] = type(error).__name__
        event["at"] = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-_FRAMES:]]
    return event
