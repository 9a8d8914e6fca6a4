"""Found a node: write its own organisation, which its root admits, and who this node is. Once, as the owner."""

from datetime import UTC, datetime
from hashlib import sha256

from crypto.refusals import NotVerified
from crypto.statements import check_statement_keys, verify_statement
from server.access import Role
from server.db import Connection
from server.organisations import founding_store, store
from server.organisations.reading import ReadStatement, read_statement
from server.organisations.registering import register, root_bytes
from server.settings import Settings


class NotFounded(Exception):
    """This statement cannot found this node; `reason` is a sentence for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def found_node(owner_db: Connection, settings: Settings, statement_token: str) -> None:
    """Write the node's own organisation, its first statement with its keys, and the `node` row; the caller commits.

    Raises:
        NotFounded: the node is founded already, or the statement is not one of this node with the keys that it needs.
        DocumentRefused: the statement's form is wrong.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    statement = read_statement(statement_token)
    _judge(statement, settings, now=now)
    if founding_store.is_founded(owner_db):
        raise NotFounded("this database belongs to a node already")
    claims = statement.claims
    admission_id = founding_store.insert_founding(
        owner_db,
        subject=claims.iss,
        document_sha256=statement.digest,
        content_sha256=sha256(b"").digest(),
        decided_at=now,
    )
    organisation_id = store.insert_organisation(
        owner_db,
        store.NewOrganisation(
            name=claims.iss,
            admission_id=admission_id,
            sector=claims.sector,
            home=claims.home.node,
            home_origin_url=claims.home.origin_url,
            display_name=claims.display_name,
            roles_at_most=sorted(Role),
            root_x=root_bytes(statement),
        ),
    )
    register(owner_db, organisation_id, statement, now=now)
    founding_store.insert_node(
        owner_db, organisation_id=organisation_id, federation=settings.federation, origin_url=settings.origin_url
    )


def _judge(statement: ReadStatement, settings: Settings, *, now: datetime) -> None:
    claims = statement.claims
    try:
        verify_statement(statement.token, root=None, federation=settings.federation)
        check_statement_keys(claims, settings.federation)
    except NotVerified as error:
        raise NotFounded(f"the statement does not verify: {error.reason}") from error
    if claims.iss != settings.node:
        raise NotFounded("the statement is another organisation's")
    if (claims.home.node, claims.home.origin_url) != (settings.node, settings.origin_url):
        raise NotFounded("the statement's home is not this node")
    if claims.seq != 1:
        raise NotFounded("a node is founded by its first statement")
    if now >= claims.exp:
        raise NotFounded("the statement has expired")
    uses = {claim.use for claim in claims.keys}
    if not {"node", "log"} <= uses:
        raise NotFounded("the statement lists no key for `node` or none for `log`")
