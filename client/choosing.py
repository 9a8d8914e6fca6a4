"""Choose which of one's own keys signs: one that the statement in force lists for the use and the role."""

from collections.abc import Sequence
from datetime import datetime

from client.failures import NotConfigured
from client.home import KeyFile
from crypto import refusals
from crypto.claims import Statement
from crypto.keys import KeyUse, PrivateKey
from crypto.trust import key_at


def choose_key(
    keys: Sequence[KeyFile], use: KeyUse, *, role: str | None, statement: Statement | None, at: datetime
) -> PrivateKey:
    """Return the key that holds for `use` at `at` by `statement`, and has `role` where one does.

    Where the statement lists none that holds, or nothing is known, the last key is tried: the node has the last word.

    Raises:
        NotConfigured: `no_<use>_key`: there is no key for this use.
    """
    mine = [one.key for one in keys if one.use == use]
    if not mine:
        raise NotConfigured(f"no_{use}_key")
    if statement is None:
        return mine[-1]
    with_role = [key for key in mine if _holds(statement, key, use, role, at)]
    return (with_role or [key for key in mine if _holds(statement, key, use, None, at)] or mine)[-1]


def _holds(statement: Statement, key: PrivateKey, use: KeyUse, role: str | None, at: datetime) -> bool:
    try:
        claim = key_at(statement, key.thumbprint, use=use, at=at)
    except refusals.NotVerified:
        return False
    return role is None or role in claim.roles
