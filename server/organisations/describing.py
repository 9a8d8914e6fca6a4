"""Say publicly who this node is: its statement, and which log it keeps under which key."""

from datetime import UTC, datetime

import orjson

from crypto.checkpoints import verifier_key
from crypto.claims import public_key_of
from crypto.keys import PublicKey
from crypto.refusals import NotVerified
from crypto.statements import key_at
from schemas.nodes import Log, WellKnown, WellKnownSchema
from schemas.statements import Statement
from server.errors import NotFound
from server.organisations import founding_store
from server.organisations.reading import read_statement
from server.web.exchange import Visit


def describe_node(visit: Visit) -> bytes:
    """Return who this node is, as JSON.

    Raises:
        NotFound: the node has not been founded.
    """
    with visit.pool.connection() as db:
        node = founding_store.founded_node(db)
    if node is None:
        raise NotFound
    logs = visit.node.settings.log_name
    log_name = f"{logs}/{node.epoch}"
    log_key = _log_key(read_statement(node.statement).claims, now=datetime.now(UTC))
    described = WellKnown(
        v=1,
        federation=node.federation,
        node=node.name,
        origin_url=node.origin_url,
        statement=node.statement,
        log=Log(
            name=log_name,
            verifier_key=None if log_key is None else verifier_key(log_name, log_key),
            previous=f"{logs}/{node.epoch - 1}" if node.epoch > 1 else None,
        ),
    )
    return orjson.dumps(WellKnownSchema().dump(described))


def _log_key(statement: Statement, *, now: datetime) -> PublicKey | None:
    """Return the key for the log that holds now, the one that began last if there are several."""
    held = []
    for claim in statement.keys:
        key = public_key_of(claim.jwk)
        try:
            held.append((key_at(statement, key.thumbprint, use="log", at=now).from_, key.thumbprint, key))
        except NotVerified:
            continue
    return None if not held else max(held, key=lambda one: one[:2])[2]
