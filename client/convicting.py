"""Keep proof against a log: two notes that it has signed and that do not go together, side by side in files.

`$HAVRE_HOME/evidence/<log>-<size>-<8 of the root>.checkpoint`: whoever has both, and the node's statement, can judge.
"""

from pathlib import Path

from client.failures import NotVerified
from client.home import Home
from crypto.checkpoints import open_note, read_body

FOLDER = "evidence"


def keep_evidence(home: Path, *notes: str) -> Path:
    """Write each of the signed `notes` into the folder of evidence, and return that folder."""
    folder = Home(home / FOLDER)
    folder.create()
    for note in notes:
        head = read_body(open_note(note).body)
        name = f"{head.origin.replace('/', '_')}-{head.size}-{head.root.hex()[:8]}.checkpoint"
        folder.write(name, note.encode())
    return folder.path


def convict(home: Path, reason: str, *notes: str) -> NotVerified:
    """Return the failure that says what the notes prove, after they were written; `about` is their folder."""
    return NotVerified(reason, about=str(keep_evidence(home, *notes)))
