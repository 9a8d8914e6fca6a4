"""Decide about a member, as one of two operators: sign an approval and hand it in.

What is admitted is the very statement that the applicant sent the operator, named by its digest, which the applicant
tells by another way (by telephone, say). So neither the node nor whoever carried the file can put another in its place.
"""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crypto.documents import APPROVAL, read_document, sign_document
from crypto.encoding import to_base64url
from crypto.identifiers import uuid7
from crypto.refusals import NotVerified
from crypto.statements import check_statement_keys, verify_statement
from schemas.statements import Statement
from server.access import GRANTED_ROLES
from server.commands.calling import CallFailed, Operator
from server.errors import Refusal
from server.organisations.reading import ReadStatement, read_statement

_STATEMENT_BYTES = 512 * 1024
_APPROVAL_SECONDS = 2 * 86_400


class NotDecided(Exception):
    """Nothing was signed; the message is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an operator is about to sign."""

    act: str
    subject: str
    document_sha256: str
    sector: str
    home: dict[str, str]
    display_name: str
    roles_at_most: Sequence[str]

    def sentences(self) -> list[str]:
        """Return what this decides, for the operator to read before signing."""
        return [
            f"{self.act} {self.subject}",
            f"  name      {self.display_name}",
            f"  sector    {self.sector}",
            f"  home      {self.home['node']} at {self.home['origin_url']}",
            f"  roles     at most {', '.join(self.roles_at_most)}",
            f"  statement {self.document_sha256}",
        ]


def decide_admission(path: Path, *, digest: str, roles: Sequence[str], federation: str, act: str) -> Decision:
    """Return the decision to admit by the statement in `path`, whose `digest` the applicant told by another way.

    `roles` empty: those that the statement's keys name, without the ones that only operators give.

    Raises:
        NotDecided: it is another statement, or one that does not verify.
    """
    statement = _read(path, federation=federation)
    if to_base64url(statement.digest) != digest:
        raise NotDecided(
            f"The statement in {path} has the digest {to_base64url(statement.digest)}, not the one you were told. "
            "Do not admit it: ask the applicant again."
        )
    asked = {role for key in statement.claims.keys for role in key.roles} - GRANTED_ROLES
    return _decision(act, statement, sorted(set(roles) or asked))


def decide_status(operator: Operator, name: str, *, act: str) -> Decision:
    """Return the decision to suspend or to lift `name`, which repeats what was last admitted.

    Raises:
        NotDecided: the node's evidence about the organisation is not whole.
        CallFailed: the node was not reached or said no.
    """
    evidence = operator.get(f"/v1/organisations/{name}")
    try:
        statement = read_statement(evidence["statements"][-1])
        verify_statement(statement.token, root=None, federation=operator.address.federation)
        admitted: dict[str, Any] = read_document(evidence["approvals"][-1], typ=APPROVAL).claims
    except (NotVerified, Refusal, KeyError, IndexError, TypeError) as error:
        raise NotDecided(f"What the node holds about {name} does not verify.") from error
    if statement.claims.iss != name or admitted["subject"] != name:
        raise NotDecided("The node answered about another organisation.")
    return Decision(
        act=act,
        subject=name,
        document_sha256=to_base64url(statement.digest),
        sector=admitted["sector"],
        home=admitted["home"],
        display_name=admitted["display_name"],
        roles_at_most=admitted["roles_at_most"],
    )


def hand_in(operator: Operator, decision: Decision) -> dict[str, Any]:
    """Sign the approval of `decision` and hand it in; return the node's answer (approvals so far, status).

    Raises:
        CallFailed: the node was not reached or said no.
    """
    now = int(time.time())
    claims = {
        "v": 1,
        "federation": operator.address.federation,
        "iss": operator.address.node,
        "jti": str(uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))),
        "iat": now,
        "exp": now + _APPROVAL_SECONDS,
        "act": decision.act,
        "subject": decision.subject,
        "document_sha256": decision.document_sha256,
        "sector": decision.sector,
        "home": decision.home,
        "display_name": decision.display_name,
        "roles_at_most": list(decision.roles_at_most),
    }
    approval = sign_document(claims, typ=APPROVAL, key=operator.key, keyid=operator.keyid)
    return operator.post("/v1/approvals", {"approval": approval})


def _decision(act: str, statement: ReadStatement, roles: Sequence[str]) -> Decision:
    claims: Statement = statement.claims
    return Decision(
        act=act,
        subject=claims.iss,
        document_sha256=to_base64url(statement.digest),
        sector=claims.sector,
        home={"node": claims.home.node, "origin_url": claims.home.origin_url},
        display_name=claims.display_name,
        roles_at_most=roles,
    )


def _read(path: Path, *, federation: str) -> ReadStatement:
    """Return the statement in a file: the JWS by itself, or `{"statement": JWS}`."""
    try:
        text = path.read_bytes()[:_STATEMENT_BYTES].decode("ascii").strip()
        token = json.loads(text)["statement"] if text.startswith("{") else text
        statement = read_statement(token)
        verify_statement(statement.token, root=None, federation=federation)
        check_statement_keys(statement.claims, federation)
    except (OSError, ValueError, KeyError, TypeError, Refusal) as error:
        raise NotDecided(f"{path} holds no statement.") from error
    except NotVerified as error:
        raise NotDecided(f"The statement in {path} does not verify ({error.reason}).") from error
    return statement


__all__ = ["CallFailed", "Decision", "NotDecided", "decide_admission", "decide_status", "hand_in"]
