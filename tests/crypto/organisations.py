"""Statements, approvals and batches of synthetic organisations, signed with fixed keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crypto.batches import record_leaf, records_root, stream_id
from crypto.canonical import canonical_bytes
from crypto.claims import SignedStatement
from crypto.documents import (
    ACCEPTANCE,
    APPROVAL,
    BATCH,
    ROOT_CONSENT,
    STATEMENT,
    document_digest,
    sign_document,
    sign_possession,
)
from crypto.encoding import to_base64url
from crypto.keys import keyid, private_key_from_seed, public_key_from_jwk
from schemas.approvals import ApprovalSchema
from schemas.statements import StatementSchema
from tests.crypto.builders import EXCHANGE, FEDERATION, NODE, NODE_KEY, NOW, ORGANISATION, ORIGIN, RECORD, ROOT

NODE_ROOT = private_key_from_seed(b"\x06" * 32)
OPERATOR = private_key_from_seed(b"\x07" * 32)
SECOND_OPERATOR = private_key_from_seed(b"\x08" * 32)
LOG_KEY = private_key_from_seed(b"\x09" * 32)
NEW_ROOT = private_key_from_seed(b"\x0a" * 32)
NOON = datetime.fromtimestamp(NOW, tz=UTC)
DAY = timedelta(days=1)
AUDIENCE = {"tlp": "GREEN", "groups": [], "organisations": [], "sectors": [], "purposes": []}
LOG = f"{NODE}/log/1"


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def a_key(key, use, *, organisation=ORGANISATION, holder=None, roles=(), start=NOON - 10 * DAY, until=None):
    return {
        "jwk": key.public.jwk,
        "use": use,
        "from": text(start),
        "until": None if until is None else text(until),
        "roles": list(roles),
        "holder": holder,
        "proof": sign_possession(key=key, federation=FEDERATION, organisation=organisation),
    }


def sorted_keys(*keys):
    by_thumbprint = {public_key_from_jwk(key["jwk"]).thumbprint: key for key in keys}
    return [by_thumbprint[thumbprint] for thumbprint in sorted(by_thumbprint)]


def revocation(key, *, at, reason="compromised"):
    return {"thumbprint": key.thumbprint, "at": text(at), "reason": reason}


def contributor_keys():
    return sorted_keys(a_key(RECORD, "record"), a_key(EXCHANGE, "exchange", holder="person-1", roles=["contributor"]))


def node_keys(*, holders=("person-7", "person-8")):
    return sorted_keys(
        a_key(NODE_KEY, "node", organisation=NODE),
        a_key(LOG_KEY, "log", organisation=NODE),
        a_key(OPERATOR, "exchange", organisation=NODE, holder=holders[0], roles=["operator"]),
        a_key(SECOND_OPERATOR, "exchange", organisation=NODE, holder=holders[1], roles=["operator"]),
    )


def statement_claims(*, keys=None, root=ROOT, organisation=ORGANISATION, iat=NOON - 5 * DAY, **changes):
    seconds = int(iat.timestamp())
    return {
        "v": 1,
        "federation": FEDERATION,
        "iss": organisation,
        "jti": "0193d9d4-0000-7000-8000-000000000001",
        "iat": seconds,
        "exp": seconds + 300 * 86400,
        "seq": 1,
        "prev": None,
        "root": root.public.jwk,
        "display_name": "A synthetic hotline",
        "sector": "hotline",
        "home": {"node": NODE, "origin_url": ORIGIN},
        "keys": contributor_keys() if keys is None else keys,
        "revoked": [],
        "root_change": None,
    } | changes


def statement_token(claims, *, root=ROOT):
    return sign_document(claims, typ=STATEMENT, key=root, keyid=keyid(claims["iss"], root.thumbprint))


def signed(claims, *, root=ROOT):
    token = statement_token(claims, root=root)
    return SignedStatement(claims=StatementSchema().load(claims), digest=document_digest(token))


def a_statement(**changes):
    return signed(statement_claims(**changes))


def a_node_statement(**changes):
    claims = statement_claims(
        **({"organisation": NODE, "root": NODE_ROOT, "keys": node_keys(), "sector": "ngo"} | changes)
    )
    return signed(claims, root=NODE_ROOT)


def next_claims(old, **changes):
    """The claims of a statement that may follow `old`, issued a day later."""
    claims = StatementSchema().dump(old.claims)
    iat = claims["iat"] + 86400
    following = {"iat": iat, "exp": iat + 300 * 86400, "seq": claims["seq"] + 1, "prev": to_base64url(old.digest)}
    return claims | following | {"root_change": None} | changes


def a_successor(old, **changes):
    return signed(next_claims(old, **changes))


def consent(*, old=ROOT, new=NEW_ROOT, seq=2, organisation=ORGANISATION, **changes):
    claims = {
        "v": 1,
        "federation": FEDERATION,
        "iss": organisation,
        "from": old.thumbprint,
        "to": new.thumbprint,
        "seq": seq,
    }
    return sign_document(claims | changes, typ=ROOT_CONSENT, key=old, keyid=keyid(claims["iss"], old.thumbprint))


def lines(count=3):
    return [
        canonical_bytes(
            {
                "id": f"0193d9d4-0000-7000-8000-{number:012x}",
                "kind": "signal",
                "revision": 1,
                "salt": to_base64url(bytes([number]) * 16),
                "status": "active",
                "signal_type": "sha256",
                "value": f"{number + 1:064x}",
                "media": "image",
                "origin_of_report": "hotline",
                "ai": {"status": "unassessed"},
                "classifications": [
                    {"scheme": "iwf", "value": "A", "assessed_by": "hotline", "assessed_at": "2026-09-01"}
                ],
            }
        )
        for number in range(count)
    ]


def manifest_claims(records=None, **changes):
    records = lines() if records is None else records
    return {
        "v": 1,
        "federation": FEDERATION,
        "iss": ORGANISATION,
        "jti": "0193d9d4-0000-7000-8000-00000000000b",
        "iat": NOW,
        "kind": "signal",
        "schema": "signal/1",
        "audience": AUDIENCE,
        "about": None,
        "expires": "2027-09-21T00:00:00Z",
        "count": len(records),
        "root": to_base64url(records_root(records)),
    } | changes


def a_manifest(*, key=RECORD, **changes):
    claims = manifest_claims(**changes)
    return sign_document(claims, typ=BATCH, key=key, keyid=keyid(claims["iss"], key.thumbprint))


def acceptance_claims(manifest, *, origin=None, node=None, at=NOON, **changes):
    stream = stream_id(
        federation=FEDERATION, origin=ORGANISATION, kind="signal", audience=AUDIENCE, about=None, log=LOG
    )
    origin_digest = (a_statement() if origin is None else origin).digest
    node_digest = (a_node_statement() if node is None else node).digest
    return {
        "v": 1,
        "federation": FEDERATION,
        "iss": NODE,
        "manifest_sha256": to_base64url(document_digest(manifest)),
        "statement_sha256": to_base64url(origin_digest),
        "node_statement_sha256": to_base64url(node_digest),
        "stream": stream,
        "seq": 1,
        "prev": None,
        "log": LOG,
        "at": text(at),
    } | changes


def an_acceptance(manifest, *, key=NODE_KEY, **changes):
    claims = acceptance_claims(manifest, **changes)
    return sign_document(claims, typ=ACCEPTANCE, key=key, keyid=keyid(claims["iss"], key.thumbprint))


def a_document(manifest=None, accepted=None, records=None):
    manifest = a_manifest() if manifest is None else manifest
    accepted = an_acceptance(manifest) if accepted is None else accepted
    records = lines() if records is None else records
    return b"\n".join(
        [b'{"manifest":"%b"}' % manifest.encode(), b'{"accepted":"%b"}' % accepted.encode(), *records, b""]
    )


def an_erased_line(line):
    return b'{"erased":"%b"}' % to_base64url(record_leaf(line)).encode()


def approval_claims(statement, *, number=1, organisation=NODE, iat=NOON, **changes):
    claims = statement.claims
    return {
        "v": 1,
        "federation": FEDERATION,
        "iss": organisation,
        "jti": f"0193d9d4-0000-7000-8000-{number:012x}",
        "iat": int(iat.timestamp()),
        "exp": int((iat + 7 * DAY).timestamp()),
        "act": "admit",
        "subject": claims.iss,
        "document_sha256": to_base64url(statement.digest),
        "sector": claims.sector,
        "home": {"node": claims.home.node, "origin_url": claims.home.origin_url},
        "display_name": claims.display_name,
        "roles_at_most": ["consumer", "contributor"],
    } | changes


def approval_token(claims, *, key=OPERATOR):
    return sign_document(claims, typ=APPROVAL, key=key, keyid=keyid(claims["iss"], key.thumbprint))


def an_approval(statement, **changes):
    return ApprovalSchema().load(approval_claims(statement, **changes))


def changed(statement, **changes):
    """The same statement with claims that no schema would pass, for the judges to refuse."""
    return replace(statement.claims, **changes)
