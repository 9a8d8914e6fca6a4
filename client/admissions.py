"""Judge by which approvals an organisation is a member: two persons, operators all, down to the node's own root.

Approvals that do not count (a key that was stolen since, an operator that is none) are left out, as if the node had not
shown them: whoever may stop an approval from counting must not be able to stop a member from being known. So are acts
other than `admit` and `replace_root`: what suspends and lifts is the directory's to say.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from client.failures import NotVerified
from client.known import KnownStatement, load_claims, signed
from crypto import refusals
from crypto.claims import public_key_of
from crypto.documents import APPROVAL, read_document, verify_document
from crypto.keys import PublicKey
from crypto.statements import CLOCK_DIFFERENCE
from crypto.trust import JudgedApproval, judge_admission, judge_approval, judge_approvals, needs_approvals
from schemas.approvals import Approval, ApprovalSchema
from schemas.vocabulary.documents import ROLE

_APPROVAL = ApprovalSchema()
_ADMITTING = frozenset({"admit", "replace_root"})


@dataclass(frozen=True, kw_only=True)
class Admission:
    """What two operators decided together, and since when: the moment at which the second one had signed."""

    decided: Approval
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an organisation is known by: its statements, oldest first, and what its newest admission allows.

    `admissions` are all that are known, oldest first; none for the node's own organisation, whose root admits it.
    """

    statements: Sequence[KnownStatement]
    roles_at_most: Collection[str]
    sector: str
    admissions: Sequence[Admission] = field(default=(), repr=False)

    def roles_at(self, moment: datetime) -> Collection[str]:
        """Return the roles that were admitted at `moment`; clocks may differ by 60 s about when they began."""
        if not self.admissions:
            return self.roles_at_most
        begun = [one for one in self.admissions if one.since <= moment]
        beginning = [one for one in self.admissions if moment < one.since <= moment + CLOCK_DIFFERENCE]
        return frozenset(role for one in [*begun[-1:], *beginning] for role in one.decided.roles_at_most)


StandingOf = Callable[[str], Standing]
"""Return the standing of an operators' organisation; raises `NotVerified` about it where it has none."""


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

    The newest statement must be admitted: itself, or an earlier one after which nothing changed that admission binds.
    Operators who admit the newest one again mend what no longer counts before it.

    Raises:
        NotVerified: `admission`, with the organisation.
    """
    judged = counting_approvals(approvals, federation=federation, standing_of=standing_of)
    admissions: list[Admission] = []
    standing: Approval | None = None
    for statement in statements:
        decided = _admissions(statement, judged)
        admissions += decided
        if decided:
            standing = decided[-1].decided
        elif standing is not None and needs_approvals(statement.signed.claims, standing):
            standing = None
    if standing is None:
        raise NotVerified("admission", about=statements[0].signed.claims.iss)
    return Standing(
        statements=statements,
        roles_at_most=standing.roles_at_most,
        sector=standing.sector,
        admissions=sorted(admissions, key=lambda one: one.since),
    )


def counting_approvals(
    approvals: Sequence[str], *, federation: str, standing_of: StandingOf
) -> Sequence[JudgedApproval]:
    """Return those of the approvals that admit or replace a root and count, by the standing of those who signed them.

    Raises:
        NotVerified: not about an operators' organisation: the node itself is not to be believed.
    """
    operators: dict[str, Standing | None] = {}

    def known(operator: str) -> Standing | None:
        if operator not in operators:
            try:
                operators[operator] = standing_of(operator)
            except NotVerified as failure:
                if failure.about != operator:
                    raise
                operators[operator] = None
        return operators[operator]

    judged = (_judge(token, federation=federation, known=known) for token in approvals)
    return [one for one in judged if one is not None]


def is_root_replaced(statement: KnownStatement, judged: Sequence[JudgedApproval]) -> bool:
    """Return whether two operators have let in the new root of `statement`."""
    return any(one.decided.act == "replace_root" for one in _admissions(statement, judged))


def _admissions(statement: KnownStatement, judged: Sequence[JudgedApproval]) -> list[Admission]:
    """Return what was decided of this very statement, oldest first; approvals that differ decide nothing together."""
    alike: list[list[JudgedApproval]] = []
    for one in judged:
        if one.claims.document_sha256 != statement.digest:
            continue
        for some in alike:
            if _is_alike(some[0], one):
                some.append(one)
                break
        else:
            alike.append([one])
    decided = []
    for some in alike:
        try:
            approval = judge_admission(statement.signed, some, act=some[0].claims.act)
        except refusals.NotVerified:
            continue
        assert isinstance(approval, Approval)  # noqa: S101 - what `_judge` loaded
        decided.append(Admission(decided=approval, since=_decided_at(some)))
    return sorted(decided, key=lambda one: one.since)


def _is_alike(first: JudgedApproval, second: JudgedApproval) -> bool:
    try:
        judge_approvals([first, second])
    except refusals.NotVerified as error:
        return error.reason != "approvals_differ"
    return True


def _decided_at(alike: Sequence[JudgedApproval]) -> datetime:
    """Return when the second person had signed."""
    first: dict[tuple[str, str], datetime] = {}
    for one in alike:
        first[one.holder] = min(one.claims.iat, first.get(one.holder, one.claims.iat))
    return sorted(first.values())[1]


def _judge(token: str, *, federation: str, known: Callable[[str], Standing | None]) -> JudgedApproval | None:
    try:
        named = read_document(token, typ=APPROVAL)
        if named.claims.get("act") not in _ADMITTING:
            return None
        operator = known(named.organisation)
        key = None if operator is None else _key_named(operator.statements, named.thumbprint)
        if operator is None or key is None:
            return None
        document = verify_document(token, typ=APPROVAL, key=key, federation=federation)
        claims: Approval = load_claims(_APPROVAL, document.claims, about=named.organisation)
        return judge_approval(
            claims,
            thumbprint=document.thumbprint,
            statements=signed(operator.statements),
            roles_at_most=operator.roles_at(claims.iat),
            handed_in_at=None,
            status_changed_at=None,
        )
    except refusals.NotVerified:
        return None
    except NotVerified as failure:
        if failure.reason != "claims_form":
            raise
        return None


def _key_named(statements: Sequence[KnownStatement], thumbprint: str) -> PublicKey | None:
    for claim in statements[-1].signed.claims.keys:
        key = public_key_of(claim.jwk)
        if key.thumbprint == thumbprint:
            return key
    return None
