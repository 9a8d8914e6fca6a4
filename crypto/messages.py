"""Requests and answers signed in one profile of RFC 9421, with bodies digested by RFC 9530.

A general library reads whatever a sender chose to cover; here the sender has no choice, and anything else is
refused:

- one signature, labelled `havre`, over exactly the profile's components in the profile's order, with exactly the
  profile's parameters in order: no algorithm to negotiate, nothing left uncovered;
- a request with a body covers its type and digest; one without has neither header;
- no security header twice, no method override, no content coding, no target that two readers could understand
  differently;
- an answer covers the request that it answers, its signature included: it fits no other request.

All failures raise `NotVerified` with a constant reason. Nothing here reads a clock or keeps nonces.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from crypto.keys import PrivateKey, PublicKey, split_keyid
from crypto.message_form import (
    check_answer,
    check_field,
    check_request_line,
    check_signer,
    content_digest,
    digest_field,
    public_target_uri,
    read_digest,
    read_signature,
    required,
    signature_field,
    single_fields,
)
from crypto.refusals import NotVerified

__all__ = [
    "REQUEST_WINDOW_SECONDS",
    "RESPONSE_WINDOW_SECONDS",
    "SignedRequest",
    "VerifiedResponse",
    "content_digest",
    "public_target_uri",
    "read_request",
    "sign_request",
    "sign_response",
    "verify_body",
    "verify_request",
    "verify_response",
]

REQUEST_WINDOW_SECONDS = 60
RESPONSE_WINDOW_SECONDS = 120
REQUEST_TAG = "havre-request-v1"
RESPONSE_TAG = "havre-response-v1"

_REQUEST_COVERED = '"@method" "@target-uri" "havre-purpose"'
_BODY_COVERED = ' "content-type" "content-digest"'

_CREATED = r"(0|[1-9][0-9]{0,11})"
_KEYID = r"([a-z0-9.-]{3,100}/[A-Za-z0-9_-]{43})"
_REQUEST_INPUT = re.compile(
    rf'havre=(\({_REQUEST_COVERED}({_BODY_COVERED})?\);created={_CREATED};keyid="{_KEYID}"'
    rf';nonce="([A-Za-z0-9_-]{{22}})";tag="{REQUEST_TAG}")'
)
_RESPONSE_INPUT = re.compile(rf'havre=(\(([^()]*)\);created={_CREATED};keyid="{_KEYID}";tag="{RESPONSE_TAG}")')


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """A request of the one form, of which nothing is proven before `verify_request`.

    `content_type` and `content_digest` (32 bytes) are None together, when there is no body. `base` is the RFC 9421
    signature base, `signature` 64 bytes over it.
    """

    method: str
    target_uri: str
    purpose: str
    content_type: str | None
    content_digest: bytes | None
    keyid: str
    organisation: str
    thumbprint: str
    created: int
    nonce: str
    signature: bytes
    base: bytes


@dataclass(frozen=True, kw_only=True)
class VerifiedResponse:
    """What an answer has proven about itself beyond its status and body."""

    receipt: str | None
    content_type: str
    created: int


def sign_request(
    *,
    method: str,
    target_uri: str,
    purpose: str,
    body: bytes | None,
    content_type: str | None,
    key: PrivateKey,
    keyid: str,
    created: int,
    nonce: str,
) -> dict[str, str]:
    """Return the headers that make the request a signed one; `body` and `content_type` are None together.

    `created` is in seconds since 1970; `nonce` is 22 base64url characters, never used before.

    Raises:
        NotVerified: an argument is not in the form that a reader accepts.
    """
    if (body is None) != (content_type is None):
        raise NotVerified("body")
    check_request_line(method, target_uri, purpose)
    check_signer(key, keyid, created, nonce)
    headers = {"Havre-Purpose": purpose}
    covered, digest = _REQUEST_COVERED, None
    if body is not None and content_type is not None:
        check_field(content_type)
        covered, digest = _REQUEST_COVERED + _BODY_COVERED, content_digest(body)
        headers |= {"Content-Type": content_type, "Content-Digest": digest}
    parameters = f'({covered});created={created};keyid="{keyid}";nonce="{nonce}";tag="{REQUEST_TAG}"'
    base = _request_base((method, target_uri, purpose), content_type, digest, parameters)
    headers["Signature-Input"] = f"havre={parameters}"
    headers["Signature"] = signature_field(key.sign(base))
    return headers


def read_request(*, method: str, target_uri: str, headers: Iterable[tuple[str, str]]) -> SignedRequest:
    """Return the request as its signer must have meant it; nothing is proven yet.

    `headers` are all header fields as they came, repeated ones repeated.

    Raises:
        NotVerified: `header_repeated`, `header_refused`, `not_signed`, `method`, `target`, `purpose`, `coverage`,
            `signature_form`, `content_digest`, `header_form`, `keyid`.
    """
    fields = single_fields(headers)
    purpose = required(fields, "havre-purpose")
    check_request_line(method, target_uri, purpose)
    parameters = _REQUEST_INPUT.fullmatch(required(fields, "signature-input"))
    if parameters is None or "havre-receipt" in fields:
        raise NotVerified("coverage")
    content_type, digest_header = fields.get("content-type"), fields.get("content-digest")
    has_body = parameters[2] is not None
    if (content_type is not None) != has_body or (digest_header is not None) != has_body:
        raise NotVerified("coverage")
    if content_type is not None:
        check_field(content_type)
    organisation, thumbprint = split_keyid(parameters[4])
    return SignedRequest(
        method=method,
        target_uri=target_uri,
        purpose=purpose,
        content_type=content_type,
        content_digest=None if digest_header is None else read_digest(digest_header),
        keyid=parameters[4],
        organisation=organisation,
        thumbprint=thumbprint,
        created=int(parameters[3]),
        nonce=parameters[5],
        signature=read_signature(required(fields, "signature")),
        base=_request_base((method, target_uri, purpose), content_type, digest_header, parameters[1]),
    )


def verify_request(request: SignedRequest, *, key: PublicKey, now: int) -> None:
    """Check that `key` signed `request`, and not more than 60 seconds from `now` (when its headers arrived).

    The signature is judged first, so that `stale` is only ever said of a request that the key did sign.

    Raises:
        NotVerified: `keyid`: another key is named; `signature`; `stale`.
    """
    if request.thumbprint != key.thumbprint:
        raise NotVerified("keyid")
    key.verify(request.signature, request.base)
    if abs(now - request.created) > REQUEST_WINDOW_SECONDS:
        raise NotVerified("stale")


def verify_body(request: SignedRequest, body: bytes) -> None:
    """Check that `body`, raw and whole, is the one whose digest the request covers; no digest, no body.

    Raises:
        NotVerified: `content_digest`.
    """
    if request.content_digest is None:
        if body:
            raise NotVerified("content_digest")
    elif sha256(body).digest() != request.content_digest:
        raise NotVerified("content_digest")


def sign_response(
    *,
    request: SignedRequest,
    status: int,
    content_type: str,
    body_digest: bytes,
    receipt: str | None,
    key: PrivateKey,
    keyid: str,
    created: int,
) -> dict[str, str]:
    """Return the headers that make an answer to `request` a signed one.

    `body_digest` is SHA-256 of the body, 32 bytes, so that a body can be sent in pieces; `receipt` is 43 base64url
    characters, or None where there is no entry to point to.

    Raises:
        NotVerified: an argument is not in the form that a reader accepts.
    """
    check_answer(status, content_type, body_digest, receipt)
    check_signer(key, keyid, created)
    covered = _response_covered(request, receipt)
    parameters = f'({covered});created={created};keyid="{keyid}";tag="{RESPONSE_TAG}"'
    digest = digest_field(body_digest)
    base = _response_base(request, (status, content_type, digest), receipt, parameters)
    headers = {"Content-Type": content_type, "Content-Digest": digest}
    if receipt is not None:
        headers["Havre-Receipt"] = receipt
    headers["Signature-Input"] = f"havre={parameters}"
    headers["Signature"] = signature_field(key.sign(base))
    return headers


def verify_response(
    *,
    request: SignedRequest,
    status: int,
    headers: Iterable[tuple[str, str]],
    body: bytes | None,
    body_digest: bytes | None = None,
    key: PublicKey,
    keyid: str,
    now: int,
) -> VerifiedResponse:
    """Return what the answer to `request` proves, signed by `key` under `keyid` not more than 120 seconds from `now`.

    Either `body` is given, or None and its SHA-256 as `body_digest`.

    Raises:
        NotVerified: the reasons of `read_request` and `verify_request`, here of the answer; `receipt`.
        ValueError: neither body nor digest is given, or both.
    """
    if (body is None) == (body_digest is None):
        raise ValueError("either the body or its digest")
    fields = single_fields(headers)
    if "havre-purpose" in fields:
        raise NotVerified("coverage")
    digest_header, content_type = required(fields, "content-digest"), required(fields, "content-type")
    receipt = fields.get("havre-receipt")
    digest = read_digest(digest_header)
    check_answer(status, content_type, digest, receipt)
    parameters = _RESPONSE_INPUT.fullmatch(required(fields, "signature-input"))
    if parameters is None or parameters[2] != _response_covered(request, receipt):
        raise NotVerified("coverage")
    if parameters[4] != keyid or split_keyid(keyid)[1] != key.thumbprint:
        raise NotVerified("keyid")
    signature = read_signature(required(fields, "signature"))
    key.verify(signature, _response_base(request, (status, content_type, digest_header), receipt, parameters[1]))
    if digest != (body_digest if body is None else sha256(body).digest()):
        raise NotVerified("content_digest")
    if abs(now - int(parameters[3])) > RESPONSE_WINDOW_SECONDS:
        raise NotVerified("stale")
    return VerifiedResponse(receipt=receipt, content_type=content_type, created=int(parameters[3]))


def _request_base(
    request_line: tuple[str, str, str], content_type: str | None, digest: str | None, parameters: str
) -> bytes:
    method, target_uri, purpose = request_line
    # RFC 9421 §2.5: a line a component, the parameters last, no LF at the end.
    body = "" if digest is None else f'"content-type": {content_type}\n"content-digest": {digest}\n'
    return (
        f'"@method": {method}\n"@target-uri": {target_uri}\n"havre-purpose": {purpose}\n'
        f'{body}"@signature-params": {parameters}'
    ).encode("ascii")


def _response_covered(request: SignedRequest, receipt: str | None) -> str:
    receipt_covered = "" if receipt is None else ' "havre-receipt"'
    body_covered = "" if request.content_digest is None else ' "content-digest";req'
    return f'"@status"{_BODY_COVERED}{receipt_covered} "@method";req "@target-uri";req{body_covered} "signature";req'


def _response_base(
    request: SignedRequest, status_line: tuple[int, str, str], receipt: str | None, parameters: str
) -> bytes:
    status, content_type, digest = status_line
    lines = [f'"@status": {status}', f'"content-type": {content_type}', f'"content-digest": {digest}']
    if receipt is not None:
        lines.append(f'"havre-receipt": {receipt}')
    lines += [f'"@method";req: {request.method}', f'"@target-uri";req: {request.target_uri}']
    if request.content_digest is not None:
        lines.append(f'"content-digest";req: {digest_field(request.content_digest)}')
    lines += [f'"signature";req: {signature_field(request.signature)}', f'"@signature-params": {parameters}']
    return "\n".join(lines).encode("ascii")
