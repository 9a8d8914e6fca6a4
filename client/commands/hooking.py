"""The command that `havre follow --on-change` runs with each portion of changes."""

import shlex
import subprocess
from collections.abc import Callable, Sequence

import orjson

from client.clock import wire_time
from client.columns import Shown
from client.failures import NotConfigured
from client.hooks import HookFailed
from client.judging import load_manifest
from client.state.changes import Change
from client.words import pulling
from crypto.documents import BATCH, read_document


class CommandHook:
    """Runs a command, without a shell, with changes on its standard input; takes exit code 0 for "done"."""

    def __init__(self, command: str, *, warn: Callable[[str], None]) -> None:
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise NotConfigured("hook_command", about=command) from error
        if not self._arguments:
            raise NotConfigured("hook_command", about=command)
        self._warn = warn

    def __call__(self, changes: Sequence[Change]) -> None:
        """Tell the command, and wait for its end.

        Raises:
            HookFailed: it exited with another code than 0, or could not be started.
        """
        lines = b"".join(change_line(one) for one in changes)
        try:
            # A session of its own: an interrupt at the terminal is for us, and we wait for what it is doing.
            done = subprocess.run(self._arguments, input=lines, check=False, start_new_session=True)
        except OSError as error:
            self._warn(pulling.HOOK_FAILED(code=error.strerror))
            raise HookFailed("hook_failed") from error
        if done.returncode:
            self._warn(pulling.HOOK_FAILED(code=done.returncode))
            raise HookFailed("hook_failed")


def change_line(change: Change) -> bytes:
    """Return a change as one line of JSON; `record` and `terms` where a line counts now, or says why none does."""
    told = {
        "change": change.what,
        **({} if change.reason is None else {"reason": change.reason}),
        "origin": change.origin,
        "id": change.id,
        "kind": change.kind,
        "revision": change.revision,
        "at": wire_time(change.at),
    }
    if change.line is not None and change.manifest is not None:
        manifest = load_manifest(read_document(change.manifest, typ=BATCH).claims)
        shown = Shown(origin=change.origin, line=change.line, manifest=manifest)
        told |= {"record": orjson.Fragment(change.line), "terms": orjson.Fragment(shown.terms)}
    return orjson.dumps(told) + b"\n"
