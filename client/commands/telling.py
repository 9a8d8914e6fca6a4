"""How a command talks: words for people or, with `--json`, one JSON object a command on standard output."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import rich_click as click

from client.commands.wording import words_of
from client.failures import Failure, NotAuthenticated, NotConfigured, NotVerified, Refused, RootChanged
from client.home import Home
from client.partner import Partner
from client.wire import Patience
from client.words import helping
from client.words.message import speaking

Command = Callable[..., Any]
_OTHERS = 0o077


class Context:
    """What every command shares: the home, and how to talk."""

    def __init__(self, *, home: Path) -> None:
        self.home = Home(home)
        self.is_json = False

    @contextmanager
    def partner(self, *, patience: Patience | None = None) -> Iterator[Partner]:
        """Open the partner of this home for the length of a command."""
        with Partner.open(self.home.path, patience=patience) as partner:
            yield partner

    def tell(self, data: Any, words: str) -> None:
        """Say `data` as JSON, or `words` to a person."""
        if self.is_json:
            sys.stdout.write(json_text(data) + "\n")
        else:
            click.echo(words)

    def warn(self, words: str) -> None:
        """Say something beside the result, on standard error."""
        click.echo(words, err=True)

    def fail(self, failure: Failure) -> int:
        """Say why it did not work, and return the exit code."""
        if self.is_json:
            sys.stdout.write(json_text(failure_members(failure)) + "\n")
        self.warn(words_of(failure))
        return failure.exit_code


pass_context = click.make_pass_decorator(Context)


def with_json(command: Command) -> Command:
    """Give a command `--json`."""

    def set_json(context: click.Context, _parameter: click.Parameter, value: object) -> None:
        shared = context.find_object(Context)
        if shared is not None and value:
            shared.is_json = True
            context.with_resource(speaking("en"))

    return click.option("--json", "is_json", is_flag=True, expose_value=False, callback=set_json, help=helping.JSON())(
        command
    )


def json_text(data: Any) -> str:
    """Return JSON text; dataclasses as objects, tuples as arrays."""
    return orjson.dumps(data, default=_plain, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def failure_members(failure: Failure) -> dict[str, Any]:
    """Return what a failed command says as JSON."""
    with speaking("en"):
        words = words_of(failure)
    members: dict[str, Any] = {"failed": failure.reason, "exit_code": failure.exit_code, "words": words}
    if isinstance(failure, NotVerified | NotConfigured) and failure.about is not None:
        members["about"] = failure.about
    if isinstance(failure, RootChanged):
        members["thumbprint"] = failure.thumbprint
    if isinstance(failure, Refused):
        members |= {"status": failure.status, "request_id": failure.request_id, "refused": failure.refused}
    if isinstance(failure, NotAuthenticated):
        members["clock_difference_seconds"] = failure.clock_difference_seconds
    return members


def passphrase_of(path: Path | None) -> bytes | None:
    """Return the passphrase in a file, without its line end.

    Raises:
        NotConfigured: `passphrase_file`; `passphrase_mode`: others may read it.
    """
    if path is None:
        return None
    try:
        if path.stat().st_mode & _OTHERS:
            raise NotConfigured("passphrase_mode", about=str(path))
        passphrase = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise NotConfigured("passphrase_file") from error
    if not passphrase:
        raise NotConfigured("passphrase_file")
    return passphrase


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name.rstrip("_"): member for name, member in asdict(value).items()}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    raise TypeError
