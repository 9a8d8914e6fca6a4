"""`havre-node statement renew`: sign the node's next statement with its root, and hand it in as an administrator.

A node's statement ends after a year; what changes the node's keys or its operators is a next statement too. Nothing of
it waits for approvals: the root admits the node. So whoever holds the root key chooses the operators.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crypto.documents import STATEMENT, read_document, sign_document
from crypto.encoding import to_base64url
from crypto.identifiers import uuid7
from crypto.keys import PrivateKey, public_key_from_jwk
from crypto.keys import keyid as keyid_of
from crypto.refusals import NotVerified
from crypto.statements import COMPROMISED, check_statement_keys
from server.commands.founding import STATEMENT_DAYS, listed_key, listed_operator
from server.commands.keyfiles import PublicHalf
from server.errors import Refusal
from server.organisations.reading import ReadStatement, read_statement

OPERATORS = 2
# Time for the answer to arrive and for the operator to be ready to restart the api.
CHANGEOVER = timedelta(minutes=5)


class NotRenewed(Exception):
    """Nothing was signed; the message is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What the next statement changes besides its dates; `revoke` are thumbprints, for one `reason`, from `since`."""

    operators: Sequence[PublicHalf] = ()
    revoke: Sequence[str] = ()
    reason: str = "retired"
    since: datetime | None = None
    node_key: PrivateKey | None = None


@dataclass(frozen=True, kw_only=True)
class NextStatement:
    """The signed statement, and what it says, for the operator to read."""

    token: str
    seq: int
    sentences: list[str] = field(default_factory=list)


def next_statement(newest: ReadStatement, changes: Changes, *, root: PrivateKey, signer: str) -> NextStatement:
    """Return the statement that follows `newest`, signed by `root`; `signer` is the thumbprint that hands it in.

    Raises:
        NotRenewed: the root is another, a key is not listed or is listed already, or it would not verify.
    """
    before = read_document(newest.token, typ=STATEMENT).claims
    if public_key_from_jwk(before["root"]) != root.public:
        raise NotRenewed("This root key is not the one that signs the node's statements.")
    now = datetime.now(UTC).replace(microsecond=0)
    keys = {public_key_from_jwk(key["jwk"]).thumbprint: dict(key) for key in before["keys"]}
    revoked = _revoked(before, changes, keys, now=now, signer=signer)
    _add(keys, changes, before, now=now)
    claims = {
        **before,
        "jti": str(uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=STATEMENT_DAYS)).timestamp()),
        "seq": before["seq"] + 1,
        "prev": to_base64url(newest.digest),
        "keys": [keys[thumbprint] for thumbprint in sorted(keys)],
        "revoked": revoked,
        "root_change": None,
    }
    token = sign_document(claims, typ=STATEMENT, key=root, keyid=keyid_of(before["iss"], root.thumbprint))
    try:
        check_statement_keys(read_statement(token).claims, before["federation"])
    except (NotVerified, Refusal) as error:
        raise NotRenewed("The next statement would not hold: look at what you asked for.") from error
    return NextStatement(token=token, seq=claims["seq"], sentences=_sentences(claims, changes, now=now))


def _revoked(
    before: Mapping[str, Any], changes: Changes, keys: Mapping[str, Any], *, now: datetime, signer: str
) -> list[dict[str, str]]:
    listed = {one["thumbprint"]: one for one in before["revoked"]}
    for thumbprint in changes.revoke:
        if thumbprint not in keys:
            raise NotRenewed(f"The node's statement lists no key {thumbprint}.")
        if thumbprint == signer:
            raise NotRenewed("Another operator than the one whose key is revoked must hand this in.")
        if keys[thumbprint]["use"] == "node" and not _has_ended(keys[thumbprint], now=now):
            raise NotRenewed("The api signs with this node key: change over with --new-node-key first, then revoke it.")
        since = changes.since if changes.reason == COMPROMISED and changes.since is not None else now
        listed[thumbprint] = {"thumbprint": thumbprint, "at": _text(since), "reason": changes.reason}
    return list(listed.values())


def _add(keys: dict[str, Any], changes: Changes, before: Mapping[str, Any], *, now: datetime) -> None:
    for half in changes.operators:
        if half.thumbprint in keys:
            raise NotRenewed(f"The node's statement lists the key {half.thumbprint} already.")
        keys[half.thumbprint] = listed_operator(half, since=_text(now))
    if changes.node_key is None:
        return
    change_at = _text(now + CHANGEOVER)
    for key in keys.values():
        if key["use"] == "node" and not _has_ended(key, now=now):
            key["until"] = change_at
    keys[changes.node_key.thumbprint] = listed_key(
        changes.node_key, federation=before["federation"], organisation=before["iss"], use="node", since=change_at
    )


def operators_left(claims: Mapping[str, Any], *, now: datetime) -> int:
    """Return how many persons may still approve by a statement with these claims."""
    revoked = {one["thumbprint"] for one in claims["revoked"]}
    return len(
        {
            key["holder"]
            for key in claims["keys"]
            if "operator" in key["roles"]
            and public_key_from_jwk(key["jwk"]).thumbprint not in revoked
            and not _has_ended(key, now=now)
        }
    )


def _sentences(claims: Mapping[str, Any], changes: Changes, *, now: datetime) -> list[str]:
    operators = operators_left(claims, now=now)
    said = [
        f"statement {claims['seq']} of {claims['iss']}",
        f"  valid     until {_text(datetime.fromtimestamp(claims['exp'], tz=UTC))}",
        f"  operators {operators}",
        *(f"  new       operator's key {half.thumbprint}" for half in changes.operators),
        *(f"  revoked   {thumbprint} ({changes.reason})" for thumbprint in changes.revoke),
    ]
    if changes.node_key is not None:
        said.append(
            f"  node key  {changes.node_key.thumbprint} from {_text(now + CHANGEOVER)}: restart the api then, at once"
        )
    if operators < OPERATORS:
        said.append("  Too few operators are left to admit anybody: add one with --add-operator soon.")
    return said


def _has_ended(key: Mapping[str, Any], *, now: datetime) -> bool:
    # Times of this form sort as they follow each other.
    return key["until"] is not None and str(key["until"]) <= _text(now)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
