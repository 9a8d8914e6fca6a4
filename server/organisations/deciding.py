"""What operators may decide about an organisation as it stands, and what follows.

| act | about | follows |
|---|---|---|
| `admit` | a newcomer's statement that waits | it is a member, with these roles at most |
| `admit` | a member's statement that waits | it takes effect with its sector, home and name |
| `admit` | an active member's newest statement; repeats what was admitted | nothing but better evidence |
| `replace_root` | one that waits with a new root without the old one's consent; repeats what was admitted | the same |
| `suspend` | an active member; names its newest statement | suspended |
| `lift` | a suspended member; names its newest statement | active |

A suspended member's root can be replaced, and it stays suspended. The node's own organisation is its root's alone to
change.

A member is admitted again where an approval behind its admission counts no more, because its key turned out to be
stolen: without two new ones no reader would believe it. A root is replaced and nothing with it: what else changes
is read from admissions alone.
"""

from dataclasses import dataclass
from typing import cast

from crypto.encoding import from_base64url
from crypto.trust import needs_approvals
from schemas.approvals import Approval
from server.errors import DocumentRefused, DocumentStale, RefusedMember
from server.organisations import application_store, approval_store, store
from server.organisations.reading import ReadStatement, read_statement, refused
from server.organisations.registering import brings_root_alone, check_follows, check_keys, register, root_bytes
from server.organisations.store import Organisation
from server.sharing.changing import Cause, EndedReason, reconsider_organisation
from server.web.exchange import Exchange


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What would be decided: about whom (None: a newcomer), and by which statement that waits (None: status alone)."""

    approved: Approval
    subject: Organisation | None
    statement: ReadStatement | None


def fit_decision(exchange: Exchange, approved: Approval, subject: Organisation | None) -> Decision:
    """Return the decision that `approved` asks for, if it fits the subject as it stands; the name must be locked.

    Raises:
        DocumentRefused: it does not fit.
        DocumentStale: it names a statement that is not the newest, or that can no longer take effect.
    """
    if approved.subject == exchange.node.settings.node:
        raise refused("/subject", "node_itself")
    if approved.act in {"suspend", "lift"}:
        return _fit_status(approved, subject)
    return _fit_statement(exchange, approved, subject)


def carry_out(exchange: Exchange, decision: Decision, *, admission_id: int) -> str:
    """Carry out what was decided by the admission `admission_id`, and return the subject's status."""
    if decision.subject is None:
        return _admit_newcomer(exchange, decision, admission_id=admission_id)
    if decision.statement is not None:
        return _change_member(exchange, decision, decision.subject, decision.statement)
    if decision.approved.act == "admit":
        return decision.subject.status
    status = "suspended" if decision.approved.act == "suspend" else "active"
    organisation_id = decision.subject.organisation_id
    store.change_status(exchange.db, organisation_id, status=status, admission_id=admission_id)
    return status


def _fit_status(approved: Approval, subject: Organisation | None) -> Decision:
    if subject is None:
        raise refused("/subject", "unknown_organisation")
    if subject.status != ("active" if approved.act == "suspend" else "suspended"):
        raise refused("/act", "status_stands")
    if from_base64url(approved.document_sha256) != subject.statement_sha256:
        raise DocumentStale
    _check_as_admitted(approved, subject)
    return Decision(approved=approved, subject=subject, statement=None)


def _check_as_admitted(approved: Approval, subject: Organisation) -> None:
    wrong = [
        RefusedMember(index=None, pointer=pointer, code="not_as_admitted")
        for pointer, said, admitted in (
            ("/sector", approved.sector, subject.sector),
            ("/home/node", approved.home.node, subject.home),
            ("/home/origin_url", approved.home.origin_url, subject.home_origin_url),
            ("/display_name", approved.display_name, subject.display_name),
            ("/roles_at_most", sorted(approved.roles_at_most), sorted(subject.roles_at_most)),
        )
        if said != admitted
    ]
    if wrong:
        raise DocumentRefused(wrong)


def _fit_statement(exchange: Exchange, approved: Approval, subject: Organisation | None) -> Decision:
    if subject is not None and from_base64url(approved.document_sha256) == subject.statement_sha256:
        return _fit_again(exchange, approved, subject)
    waiting = application_store.application_of(exchange.db, document_sha256=from_base64url(approved.document_sha256))
    if waiting is None or waiting.organisation != approved.subject:
        raise refused("/document_sha256", "unknown_statement")
    if waiting.status != "pending" or waiting.expires_at <= exchange.now:
        raise DocumentStale
    statement = read_statement(waiting.document)
    if exchange.now >= statement.claims.exp:
        raise DocumentStale
    if needs_approvals(statement.claims, approved):
        raise refused("/document_sha256", "not_as_stated")
    if subject is None:
        if approved.act != "admit":
            raise refused("/subject", "unknown_organisation")
    else:
        _check_follows(exchange, approved, subject, statement)
    check_keys(
        exchange.db,
        statement,
        federation=exchange.node.settings.federation,
        member=subject,
    )
    return Decision(approved=approved, subject=subject, statement=statement)


def _fit_again(exchange: Exchange, approved: Approval, subject: Organisation) -> Decision:
    if approved.act != "admit":
        raise refused("/act", "another_act_needed")
    if subject.status == "suspended":
        raise refused("/act", "subject_suspended")
    # A third approval of what two have decided already decides nothing again; one that was signed since does.
    decided_at = approval_store.last_admitted_at(
        exchange.db, subject=subject.name, document_sha256=subject.statement_sha256
    )
    if decided_at is not None and approved.iat <= decided_at:
        raise DocumentStale
    _check_as_admitted(approved, subject)
    return Decision(approved=approved, subject=subject, statement=None)


def _check_follows(exchange: Exchange, approved: Approval, subject: Organisation, statement: ReadStatement) -> None:
    """Refuse a statement that cannot follow the member's newest one, and an act other than what it needs."""
    replaces_root = brings_root_alone(statement, subject)
    if replaces_root != (approved.act == "replace_root"):
        raise refused("/act", "another_act_needed")
    if approved.act == "admit" and subject.status == "suspended":
        raise refused("/act", "subject_suspended")
    if replaces_root:
        _check_as_admitted(approved, subject)
    check_follows(
        exchange.db,
        statement,
        subject,
        federation=exchange.node.settings.federation,
        root_replaced=replaces_root,
    )


def _admit_newcomer(exchange: Exchange, decision: Decision, *, admission_id: int) -> str:
    # fit_decision gives a newcomer no decision without a statement.
    statement, approved = cast("ReadStatement", decision.statement), decision.approved
    organisation_id = store.insert_organisation(
        exchange.db,
        store.NewOrganisation(
            name=approved.subject,
            admission_id=admission_id,
            sector=approved.sector,
            home=approved.home.node,
            home_origin_url=approved.home.origin_url,
            display_name=approved.display_name,
            roles_at_most=approved.roles_at_most,
            root_x=root_bytes(statement),
        ),
    )
    register(exchange.db, organisation_id, statement, now=exchange.now)
    application_store.close_applications(exchange.db, organisation=approved.subject, approved_sha256=statement.digest)
    reconsider_organisation(exchange.db, organisation_id=organisation_id, cause=_cause(exchange, None))
    return "active"


def _change_member(exchange: Exchange, decision: Decision, subject: Organisation, statement: ReadStatement) -> str:
    approved = decision.approved
    store.change_admitted(
        exchange.db,
        subject.organisation_id,
        sector=approved.sector,
        home=approved.home.node,
        home_origin_url=approved.home.origin_url,
        display_name=approved.display_name,
        roles_at_most=approved.roles_at_most,
    )
    register(exchange.db, subject.organisation_id, statement, now=exchange.now)
    application_store.close_applications(exchange.db, organisation=approved.subject, approved_sha256=statement.digest)
    if approved.sector != subject.sector:
        # Another sector is another reader: what was narrowed to it may be open now, and what is to the old one ends.
        reconsider_organisation(
            exchange.db, organisation_id=subject.organisation_id, cause=_cause(exchange, "sector_changed")
        )
    return subject.status


def _cause(exchange: Exchange, reason: EndedReason | None) -> Cause:
    return Cause(entry_id=exchange.request_id, reason=reason, now=exchange.now)
