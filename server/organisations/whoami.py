"""Tell a caller how this node sees it: who it is, what it may do until when, and what the node's clock says."""

from dataclasses import replace

from schemas.nodes import PROTOCOL_LIMITS, Limits, Rate, Rates, Whoami
from server import rates
from server.web.exchange import Exchange

POLL_AFTER_SECONDS = 60


def tell_caller(exchange: Exchange) -> Whoami:
    """Return who `exchange.caller` is here; `roles` are those in force."""
    caller = exchange.caller
    return Whoami(
        organisation=caller.organisation,
        sector=caller.sector,
        status=caller.status,
        keyid=caller.keyid,
        key_until=caller.key_until,
        roles=tuple(sorted(caller.roles)),
        statement_seq=caller.statement_seq,
        statement_exp=caller.statement_exp,
        now=exchange.now,
        limits=_limits(exchange.node.settings.rates),
        poll_after=POLL_AFTER_SECONDS,
    )


def _limits(here: rates.Rates) -> Limits:
    return replace(PROTOCOL_LIMITS, rates=Rates(push=_rate(here.push), read=_rate(here.read), other=_rate(here.other)))


def _rate(rate: rates.Rate) -> Rate:
    return Rate(organisation=rate.organisation, key=rate.key, seconds=rate.seconds)
