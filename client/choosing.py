"""Choose which of one's own keys signs: one that the statement in force lists for the use and the role."""

from collections.abc import Sequence
from datetime import datetime

from client.failures import NotConfigured
from client.home import KeyFile
from crypto import refusals
from crypto.claims import KeyClaim, Statement
from crypto.keys import KeyUse, PrivateKey
from crypto.trust import key_at


def choose_key(
    keys: Sequence[KeyFile], use: KeyUse, *, role: str | None, statement: Statement | None, at: datetime
) -> PrivateKey:
    """Return the key that holds for `use` at `at` by `statement`, and has `role` where one does, else any role.

    Where the statement lists none that holds, or nothing is known, the last key is tried: the node has the last word.
    A record key that does not hold is never tried: what it signs would be refused everywhere.

    Raises:
        NotConfigured: `no_<use>_key`: there is no key for this use; `record_key_not_in_force`.
    """
    mine = [one.key for one in keys if one.use == use]
    if not mine:
        raise NotConfigured(f"no_{use}_key")
    if statement is None:
        return mine[-1]
    holding = [(key, claim) for key in mine if (claim := _claim(statement, key, use, at)) is not None]
    if use == "record" and not holding:
        raise NotConfigured("record_key_not_in_force", about=", ".join(key.thumbprint for key in mine))
    with_role = [key for key, claim in holding if role is not None and role in claim.roles]
    with_any = [key for key, claim in holding if claim.roles]
    return (with_role or with_any or [key for key, _ in holding] or mine)[-1]


def _claim(statement: Statement, key: PrivateKey, use: KeyUse, at: datetime) -> KeyClaim | None:
    try:
        return key_at(statement, key.thumbprint, use=use, at=at)
    except refusals.NotVerified:
        return None
