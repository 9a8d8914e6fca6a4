"""Write `docs/vectors.json`: one signed thing of each kind, by fixed keys, for whoever builds a partner.

Run it as `python -m tests.vectors.make_vectors`; the tests compare the file with what this would write.
"""

import json
from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from crypto.batches import record_leaf, stream_id
from crypto.canonical import canonical_bytes
from crypto.documents import (
    ACCEPTANCE,
    APPROVAL,
    BATCH,
    DIRECTORY,
    ROOT_CONSENT,
    STATEMENT,
    document_digest,
    sign_document,
)
from crypto.encoding import to_base64url
from crypto.entries import ENTRY_MEMBERS, acceptances_root, entry_bytes, entry_leaf, receipt, served_root
from crypto.keys import keyid
from crypto.messages import content_digest, read_request, sign_request, sign_response
from schemas.nodes import PROTOCOL_LIMITS
from server.access import Role
from tests.client.bundling import a_bundle, a_signed_act, opened, some_log
from tests.crypto import organisations as synthetic
from tests.crypto.builders import (
    EXCHANGE,
    EXCHANGE_ID,
    FEDERATION,
    NODE,
    NODE_ID,
    NODE_KEY,
    NONCE,
    NOW,
    ORGANISATION,
    ORIGIN,
    RECORD,
    ROOT,
)

PATH = Path(__file__).parents[2] / "docs" / "vectors.json"
REQUEST_ID = "0193d9d4-0000-7000-8000-0000000000aa"
SALT = b"\x0b" * 32
GET_NONCE = "EBESExQVFhcYGRobHB0eHw"
INVENTED_RECEIPT = to_base64url(sha256(b"an invented receipt").digest())
SEEDS = {
    "root": (1, ROOT),
    "record": (2, RECORD),
    "exchange": (3, EXCHANGE),
    "node": (4, NODE_KEY),
    "node_root": (6, synthetic.NODE_ROOT),
    "operator": (7, synthetic.OPERATOR),
    "second_operator": (8, synthetic.SECOND_OPERATOR),
    "log": (9, synthetic.LOG_KEY),
    "new_root": (10, synthetic.NEW_ROOT),
}


def vectors():
    """Return everything that the file holds."""
    manifest = synthetic.a_manifest()
    accepted = synthetic.an_acceptance(manifest)
    push = b"\n".join([b'{"manifest":"%b"}' % manifest.encode(), *synthetic.lines(), b""])
    request_headers, request = _request(push)
    entry, leaf, answer = _entry(request, accepted)
    return {
        "source": "made by tests/vectors/make_vectors.py; synthetic names, keys and values",
        "federation": FEDERATION,
        "now": NOW,
        "keys": {name: _key(byte, key) for name, (byte, key) in SEEDS.items()},
        "statement": _document(synthetic.statement_token(synthetic.statement_claims()), STATEMENT),
        "node_statement": _document(_node_statement(), STATEMENT),
        "approval": _document(_approval(), APPROVAL),
        "directory": _document(_directory(), DIRECTORY),
        "manifest": _document(manifest, BATCH),
        "acceptance": _document(accepted, ACCEPTANCE),
        "stream": _stream(),
        "lines": [{"line": line.decode(), "leaf": to_base64url(record_leaf(line))} for line in synthetic.lines()],
        "request": {
            "method": request.method,
            "target_uri": request.target_uri,
            "body": push.decode(),
            "headers": request_headers,
            "base": request.base.decode(),
        },
        "response": _response(request, answer, leaf),
        "entry": {
            "entry": entry.decode(),
            "salt": to_base64url(SALT),
            "leaf": to_base64url(leaf),
            "p": to_base64url(acceptances_root([document_digest(accepted)])),
            "receipt": receipt(leaf),
        },
        "page": _page(manifest),
        "root_consent": _document(synthetic.consent(), ROOT_CONSENT),
        "get": _get(),
        "refusal": _refusal(request),
        "bundle": _bundle(),
    }


def _bundle():
    """The members of a proof bundle of five entries: two questions, a pull, a push, a refusal."""
    log = [opened(a_signed_act(0)), opened(a_signed_act(1)), *some_log(9)[4:7]]
    tile = "tile/0/000.p/5"
    return {
        "leaves": [to_base64url(one.leaf) for one in log],
        "members": [
            {
                "name": name,
                "base64url" if name == tile else "text": to_base64url(data) if name == tile else data.decode(),
            }
            for name, data in a_bundle(log).members()
        ],
    }


def text():
    """Return the file's text."""
    return json.dumps(vectors(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _key(byte, key):
    return {
        "seed": f"{byte:02x}" * 32,
        "jwk": key.public.jwk,
        "thumbprint": key.thumbprint,
    }


def _document(token, typ):
    return {"typ": typ, "jws": token, "sha256": to_base64url(document_digest(token))}


def _node_statement():
    claims = synthetic.statement_claims(
        organisation=NODE, root=synthetic.NODE_ROOT, keys=synthetic.node_keys(), sector="ngo"
    )
    return synthetic.statement_token(claims, root=synthetic.NODE_ROOT)


def _approval():
    return synthetic.approval_token(synthetic.approval_claims(synthetic.a_statement()))


def _directory():
    member = {
        "organisation": ORGANISATION,
        "sector": "hotline",
        "status": "active",
        "root": ROOT.thumbprint,
        "roles_at_most": ["consumer", "contributor"],
        "statement_seq": 1,
        "statement_sha256": to_base64url(synthetic.a_statement().digest),
    }
    # The node is a member of itself, with every role at most; members stand in the order of their names.
    itself = {
        "organisation": NODE,
        "sector": "ngo",
        "status": "active",
        "root": synthetic.NODE_ROOT.thumbprint,
        "roles_at_most": sorted(role.value for role in Role),
        "statement_seq": 1,
        "statement_sha256": to_base64url(synthetic.a_node_statement().digest),
    }
    claims = {
        "v": 1,
        "federation": FEDERATION,
        "iss": NODE,
        "seq": 1,
        "iat": NOW,
        "exp": NOW + 48 * 3600,
        "members": [member, itself],
    }
    return sign_document(claims, typ=DIRECTORY, key=NODE_KEY, keyid=keyid(NODE, NODE_KEY.thumbprint))


def _stream():
    named = {
        "federation": FEDERATION,
        "origin": ORGANISATION,
        "kind": "signal",
        "about": None,
        "audience": synthetic.AUDIENCE,
        "log": synthetic.LOG,
    }
    return named | {"stream": stream_id(**named)}


def _request(push):
    headers = sign_request(
        method="POST",
        target_uri=ORIGIN + "/v1/batches",
        purpose="contribution",
        body=push,
        content_type="application/x-ndjson",
        key=EXCHANGE,
        keyid=EXCHANGE_ID,
        created=NOW,
        nonce=NONCE,
    )
    return headers, read_request(method="POST", target_uri=ORIGIN + "/v1/batches", headers=headers.items())


def _entry(request, accepted):
    answer = canonical_bytes({"accepted": accepted, "batch": synthetic.manifest_claims()["jti"], "count": 3})
    entry = dict.fromkeys(ENTRY_MEMBERS) | {
        "v": 1,
        "id": REQUEST_ID,
        "at": synthetic.text(synthetic.NOON),
        "node": NODE,
        "role": "contributor",
        "organisation": ORGANISATION,
        "keyid": EXCHANGE_ID,
        "action": "push_batch",
        "purpose": "contribution",
        "decision": "allowed",
        "target": request.target_uri.removeprefix(ORIGIN),
        "signature_base": request.base.decode(),
        "signature": to_base64url(request.signature),
        "response_status": 201,
        "records": 3,
        "tlp": "GREEN",
        "response_digest": to_base64url(sha256(answer).digest()),
        "policy": to_base64url(sha256(b"a file of screening rules").digest()),
    }
    p = acceptances_root([document_digest(accepted)])
    return entry_bytes(entry), entry_leaf(salt=SALT, entry=entry_bytes(entry), p=p), answer


def _response(request, answer, leaf):
    headers = sign_response(
        request=request,
        status=201,
        content_type="application/json",
        body_digest=sha256(answer).digest(),
        receipt=receipt(leaf),
        key=NODE_KEY,
        keyid=NODE_ID,
        created=NOW + 1,
    )
    covered = headers["Signature-Input"].removeprefix("havre=")
    digest, request_digest = content_digest(answer), "sha-256=:" + request.base.decode().split("sha-256=:")[1][:45]
    base = [
        *('"@status": 201', '"content-type": application/json', f'"content-digest": {digest}'),
        *(f'"havre-receipt": {receipt(leaf)}', '"@method";req: POST', f'"@target-uri";req: {request.target_uri}'),
        *(f'"content-digest";req: {request_digest}', f'"signature";req: {_signature_of(request)}'),
        f'"@signature-params": {covered}',
    ]
    return {"status": 201, "headers": headers, "body": answer.decode(), "base": "\n".join(base)}


def _get():
    """A signed GET, which has no body, and the signed answer to it; its receipt is invented."""
    target_uri = ORIGIN + "/v1/whoami"
    headers = sign_request(
        method="GET",
        target_uri=target_uri,
        purpose="detection",
        body=None,
        content_type=None,
        key=EXCHANGE,
        keyid=EXCHANGE_ID,
        created=NOW,
        nonce=GET_NONCE,
    )
    request = read_request(method="GET", target_uri=target_uri, headers=headers.items())
    body = canonical_bytes(
        {
            "organisation": ORGANISATION,
            "sector": "hotline",
            "status": "active",
            "keyid": EXCHANGE_ID,
            "key_until": None,
            "roles": ["contributor"],
            "statement_seq": 1,
            "statement_exp": NOW + 295 * 86400,
            "now": synthetic.text(synthetic.NOON),
            "limits": asdict(PROTOCOL_LIMITS),
            "poll_after": 600,
        }
    )
    said = {"method": "GET", "target_uri": target_uri, "headers": headers, "base": request.base.decode()}
    return {"request": said, "response": _answer(request, body, status=200, content_type="application/json")}


def _refusal(request):
    """The signed answer to the request of these vectors, had the node refused it; its receipt is invented."""
    body = canonical_bytes(
        {
            "type": ORIGIN + "/problems/records_refused",
            "title": "Some records, or the manifest, break a rule; nothing of the batch was stored.",
            "status": 422,
            "code": "records_refused",
            "request_id": REQUEST_ID,
            "refused": [{"index": 1, "pointer": "/value", "code": "value_form"}],
        }
    )
    return {"response": _answer(request, body, status=422, content_type="application/problem+json")}


def _answer(request, body, *, status, content_type):
    headers = sign_response(
        request=request,
        status=status,
        content_type=content_type,
        body_digest=sha256(body).digest(),
        receipt=INVENTED_RECEIPT,
        key=NODE_KEY,
        keyid=NODE_ID,
        created=NOW + 1,
    )
    return {"status": status, "headers": headers, "body": body.decode()}


def _signature_of(request):
    return f"havre=:{b64encode(request.signature).decode()}:"


def _page(manifest):
    first, second, third = synthetic.lines()
    document = synthetic.a_document(manifest, records=[first, synthetic.an_erased_line(second), third])
    expired = synthetic.a_document(manifest, records=[])
    page_line = {"page": {"next": "cursor", "more": False, "batches": 2, "records": 3, "poll_after": 600}}
    pair = [
        (to_base64url(document_digest(manifest)), to_base64url(sha256(one).digest())) for one in (document, expired)
    ]
    return {
        "documents": (document + expired + canonical_bytes(page_line) + b"\n").decode(),
        "document_sha256": [digest for _, digest in pair],
        "served": served_root(pair),
    }


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
