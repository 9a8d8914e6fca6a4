"""What became of records that were given: counted, each of the first refusals explained, and all of them in a file."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from client.commands.telling import Context, json_text
from client.drafting import RefusedRecord
from client.pushing import PushOutcome
from client.words import pushing as words
from client.words.refusing import explain

_MOST_EXPLAINED = 10


def tell_outcome(
    context: Context,
    outcome: PushOutcome,
    *,
    found: Sequence[RefusedRecord] | None = None,
    refused: Path | None = None,
    named: Mapping[str, Any] | None = None,
) -> int:
    """Tell an outcome and return the exit code: 1 where anything was refused.

    `found` are all refusals, else those of the outcome; `refused` is where they were written; `named` goes into the
    JSON result, and its texts before the words.
    """
    found = outcome.refused if found is None else found
    rows = len({(one.row, one.id) for one in found})
    result = {
        **(named or {}),
        "pushed": outcome.pushed,
        "already": outcome.already,
        "resent": outcome.resent,
        "unsent": outcome.unsent,
        "refused": rows,
        "batches": outcome.batches,
        "refusals": refused if found and refused is not None else list(found) or None,
    }
    told = "".join(f"{one}\n" for one in (named or {}).values() if isinstance(one, str))
    told += words.PUSHED(pushed=outcome.pushed, already=outcome.already, refused=rows)
    if outcome.resent:
        told += words.RESENT(resent=outcome.resent)
    if outcome.unsent:
        told += words.UNSENT(unsent=outcome.unsent)
    if found and refused is not None:
        told += words.WHY(path=refused)
    context.tell(result, told + _explained(found))
    return 1 if found else 0


def check_place(path: Path) -> None:
    """Find out that refusals could not be written before anything is pushed.

    Raises:
        OSError: the folder is not there, or no file can be made in it.
    """
    was_there = path.exists()
    with path.open("a", encoding="utf-8"):
        pass
    if not was_there:
        path.unlink()


def write_refusals(path: Path, found: Sequence[RefusedRecord]) -> None:
    """Write refusals as NDJSON, where there are any."""
    if found:
        path.write_text("".join(json_text(one) + "\n" for one in found), encoding="utf-8")


def progress_bar() -> Progress:
    """Return a progress bar on standard error, silent where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def _explained(found: Sequence[RefusedRecord]) -> str:
    """Return a line for each of the first refusals, and how many more there are."""
    told = "".join(
        "\n" + explain(record_id=one.id, pointer=one.pointer, code=one.code) for one in found[:_MOST_EXPLAINED]
    )
    more = len(found) - _MOST_EXPLAINED
    return told + ("\n" + words.MORE_REFUSED(more=more) if more > 0 else "")
