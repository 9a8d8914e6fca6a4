"""Make challenges for passkeys and tokens for forms, and know them again, without a row for anybody who asks.

- A challenge is its end, 16 random bytes and a MAC over both, over what it is for, and over what only this browser
  holds: so a stranger who loads a page a million times fills no table. It is good for five minutes, for one act, in
  one browser; `passkey_store.use_challenge` lets it be answered once.
- A token against forged forms is a MAC over what only this browser holds.

All processes of the api must know each other's: the key of both is derived (RFC 5869) from a signature by the node's
key over a constant text. Ed25519 gives the same signature each time, and nobody but the holder of the key can make it.
A service that keeps the node's key must do nothing new for that. The text is of no form that the node signs elsewhere.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.encoding import from_base64url, to_base64url
from crypto.keys import PrivateKey
from crypto.refusals import NotVerified

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)

_CONTEXT: Final = b"havre-console-seal-v1"
_END_BYTES = 8
_RANDOM_BYTES = 16
_MAC_BYTES = 32
_CHALLENGE_BYTES = _END_BYTES + _RANDOM_BYTES + _MAC_BYTES


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A challenge that this node made and that may still be answered; `digest` is kept once it was."""

    challenge: bytes
    digest: bytes
    expires_at: datetime


class Seal:
    """What makes challenges and tokens of this node, and knows them again."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_CONTEXT).derive(key.ed25519.sign(_CONTEXT))

    def challenge(self, *, purpose: str, binding: bytes, now: datetime) -> bytes:
        """Return a new challenge, 56 bytes, to be answered for `purpose` where `binding` is held."""
        end = int((now + CHALLENGE_LIFETIME).timestamp()).to_bytes(_END_BYTES)
        head = end + secrets.token_bytes(_RANDOM_BYTES)
        return head + self._mac("challenge", purpose, head, binding)

    def known_challenge(self, challenge: bytes, *, purpose: str, binding: bytes, now: datetime) -> Answered:
        """Return `challenge` as one of ours, for this purpose, held by this browser, and not yet over.

        Raises:
            NotVerified: `challenge`, or `challenge_expired`.
        """
        head, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
        if len(challenge) != _CHALLENGE_BYTES:
            raise NotVerified("challenge")
        if not hmac.compare_digest(mac, self._mac("challenge", purpose, head, binding)):
            raise NotVerified("challenge")
        expires_at = datetime.fromtimestamp(int.from_bytes(head[:_END_BYTES]), tz=now.tzinfo)
        if now >= expires_at:
            raise NotVerified("challenge_expired")
        return Answered(challenge=challenge, digest=sha256(challenge).digest(), expires_at=expires_at)

    def form_token(self, binding: bytes) -> str:
        """Return the token that a form of this browser carries, 43 characters."""
        return to_base64url(self._mac("form", "", b"", binding))

    def check_form_token(self, token: str, binding: bytes) -> None:
        """Refuse a token that was not made for this browser.

        Raises:
            NotVerified: `form_token`.
        """
        try:
            given = from_base64url(token, length=_MAC_BYTES)
        except NotVerified as error:
            raise NotVerified("form_token") from error
        if not hmac.compare_digest(given, self._mac("form", "", b"", binding)):
            raise NotVerified("form_token")

    def _mac(self, kind: str, purpose: str, head: bytes, binding: bytes) -> bytes:
        parts = (kind.encode(), purpose.encode(), head, binding)
        # Each with its length: no two lists of parts are one text.
        text = b"".join(len(part).to_bytes(4) + part for part in parts)
        return hmac.digest(self._key, text, "sha256")
