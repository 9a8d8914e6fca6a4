"""Call a node as one of its operators: signed requests, and answers that prove that they are the node's.

The operator pins the root of the node; the node's statement, verified by that root, says which keys may sign answers.
"""

import http.client
import json
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from crypto.encoding import to_base64url
from crypto.keys import PrivateKey, public_key_from_jwk
from crypto.keys import keyid as keyid_of
from crypto.messages import read_request, sign_request, verify_response
from crypto.refusals import NotVerified
from crypto.statements import check_statement_keys, key_at, verify_statement
from server.errors import Refusal
from server.organisations.reading import ReadStatement, read_statement

_SECONDS = 30
_ANSWER_BYTES = 32 * 1024 * 1024
_JSON = "application/json"
_OK = (200, 201)


class CallFailed(Exception):
    """The node was not reached, said no, or did not prove that it is the node; the message is a sentence."""


@dataclass(frozen=True, kw_only=True)
class NodeAddress:
    """Where a node is and how it is known: public origin, federation, root; `connect` reaches it on this machine."""

    node: str
    federation: str
    origin_url: str
    root_thumbprint: str
    connect: str | None = None


@dataclass(frozen=True, kw_only=True)
class _HttpAnswer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Operator:
    """An operator with its exchange key, calling one node."""

    address: NodeAddress
    key: PrivateKey

    @property
    def keyid(self) -> str:
        """Return the name of the operator's key: operators belong to the node's organisation."""
        return keyid_of(self.address.node, self.key.thumbprint)

    def get(self, target: str) -> dict[str, Any]:
        """Return the JSON that the node gives at `target`."""
        return self._call("GET", target, None)

    def post(self, target: str, value: object) -> dict[str, Any]:
        """Send `value` as JSON to `target` and return the JSON of the answer."""
        return self._call("POST", target, json.dumps(value).encode())

    def put(self, target: str, value: object) -> dict[str, Any]:
        """Send `value` as JSON to be what is at `target`, and return the JSON of the answer."""
        return self._call("PUT", target, json.dumps(value).encode())

    def node_statement(self) -> ReadStatement:
        """Return the node's newest statement, verified by the pinned root."""
        return _node_statement(self.address)

    def _call(self, method: str, target: str, body: bytes | None) -> dict[str, Any]:
        target_uri = self.address.origin_url + target
        headers = sign_request(
            method=method,
            target_uri=target_uri,
            purpose="administration",
            body=body,
            content_type=None if body is None else _JSON,
            key=self.key,
            keyid=self.keyid,
            created=int(time.time()),
            nonce=to_base64url(secrets.token_bytes(16)),
        )
        answer = _send(self.address, method, target, headers, body)
        if answer.status in _OK:
            self._prove(method, target_uri, headers, answer)
            value: dict[str, Any] = json.loads(answer.body)
            return value
        raise CallFailed(_refusal_sentence(answer))

    def _prove(self, method: str, target_uri: str, headers: Mapping[str, str], answer: _HttpAnswer) -> None:
        statement = _node_statement(self.address).claims
        thumbprint = _signer(answer)
        now = datetime.now(UTC)
        try:
            claim = key_at(statement, thumbprint, use="node", at=now)
            proven = verify_response(
                request=read_request(method=method, target_uri=target_uri, headers=list(headers.items())),
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                key=public_key_from_jwk({"crv": claim.jwk.crv, "kty": claim.jwk.kty, "x": claim.jwk.x}),
                keyid=keyid_of(self.address.node, thumbprint),
                now=int(now.timestamp()),
            )
        except NotVerified as error:
            raise CallFailed(f"The answer does not prove that it is the node's ({error.reason}).") from error
        if proven.receipt is None:
            raise CallFailed("The answer carries no receipt: the node's log does not hold what was done.")


def _send(
    address: NodeAddress, method: str, target: str, headers: Mapping[str, str], body: bytes | None
) -> _HttpAnswer:
    public = urlsplit(address.origin_url)
    connection: http.client.HTTPConnection
    if address.connect is not None:
        connection = http.client.HTTPConnection(address.connect, timeout=_SECONDS)
    elif public.scheme == "https":
        connection = http.client.HTTPSConnection(public.netloc, timeout=_SECONDS, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(public.netloc, timeout=_SECONDS)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", public.netloc)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return _HttpAnswer(status=answer.status, headers=answer.getheaders(), body=answer.read(_ANSWER_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise CallFailed(f"The node at {address.connect or address.origin_url} cannot be reached.") from error
    finally:
        connection.close()


def _node_statement(address: NodeAddress) -> ReadStatement:
    """Return the node's statement, verified by the root that the operator pinned."""
    answer = _send(address, "GET", "/.well-known/havre", {}, None)
    try:
        statement = read_statement(json.loads(answer.body)["statement"])
        root = public_key_from_jwk(
            {"crv": statement.claims.root.crv, "kty": statement.claims.root.kty, "x": statement.claims.root.x}
        )
        if root.thumbprint != address.root_thumbprint:
            raise CallFailed("The node shows another root than the one that you pinned: this may not be your node.")
        verify_statement(statement.token, root=root, federation=address.federation)
        check_statement_keys(statement.claims, address.federation)
    except (ValueError, KeyError, TypeError, NotVerified, Refusal) as error:
        raise CallFailed("The node's statement does not verify.") from error
    if statement.claims.iss != address.node:
        raise CallFailed("The statement is another node's.")
    return statement


def _signer(answer: _HttpAnswer) -> str:
    for name, value in answer.headers:
        if name.lower() == "signature-input" and 'keyid="' in value:
            return value.split('keyid="', 1)[1].split('"', 1)[0].rpartition("/")[2]
    raise CallFailed("The answer is not signed.")


def _refusal_sentence(answer: _HttpAnswer) -> str:
    try:
        problem = json.loads(answer.body)
        refused = "; ".join(f"{each['pointer'] or '/'}: {each['code']}" for each in problem.get("refused", ()))
        said = f"The node said no: {problem['title']} ({problem['code']}, request {problem['request_id']})"
    except (ValueError, KeyError, TypeError):
        return f"The node answered with status {answer.status}."
    return f"{said} {refused}" if refused else said
