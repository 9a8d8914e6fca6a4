"""Open entries of the log to those whose acts they were."""

from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from schemas.answers import OpenedEntry, OpenedEntrySchema
from server.access import Permission
from server.errors import NotFound
from server.trail import store
from server.web.endpoints import Endpoints, Exchange

trail = Endpoints(name="trail", description="The access trail: what was done, opened by its receipt.")

_LEAF_BYTES = 32


@trail.get(
    "/v1/log/entries/<leaf>",
    permission=Permission.READ_OWN_ENTRY,
    answer=OpenedEntrySchema(),
    refusals=(NotFound,),
)
def open_entry(exchange: Exchange, leaf: str) -> OpenedEntry:
    """Open one entry by its leaf, for the organisation whose act it was."""
    try:
        leaf_bytes = from_base64url(leaf, length=_LEAF_BYTES)
    except NotVerified as error:
        raise NotFound from error
    caller = exchange.caller
    if caller.organisation_id is None:
        raise NotFound
    found = store.entry_of(
        exchange.db, leaf=leaf_bytes, organisation_id=caller.organisation_id, organisation=caller.organisation
    )
    if found is None:
        raise NotFound
    return OpenedEntry(
        entry=found.document.decode("ascii"),
        salt=to_base64url(found.salt),
        p=to_base64url(found.p),
        index=found.index,
    )
