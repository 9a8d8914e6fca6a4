"""Show organisations, their statements, keys and approvals: to administrators and auditors alike."""

import re
from datetime import UTC, datetime

from crypto.claims import public_key_of
from crypto.documents import APPROVAL, read_document
from crypto.encoding import to_base64url
from crypto.keys import is_organisation, public_key_from_bytes
from schemas.statements import KeyClaim, Statement
from server.access import Permission, Role
from server.console import shapes
from server.console import store as console_store
from server.console.door import ConsoleVisit, Pages, Shown
from server.console.store import Stated
from server.errors import NotFound
from server.organisations import approval_store, store
from server.organisations.reading import read_statement
from server.web.endpoints import Parameter

members = Pages(name="members")

MEMBERS_A_PAGE = 100
_STATEMENTS_SHOWN = 50
_AFTER = Parameter(name="after", form=re.compile(r"[a-z0-9.-]{1,100}"), meaning="The name after which to go on.")


@members.get("/console/organisations", permission=Permission.READ_CONSOLE, query=(_AFTER,))
def organisations_page(visit: ConsoleVisit) -> Shown:
    """Show the members of this node, by name."""
    found = console_store.members_after(visit.db, visit.query.get("after", ""), limit=MEMBERS_A_PAGE + 1)
    shown = tuple(
        shapes.MemberShown(
            name=one.name,
            display_name=one.display_name,
            sector=one.sector,
            status=one.status,
            roles_at_most=tuple(one.roles_at_most),
            statement_seq=one.statement_seq,
        )
        for one in found[:MEMBERS_A_PAGE]
    )
    after = shown[-1].name if len(found) > MEMBERS_A_PAGE else None
    return Shown(template="organisations.html", values={"page": shapes.MembersPage(members=shown, next=after)})


@members.get("/console/organisations/<name>", permission=Permission.READ_CONSOLE)
def organisation_page(visit: ConsoleVisit, name: str) -> Shown:
    """Show one organisation: its admission, statement in force, keys, approvals and statements.

    Raises:
        NotFound: no member has this name.
    """
    # What a path decodes to may be text that no database takes.
    member = store.organisation_named(visit.db, name) if is_organisation(name) else None
    if member is None:
        raise NotFound
    claims = read_statement(store.newest_statement(visit.db, member.organisation_id)).claims
    listed = console_store.statements_listed(visit.db, member.organisation_id, limit=_STATEMENTS_SHOWN)
    approvals = approval_store.deciding_approvals(visit.db, subject=name)
    page = shapes.MemberPage(
        name=member.name,
        display_name=member.display_name,
        sector=member.sector,
        status=member.status,
        home=member.home,
        roles_at_most=tuple(member.roles_at_most),
        decided_at=member.status_decided_at,
        root=public_key_from_bytes(member.root_x).thumbprint,
        statement=_statement_shown(next(one for one in listed if one.seq == member.statement_seq)),
        keys=keys_of(claims, now=visit.now),
        approvals=tuple(_approval_shown(token) for token in approvals),
        statements=tuple(_statement_shown(one) for one in listed),
        is_exposure_shown=visit.role is Role.FEDERATION_AUDITOR
        or (visit.role is Role.AUDITOR and visit.person.organisation_id == member.organisation_id),
    )
    return Shown(template="organisation.html", values={"page": page})


def keys_of(claims: Statement, *, now: datetime) -> tuple[shapes.KeyShown, ...]:
    """Return the keys of a statement: those that hold first, then by use and beginning, the newest first."""
    revoked = {one.thumbprint: one for one in claims.revoked}
    shown = []
    for key in claims.keys:
        thumbprint = public_key_of(key.jwk).thumbprint
        revocation = revoked.get(thumbprint)
        shown.append(
            shapes.KeyShown(
                thumbprint=thumbprint,
                use=key.use,
                roles=tuple(key.roles),
                holder=key.holder,
                from_=key.from_,
                until=key.until,
                state=_state_of(key, now=now),
                revoked_at=None if revocation is None else revocation.at,
                revoked_reason=None if revocation is None else revocation.reason,
            )
        )
    return tuple(sorted(shown, key=lambda one: (one.revoked_at is not None, one.use, -one.from_.timestamp())))


def _state_of(key: KeyClaim, *, now: datetime) -> str:
    if now < key.from_:
        return "early"
    return "over" if key.until is not None and now >= key.until else "valid"


def _statement_shown(one: Stated) -> shapes.StatementShown:
    return shapes.StatementShown(
        seq=one.seq,
        issued_at=one.issued_at,
        expires_at=one.expires_at,
        received_at=one.received_at,
        digest=to_base64url(one.sha256),
    )


def _approval_shown(token: str) -> shapes.ApprovalShown:
    document = read_document(token, typ=APPROVAL)
    return shapes.ApprovalShown(
        keyid=document.keyid, act=document.claims["act"], at=datetime.fromtimestamp(document.claims["iat"], UTC)
    )
