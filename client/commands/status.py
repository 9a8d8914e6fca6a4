"""`havre status`: what is held, and what needs somebody."""

from collections.abc import Iterator
from datetime import datetime

import rich_click as click

from client.commands.telling import Context, pass_context, with_json
from client.status import FeedStatus, Status
from client.words import pulling

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@click.command(help=pulling.STATUS())
@with_json
@pass_context
def status(context: Context, /) -> None:
    """Say what is held here, and what is stale, withheld, ended or waiting."""
    with context.partner() as partner:
        found = partner.status()
    context.tell(found, "\n".join(_lines(found)))


def _lines(found: Status) -> Iterator[str]:
    yield pulling.STATUS_HEAD(organisation=found.organisation, records=found.records)
    for one in found.holdings:
        ai = "" if one.ai_status is None else pulling.STATUS_AI(status=one.ai_status)
        yield pulling.STATUS_HOLDING(kind=one.kind, origin=one.origin, ai=ai, records=one.records)
    if not found.feeds:
        yield pulling.STATUS_NO_FEED()
    for feed in found.feeds:
        yield _feed(feed)
    yield from _documents(found)
    for held in found.held:
        yield pulling.STATUS_HELD(batches=held.batches, origin=held.origin, reason=held.reason)
    for origin, lines in found.withheld.items():
        yield pulling.STATUS_WITHHELD(lines=lines, origin=origin)
    for ended in found.ended:
        said = {"records": ended.records, "origin": ended.origin or "?", "reason": ended.reason}
        yield pulling.STATUS_ENDED(**said, at=_moment(ended.at))
    yield from _waiting(found)


def _feed(feed: FeedStatus) -> str:
    said = {
        "purpose": feed.purpose,
        "filter": f" ({feed.filter})" if feed.filter else "",
        "stale": pulling.STATUS_STALE() if feed.is_stale else "",
    }
    if feed.age_seconds is None:
        return pulling.STATUS_NEVER(**said)
    return pulling.STATUS_FEED(**said, age=_age(feed.age_seconds))


def _documents(found: Status) -> Iterator[str]:
    if found.directory is not None:
        words = pulling.STATUS_DIRECTORY_EXPIRED if found.directory.is_expired else pulling.STATUS_DIRECTORY
        yield words(until=_moment(found.directory.expires))
    for one in found.statements:
        words = pulling.STATUS_STATEMENT_EXPIRED if one.is_expired else pulling.STATUS_STATEMENT
        yield words(organisation=one.organisation, until=_moment(one.expires))


def _waiting(found: Status) -> Iterator[str]:
    if found.set_aside:
        yield pulling.STATUS_ASIDE(batches=found.set_aside)
    if found.unsent:
        yield pulling.STATUS_UNSENT(records=found.unsent)
    if found.changes_waiting:
        yield pulling.STATUS_CHANGES(changes=found.changes_waiting)
    receipts = found.receipts
    wrong = pulling.STATUS_DISAGREEING(disagreeing=receipts.disagreeing) if receipts.disagreeing else ""
    yield pulling.STATUS_RECEIPTS(kept=receipts.kept, unopened=receipts.unopened, wrong=wrong)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _age(seconds: int) -> str:
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
