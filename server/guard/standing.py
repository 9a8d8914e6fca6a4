"""Judge a verified key as it stands now: use, validity, revocation, statement, suspension, role, purpose.

Every refusal of authentication looks the same to the caller; its reason is for the log entry alone.
"""

from datetime import datetime

from server.access import ALLOWANCES, Permission, Purpose, Role, role_for
from server.errors import NotAuthenticated, PurposeNotAllowed, RoleNotAllowed, Suspended
from server.guard.store import Standing
from server.web.exchange import Caller

REPLAYED = "replayed"


def caller_of(standing: Standing, *, keyid: str) -> Caller:
    """Return who stands behind a key, with the roles in force; whether it may sign now is `judge_standing`'s."""
    return Caller(
        organisation=standing.organisation,
        organisation_id=standing.organisation_id,
        sector=standing.sector,
        status=standing.status,
        keyid=keyid,
        roles=frozenset(standing.roles) & frozenset(standing.roles_at_most),
        holder=standing.holder,
        key_until=standing.valid_until,
        statement_seq=standing.statement_seq,
        statement_exp=standing.statement_exp,
    )


def judge_standing(standing: Standing, *, now: datetime) -> None:
    """Refuse a key that may not sign requests now, and a nonce that was used.

    Raises:
        NotAuthenticated: with the reason for the log entry.
    """
    if not standing.claimed:
        raise NotAuthenticated(REPLAYED)
    if standing.use != "exchange":
        raise NotAuthenticated("wrong_use")
    # Listed is refused, whatever its `at`: for what comes in now every reason bites from the statement on.
    if standing.revoked_at is not None:
        raise NotAuthenticated("revoked")
    if now < standing.valid_from:
        raise NotAuthenticated("not_yet_valid")
    if standing.valid_until is not None and now >= standing.valid_until:
        raise NotAuthenticated("no_longer_valid")
    if now >= standing.statement_exp:
        raise NotAuthenticated("statement_expired")


def judge_access(caller: Caller, permission: Permission, purpose: str) -> tuple[Role | None, Purpose]:
    """Return the role and the purpose under which `caller` may use `permission`.

    Raises:
        Suspended, RoleNotAllowed, PurposeNotAllowed: it may not.
    """
    allowance = ALLOWANCES[permission]
    if caller.status == "suspended" and not allowance.while_suspended:
        raise Suspended
    role = role_for(permission, caller.roles)
    if role is None and not allowance.role_by_content:
        raise RoleNotAllowed
    if purpose not in allowance.purposes:
        raise PurposeNotAllowed
    return role, Purpose(purpose)
