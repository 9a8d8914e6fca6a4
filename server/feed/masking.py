"""Put leaves in place of lines withdrawn as `legal`: they are served no more, though their bytes are still here."""

from hashlib import sha256

from crypto.encoding import to_base64url
from server.feed.store import Document

# The manifest's and the acceptance's.
_HEAD_LINES = 2


def as_served(document: Document) -> tuple[bytes, bytes]:
    """Return a document as it is served, and the digest of these bytes (32 bytes)."""
    if not document.masked_positions:
        return document.document, document.document_sha256
    lines = document.document.split(b"\n")
    for position, leaf in zip(document.masked_positions, document.masked_leaves, strict=True):
        lines[_HEAD_LINES + position] = b'{"erased":"%b"}' % to_base64url(leaf).encode("ascii")
    served = b"\n".join(lines)
    return served, sha256(served).digest()
