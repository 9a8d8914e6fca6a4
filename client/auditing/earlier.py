"""Hold a tree against the heads that were proven before: nothing may be gone, moved, changed or put in between.

After a restore the log goes on under the name of the next epoch, and an entry (`open_epoch`) says after how many of the
old entries. What came behind them is lost, and an auditor who had seen it is told so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from client.auditing.remembering import Remembered, epoch_of
from crypto.bundles import Finding, ReadTree, differences

_MOST_TOLD = 200
OLDER = "older"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What an entry says of a restore: the log before it, how long that was, and how much of it came back.

    `previous_log` is empty and `previous_size` 0 where the node did not know its last head any more.
    """

    index: int
    log: str
    previous_log: str
    previous_size: int
    restored_size: int

    @property
    def notice(self) -> Finding:
        """Return what an auditor should know: from which entry of the old log on how many are gone."""
        if not self.previous_log:
            return Finding(what="restored_unknown", index=self.restored_size, about=self.log)
        what = "restored" if self.restored_size < self.previous_size else "restored_whole"
        return Finding(what=what, index=self.restored_size, other=self.previous_size - 1, about=self.previous_log)


def read_restored(index: int, said: dict[str, Any]) -> Restored:
    """Return what the target of an `open_epoch` entry says.

    Raises:
        KeyError, TypeError, ValueError: it is not of its form.
    """
    previous = said["previous"] or {"log": "", "size": 0}
    one = Restored(
        index=index,
        log=said["log"],
        previous_log=previous["log"],
        previous_size=previous["size"],
        restored_size=said["restored_size"],
    )
    numbers = (one.previous_size, one.restored_size)
    if any(type(number) is not int for number in numbers) or not 0 <= one.restored_size <= index:
        raise ValueError("a restore brings back what stands before its entry")
    if epoch_of(one.log) <= (epoch_of(one.previous_log) if one.previous_log else 0):
        raise ValueError("epochs rise")
    return one


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What a bundle says of itself: of which log, made when, whether each leaf is opened in it."""

    log: str
    made_at: datetime
    is_complete: bool


def judge_earlier(
    earlier: Sequence[Remembered], tree: ReadTree, *, claimed: Claimed, restored: Sequence[Restored]
) -> Iterator[Finding]:
    """Yield what was done since each of the `earlier` heads; `older` speaks against nobody.

    A bundle that says that it was made before a head was proven may end before that head. That a bundle is as old as
    it says, whoever fetched it knows; `havre audit bundle` takes none that is not of the moment.
    """
    for one in earlier:
        if epoch_of(one.log) > epoch_of(claimed.log):
            yield Finding(what="older_epoch", about=one.log)
            continue
        kept = _kept(one, log=claimed.log, restored=restored)
        if kept is None:
            # A view that is not complete may not show how an epoch began; what was there must be there all the same.
            if claimed.is_complete:
                yield Finding(what="epoch_unexplained", about=one.log)
            kept = one.size
        if kept < one.size:
            yield Finding(what="lost", index=kept, other=one.size - 1, about=one.log)
        yield from _judge_one(one, tree, kept=min(kept, one.size), made_at=claimed.made_at)


def _kept(one: Remembered, *, log: str, restored: Sequence[Restored]) -> int | None:
    """Return how many leaves of an earlier log must stand in this one; None when nothing says it."""
    kept, at = one.size, one.log
    while at != log:
        step = min((each for each in restored if _follows(each, at)), key=lambda each: epoch_of(each.log), default=None)
        if step is None:
            return None
        kept, at = min(kept, step.restored_size), step.log
    return kept


def _follows(step: Restored, log: str) -> bool:
    """Return whether a restore may be the first one since `log`; what told of epochs between may be lost by itself."""
    if step.previous_log:
        return epoch_of(step.previous_log) >= epoch_of(log)
    return epoch_of(step.log) > epoch_of(log)


def _judge_one(one: Remembered, tree: ReadTree, *, kept: int, made_at: datetime) -> Iterator[Finding]:
    size = len(tree.leaves)
    if kept == one.size <= size and tree.prefix_roots[one.size] == one.root:
        return
    marks = one.marks[:kept]
    if kept < one.size and not marks:
        return
    found = differences(marks, tree.leaves.marks(), most=_MOST_TOLD) if marks else []
    if kept == one.size <= size:
        yield Finding(what="rewritten", index=found[0].index if found else -1, other=one.size - 1, about=one.log)
    elif size < kept and (not found or found[0].index >= size):
        # All that is there is as it was: only the end is gone, or was not there yet.
        is_older = bool(found) and one.proven_at is not None and made_at < one.proven_at
        yield Finding(what=OLDER if is_older else "dropped", index=size, other=kept - 1, about=one.log)
        return
    elif size < kept:
        yield Finding(what="rewritten", index=found[0].index, other=one.size - 1, about=one.log)
    yield from found
