"""Count what organisations say of a record, as far as the caller may know it."""

from uuid import UUID

from schemas.evidence import OpinionCounts, VerdictCounts
from server.access import Permission, sees_only_its_own
from server.errors import NotFound
from server.feed.store import lock_entitlement_version
from server.opinions import store
from server.web.exchange import Exchange

_VERDICTS = ("seen", "confirmed", "disputed", "not_actionable", "outdated")


def count_opinions(exchange: Exchange, origin: str, record_id: UUID) -> OpinionCounts:
    """Return the counts by verdict; `disputed` as soon as one organisation disputes.

    Raises:
        NotFound: the record is unknown, hidden, not yet placed, or expired.
    """
    if exchange.caller.organisation_id is None:
        raise NotFound
    # What ends from here on waits until this entry is committed.
    lock_entitlement_version(exchange.db, organisation_id=exchange.caller.organisation_id)
    reader = store.Reader(
        organisation_id=exchange.caller.organisation_id,
        purpose=exchange.purpose,
        only_own=exchange.role is None or sees_only_its_own(Permission.READ_OPINIONS, exchange.role),
    )
    if not store.is_visible(exchange.db, reader, origin=origin, record_id=record_id, now=exchange.now):
        raise NotFound
    found = store.counts(exchange.db, reader, origin=origin, record_id=record_id, now=exchange.now)
    counted = VerdictCounts(**{verdict: found.get(verdict, 0) for verdict in _VERDICTS})
    return OpinionCounts(origin=origin, id=str(record_id), counts=counted, disputed=counted.disputed > 0)
