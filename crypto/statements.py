"""What an organisation's statements say of its keys: when a key holds, since when it is revoked, what may follow.

All are pure: the statements, the moment and the federation come in.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from crypto.claims import KeyClaim, SignedStatement, Statement, public_key_of
from crypto.documents import (
    ROOT_CONSENT,
    STATEMENT,
    VerifiedDocument,
    read_document,
    verify_document,
    verify_possession,
)
from crypto.encoding import to_base64url
from crypto.keys import KeyUse, PublicKey, public_key_from_jwk
from crypto.refusals import NotVerified

MAX_KEYS = 256
MAX_LIFETIME = timedelta(days=400)
CLOCK_DIFFERENCE = timedelta(seconds=60)
COMPROMISED = "compromised"

_USES = frozenset({"record", "exchange", "node", "log"})
_CONSENT_CLAIMS = frozenset({"v", "federation", "iss", "from", "to", "seq"})


def verify_statement(token: str, *, root: PublicKey | None, federation: str) -> VerifiedDocument:
    """Return the statement that its own root has signed; `root` is the pinned one, None at first sight.

    Raises:
        NotVerified: what `verify_document` refuses; `root`: it names another root than the pinned one.
    """
    claimed = public_key_from_jwk(read_document(token, typ=STATEMENT).claims.get("root", {}))
    if root is not None and root != claimed:
        raise NotVerified("root")
    return verify_document(token, typ=STATEMENT, key=claimed, federation=federation)


def check_statement_keys(statement: Statement, federation: str) -> None:
    """Check a statement by itself: its times, and every key it lists.

    Keys are sorted by thumbprint, none twice, the root not among them; each is for one use and proves that it is
    held by this organisation; only keys for exchange have roles and a holder; only listed keys are revoked.

    Raises:
        NotVerified: `federation`, `lifetime`, `first_statement`, `keys_order`, `key_use`, `key_holder`, `key_time`,
            `revoked_key`, `weak_key`, `key_form`, and what `verify_possession` refuses.
    """
    if statement.federation != federation:
        raise NotVerified("federation")
    if not timedelta(0) < statement.exp - statement.iat <= MAX_LIFETIME:
        raise NotVerified("lifetime")
    if (statement.seq == 1) != (statement.prev is None) or (statement.seq == 1 and statement.root_change is not None):
        raise NotVerified("first_statement")
    if len(statement.keys) > MAX_KEYS:
        raise NotVerified("keys_order")
    thumbprints = []
    for claim in statement.keys:
        _check_key_claim(claim)
        key = public_key_of(claim.jwk)
        verify_possession(claim.proof, key=key, federation=federation, organisation=statement.iss)
        thumbprints.append(key.thumbprint)
    root = public_key_of(statement.root).thumbprint
    if thumbprints != sorted(set(thumbprints)) or root in thumbprints:
        raise NotVerified("keys_order")
    revoked = [revocation.thumbprint for revocation in statement.revoked]
    if len(set(revoked)) != len(revoked) or not set(revoked) <= set(thumbprints):
        raise NotVerified("revoked_key")


def key_at(statement: Statement, thumbprint: str, *, use: KeyUse, at: datetime) -> KeyClaim:
    """Return the key `thumbprint` of `statement`, if it holds for `use` at the moment `at`.

    What later statements revoke is not seen here: see `revoked_from`.

    Raises:
        NotVerified: `unknown_key`, `key_use`, `not_yet` (before `from`), `ended` (at `until` or later), `revoked`.
    """
    for claim in statement.keys:
        if public_key_of(claim.jwk).thumbprint == thumbprint:
            break
    else:
        raise NotVerified("unknown_key")
    if claim.use != use:
        raise NotVerified("key_use")
    if at < claim.from_:
        raise NotVerified("not_yet")
    if claim.until is not None and at >= claim.until:
        raise NotVerified("ended")
    refused_from = revoked_from([statement], thumbprint)
    if refused_from is not None and at >= refused_from:
        raise NotVerified("revoked")
    return claim


def revoked_from(statements: Iterable[Statement], thumbprint: str) -> datetime | None:
    """Return the moment from which `thumbprint` is refused by `statements`, oldest first; None when it is not.

    `compromised` acts backward, from its own `at`; `superseded` and `retired` from the `iat` of the first statement
    that lists the key: an organisation cannot undo what it signed by calling a key retired. With the newest
    statement alone the answer for these two can only be later than it should be, so give all that are known.
    """
    moments = (
        revocation.at if revocation.reason == COMPROMISED else statement.iat
        for statement in statements
        for revocation in statement.revoked
        if revocation.thumbprint == thumbprint
    )
    return min(moments, default=None)


def judge_succession(old: SignedStatement, new: Statement, *, federation: str, root_replaced: bool = False) -> None:
    """Check that `new` may follow `old`: the next number, linked to it, and forgetting nothing.

    `root_replaced` says that somebody else has let a new root in: two operators by `replace_root`, or the user of
    the client by name. Without it a new root needs the old one's consent to it and to this `seq`.

    Raises:
        NotVerified: `statement_issuer`, `statement_seq`, `statement_prev`, `statement_time`, `key_forgotten`,
            `revocation_forgotten`, `key_reused`, `root_change`, and what the consent's verification refuses.
    """
    before = old.claims
    if (new.iss, new.federation, before.federation) != (before.iss, federation, federation):
        raise NotVerified("statement_issuer")
    if new.seq != before.seq + 1:
        raise NotVerified("statement_seq")
    if new.prev != to_base64url(old.digest):
        raise NotVerified("statement_prev")
    if new.iat < before.iat:
        raise NotVerified("statement_time")
    _check_keys_kept(before, new)
    _check_revocations_kept(before, new)
    _check_root_change(before, new, federation=federation, root_replaced=root_replaced)


def _check_key_claim(claim: KeyClaim) -> None:
    if claim.use not in _USES:
        raise NotVerified("key_use")
    if (claim.use == "exchange") != (claim.holder is not None) or (claim.use != "exchange" and len(claim.roles) > 0):
        raise NotVerified("key_holder")
    if claim.until is not None and claim.until <= claim.from_:
        raise NotVerified("key_time")


def _check_keys_kept(before: Statement, new: Statement) -> None:
    # A key that changed its holder would let one person approve as two.
    kept = {claim.jwk.x: (claim.use, claim.from_, claim.holder) for claim in new.keys}
    for claim in before.keys:
        if kept.get(claim.jwk.x) != (claim.use, claim.from_, claim.holder):
            raise NotVerified("key_forgotten")


def _check_revocations_kept(before: Statement, new: Statement) -> None:
    kept = {revocation.thumbprint: revocation for revocation in new.revoked}
    for revocation in before.revoked:
        now = kept.get(revocation.thumbprint)
        if now is None:
            raise NotVerified("revocation_forgotten")
        # A compromise is never taken back, nor moved to a later moment.
        if revocation.reason == COMPROMISED and (now.reason != COMPROMISED or now.at > revocation.at):
            raise NotVerified("revocation_forgotten")


def _check_root_change(before: Statement, new: Statement, *, federation: str, root_replaced: bool) -> None:
    old_root, new_root = public_key_of(before.root), public_key_of(new.root)
    if old_root == new_root:
        if new.root_change is not None:
            raise NotVerified("root_change")
        return
    if old_root.x in {public_key_of(claim.jwk).x for claim in new.keys}:
        raise NotVerified("key_reused")
    if root_replaced:
        return
    if new.root_change is None or new.root_change.from_ != old_root.thumbprint:
        raise NotVerified("root_change")
    consent = verify_document(new.root_change.consent, typ=ROOT_CONSENT, key=old_root, federation=federation)
    expected = {"iss": new.iss, "from": old_root.thumbprint, "to": new_root.thumbprint, "seq": new.seq}
    if set(consent.claims) != _CONSENT_CLAIMS or any(consent.claims[name] != expected[name] for name in expected):
        raise NotVerified("root_change")
