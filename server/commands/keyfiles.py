"""Make keys and keep them as files: PKCS#8 PEM, 0600, in a folder that is 0700, never written over."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from crypto.documents import sign_possession, verify_possession
from crypto.keys import (
    KeyUse,
    PrivateKey,
    encode_private_key,
    load_private_key,
    private_key_from_seed,
    public_key_from_jwk,
)
from crypto.refusals import NotVerified

NAMED_BY = 12
_PUBLIC_BYTES = 16 * 1024
_PARTNERS_FILE = "havre.toml"
_HOLDER_BYTES = 8


class KeyFileRefused(Exception):
    """A key file cannot be used; the message is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class PublicHalf:
    """What the holder of an exchange key hands over, so that a statement can list the key."""

    jwk: dict[str, str]
    thumbprint: str
    holder: str
    proof: str


def make_key() -> PrivateKey:
    """Return a new key."""
    return private_key_from_seed(secrets.token_bytes(32))


def refuse_partners_folder(*folders: Path) -> None:
    """Refuse folders that are a partner's: `havre` and `havre-node` both read HAVRE_HOME.

    Raises:
        KeyFileRefused: one of them holds a partner's settings.
    """
    for folder in folders:
        if (folder / _PARTNERS_FILE).exists():
            raise KeyFileRefused(
                f"{folder} is a partner's folder (it holds {_PARTNERS_FILE}): give the node a folder of its own."
            )


def make_folder(folder: Path) -> None:
    """Make `folder` for this account's eyes alone; one that is there is closed to others.

    Raises:
        KeyFileRefused: it is a partner's.
    """
    refuse_partners_folder(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_key(folder: Path, use: KeyUse, key: PrivateKey, *, passphrase: bytes | None = None) -> Path:
    """Write `key` as `<use>-<12 of thumbprint>.pem` into `folder` and return the path."""
    make_folder(folder)
    path = folder / f"{use}-{key.thumbprint[:NAMED_BY]}.pem"
    write_new(path, encode_private_key(key, passphrase=passphrase))
    return path


def write_new(path: Path, content: bytes) -> None:
    """Write a file that was not there, 0600, and see it on the disk.

    Raises:
        KeyFileRefused: it was there.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise KeyFileRefused(f"{path} is there already, and nothing is written over.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path, *, passphrase: bytes | None = None) -> PrivateKey:
    """Return the key in `path`.

    Raises:
        KeyFileRefused: no such file, open to others, another passphrase, or no key of ours.
    """
    if not path.is_file():
        raise KeyFileRefused(f"There is no key file {path}.")
    if path.stat().st_mode & 0o077:
        raise KeyFileRefused(f"The key file {path} can be read by others: chmod 600 it, and ask who has read it.")
    try:
        return load_private_key(path.read_bytes(), passphrase=passphrase)
    except NotVerified as error:
        raise KeyFileRefused(f"{path} holds no Ed25519 key, or needs another passphrase.") from error


def only_key(folder: Path, use: KeyUse, *, passphrase: bytes | None = None) -> PrivateKey:
    """Return the one key for `use` in `folder`.

    Raises:
        KeyFileRefused: there is none, or more than one.
    """
    paths = sorted(folder.glob(f"{use}-*.pem"))
    if len(paths) != 1:
        raise KeyFileRefused(f"{folder} holds {len(paths)} keys {use}-*.pem; it must be exactly one.")
    return read_key(paths[0], passphrase=passphrase)


def passphrase_in(path: Path) -> bytes:
    """Return the passphrase in the first line of `path`.

    Raises:
        KeyFileRefused: there is none.
    """
    lines = path.read_bytes().splitlines()
    if not lines or not lines[0]:
        raise KeyFileRefused(f"{path} holds no passphrase in its first line.")
    return lines[0]


def make_exchange_key(folder: Path, *, federation: str, organisation: str) -> PublicHalf:
    """Make an exchange key in its holder's own `folder`, beside the public half to hand over; return the latter."""
    key = make_key()
    half = PublicHalf(
        jwk=key.public.jwk,
        thumbprint=key.thumbprint,
        holder=secrets.token_hex(_HOLDER_BYTES),
        proof=sign_possession(key=key, federation=federation, organisation=organisation),
    )
    path = write_key(folder, "exchange", key)
    handed = {"jwk": half.jwk, "holder": half.holder, "proof": half.proof}
    write_new(path.with_suffix(".public.json"), json.dumps(handed, indent=2).encode() + b"\n")
    return half


def read_public_half(path: Path, *, federation: str, organisation: str) -> PublicHalf:
    """Return the public half in `path`, after checking that its holder has the key.

    Raises:
        KeyFileRefused: it is no such file, or the proof is of another key, federation or organisation.
    """
    refused = f"{path} is no public half of an exchange key for {organisation} in {federation}."
    try:
        handed = json.loads(path.read_bytes()[:_PUBLIC_BYTES])
        jwk, holder, proof = handed["jwk"], str(handed["holder"]), str(handed["proof"])
        key = public_key_from_jwk(jwk)
        verify_possession(proof, key=key, federation=federation, organisation=organisation)
    except (OSError, ValueError, KeyError, TypeError, NotVerified) as error:
        raise KeyFileRefused(refused) from error
    return PublicHalf(jwk=key.jwk, thumbprint=key.thumbprint, holder=holder, proof=proof)
