"""A verified answer of the node."""

from dataclasses import dataclass

from crypto.messages import SignedRequest


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that the node's key signed for this very request.

    `body_sha256` is base64url. `receipt` is empty only in a refusal that left no entry of its own. `signature_input`
    and `signature` are the fields as they came: with them a third party can verify the answer again.
    """

    request: SignedRequest
    status: int
    content_type: str
    body: bytes
    body_sha256: str
    receipt: str
    created: int
    signature_input: str = ""
    signature: str = ""
