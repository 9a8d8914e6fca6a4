"""Let a statement that was judged take effect: store it, register its keys, carry out its revocations.

A key is registered once on a node, for one organisation and one use, its root included. Another organisation's key is
refused without saying whose it is. Who registers first is decided by the database.
"""

from datetime import datetime

from crypto.claims import public_key_of
from crypto.encoding import from_base64url
from crypto.refusals import NotVerified
from crypto.statements import check_statement_keys, judge_succession, revoked_from
from schemas.statements import KeyClaim
from server.db import Connection
from server.errors import DocumentRefused, DocumentStale, RefusedMember
from server.organisations import key_store, store
from server.organisations.reading import ReadStatement, read_statement, refused, refused_by_judge
from server.organisations.store import Organisation

_ROOT = "root"
# Where the refusals of `check_statement_keys` point that are about something else than keys and their proofs.
_NOT_ABOUT_KEYS = {"lifetime": "/exp", "first_statement": "/seq", "revoked_key": "/revoked"}


def check_keys(db: Connection, statement: ReadStatement, *, federation: str, member: Organisation | None) -> None:
    """Refuse a statement whose keys are not proven, or are not this member's to list (None: a newcomer's).

    Raises:
        DocumentRefused: by `check_statement_keys`; `key_taken`; `key_reused`: for another use, or a root that was
            replaced before and comes back.
    """
    try:
        check_statement_keys(statement.claims, federation)
    except NotVerified as error:
        raise refused(_NOT_ABOUT_KEYS.get(error.reason, "/keys"), error.reason) from error
    listed = _listed_keys(statement)
    known = {key.thumbprint: key for key in key_store.known_keys(db, [key.thumbprint for key in listed])}
    wrong: list[RefusedMember] = []
    for position, key in enumerate(listed):
        registered = known.get(key.thumbprint)
        if registered is None:
            continue
        pointer = "/root" if key.use == _ROOT else f"/keys/{position}/jwk"
        if member is None or registered.organisation_id != member.organisation_id:
            wrong.append(RefusedMember(index=None, pointer=pointer, code="key_taken"))
        elif registered.use != key.use or (key.use == _ROOT and key.x != member.root_x):
            wrong.append(RefusedMember(index=None, pointer=pointer, code="key_reused"))
    if wrong:
        raise DocumentRefused(wrong)


def brings_root_alone(statement: ReadStatement, member: Organisation) -> bool:
    """Return whether `statement` brings a new root without a word of the old one."""
    return root_bytes(statement) != member.root_x and statement.claims.root_change is None


def check_follows(
    db: Connection, statement: ReadStatement, member: Organisation, *, federation: str, root_replaced: bool
) -> None:
    """Refuse a statement that cannot follow the member's newest one; `root_replaced`: who else must agree is asked.

    Raises:
        DocumentStale: it has another `seq`, or follows another statement.
        DocumentRefused: by `judge_succession`.
    """
    newest = read_statement(store.newest_statement(db, member.organisation_id))
    try:
        judge_succession(newest.signed, statement.claims, federation=federation, root_replaced=root_replaced)
    except NotVerified as error:
        if error.reason in {"statement_seq", "statement_prev"}:
            raise DocumentStale from error
        raise refused_by_judge(error) from error


def register(db: Connection, organisation_id: int, statement: ReadStatement, *, now: datetime) -> None:
    """Store `statement` as the organisation's newest, with its root and its keys.

    Raises:
        DocumentRefused: `key_taken`: another organisation registered one of its keys a moment ago.
    """
    claims = statement.claims
    store.insert_statement(
        db,
        organisation_id,
        store.NewStatement(
            seq=claims.seq,
            sha256=statement.digest,
            issued_at=claims.iat,
            expires_at=claims.exp,
            received_at=now,
            document=statement.token,
        ),
        root_x=root_bytes(statement),
    )
    listed = _listed_keys(statement)
    if key_store.write_keys(db, organisation_id, listed) != len(listed):
        raise refused("/keys", "key_taken")


def root_bytes(statement: ReadStatement) -> bytes:
    """Return the 32 bytes of the statement's root."""
    return public_key_of(statement.claims.root).x


def _listed_keys(statement: ReadStatement) -> list[key_store.ListedKey]:
    """Return the listed keys in their order, then the root."""
    root = public_key_of(statement.claims.root)
    return [
        *(_listed_key(statement, claim) for claim in statement.claims.keys),
        key_store.ListedKey(
            thumbprint=from_base64url(root.thumbprint),
            x=root.x,
            use=_ROOT,
            valid_from=statement.claims.iat,
            valid_until=None,
            roles=(),
            holder=None,
            revoked_at=None,
            revoked_reason=None,
        ),
    ]


def _listed_key(statement: ReadStatement, claim: KeyClaim) -> key_store.ListedKey:
    key = public_key_of(claim.jwk)
    reasons = {revocation.thumbprint: revocation.reason for revocation in statement.claims.revoked}
    return key_store.ListedKey(
        thumbprint=from_base64url(key.thumbprint),
        x=key.x,
        use=claim.use,
        valid_from=claim.from_,
        valid_until=claim.until,
        roles=claim.roles,
        holder=claim.holder,
        # Of all statements the earliest moment counts; the store keeps the earlier one.
        revoked_at=revoked_from([statement.claims], key.thumbprint),
        revoked_reason=reasons.get(key.thumbprint),
    )
