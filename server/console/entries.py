"""Show one entry: what it says, the records behind it, the signed request, and what proves all of it."""

import re
from urllib.parse import unquote

import structlog

from crypto.claims import public_key_of
from crypto.encoding import to_base64url
from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from crypto.refusals import NotVerified
from server.access import Permission
from server.auditing.searching import TrailEntry, entry_at
from server.console import shapes
from server.console import store as console_store
from server.console.browsing import viewer_at
from server.console.door import ConsoleVisit, Pages, Shown
from server.console.rows import EntryRow, members_of, row_of
from server.errors import NotFound
from server.organisations import store
from server.organisations.founding_store import founded_node
from server.organisations.reading import read_statement
from server.tree import reading

entries = Pages(name="entries")

RECORDS_SHOWN = 50
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")
_RECORD = re.compile(r"/(?:v1|v1/trail|console)/records/([^/?]+)/([0-9a-f-]{36})(?:[/?].*)?")

log = structlog.get_logger()


@entries.get("/console/entries/<index>", permission=Permission.READ_TRAIL)
def entry_page(visit: ConsoleVisit, index: str) -> Shown:
    """Show the entry at a place of the log.

    Raises:
        NotFound: there is none that this person may see.
    """
    entry = entry_at(visit.trail, viewer_at(visit), int(index)) if _INDEX.fullmatch(index) else None
    node = founded_node(visit.db)
    if entry is None or node is None:
        raise NotFound
    said, row = entry.said, row_of(entry)
    # Of an erased one nobody is told more than that it was: neither whose it was nor what it stored.
    records = () if entry.is_erased else _records_of(visit, entry)
    statement = None if row.organisation is None else _statement_of(visit, row.organisation)
    roots = {node.name: _root_of(node.statement)}
    if statement is not None and row.organisation is not None:
        roots[row.organisation] = _root_of(statement)
    path, size = _path_of(visit, entry.index)
    base = said.get("signature_base")
    page = shapes.EntryPage(
        index=entry.index,
        row=row,
        leaf=to_base64url(entry.leaf),
        salt=None if entry.salt is None else to_base64url(entry.salt),
        p=None if entry.salt is None else to_base64url(entry.p),
        text=None if entry.entry is None else entry.entry.decode(errors="replace"),
        members=() if entry.is_erased else members_of(said),
        request_id=None if entry.is_erased else str(entry.entry_id),
        signature_base=base if isinstance(base, str) else None,
        is_digested=row.decision == "refused",
        records=records[:RECORDS_SHOWN],
        has_more_records=len(records) > RECORDS_SHOWN,
        served_to=row.organisation if _is_served(visit, row) else None,
        path=path,
        size=size,
        roots=tuple(shapes.RootShown(organisation=name, thumbprint=root) for name, root in sorted(roots.items())),
        statement=statement,
        node_statement=node.statement,
        log=f"{visit.node.settings.log_name}/{node.epoch}",
    )
    return Shown(template="entry.html", values={"page": page})


def _records_of(visit: ConsoleVisit, entry: TrailEntry) -> tuple[shapes.RecordNamed, ...]:
    """Return the records that an act stored, or the one that it names; one more than are shown."""
    target = entry.said.get("target")
    named = _RECORD.fullmatch(unquote(target)) if isinstance(target, str) else None
    if named is not None and is_organisation(named[1]) and is_uuid7(named[2]):
        return (shapes.RecordNamed(origin=named[1], record_id=named[2]),)
    stored = console_store.records_stored_by(visit.trail, entry.entry_id, limit=RECORDS_SHOWN + 1)
    return tuple(shapes.RecordNamed(origin=one.origin, record_id=str(one.record_id)) for one in stored)


def _is_served(visit: ConsoleVisit, row: EntryRow) -> bool:
    """Return whether this was a pull that served records, by an organisation whose receipts this person may see."""
    viewer = viewer_at(visit)
    return (
        (row.action, row.decision) == (Permission.READ_FEED.value, "allowed")
        and bool(row.records)
        and row.organisation is not None
        and is_organisation(row.organisation)
        and (viewer.sees_all or viewer.organisation == row.organisation)
    )


def _statement_of(visit: ConsoleVisit, organisation: str) -> str | None:
    member = store.organisation_named(visit.db, organisation) if is_organisation(organisation) else None
    return None if member is None else store.newest_statement(visit.db, member.organisation_id)


def _root_of(statement: str) -> str:
    return public_key_of(read_statement(statement).claims.root).thumbprint


def _path_of(visit: ConsoleVisit, index: int) -> tuple[tuple[str, ...] | None, int | None]:
    """Return the path to the newest signed root that holds the entry; None before there is one, or if it is broken."""
    newest = reading.newest_checkpoint(visit.db)
    if newest is None or index >= newest.size:
        return None, None
    try:
        path = reading.inclusion(visit.db, index, newest.size)
    except NotVerified as error:
        log.warning("tree_unreadable", reason=error.reason)
        return None, None
    return tuple(to_base64url(step) for step in path), newest.size
