"""Tell a hook what changed among the live records, at least once each, in the order in which it happened.

Changes are journalled in the transaction that makes them, and acknowledged after the hook has returned: after a crash
it is told again what it may have heard before. So a hook does the same whether it hears a thing once or twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from client.failures import Failure
from client.pulled import Filter
from client.state import changes
from client.state.changes import Change
from client.state.opening import State

_PORTION = 500

Tell = Callable[[Sequence[Change]], None]
"""Take up to 500 changes, in order; what raises has not taken them."""


class Hook(Protocol):
    """What a program gives to be told; `record.line` holds the exact bytes of a record that was added or changed.

    `reason` of a removal is `withdrawn`, `expired`, `revoked` (its key turned out to be stolen), or why the stream
    ended: `left_group`, `group_withdrawn`, `group_expired`, `sector_changed`.
    """

    def on_added(self, record: Change) -> None:
        """Take a record that is live from now on."""

    def on_changed(self, record: Change) -> None:
        """Take another revision of a record that was live."""

    def on_removed(self, record: Change, reason: str) -> None:
        """Delete a record: it is live no more."""


class HookFailed(Failure):
    """The hook did not take the changes; they stay journalled, and are told again."""


def one_by_one(hook: Hook) -> Tell:
    """Return how a hook object is told a portion."""

    def tell(portion: Sequence[Change]) -> None:
        for change in portion:
            if change.what == "added":
                hook.on_added(change)
            elif change.what == "changed":
                hook.on_changed(change)
            else:
                hook.on_removed(change, change.reason or "")

    return tell


def begin(state: State, *, now: datetime) -> None:
    """Journal changes from now on; the first time everything that is live is journalled as added."""
    with state.transaction():
        changes.begin(state.db, now=now)
        changes.write_down(state.db, now=now)


def tell_waiting(state: State, tell: Tell, *, only: Filter, organisation: str, now: datetime) -> None:
    """Tell all that is journalled and not acknowledged, after writing down what has expired since.

    What `only` leaves out is acknowledged untold.

    Raises:
        Whatever the hook raises: the portion it was told stays journalled.
    """
    with state.transaction():
        changes.write_down(state.db, now=now)
    while portion := changes.waiting(state.db, limit=_PORTION):
        told = [one for one in portion if _is_told(one, only, organisation)]
        if told:
            tell(told)
        with state.transaction():
            changes.acknowledge(state.db, portion[-1].position)


def _is_told(change: Change, only: Filter, organisation: str) -> bool:
    if change.what != "removed" and change.line is None:
        # It has gone since; that it was removed is told next.
        return False
    return (
        only.kind in {None, change.kind}
        and only.origin in {None, change.origin}
        and (only.own or change.origin != organisation)
    )
