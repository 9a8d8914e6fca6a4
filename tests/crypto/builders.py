"""Synthetic keys and messages of the crypto tests: seeds of one repeated byte, names below `.example`."""

from crypto.keys import keyid, private_key_from_seed
from crypto.messages import read_request, sign_request, sign_response

FEDERATION = "test.example"
ORGANISATION = "hotline.example"
NODE = "node.example"
ORIGIN = "https://node.example"
NOW = 1_790_000_000
NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
RECEIPT = "A" * 43

ROOT = private_key_from_seed(b"\x01" * 32)
RECORD = private_key_from_seed(b"\x02" * 32)
EXCHANGE = private_key_from_seed(b"\x03" * 32)
NODE_KEY = private_key_from_seed(b"\x04" * 32)
OTHER = private_key_from_seed(b"\x05" * 32)
EXCHANGE_ID = keyid(ORGANISATION, EXCHANGE.thumbprint)
NODE_ID = keyid(NODE, NODE_KEY.thumbprint)


def request_headers(
    *,
    method="POST",
    target_uri=ORIGIN + "/v1/batches",
    purpose="contribution",
    body=b"{}\n",
    content_type="application/x-ndjson",
    created=NOW,
    nonce=NONCE,
):
    return sign_request(
        method=method,
        target_uri=target_uri,
        purpose=purpose,
        body=body,
        content_type=content_type,
        key=EXCHANGE,
        keyid=EXCHANGE_ID,
        created=created,
        nonce=nonce,
    )


def a_push(headers=None, *, method="POST", target_uri=ORIGIN + "/v1/batches"):
    headers = request_headers() if headers is None else headers
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    return read_request(method=method, target_uri=target_uri, headers=pairs)


def a_pull():
    target = ORIGIN + "/v1/feed?limit=10"
    headers = request_headers(method="GET", target_uri=target, purpose="detection", body=None, content_type=None)
    return a_push(headers, method="GET", target_uri=target)


def response_headers(
    request, *, status=201, content_type="application/json", digest=b"\x00" * 32, receipt=RECEIPT, created=NOW
):
    return sign_response(
        request=request,
        status=status,
        content_type=content_type,
        body_digest=digest,
        receipt=receipt,
        key=NODE_KEY,
        keyid=NODE_ID,
        created=created,
    )
