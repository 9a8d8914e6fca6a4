"""Take statements that wait for the operators.

- At most 3 strangers' statements wait under one name and 100 in all, each for 14 days. Anybody can send them: so where
  there is no room the oldest that no operator has approved makes place, and whoever sent it may send it again.
- Of a member at most 3 wait, beside all strangers': nobody else takes its place.
- Sending the same statement again is the same application.
- A newcomer's first statement has `seq` 1 and this node as its home, and lists no key that is registered here.
"""

from datetime import datetime, timedelta
from uuid import UUID

from crypto.encoding import to_base64url
from crypto.identifiers import is_uuid7
from schemas.applications import Application
from server.access import Role
from server.db import Connection
from server.errors import DocumentStale, NotFound, TooManyPending
from server.organisations import application_store, approval_store, store
from server.organisations.reading import ReadStatement, read_member, read_statement, refused
from server.organisations.registering import check_keys
from server.web.exchange import Exchange

PENDING_OF_A_NAME = 3
PENDING_IN_ALL = 100
PENDING_FOR = timedelta(days=14)


def apply(exchange: Exchange) -> Application:
    """Take a newcomer's first statement; two operators decide.

    Raises:
        DocumentRefused: the statement breaks a rule, or its issuer is a member already.
        DocumentStale: this statement was decided on, or waited too long; sign another.
        TooManyPending: too many wait.
    """
    statement = read_statement(read_member(exchange.body_bytes, "statement"))
    claims, settings = statement.claims, exchange.node.settings
    store.lock_name(exchange.db, claims.iss)
    if store.organisation_named(exchange.db, claims.iss) is not None:
        raise refused("/iss", "already_admitted")
    if claims.seq != 1:
        raise refused("/seq", "first_statement")
    if (claims.home.node, claims.home.origin_url) != (settings.node, settings.origin_url):
        raise refused("/home", "home_is_another_node")
    check_keys(exchange.db, statement, federation=settings.federation, member=None)
    waiting = let_wait(exchange, statement, is_member=False)
    return Application(
        id=str(waiting.application_id),
        organisation=waiting.organisation,
        document_sha256=to_base64url(waiting.document_sha256),
        status="pending",
    )


def let_wait(exchange: Exchange, statement: ReadStatement, *, is_member: bool) -> application_store.Application:
    """Keep `statement` until two operators decide; the name must be locked.

    Raises:
        DocumentStale: this very statement was decided on, or waited too long.
        TooManyPending: too many wait.
    """
    db, now = exchange.db, exchange.now
    known = application_store.application_of(db, document_sha256=statement.digest)
    if known is not None:
        if known.status != "pending" or known.expires_at <= now:
            raise DocumentStale
        return known
    if not is_member:
        store.lock_pending(db)
        _make_room(db, statement.claims.iss, now=now)
    elif application_store.count_pending_of(db, organisation=statement.claims.iss, now=now) >= PENDING_OF_A_NAME:
        raise TooManyPending
    new = application_store.Application(
        application_id=exchange.request_id,
        organisation=statement.claims.iss,
        document_sha256=statement.digest,
        document=statement.token,
        keyid=exchange.caller.keyid,
        status="pending",
        applied_at=now,
        expires_at=now + PENDING_FOR,
    )
    application_store.insert_application(db, new)
    return new


def _make_room(db: Connection, name: str, *, now: datetime) -> None:
    """Let the oldest stranger go where too many wait; one whom an operator has approved stays.

    Raises:
        TooManyPending: all of them are approved by one.
    """
    pending = application_store.count_strangers(db, organisation=name, now=now)
    if pending.of_name >= PENDING_OF_A_NAME:
        has_room = application_store.drop_oldest_of(db, organisation=name, now=now)
    else:
        has_room = pending.in_all < PENDING_IN_ALL or application_store.drop_oldest(db, now=now)
    if not has_room:
        raise TooManyPending


def read_application(exchange: Exchange, application_id: str) -> Application:
    """Return what became of an application, to its applicant or to an operator.

    Raises:
        NotFound: there is none, it is another's, it was overtaken by another, or it waited too long.
    """
    if not is_uuid7(application_id):
        raise NotFound
    application = application_store.application_with_id(exchange.db, UUID(application_id))
    if application is None:
        raise NotFound
    caller = exchange.caller
    if application.organisation != caller.organisation and Role.OPERATOR not in caller.roles:
        raise NotFound
    if application.status == "pending" and exchange.now < application.expires_at:
        status = "pending"
    elif application.status == "approved":
        member = store.organisation_named(exchange.db, application.organisation)
        status = "active" if member is None else member.status
    else:
        raise NotFound
    return Application(
        id=str(application.application_id),
        organisation=application.organisation,
        document_sha256=to_base64url(application.document_sha256),
        status=status,
        approvals=approval_store.count_holders(
            exchange.db, subject=application.organisation, document_sha256=application.document_sha256
        ),
    )
