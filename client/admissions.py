"""Judge by which approvals an organisation is a member: two persons, operators all, down to the node's own root."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from client.failures import NotVerified
from client.known import KnownStatement, load_claims, signed
from crypto import refusals
from crypto.claims import public_key_of
from crypto.documents import APPROVAL, read_document, verify_document
from crypto.keys import PublicKey
from crypto.trust import JudgedApproval, judge_admission, judge_approval, needs_approvals
from schemas.approvals import Approval, ApprovalSchema
from schemas.vocabulary.documents import ROLE

_APPROVAL = ApprovalSchema()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an organisation is known by: its statements, oldest first, and the roles that its admission allows."""

    statements: Sequence[KnownStatement]
    roles_at_most: Collection[str]
    sector: str


StandingOf = Callable[[str], Standing]
"""Return the standing of an operators' organisation; raises `NotVerified`."""


def node_standing(statements: Sequence[KnownStatement]) -> Standing:
    """Return the standing of the node's own organisation, which its root admits to every role."""
    sector = statements[-1].signed.claims.sector
    return Standing(statements=statements, roles_at_most=frozenset(ROLE.values), sector=sector)


def judge_standing(
    statements: Sequence[KnownStatement],
    approvals: Sequence[str],
    *,
    federation: str,
    standing_of: StandingOf,
) -> Standing:
    """Return the standing of an organisation by the approvals that the node shows for it.

    Some statement must have been admitted; each later one that changes what admission binds, too.

    Raises:
        NotVerified: `admission`, with the organisation.
    """
    organisation = statements[0].signed.claims.iss
    judged = [_judge(token, federation=federation, standing_of=standing_of) for token in approvals]
    admission: Approval | None = None
    for statement in statements:
        named = [one for one in judged if one.claims.document_sha256 == statement.digest and one.claims.act == "admit"]
        if admission is None and not named:
            continue
        if admission is None or needs_approvals(statement.signed.claims, admission):
            admission = _admission(statement, named)
    if admission is None:
        raise NotVerified("admission", about=organisation)
    return Standing(statements=statements, roles_at_most=admission.roles_at_most, sector=admission.sector)


def is_root_replaced(
    statement: KnownStatement, approvals: Sequence[str], *, federation: str, standing_of: StandingOf
) -> bool:
    """Return whether two operators have let in the new root of `statement`."""
    try:
        judged = [_judge(token, federation=federation, standing_of=standing_of) for token in approvals]
        named = [one for one in judged if one.claims.document_sha256 == statement.digest]
        judge_admission(
            statement.signed, [one for one in named if one.claims.act == "replace_root"], act="replace_root"
        )
    except (refusals.NotVerified, NotVerified):
        return False
    return True


def _admission(statement: KnownStatement, named: Sequence[JudgedApproval]) -> Approval:
    try:
        decided = judge_admission(statement.signed, named)
    except refusals.NotVerified as error:
        raise NotVerified("admission", about=statement.signed.claims.iss) from error
    assert isinstance(decided, Approval)  # noqa: S101 - what `_judge` loaded
    return decided


def _judge(token: str, *, federation: str, standing_of: StandingOf) -> JudgedApproval:
    try:
        named = read_document(token, typ=APPROVAL)
        operator = standing_of(named.organisation)
        key = _key_named(operator.statements, named.thumbprint)
        document = verify_document(token, typ=APPROVAL, key=key, federation=federation)
        return judge_approval(
            load_claims(_APPROVAL, document.claims),
            thumbprint=document.thumbprint,
            statements=signed(operator.statements),
            roles_at_most=operator.roles_at_most,
            handed_in_at=None,
            status_changed_at=None,
        )
    except refusals.NotVerified as error:
        raise NotVerified("admission") from error


def _key_named(statements: Sequence[KnownStatement], thumbprint: str) -> PublicKey:
    for claim in statements[-1].signed.claims.keys:
        key = public_key_of(claim.jwk)
        if key.thumbprint == thumbprint:
            return key
    raise NotVerified("admission")
