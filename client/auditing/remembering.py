"""What an auditor has proven before: the last checkpoint of each log, and a mark of each leaf below it.

The checkpoint proves that what was there is there still. The marks (8 bytes of each leaf) prove nothing: they find
again which entry was touched, once the checkpoint has shown that something was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from client.failures import NotConfigured
from client.home import Home
from crypto import refusals
from crypto.bundles import MARK_BYTES
from crypto.checkpoints import open_note, read_body

FOLDER = "audited"


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """A head of a log that was proven before: its signed note, and the marks of its leaves where they are kept.

    `proven_at` is when, None where nobody knows.
    """

    log: str
    size: int
    root: bytes
    note: str
    marks: Sequence[bytes] = ()
    proven_at: datetime | None = None


def as_remembered(note: str, *, marks: bytes = b"", proven_at: datetime | None = None) -> Remembered:
    """Return the head that a note spells; its signature is not judged here.

    Raises:
        refusals.NotVerified: `note_form`, `checkpoint_form`.
    """
    said = read_body(open_note(note).body)
    cut = [marks[at : at + MARK_BYTES] for at in range(0, len(marks), MARK_BYTES)]
    return Remembered(
        log=said.origin,
        size=said.size,
        root=said.root,
        note=note,
        marks=cut if len(cut) == said.size else (),
        proven_at=proven_at,
    )


def remember(home: Home, one: Remembered, *, marks: bytes) -> None:
    """Keep a head that was proven, in the place of the one before of this log."""
    folder = Home(home.path / FOLDER)
    folder.create()
    folder.write(f"{_name(one.log)}.marks", marks)
    folder.write(f"{_name(one.log)}.checkpoint", one.note.encode())


def remembered(home: Home, *, node: str) -> list[Remembered]:
    """Return the last head that was proven of each log of `node`, oldest epoch first.

    Raises:
        NotConfigured: `audited_form`: a file of them is not as it was written.
    """
    found = [_read(path) for path in (home.path / FOLDER).glob(f"{node}-*.checkpoint")]
    return sorted(found, key=lambda one: epoch_of(one.log))


def epoch_of(log: str) -> int:
    """Return the epoch that a log's name ends with."""
    return int(log.rpartition("/")[2])


def _read(path: Path) -> Remembered:
    marks = path.with_suffix(".marks")
    try:
        return as_remembered(
            path.read_text(encoding="utf-8"),
            marks=marks.read_bytes() if marks.exists() else b"",
            # Whole seconds, as those that bundles name.
            proven_at=datetime.fromtimestamp(int(path.stat().st_mtime), UTC),
        )
    except (refusals.NotVerified, UnicodeDecodeError) as error:
        raise NotConfigured("audited_form", about=str(path)) from error


def _name(log: str) -> str:
    return f"{log.partition('/')[0]}-{epoch_of(log)}"
