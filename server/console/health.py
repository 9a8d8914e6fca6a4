"""Check the proof's health as far as the node can check itself, in a few bounded reads.

- The newest checkpoint's root is the root of the stored tree, computed from the tiles of its right edge.
- It is recent, or nothing waits to be signed.
- It continues the checkpoint before it, of the same epoch.
- The newest entries and others drawn at random make their leaves, at their places: whoever changed one is found here by
  chance, and by `havre audit verify` for certain.

None of this binds a node that lies; a browser's memory, witnesses and proof bundles do.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from crypto import merkle, tiles
from crypto.encoding import to_base64url
from crypto.merkle import leaf_hash
from crypto.refusals import NotVerified
from server.console import store
from server.console.shapes import Check
from server.console.store import Drawn, Head
from server.db import Connection
from server.tree import reading

# A checkpoint follows a commit within a second; a page may be made in between.
RECENT = timedelta(seconds=10)
DRAWN = 512


@dataclass(frozen=True, kw_only=True)
class Heads:
    """The newest signed head and the one before it; None where there is none."""

    newest: Head
    before: Head | None


def checks_of(db: Connection, heads: Heads | None, *, now: datetime, trail: Connection | None) -> tuple[Check, ...]:
    """Return the checks in their order; those of entries only with the auditor's connection, `trail`."""
    if heads is None:
        return tuple(Check(name=name, state="unknown", detail="check_nothing") for name in ("check_root", "check_age"))
    checks = [_root_check(db, heads.newest), _age_check(db, heads.newest, now=now), _growth_check(db, heads)]
    if trail is not None:
        checks.append(_entries_check(trail, heads.newest.size))
    return tuple(checks)


def _root_check(db: Connection, head: Head) -> Check:
    try:
        found = reading.read_tiles(db, tiles.peak_tiles(head.size)) if head.size else {}
        root = merkle.Frontier(size=head.size, peaks=tiles.peaks(head.size, found.__getitem__)).root
    except NotVerified:
        return Check(name="check_root", state="bad", detail="check_tiles_gone")
    if root != head.root:
        return Check(name="check_root", state="bad", detail="check_root_differs", values={"root": to_base64url(root)})
    values = {"size": head.size, "root": to_base64url(root)}
    return Check(name="check_root", state="good", detail="check_root_detail", values=values)


def _age_check(db: Connection, head: Head, *, now: datetime) -> Check:
    age = max(now - head.signed_at, timedelta(0))
    values = {"seconds": int(age.total_seconds())}
    if age > RECENT and store.log_size(db) != head.size:
        return Check(name="check_age", state="bad", detail="check_age_waits", values=values)
    return Check(name="check_age", state="good", detail="check_age_detail", values=values)


def _growth_check(db: Connection, heads: Heads) -> Check:
    newest, before = heads.newest, heads.before
    if before is None or before.epoch != newest.epoch:
        return Check(name="check_grows", state="good", detail="check_grows_first", values={"epoch": newest.epoch})
    values = {"first": before.size, "second": newest.size}
    try:
        merkle.verify_consistency(
            first=before.size,
            second=newest.size,
            first_root=before.root,
            second_root=newest.root,
            path=reading.consistency(db, before.size, newest.size),
        )
    except NotVerified:
        return Check(name="check_grows", state="bad", detail="check_grows_detail", values=values)
    return Check(name="check_grows", state="good", detail="check_grows_detail", values=values)


def _entries_check(trail: Connection, size: int) -> Check:
    wanted = _drawn_places(size)
    found = store.entries_drawn(trail, wanted)
    wrong = sorted({*wanted} - {one.index for one in found} | {one.index for one in found if not makes_its_leaf(one)})
    if wrong:
        return Check(name="check_entries", state="bad", detail="check_entries_bad", values={"index": wrong[0]})
    return Check(name="check_entries", state="good", detail="check_entries_detail", values={"count": len(wanted)})


def makes_its_leaf(drawn: Drawn) -> bool:
    """Return whether what is kept of an entry makes the leaf at its place; of an erased one, what its text made."""
    if drawn.p is None:
        return False
    if drawn.document is not None and drawn.salt is not None:
        bound = sha256(drawn.salt + drawn.document).digest()
    else:
        bound = drawn.commitment or b""
    return drawn.leaf == drawn.placed_leaf == leaf_hash(bound + drawn.p)


def _drawn_places(size: int) -> Sequence[int]:
    """Return the newest places and as many at random: all of a log of `DRAWN` entries."""
    newest = range(max(0, size - DRAWN // 2), size)
    older = range(max(0, size - DRAWN // 2))
    return [*newest, *secrets.SystemRandom().sample(older, min(len(older), DRAWN // 2))]
