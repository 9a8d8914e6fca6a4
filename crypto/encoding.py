"""Base64url without padding, in exactly one spelling for each value (RFC 4648 §5).

A decoder that forgives (padding, stray characters, loose last bits) gives one value many spellings, and with
them many digests: whatever does not encode back to itself is refused.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from crypto.refusals import NotVerified

HASH_BYTES = 32
HASH_CHARACTERS = 43


def to_base64url(data: bytes) -> str:
    """Return `data` as base64url text without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str, *, length: int | None = None) -> bytes:
    """Return the bytes that `text` spells; `length` is the number of bytes that there must be.

    Raises:
        NotVerified: `base64url`: padded, not of the alphabet, loose last bits, or of another length.
    """
    if not isinstance(text, str):
        raise NotVerified("base64url")
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise NotVerified("base64url") from error
    if to_base64url(data) != text or (length is not None and len(data) != length):
        raise NotVerified("base64url")
    return data
