"""The exact bytes of a log entry, its leaf and the receipt made of it.

A leaf commits to the entry under a salt, so that an erased entry cannot be guessed from its leaf, and beside it to
what the act stored (`p`), which stays provable when the entry's text is gone.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from crypto.canonical import canonical_bytes
from crypto.encoding import to_base64url
from crypto.merkle import leaf_hash, root

SALT_BYTES = 32
NOTHING_STORED = bytes(32)
ENTRY_MEMBERS = frozenset(
    {
        *("v", "id", "at", "node", "organisation", "keyid", "role", "action", "purpose", "decision", "reason"),
        *("target", "signature_base", "signature", "response_status", "response_digest", "records", "served"),
        *("filter", "from", "to", "tlp", "policy"),
    }
)


def entry_bytes(entry: Mapping[str, object]) -> bytes:
    """Return the canonical bytes of an `entry/1`, which has all of its members: what is absent is null.

    Raises:
        ValueError: a member is missing or unknown, or a value is outside the line profile.
    """
    if set(entry) != ENTRY_MEMBERS:
        raise ValueError("an entry has exactly the members of entry/1")
    return canonical_bytes(dict(entry))


def entry_leaf(*, salt: bytes, entry: bytes, p: bytes) -> bytes:
    """Return the 32-byte leaf of `entry` (its canonical bytes): of 64 bytes, SHA-256(salt + entry) and `p`.

    `salt` is 32 random bytes; `p` the root over the acceptances that the act stored, or 32 zero bytes.

    Raises:
        ValueError: `salt` or `p` is not 32 bytes.
    """
    if len(salt) != SALT_BYTES or len(p) != len(NOTHING_STORED):
        raise ValueError("salt and p are 32 bytes each")
    return leaf_hash(sha256(salt + entry).digest() + p)


def acceptances_root(digests: Sequence[bytes]) -> bytes:
    """Return `p` of an act that stored the acceptances with these 32-byte digests; 32 zero bytes when none."""
    if not digests:
        return NOTHING_STORED
    return root([leaf_hash(digest) for digest in digests])


def served_root(pairs: Sequence[tuple[str, str]]) -> str | None:
    """Return `served` of a page: the root over its documents in page order, in base64url; None when there is none.

    Each pair is (`manifest_sha256`, `document_sha256`), both base64url; the second is over the document's bytes as
    served, every LF included.
    """
    if not pairs:
        return None
    return to_base64url(root([leaf_hash(canonical_bytes(list(pair))) for pair in pairs]))


def receipt(leaf: bytes) -> str:
    """Return the receipt of an entry: its leaf, in 43 base64url characters."""
    return to_base64url(leaf)
