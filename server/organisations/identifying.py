"""Say whose a request is by the document that it brings, for the requests that no registered key need have signed.

1. The body is one JWS, a statement of the right form, signed by its root: for a known organisation the pinned one.
2. The wire signature must be by an exchange key that this very statement names and that holds now. So a statement that
   has expired can be mended, and a newcomer can apply.
3. A new root is nobody yet: either the old one consents to it, or a registered administrator of the organisation signs
   the request. Otherwise anybody could fill another's name with statements that wait.

The wire signature itself is verified by the guard. What fails here is answered unsigned.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from crypto.claims import KeyClaim, public_key_of
from crypto.encoding import from_base64url
from crypto.identifiers import is_uuid7
from crypto.keys import public_key_from_bytes
from crypto.messages import SignedRequest
from crypto.refusals import NotVerified
from crypto.statements import CLOCK_DIFFERENCE, judge_succession, key_at, verify_statement
from server.access import GRANTED_ROLES, Role
from server.db import Connection
from server.errors import NotFound
from server.organisations import application_store, key_store, store
from server.organisations.reading import ReadStatement, read_member, read_statement
from server.organisations.registering import root_bytes
from server.organisations.store import Organisation
from server.web.endpoints import Identified
from server.web.exchange import Caller, Node


def identify_applicant(
    *,
    db: Connection,
    node: Node,
    request: SignedRequest,
    body_bytes: bytes,
    path: Mapping[str, str],  # noqa: ARG001 - the signature of IdentifyByBody
) -> Identified:
    """Say who applies: whom the statement in the body names.

    Raises:
        NotVerified: the statement or the key does not hold.
        Refusal: the body or the statement is of another form.
    """
    statement = read_statement(read_member(body_bytes, "statement"))
    member = store.organisation_named(db, statement.claims.iss)
    pinned = None if member is None else public_key_from_bytes(member.root_x)
    verify_statement(statement.token, root=pinned, federation=node.settings.federation)
    return _by_statement(db, request, statement, member, now=datetime.now(UTC))


def identify_member(
    *, db: Connection, node: Node, request: SignedRequest, body_bytes: bytes, path: Mapping[str, str]
) -> Identified:
    """Say which member brings its next statement.

    Raises:
        NotVerified: the statement, its root or the key does not hold.
        NotFound: nobody of this name is a member.
        Refusal: the body or the statement is of another form.
    """
    statement = read_statement(read_member(body_bytes, "statement"))
    if statement.claims.iss != path["name"]:
        raise NotVerified("issuer")
    member = store.organisation_named(db, statement.claims.iss)
    if member is None:
        raise NotFound
    federation = node.settings.federation
    verify_statement(statement.token, root=None, federation=federation)
    if root_bytes(statement) != member.root_x and Role.ADMINISTRATOR not in _registered_roles(db, request, member):
        newest = read_statement(store.newest_statement(db, member.organisation_id))
        judge_succession(newest.signed, statement.claims, federation=federation)
    return _by_statement(db, request, statement, member, now=datetime.now(UTC))


def identify_reader(
    *,
    db: Connection,
    node: Node,  # noqa: ARG001 - the signature of IdentifyByBody
    request: SignedRequest,
    body_bytes: bytes,  # noqa: ARG001 - same
    path: Mapping[str, str],
) -> Identified:
    """Say who asks for an application: a registered key, or one that the application itself names.

    Raises:
        NotVerified: neither; unknown applications and foreign keys look alike.
    """
    now = datetime.now(UTC)
    member = store.organisation_named(db, request.organisation)
    if member is not None and _registered_roles(db, request, member):
        statement = read_statement(store.newest_statement(db, member.organisation_id))
        return _by_statement(db, request, statement, member, now=now)
    if not is_uuid7(path["application_id"]):
        raise NotVerified("unknown_key")
    application = application_store.application_with_id(db, UUID(path["application_id"]))
    if application is None:
        raise NotVerified("unknown_key")
    return _by_statement(db, request, read_statement(application.document), None, now=now)


def _registered_roles(db: Connection, request: SignedRequest, member: Organisation) -> frozenset[str]:
    """Return the roles of the request's key as `member` has registered it; none if it has not, or has revoked it."""
    for key in key_store.known_keys(db, [from_base64url(request.thumbprint)]):
        if key.organisation_id == member.organisation_id and key.revoked_at is None:
            return frozenset(key.roles)
    return frozenset()


def _by_statement(
    db: Connection, request: SignedRequest, statement: ReadStatement, member: Organisation | None, *, now: datetime
) -> Identified:
    claims = statement.claims
    if request.organisation != claims.iss:
        raise NotVerified("issuer")
    if claims.iat > now + CLOCK_DIFFERENCE:
        raise NotVerified("statement_later")
    if now >= claims.exp:
        raise NotVerified("statement_expired")
    claim = key_at(claims, request.thumbprint, use="exchange", at=now)
    # What was revoked stays revoked, whatever an older statement says of it.
    for known in key_store.known_keys(db, [from_base64url(request.thumbprint)]):
        if known.revoked_at is not None and known.revoked_at <= now:
            raise NotVerified("revoked")
    return Identified(key=public_key_of(claim.jwk), caller=_caller(request, statement, claim, member))


def _caller(request: SignedRequest, statement: ReadStatement, claim: KeyClaim, member: Organisation | None) -> Caller:
    claims, roles = statement.claims, frozenset(claim.roles)
    return Caller(
        organisation=claims.iss,
        organisation_id=None if member is None else member.organisation_id,
        sector=claims.sector if member is None else member.sector,
        status="pending" if member is None else member.status,
        keyid=request.keyid,
        # A newcomer has what its statement gives by itself; what only operators give, nobody has given.
        roles=roles - GRANTED_ROLES if member is None else roles & frozenset(member.roles_at_most),
        holder=claim.holder,
        key_until=claim.until,
        statement_seq=claims.seq,
        statement_exp=claims.exp,
    )
