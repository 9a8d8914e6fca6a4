"""Say publicly who is a member: the directory, which the node signs, and the evidence behind each member.

A directory is good for 48 hours; a new one is made when the stored one is older than 12, or something changed. Its
`seq` rises by one each time: under a lock, so that no two directories share one.

Evidence is at most 4 MiB: what is more is asked for by the number of the last statement that came.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import orjson

from crypto.canonical import canonical_bytes
from crypto.documents import DIRECTORY, sign_document
from crypto.encoding import to_base64url
from crypto.keys import is_organisation, public_key_from_bytes
from schemas.applications import OrganisationEvidence, SignedDirectory, SignedDirectorySchema
from server.db import Connection
from server.errors import NotFound
from server.organisations import approval_store, directory_store, store
from server.organisations.directory_store import ListedMember, StoredDirectory
from server.web.exchange import Exchange, Node, Visit

GOOD_FOR = timedelta(hours=48)
RENEWED_AFTER = timedelta(hours=12)
EVIDENCE_BYTES = 4 * 1024 * 1024
# What JSON puts around a document, and around all of them.
_AROUND_EACH_BYTES = 4
_AROUND_BYTES = 1024


def publish_directory(visit: Visit) -> bytes:
    """Return the newest directory as JSON, made anew where it must be."""
    now = datetime.now(UTC)
    with visit.pool.connection() as db:
        token = newest_directory(db, visit.node, now=now)
    return orjson.dumps(SignedDirectorySchema().dump(SignedDirectory(directory=token)))


def newest_directory(db: Connection, node: Node, *, now: datetime) -> str:
    """Return a directory that says who is a member at `now`, a compact JWS; a new one is stored."""
    members, digest = _members(db, node)
    stored = directory_store.newest_directory(db)
    if stored is not None and _is_good(stored, digest, now=now):
        return stored.document
    store.lock_directory(db)
    members, digest = _members(db, node)
    stored = directory_store.newest_directory(db)
    if stored is not None and _is_good(stored, digest, now=now):
        return stored.document
    seq = 1 if stored is None else stored.seq + 1
    issued = now.replace(microsecond=0)
    document = sign_document(
        {
            "v": 1,
            "federation": node.settings.federation,
            "iss": node.settings.node,
            "seq": seq,
            "iat": int(issued.timestamp()),
            "exp": int((issued + GOOD_FOR).timestamp()),
            "members": members,
        },
        typ=DIRECTORY,
        key=node.key,
        keyid=node.keyid,
    )
    directory_store.insert_directory(
        db,
        StoredDirectory(
            seq=seq, members_sha256=digest, issued_at=issued, expires_at=issued + GOOD_FOR, document=document
        ),
    )
    return document


def evidence_of(exchange: Exchange, name: str) -> OrganisationEvidence:
    """Return what admits `name`, and its statements that follow the number `after` of the query, oldest first.

    All of them, or as many as an answer of 4 MiB holds; none where none follows.

    Raises:
        NotFound: no member has this name; a name that waits is not told.
    """
    # What a path decodes to may be text that no database takes.
    member = store.organisation_named(exchange.db, name) if is_organisation(name) else None
    if member is None:
        raise NotFound
    approvals = approval_store.deciding_approvals(exchange.db, subject=name)
    after = int(exchange.query.get("after", "0"))
    taken = _AROUND_BYTES + sum(len(token) + _AROUND_EACH_BYTES for token in approvals)
    statements = store.statements_after(
        exchange.db, member.organisation_id, after, most_bytes=EVIDENCE_BYTES - taken, around_bytes=_AROUND_EACH_BYTES
    )
    return OrganisationEvidence(
        organisation=member.name, status=member.status, approvals=tuple(approvals), statements=tuple(statements)
    )


def _is_good(stored: StoredDirectory, digest: bytes, *, now: datetime) -> bool:
    return stored.members_sha256 == digest and now - stored.issued_at <= RENEWED_AFTER


def _members(db: Connection, node: Node) -> tuple[list[dict[str, object]], bytes]:
    """Return the members as a directory lists them, and a digest that changes with them and with the signing key."""
    members = [_claim(member) for member in directory_store.members(db)]
    return members, sha256(canonical_bytes({"keyid": node.keyid, "members": members})).digest()


def _claim(member: ListedMember) -> dict[str, object]:
    return {
        "organisation": member.name,
        "sector": member.sector,
        "status": member.status,
        "roles_at_most": sorted(member.roles_at_most),
        "root": public_key_from_bytes(member.root_x).thumbprint,
        "statement_seq": member.statement_seq,
        "statement_sha256": to_base64url(member.statement_sha256),
    }
