"""Count approvals: what two operators say alike is decided, a suspension by one.

- An approval is judged at its `iat`, by its operator's statement that held then; its `exp` when it is handed in, and
  again when it decides together with another.
- Whoever holds a key chooses the `iat`: so the key must also be an operator's when the approval is handed in, by the
  newest statement, which does not list it as revoked from whenever.
- A `jti` counts once. Approvals older than the subject's last change of status count no more.
- The two come from different persons, compared as (organisation, holder), and say the same in all but
  `iss jti iat exp`. The database demands the two persons again.
- The first is judged again when the second comes: a key that had been refused already when it was handed in, as one
  learns later, a key that is no operator's any more, or an operator that was suspended since, takes its word with it.
"""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from crypto.canonical import canonical_bytes
from crypto.claims import SignedStatement, Statement, public_key_of
from crypto.documents import APPROVAL, verify_document
from crypto.encoding import from_base64url
from crypto.keys import PublicKey
from crypto.refusals import NotVerified
from crypto.trust import APPROVALS_NEEDED, JudgedApproval, judge_approval, judge_approvals, revoked_from
from schemas.applications import ApprovalOutcome
from schemas.approvals import Approval
from server.db import Connection
from server.errors import ApprovalUsed, DocumentStale
from server.organisations import approval_store, deciding, store
from server.organisations.approval_store import StoredApproval
from server.organisations.reading import (
    ReadApproval,
    read_approval,
    read_member,
    read_statement,
    refused,
    refused_by_judge,
)
from server.organisations.store import Organisation
from server.web.exchange import Exchange


def approve(exchange: Exchange) -> ApprovalOutcome:
    """Take one operator's approval, and carry out what is decided with it.

    Raises:
        DocumentRefused: it is of another form, not an operator's, by the person who approved already, or does not
            fit what it approves.
        DocumentStale: it is older than the subject's last change of status, or what it names is no longer the newest.
        ApprovalUsed: it was handed in before.
    """
    approval = read_approval(read_member(exchange.body_bytes, "approval"))
    claims, db = approval.claims, exchange.db
    store.lock_name(db, claims.subject)
    if approval_store.is_known(db, operator=claims.iss, jti=UUID(claims.jti)):
        raise ApprovalUsed
    subject = store.organisation_named(db, claims.subject)
    changed_at = None if subject is None else subject.status_decided_at
    judged = _judge(db, approval, federation=exchange.node.settings.federation, now=exchange.now, changed_at=changed_at)
    decision = deciding.fit_decision(exchange, claims, subject)
    stored = _stored(approval, judged, now=exchange.now)
    first = _earlier(db, stored, judged, subject, now=exchange.now)
    approval_store.insert_approval(db, stored)
    # Its body is not in the entry: whom it concerns must be.
    exchange.facts.filter = {"act": claims.act, "subject": claims.subject}
    if first is None and APPROVALS_NEEDED[claims.act] > 1:
        status = "pending" if subject is None else subject.status
        return _outcome(claims, approvals=1, status=status)
    admission_id = approval_store.insert_admission(
        db,
        stored if first is None else first,
        None if first is None else stored,
        # Documents tell time in whole seconds: what was signed in the second of a decision was not signed before it.
        decided_at=exchange.now.replace(microsecond=0),
    )
    status = deciding.carry_out(exchange, decision, admission_id=admission_id)
    return _outcome(claims, approvals=1 if first is None else 2, status=status)


def _judge(
    db: Connection, approval: ReadApproval, *, federation: str, now: datetime, changed_at: datetime | None
) -> JudgedApproval:
    operator = store.organisation_named(db, approval.claims.iss)
    if operator is None:
        raise refused("/iss", "not_operator")
    if operator.status != "active":
        raise refused("/iss", "operator_suspended")
    statements = _statements(db, operator)
    try:
        verify_document(
            approval.token,
            typ=APPROVAL,
            key=_unrevoked_key(statements[-1].claims, approval.document.thumbprint),
            federation=federation,
        )
        return judge_approval(
            approval.claims,
            thumbprint=approval.document.thumbprint,
            statements=statements,
            roles_at_most=operator.roles_at_most,
            handed_in_at=now,
            status_changed_at=changed_at,
        )
    except NotVerified as error:
        if error.reason == "approval_older":
            raise DocumentStale from error
        raise refused_by_judge(error) from error


def _earlier(
    db: Connection, new: StoredApproval, judged: JudgedApproval, subject: Organisation | None, *, now: datetime
) -> StoredApproval | None:
    """Return the earlier approval that decides together with the new one, if there is one that still counts."""
    if APPROVALS_NEEDED[new.act] == 1:
        return None
    for stored in approval_store.unused_approvals(db, subject=new.subject, content_sha256=new.content_sha256):
        again = _judge_again(db, stored, now=now, changed_at=None if subject is None else subject.status_decided_at)
        if again is None:
            continue
        try:
            judge_approvals([again, judged])
        except NotVerified as error:
            # Of two that count and say the same, nothing else can be wrong.
            raise refused("", "same_holder") from error
        return stored
    return None


def _judge_again(
    db: Connection, stored: StoredApproval, *, now: datetime, changed_at: datetime | None
) -> JudgedApproval | None:
    approval = read_approval(stored.document)
    operator = store.organisation_named(db, stored.operator)
    if operator is None or operator.status != "active" or now >= approval.claims.exp:
        return None
    try:
        return judge_approval(
            approval.claims,
            thumbprint=approval.document.thumbprint,
            statements=_statements(db, operator),
            roles_at_most=operator.roles_at_most,
            handed_in_at=stored.received_at,
            status_changed_at=changed_at,
        )
    except NotVerified:
        return None


def _statements(db: Connection, operator: Organisation) -> list[SignedStatement]:
    return [read_statement(token).signed for token in store.statements_of(db, operator.organisation_id)]


def _unrevoked_key(newest: Statement, thumbprint: str) -> PublicKey:
    # A revocation may be dated up to a minute ahead of this clock: what is listed signs no approval more.
    if revoked_from([newest], thumbprint) is not None:
        raise NotVerified("revoked")
    for claim in newest.keys:
        key = public_key_of(claim.jwk)
        if key.thumbprint == thumbprint:
            return key
    raise NotVerified("unknown_key")


def _stored(approval: ReadApproval, judged: JudgedApproval, *, now: datetime) -> StoredApproval:
    claims = approval.claims
    return StoredApproval(
        operator=claims.iss,
        jti=UUID(claims.jti),
        holder=judged.holder[1],
        keyid=approval.document.keyid,
        act=claims.act,
        subject=claims.subject,
        document_sha256=from_base64url(claims.document_sha256),
        content_sha256=_content_sha256(approval),
        issued_at=claims.iat,
        received_at=now,
        document=approval.token,
    )


def _content_sha256(approval: ReadApproval) -> bytes:
    content = {
        name: value for name, value in approval.document.claims.items() if name not in {"iss", "jti", "iat", "exp"}
    }
    return sha256(canonical_bytes(content)).digest()


def _outcome(claims: Approval, *, approvals: int, status: str) -> ApprovalOutcome:
    return ApprovalOutcome(
        act=claims.act,
        subject=claims.subject,
        document_sha256=claims.document_sha256,
        approvals=approvals,
        status=status,
    )
