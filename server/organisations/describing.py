"""Say publicly who this node is: its statement, and which log it keeps under which key."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import orjson

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

# C2SP signed-note: the type byte of an Ed25519 verifier key.
_ED25519 = b"\x01"


def describe_node(visit: Visit) -> bytes:
    """Return who this node is, as JSON.

    Raises:
        NotFound: the node has not been founded.
    """
    with visit.pool.connection() as db:
        node = founding_store.founded_node(db)
    if node is None:
        raise NotFound
    log_name = f"{visit.node.settings.log_name}/{node.epoch}"
    log_key = _log_key(read_statement(node.statement).claims, now=datetime.now(UTC))
    described = WellKnown(
        v=1,
        federation=node.federation,
        node=node.name,
        origin_url=node.origin_url,
        statement=node.statement,
        log=Log(
            name=log_name, verifier_key=None if log_key is None else _verifier_key(log_name, log_key), previous=None
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


def _verifier_key(name: str, key: PublicKey) -> str:
    """Return the key in the form of C2SP signed-note: name, first four bytes of a digest, type and key."""
    typed = _ED25519 + key.x
    digest = sha256(name.encode() + b"\n" + typed).digest()
    return f"{name}+{digest[:4].hex()}+{b64encode(typed).decode()}"
