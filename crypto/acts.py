"""Read what an entry says that its caller signed: the request, back from its signature base.

An entry keeps the base and the signature, not the headers. They are written again and read by the one reader of
requests; what does not give the same base again is refused.
"""

import re

from crypto.message_form import signature_field
from crypto.messages import SignedRequest, read_request
from crypto.refusals import NotVerified

_LINE = re.compile(r'"([a-z@-]+)": (.*)')
_HEADERS = {
    "havre-purpose": "Havre-Purpose",
    "content-type": "Content-Type",
    "content-digest": "Content-Digest",
}
_SIGNATURE_BYTES = 64
_OF_PATHS = (
    ("POST", re.compile(r"/v1/batches"), "push_batch"),
    ("GET", re.compile(r"/v1/feed"), "read_feed"),
    ("GET", re.compile(r"/v1/records/[^/]+/[^/]+"), "read_record"),
    ("GET", re.compile(r"/v1/records/[^/]+/[^/]+/opinions"), "read_opinions"),
    ("GET", re.compile(r"/v1/streams"), "read_streams"),
    ("PUT", re.compile(r"/v1/organisations/[^/]+/statement"), "change_statement"),
    ("POST", re.compile(r"/v1/applications"), "apply"),
    ("GET", re.compile(r"/v1/applications/[^/]+"), "read_application"),
    ("POST", re.compile(r"/v1/approvals"), "approve"),
    ("GET", re.compile(r"/v1/log/entries/[^/]+"), "read_own_entry"),
    ("GET", re.compile(r"/v1/whoami"), "read_whoami"),
    ("GET", re.compile(r"/v1/organisations/[^/]+"), "read_organisation"),
)
WIRE_ACTIONS = frozenset(action for _, _, action in _OF_PATHS)
"""The actions that only a signed request can be."""


def read_signed_base(base: bytes, *, signature: bytes) -> SignedRequest:
    """Return the request whose RFC 9421 signature base is `base`; `signature` is 64 bytes over it, not verified here.

    Raises:
        NotVerified: `base_form`: it is not the base of a request of our profile.
    """
    if len(signature) != _SIGNATURE_BYTES:
        raise NotVerified("base_form")
    try:
        text = base.decode("ascii")
    except UnicodeDecodeError as error:
        raise NotVerified("base_form") from error
    said: dict[str, str] = {}
    for line in text.split("\n"):
        matched = _LINE.fullmatch(line)
        if matched is None or matched[1] in said:
            raise NotVerified("base_form")
        said[matched[1]] = matched[2]
    headers = [(_HEADERS[name], value) for name, value in said.items() if name in _HEADERS]
    headers.append(("Signature-Input", f"havre={said.get('@signature-params', '')}"))
    headers.append(("Signature", signature_field(signature)))
    try:
        request = read_request(method=said.get("@method", ""), target_uri=said.get("@target-uri", ""), headers=headers)
    except NotVerified as error:
        raise NotVerified("base_form") from error
    if request.base != base:
        raise NotVerified("base_form")
    return request


def action_of(method: str, path: str) -> str | None:
    """Return the action that a request to this path is, None where several may be or none is known; no query."""
    return next((action for known, form, action in _OF_PATHS if known == method and form.fullmatch(path)), None)
