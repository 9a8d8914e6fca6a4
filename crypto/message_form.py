"""The forms of what a signed message consists of: target, purpose, digest, signature, and which headers may stand.

Each value has one spelling; each reader here gives back what it read only if writing it again gives the same text.
"""

import re
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterable
from hashlib import sha256

from crypto.encoding import from_base64url
from crypto.keys import PrivateKey, split_keyid
from crypto.refusals import NotVerified

_SINGLE = frozenset(
    {"content-digest", "content-type", "havre-purpose", "havre-receipt", "signature", "signature-input"}
)
_REFUSED = frozenset(
    {"content-encoding", "x-http-method", "x-http-method-override", "x-method-override", "x-original-method"}
)

_METHOD = re.compile(r"[A-Z]{1,16}")
_ORIGIN = re.compile(
    r"(?:https://(?!.*:443\Z)|http://(?!.*:80\Z))(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?"
)
_TARGET = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_AMBIGUOUS_TARGET = re.compile(r"//|/\.\.?(?:[/?]|\Z)|%2[Ff]|\A[^?]*%(?:2[Ee]|5[Cc])")
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FIELD = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_SIGNATURE = re.compile(r"havre=:([A-Za-z0-9+/]{86}==):")
_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
_CREATED = re.compile(r"0|[1-9][0-9]{0,11}")
_SHA256_BYTES = 32
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599  # the final statuses of RFC 9110 §15


def content_digest(body: bytes) -> str:
    """Return the `Content-Digest` of `body` (RFC 9530 §2): one member, sha-256."""
    return digest_field(sha256(body).digest())


def public_target_uri(*, origin: str, target: str) -> str:
    """Return the `@target-uri` of a raw request target below the configured public `origin`.

    `origin` is `https://host[:port]` without a path, in lower case, without its scheme's own port; `target` is what
    stood in the request line, undecoded.

    Raises:
        NotVerified: `origin`, or `target`: absolute form, a fragment, a second spelling of a path, or characters
            that do not belong there.
    """
    if _ORIGIN.fullmatch(origin) is None:
        raise NotVerified("origin")
    if _TARGET.fullmatch(target) is None or _AMBIGUOUS_TARGET.search(target) is not None:
        raise NotVerified("target")
    return origin + target


def single_fields(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the fields that this profile speaks of, by lower-case name, each of which stands once.

    Raises:
        NotVerified: `header_repeated`; `header_refused`: a method override or a content coding.
    """
    fields: dict[str, str] = {}
    for name, value in headers:
        # Some gateways write `-` and `_` alike: a second spelling is a second header.
        lowered = name.lower().replace("_", "-")
        if lowered in _SINGLE:
            if lowered in fields:
                raise NotVerified("header_repeated")
            fields[lowered] = value
        elif lowered in _REFUSED:
            raise NotVerified("header_refused")
    return fields


def required(fields: dict[str, str], name: str) -> str:
    """Return the field `name`.

    Raises:
        NotVerified: `not_signed`: it is not there.
    """
    value = fields.get(name)
    if value is None:
        raise NotVerified("not_signed")
    return value


def check_request_line(method: str, uri: str, purpose: str) -> None:
    """Check method, target URI (origin and raw target) and purpose.

    Raises:
        NotVerified: `method`, `origin`, `target`, `purpose`.
    """
    if _METHOD.fullmatch(method) is None:
        raise NotVerified("method")
    after_scheme = uri.find("://") + 3
    start = uri.find("/", after_scheme)
    if start < after_scheme:
        raise NotVerified("target")
    public_target_uri(origin=uri[:start], target=uri[start:])
    if _PURPOSE.fullmatch(purpose) is None:
        raise NotVerified("purpose")


def check_signer(key: PrivateKey, keyid: str, created: int, nonce: str | None = None) -> None:
    """Check that `keyid` names `key`, that `created` is in seconds since 1970, and that a nonce has its form.

    Raises:
        NotVerified: `keyid`, `created`, `nonce`.
    """
    if split_keyid(keyid)[1] != key.thumbprint:
        raise NotVerified("keyid")
    if _CREATED.fullmatch(str(created)) is None:
        raise NotVerified("created")
    if nonce is not None and _NONCE.fullmatch(nonce) is None:
        raise NotVerified("nonce")


def check_field(value: str) -> None:
    """Check that a field value is visible ASCII with inner spaces, at most 256 characters.

    Raises:
        NotVerified: `header_form`.
    """
    if _FIELD.fullmatch(value) is None:
        raise NotVerified("header_form")


def check_answer(status: int, content_type: str, body_digest: bytes, receipt: str | None) -> None:
    """Check the parts of an answer: a final status, a media type, a 32-byte digest, a receipt or none.

    Raises:
        NotVerified: `status`, `header_form`, `content_digest`, `receipt`.
    """
    if not _LOWEST_STATUS <= status <= _HIGHEST_STATUS:
        raise NotVerified("status")
    check_field(content_type)
    if len(body_digest) != _SHA256_BYTES:
        raise NotVerified("content_digest")
    if receipt is not None:
        try:
            from_base64url(receipt, length=_SHA256_BYTES)
        except NotVerified as error:
            raise NotVerified("receipt") from error


def digest_field(digest: bytes) -> str:
    """Return the `Content-Digest` field of a 32-byte SHA-256 digest."""
    return f"sha-256=:{b64encode(digest).decode('ascii')}:"


def signature_field(signature: bytes) -> str:
    """Return the `Signature` field of a 64-byte signature."""
    return f"havre=:{b64encode(signature).decode('ascii')}:"


def read_digest(field: str) -> bytes:
    """Return the 32 bytes of a `Content-Digest` field.

    Raises:
        NotVerified: `content_digest`: another algorithm, a second member, or a second spelling.
    """
    match = _DIGEST.fullmatch(field)
    if match is None:
        raise NotVerified("content_digest")
    digest = a2b_base64(match[1])
    if digest_field(digest) != field:  # RFC 4648 §3.5: loose last bits would be a second spelling
        raise NotVerified("content_digest")
    return digest


def read_signature(field: str) -> bytes:
    """Return the 64 bytes of a `Signature` field.

    Raises:
        NotVerified: `signature_form`: another label, a second signature, or a second spelling.
    """
    match = _SIGNATURE.fullmatch(field)
    if match is None:
        raise NotVerified("signature_form")
    signature = a2b_base64(match[1])
    if signature_field(signature) != field:
        raise NotVerified("signature_form")
    return signature
