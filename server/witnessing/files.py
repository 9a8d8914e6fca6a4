"""Read what a node's home says of witnesses: the policy, and the key that cosigns.

`witness-policy` (C2SP tlog-policy) names in its `log` lines whose checkpoints this node cosigns, and in its `witness`
lines whom it asks to cosign its own; `quorum` says how many must have, before a checkpoint is published. The files are
read anew each time: what an operator changes holds from the next request on.
"""

import os
from pathlib import Path
from typing import Final

from crypto.checkpoints import COSIGNATURE, verifier_key
from crypto.keys import PrivateKey, load_private_key
from crypto.policies import Policy, read_policy
from crypto.refusals import NotVerified

POLICY_NAME: Final = "witness-policy"
KEY_FILES: Final = "witness-*.pem"
_OPEN_TO_OTHERS = 0o077


class NoWitnessKey(Exception):
    """The key that cosigns cannot be used; the message is a sentence for the operator."""


def policy_in(home: Path) -> Policy | None:
    """Return the policy of the node with this home; None: it has none.

    Raises:
        crypto.policies.PolicyRefused: it is not of its form.
    """
    try:
        data = (home / POLICY_NAME).read_bytes()
    except FileNotFoundError:
        return None
    return read_policy(data)


def write_policy(home: Path, text: str) -> None:
    """Write the policy of the node with this home: whole or not at all, for whoever reads it at this moment."""
    unfinished = home / f".{POLICY_NAME}.{os.getpid()}"
    unfinished.write_text(text, encoding="utf-8", errors="surrogateescape")
    unfinished.replace(home / POLICY_NAME)


def witness_key_in(home: Path) -> PrivateKey | None:
    """Return the key with which the node cosigns; None: it is no witness.

    Raises:
        NoWitnessKey: there are two, or the file is open to others or holds no key of its name.
    """
    paths = sorted(home.glob(KEY_FILES))
    if not paths:
        return None
    if len(paths) > 1:
        raise NoWitnessKey(
            f"{home} holds {len(paths)} keys {KEY_FILES}; it must be one: a witness has one key for ever."
        )
    path = paths[0]
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        raise NoWitnessKey(f"The key file {path} can be read by others: chmod 600 it, and ask who has read it.")
    try:
        key = load_private_key(path.read_bytes())
    except NotVerified as error:
        raise NoWitnessKey(f"The key file {path} holds no Ed25519 key that opens without a passphrase.") from error
    if not path.stem.endswith(f"-{key.thumbprint[:12]}"):
        raise NoWitnessKey(f"The key file {path} holds another key than its name says.")
    return key


def witness_verifier_key(node: str, key: PrivateKey) -> str:
    """Return the line by which others know this witness: its name is the node's."""
    return verifier_key(node, key.public, algorithm=COSIGNATURE)
