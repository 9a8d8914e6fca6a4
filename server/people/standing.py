"""Judge how a person stands now: which roles are in force, and whether any may be.

Roles are those of the invitation, as far as the organisation has them: an exchange key of its newest statement has the
role, and the operators admitted it. A holder never has roles that the protocol keeps apart, its exchange keys' counted
in. All of it is judged anew at each request: what a statement, an operator or an administrator takes away is gone.
"""

from collections.abc import Collection
from datetime import datetime

from server.access import PERSONS_ROLES, are_separated
from server.errors import NotAuthenticated, RoleNotAllowed, Suspended
from server.people.store import Footing


def roles_in_force(footing: Footing, roles: Collection[str]) -> frozenset[str]:
    """Return which of a person's `roles` the organisation has now."""
    return frozenset(roles) & frozenset(footing.stated_roles) & frozenset(footing.roles_at_most) & PERSONS_ROLES


def are_apart(footing: Footing, roles: Collection[str]) -> bool:
    """Return whether the holder may have `roles` beside those of its exchange keys."""
    return are_separated(frozenset(roles) | frozenset(footing.holders_roles))


def judge_footing(footing: Footing, roles: Collection[str], *, now: datetime) -> frozenset[str]:
    """Return the roles in force of a person that was invited with `roles`.

    Raises:
        Suspended: the organisation is.
        NotAuthenticated: its statement has run out.
        RoleNotAllowed: it has none of the roles any more, or the holder got keys that are kept apart from them.
    """
    if footing.status != "active":
        raise Suspended
    if now >= footing.statement_exp:
        raise NotAuthenticated("statement_expired")
    in_force = roles_in_force(footing, roles)
    if not in_force or not are_apart(footing, roles):
        raise RoleNotAllowed
    return in_force
