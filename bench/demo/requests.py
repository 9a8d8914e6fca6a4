"""Requests by hand: signed in pieces, sent as bytes, so that what the SDK would never send or show can be seen."""

import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus

import httpx2
import orjson

from bench.demo.cast import Stage
from bench.demo.checks import expect
from bench.demo.member import Member
from bench.raw_http import Connection, Received, request_bytes
from crypto.encoding import to_base64url
from crypto.keys import PrivateKey, keyid
from crypto.messages import sign_request

_NDJSON = "application/x-ndjson"
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class SignedBytes:
    """A signed request in pieces, so that one of them can be swapped."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def signed(  # noqa: PLR0917 - what a request consists of, in its order
    member: Member, key: PrivateKey, method: str, target: str, purpose: str, body: bytes | None = None
) -> SignedBytes:
    """Return a request that `key` signs in the name of `member`."""
    headers = sign_request(
        method=method,
        target_uri=member.origin_url + target,
        purpose=purpose,
        body=body,
        content_type=None if body is None else _NDJSON,
        key=key,
        keyid=keyid(member.name, key.thumbprint),
        created=int(time.time()),
        nonce=to_base64url(secrets.token_bytes(16)),
    )
    return SignedBytes(method=method, target=target, headers=headers, body=body or b"")


def send(stage: Stage, request: SignedBytes) -> Received:
    """Send a request as it is, and return the node's answer, of which nothing is verified."""
    with Connection(stage.port) as connection:
        return connection.send(
            request_bytes(request.method, request.target, host=stage.host, headers=request.headers, body=request.body)
        )


def read(member: Member, target: str, purpose: str = "detection") -> httpx2.Response:
    """Return the node's answer to a signed GET of a consumer, to its last byte, of which nothing is verified."""
    request = signed(member, member.exchange_key("consumer"), "GET", target, purpose)
    return httpx2.get(member.origin_url + target, headers=request.headers, timeout=_TIMEOUT_SECONDS, trust_env=False)


def read_feed(member: Member, purpose: str = "detection") -> bytes:
    """Return all that the node serves to `member` now, from the feed's beginning, page after page.

    Raises:
        CheckFailed: a page was refused.
    """
    body, target = b"", "/v1/feed?limit=50000"
    while True:
        answer = read(member, target, purpose)
        expect(answer.status_code, HTTPStatus.OK, "the feed")
        body += answer.content
        page = orjson.loads(answer.content.splitlines()[-1])["page"]
        if not page["more"]:
            return body
        target = f"/v1/feed?limit=50000&after={page['next']}"


def code(answer: Received) -> str:
    """Return the code of the problem that an answer holds."""
    return str(orjson.loads(answer.tail)["code"])


def refusals(answer: Received) -> list[str]:
    """Return the codes of what was refused in a batch, each once."""
    return sorted({member["code"] for member in orjson.loads(answer.tail)["refused"]})
