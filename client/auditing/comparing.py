"""Compare two heads of one log, each with its leaves or alone: one history, or proof that the node shows two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from client.anchors import Anchors
from client.auditing.archive import open_archive
from client.auditing.heads import verify_by_log_key
from client.auditing.remembering import Remembered, as_remembered
from client.auditing.verifying import anchors_of, organisations_of
from client.failures import NotConfigured, NotVerified
from client.known import KnownStatement
from crypto import refusals
from crypto.bundles import Finding, Leaves, differences, read_tree
from crypto.checkpoints import Checkpoint, open_note, read_body

_ZIP = b"PK"
_MOST_NOTE = 512 * 1024
_MOST_TOLD = 200


@dataclass(frozen=True, kw_only=True)
class Told:
    """One side: a signed head, and its leaves where they are known; `statements` are the node's, if it has some."""

    checkpoint: Checkpoint
    note: str
    leaves: Leaves | None = None
    statements: Sequence[KnownStatement] = ()
    made_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Whether two heads tell one history; None where nothing can be said. `size`: how many entries they share.

    `findings` say what became of the entries of the shorter one.
    """

    log: str
    size: int
    is_one_history: bool | None
    findings: tuple[Finding, ...]


def compare(
    left: Path,
    right: Path,
    *,
    anchors: Anchors | None,
    node_root: str | None,
    statements: Sequence[KnownStatement],
) -> Comparison:
    """Return whether the bundles or checkpoints at `left` and `right` tell one history.

    `statements` are the node's that are known already; a bundle brings its own. The node's log key signed both heads.

    Raises:
        NotConfigured: `log_key_unknown`: two bare checkpoints, and nothing is known of the node's keys.
        NotVerified: one of them is not to be believed; `other_log`: they are of different logs.
    """
    sides = [_told(path, anchors=anchors, node_root=node_root) for path in (left, right)]
    known = max((one.statements for one in sides), key=len) or statements
    if not known:
        raise NotConfigured("log_key_unknown")
    for one in sides:
        newest = (one.statements or known)[-1].signed.claims
        at = max(newest.iat, one.made_at or newest.iat)
        verify_by_log_key(one.note, log=one.checkpoint.origin, statements=one.statements or known, at=at)
    shorter, longer = sorted(sides, key=lambda one: (one.checkpoint.size, one.leaves is not None))
    if shorter.checkpoint.origin != longer.checkpoint.origin:
        raise NotVerified("other_log", about=longer.checkpoint.origin)
    is_one = _is_one_history(shorter, longer)
    findings: list[Finding] = []
    if is_one is False and shorter.leaves is not None and longer.leaves is not None:
        findings = differences(list(shorter.leaves), list(longer.leaves), most=_MOST_TOLD)
    return Comparison(
        log=longer.checkpoint.origin,
        size=shorter.checkpoint.size,
        is_one_history=is_one,
        findings=tuple(findings),
    )


def read_earlier(path: Path) -> Remembered:
    """Return the head at `path`, which its reader vouches for: of a bundle, or a signed note by itself.

    Raises:
        NotVerified: `note_form`, or what is wrong with the bundle.
    """
    try:
        if not _is_bundle(path):
            return as_remembered(_read_note(path))
        with open_archive(path) as archive:
            marks = read_tree(archive.tiles()).leaves.marks()
            return as_remembered(archive.checkpoint, marks=b"".join(marks), proven_at=archive.head.made_at)
    except refusals.NotVerified as error:
        raise NotVerified("note_form", about=str(path)) from error


def _is_bundle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def _read_note(path: Path) -> str:
    with path.open("rb") as file:
        begun = file.read(_MOST_NOTE + 1)
    try:
        return begun.decode() if len(begun) <= _MOST_NOTE else ""
    except UnicodeDecodeError as error:
        raise NotVerified("note_form", about=str(path)) from error


def _told(path: Path, *, anchors: Anchors | None, node_root: str | None) -> Told:
    if not _is_bundle(path):
        note = _read_note(path)
        return Told(checkpoint=_checkpoint(note, path), note=note)
    with open_archive(path) as archive:
        believed = anchors_of(archive.head, anchors, node_root)
        organisations = organisations_of(archive, believed, pinned={})
        checkpoint = _checkpoint(archive.checkpoint, path)
        try:
            tree = read_tree(archive.tiles())
        except refusals.NotVerified as error:
            raise NotVerified("bundle_form", about=str(path)) from error
        if (tree.root, len(tree.leaves)) != (checkpoint.root, checkpoint.size):
            raise NotVerified("bundle_root", about=str(path))
        return Told(
            checkpoint=checkpoint,
            note=archive.checkpoint,
            leaves=tree.leaves,
            statements=organisations.node_statements,
            made_at=archive.head.made_at,
        )


def _checkpoint(note: str, path: Path) -> Checkpoint:
    try:
        return read_body(open_note(note).body)
    except refusals.NotVerified as error:
        raise NotVerified("note_form", about=str(path)) from error


def _is_one_history(shorter: Told, longer: Told) -> bool | None:
    size = shorter.checkpoint.size
    if size == longer.checkpoint.size:
        return shorter.checkpoint.root == longer.checkpoint.root
    if longer.leaves is None:
        return None
    hashes = longer.leaves.hashes
    cut = (bytes(hashes[at : min(at + 8192, 32 * size)]) for at in range(0, 32 * size, 8192))
    return read_tree(cut).root == shorter.checkpoint.root
