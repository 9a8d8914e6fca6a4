"""Show the log's signed heads and who cosigned them."""

import re

from crypto.encoding import to_base64url
from server.access import Permission
from server.console import shapes, store
from server.console.door import ConsoleVisit, Pages, Shown
from server.console.health import Heads
from server.console.store import Head
from server.db import Connection
from server.tree.reading import published_checkpoint
from server.web.endpoints import Parameter
from server.witnessing.publishing import newest_cosigned

checkpoints = Pages(name="checkpoints")

HEADS_A_PAGE = 25
# No log has that many epochs: what is before this is every head.
_AFTER_ALL = (2**31 - 1, 2**62)
_BEFORE = Parameter(name="before", form=re.compile(r"[0-9]{1,9}\.[0-9]{1,18}"), meaning="Epoch and size of a head.")


@checkpoints.get("/console/checkpoints", permission=Permission.READ_CONSOLE, query=(_BEFORE,))
def checkpoints_page(visit: ConsoleVisit) -> Shown:
    """Show the newest signed head with its note, the witnesses, and the heads before it."""
    epoch, size = (int(part) for part in visit.query["before"].split(".")) if "before" in visit.query else _AFTER_ALL
    found = store.heads_before(visit.db, epoch, size, limit=HEADS_A_PAGE + 2)
    heads = newest_heads(visit.db)
    name = visit.node.settings.log_name
    newest = None if heads is None else heads.newest
    earlier = [one for one in found if newest is None or (one.epoch, one.size) != (newest.epoch, newest.size)]
    more = earlier[HEADS_A_PAGE - 1] if len(earlier) > HEADS_A_PAGE else None
    public = published_checkpoint(visit.db)
    page = shapes.CheckpointsPage(
        newest=None if newest is None else head_shown(newest, log_name=name),
        note="" if public is None else public.note,
        witnesses=_witnesses(visit.db, newest),
        earlier=tuple(head_shown(one, log_name=name) for one in earlier[:HEADS_A_PAGE]),
        next=None if more is None else f"{more.epoch}.{more.size}",
    )
    return Shown(template="checkpoints.html", values={"page": page})


def newest_heads(db: Connection) -> Heads | None:
    """Return the newest signed head and the one before it; None where nothing was signed yet."""
    found = store.heads_before(db, *_AFTER_ALL, limit=2)
    if not found:
        return None
    return Heads(newest=found[0], before=found[1] if len(found) > 1 else None)


def head_shown(head: Head, *, log_name: str) -> shapes.CheckpointShown:
    """Return a signed head as a page shows it; `log_name` is without the epoch."""
    return shapes.CheckpointShown(
        origin=f"{log_name}/{head.epoch}",
        epoch=head.epoch,
        size=head.size,
        root=to_base64url(head.root),
        signed_at=head.signed_at,
        cosigned_by=tuple(_name_of(key) for key in head.witnesses),
    )


def _witnesses(db: Connection, newest: Head | None) -> tuple[shapes.WitnessShown, ...]:
    size = 0 if newest is None else newest.size
    return tuple(
        shapes.WitnessShown(name=_name_of(key), size=one.size, behind=max(0, size - one.size), at=one.cosigned_at)
        for key, one in newest_cosigned(db).items()
    )


def _name_of(key: str) -> str:
    """Return the name in a witness's key (C2SP signed-note): what stands before the first plus."""
    return key.partition("+")[0]
