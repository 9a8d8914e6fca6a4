"""Statements as the judges want them: verified once, loaded once, kept in memory by organisation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from client.failures import NotVerified, RootChanged
from crypto import refusals
from crypto.claims import SignedStatement, public_key_of
from crypto.encoding import to_base64url
from crypto.trust import check_statement_keys, judge_succession, verify_statement
from schemas.fields import WireSchema
from schemas.statements import StatementSchema

_STATEMENT = StatementSchema()


@dataclass(frozen=True, kw_only=True)
class KnownStatement:
    """A verified statement with its token."""

    token: str
    signed: SignedStatement

    @property
    def seq(self) -> int:
        """Return the statement's number."""
        return self.signed.claims.seq

    @property
    def digest(self) -> str:
        """Return the document's digest, base64url."""
        return to_base64url(self.signed.digest)

    @property
    def root(self) -> str:
        """Return the thumbprint of its root."""
        return public_key_of(self.signed.claims.root).thumbprint


def read_statement(token: str, *, organisation: str, federation: str) -> KnownStatement:
    """Return a statement of `organisation` that its own root has signed, judged by itself.

    Raises:
        NotVerified: whatever is wrong with it.
    """
    try:
        document = verify_statement(token, root=None, federation=federation)
        claims = load_claims(_STATEMENT, document.claims, about=organisation)
        check_statement_keys(claims, federation)
    except refusals.NotVerified as error:
        raise NotVerified(f"statement_{error.reason}", about=organisation) from error
    if document.organisation != organisation:
        raise NotVerified("statement_issuer", about=organisation)
    return KnownStatement(token=token, signed=SignedStatement(claims=claims, digest=document.digest))


def load_claims(schema: WireSchema, claims: dict[str, Any], *, about: str | None = None) -> Any:
    """Return a verified document's claims loaded by their schema; `about` is whose document it is.

    Raises:
        NotVerified: `claims_form`.
    """
    try:
        return schema.load(claims)
    except ValidationError as error:
        raise NotVerified("claims_form", about=about) from error


def follows(
    before: KnownStatement, after: KnownStatement, *, federation: str, pinned: str | None, by_operators: bool
) -> bool:
    """Return whether `after` follows `before` under a new root.

    `pinned` is the root that the user has named; `by_operators` that two operators have let the new root in, which is
    enough only where no root was pinned before.

    Raises:
        RootChanged: a new root without the old one's consent, and not the pinned one.
        NotVerified: it does not follow.
    """
    organisation = after.signed.claims.iss
    is_new_root = before.root != after.root
    replaced = is_new_root and (after.root == pinned or by_operators)
    try:
        judge_succession(before.signed, after.signed.claims, federation=federation, root_replaced=replaced)
    except refusals.NotVerified as error:
        if is_new_root:
            raise RootChanged(organisation, after.root) from error
        raise NotVerified(error.reason, about=organisation) from error
    return is_new_root


def extend_chain(
    known: Sequence[KnownStatement],
    tokens: Sequence[str],
    *,
    organisation: str,
    federation: str,
    pinned: str | None,
    is_replaced: Callable[[KnownStatement], bool],
) -> list[KnownStatement]:
    """Return the chain `known` with the statements that follow it, judged one by the other.

    `is_replaced` says whether operators have let in the new root of a statement; asked only where none is pinned.

    Raises:
        RootChanged: a new root without the old one's consent, or none of the roots is the pinned one.
        NotVerified: a statement does not follow.
    """
    chain = list(known)
    is_pin_met = pinned is None or (bool(known) and known[-1].root == pinned)
    for token in tokens:
        one = read_statement(token, organisation=organisation, federation=federation)
        if chain:
            by_operators = pinned is None and chain[-1].root != one.root and is_replaced(one)
            follows(chain[-1], one, federation=federation, pinned=pinned, by_operators=by_operators)
        elif one.seq != 1:
            raise NotVerified("statement_seq", about=organisation)
        chain.append(one)
        is_pin_met = is_pin_met or one.root == pinned
    if not is_pin_met:
        raise RootChanged(organisation, chain[-1].root)
    return chain


def signed(statements: Sequence[KnownStatement]) -> list[SignedStatement]:
    """Return the statements alone, as the judges take them."""
    return [one.signed for one in statements]
