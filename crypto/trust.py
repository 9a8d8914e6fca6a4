"""The judges of who may be believed: approvals of operators, and the place of a batch.

Each is a pure function that returns what is proven or raises; the statements by which it judges come in, all that are
known of an organisation, oldest first. The judges of single statements are in `crypto/statements.py` and can be
had from here too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crypto.batches import parse_time, stream_id
from crypto.claims import Approval, Document, SignedStatement, Statement, public_key_of
from crypto.encoding import to_base64url
from crypto.keys import KeyUse, PublicKey
from crypto.refusals import Held, NotVerified
from crypto.statements import (
    CLOCK_DIFFERENCE,
    check_statement_keys,
    judge_succession,
    key_at,
    revoked_from,
    verify_statement,
)

__all__ = [
    "JudgedApproval",
    "Placement",
    "check_statement_keys",
    "judge_admission",
    "judge_approval",
    "judge_approvals",
    "judge_placement",
    "judge_succession",
    "key_at",
    "needs_approvals",
    "revoked_from",
    "verify_statement",
]

MAX_AHEAD = timedelta(seconds=120)
MAX_APPROVAL_LIFETIME = timedelta(days=7)
APPROVALS_NEEDED = {"admit": 2, "lift": 2, "replace_root": 2, "suspend": 1}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What a judged place rests on: the keys whose signatures must now verify, and the statement's number."""

    record_key: PublicKey
    node_key: PublicKey
    at: datetime
    stream: str
    seq: int
    statement_seq: int


@dataclass(frozen=True, kw_only=True)
class JudgedApproval:
    """An approval that counts, and the person it counts for: (organisation, holder)."""

    claims: Approval
    holder: tuple[str, str]


def judge_placement(
    *,
    manifest: Document,
    acceptance: Document,
    origin_statements: Sequence[SignedStatement],
    node_statements: Sequence[SignedStatement],
    federation: str,
    now: datetime,
) -> Placement:
    """Return by which keys `manifest` and `acceptance` must be signed, if these held at the acceptance's `at`.

    Origin and node are judged by the two statements that the acceptance names, at `at`: key, validity and home;
    and by all revocations known. The signatures are the caller's to verify, with the keys returned
    (`verify_manifest`, `verify_acceptance`).

    Raises:
        NotVerified: `manifest`, `stream`, `log`, `unknown_statement`, `home`, `statement_later` (`iat` more than
            60 s after `at`), `statement_expired`, and what `key_at` refuses; `revoked`.
        Held: `at` is more than 120 s ahead of `now`: neither believed nor refused, to be asked again later.
    """
    said, placed = manifest.claims, acceptance.claims
    at = parse_time(placed["at"])
    if placed["manifest_sha256"] != to_base64url(manifest.digest):
        raise NotVerified("manifest")
    if not placed["log"].startswith(f"{acceptance.organisation}/log/"):
        raise NotVerified("log")
    named_stream = stream_id(
        federation=federation,
        origin=manifest.organisation,
        kind=said["kind"],
        audience=said["audience"],
        about=said["about"],
        log=placed["log"],
    )
    if placed["stream"] != named_stream:
        raise NotVerified("stream")
    origin = _named(origin_statements, placed["statement_sha256"], manifest.organisation)
    node = _named(node_statements, placed["node_statement_sha256"], acceptance.organisation)
    if origin.home.node != acceptance.organisation:
        raise NotVerified("home")
    record_key = _key_held(origin, origin_statements, manifest.thumbprint, use="record", at=at)
    node_key = _key_held(node, node_statements, acceptance.thumbprint, use="node", at=at)
    if at > now + MAX_AHEAD:
        raise Held("at_ahead")
    return Placement(
        record_key=record_key,
        node_key=node_key,
        at=at,
        stream=named_stream,
        seq=placed["seq"],
        statement_seq=origin.seq,
    )


def judge_approval(
    approval: Approval,
    *,
    thumbprint: str,
    statements: Sequence[SignedStatement],
    roles_at_most: Collection[str],
    handed_in_at: datetime | None,
    status_changed_at: datetime | None,
) -> JudgedApproval:
    """Return `approval`, verified under the key `thumbprint`, as one that counts.

    It is judged at its `iat`, by the statement of its issuer that held then and by the roles that the issuer's
    admission allows; its `exp` at `handed_in_at` (None for a reader, who cannot know it). Approvals older than the
    subject's last change of status (`status_changed_at`) count no more.

    `iat` is chosen by whoever holds the key. So the newest of `statements` must also give the key to an operator at
    `handed_in_at`: a stolen key that was revoked, ended or lost its role since admits nobody by an approval that
    says it is old.

    Raises:
        NotVerified: `approval_lifetime`, `approval_expired`, `approval_early`, `approval_older`,
            `unknown_statement`, `not_operator`, and what `key_at` refuses.
    """
    if not timedelta(0) < approval.exp - approval.iat <= MAX_APPROVAL_LIFETIME:
        raise NotVerified("approval_lifetime")
    if handed_in_at is not None and handed_in_at >= approval.exp:
        raise NotVerified("approval_expired")
    if handed_in_at is not None and approval.iat > handed_in_at + CLOCK_DIFFERENCE:
        raise NotVerified("approval_early")
    if status_changed_at is not None and approval.iat < status_changed_at:
        raise NotVerified("approval_older")
    holder = _operator_at(_held_at(statements, approval), statements, thumbprint, at=approval.iat)
    if handed_in_at is not None:
        _operator_at(statements[-1].claims, statements, thumbprint, at=handed_in_at)
    if "operator" not in roles_at_most:
        raise NotVerified("not_operator")
    return JudgedApproval(claims=approval, holder=(approval.iss, holder))


def judge_approvals(approvals: Sequence[JudgedApproval]) -> Approval:
    """Return what `approvals` together decide: two different persons admit, lift or replace a root, one suspends.

    A `jti` counts once; persons are compared as (organisation, holder); approvals that are not equal in all but
    `iss jti iat exp` decide nothing together.

    Raises:
        NotVerified: `approvals_missing`, `approvals_differ`, `unknown_act`.
    """
    once = {approval.claims.jti: approval for approval in reversed(approvals)}
    if not once:
        raise NotVerified("approvals_missing")
    first = next(iter(once.values())).claims
    if any(_content(approval.claims) != _content(first) for approval in once.values()):
        raise NotVerified("approvals_differ")
    needed = APPROVALS_NEEDED.get(first.act)
    if needed is None:
        raise NotVerified("unknown_act")
    if len({approval.holder for approval in once.values()}) < needed:
        raise NotVerified("approvals_missing")
    return first


def judge_admission(statement: SignedStatement, approvals: Sequence[JudgedApproval], *, act: str = "admit") -> Approval:
    """Return the decision `act` (`admit` or `replace_root`) of `approvals` on exactly this statement.

    Raises:
        NotVerified: what `judge_approvals` refuses; `approval_subject`: another act, organisation or document, or
            another sector, home or display name than the statement's.
    """
    decided = judge_approvals(approvals)
    claims = statement.claims
    if (decided.act, decided.subject, decided.federation) != (act, claims.iss, claims.federation):
        raise NotVerified("approval_subject")
    if decided.document_sha256 != to_base64url(statement.digest) or needs_approvals(claims, decided):
        raise NotVerified("approval_subject")
    return decided


def needs_approvals(statement: Statement, admission: Approval) -> bool:
    """Return whether `statement` changes sector, home or display name of `admission`, so that it waits for two."""
    return (statement.sector, statement.display_name, statement.home.node, statement.home.origin_url) != (
        admission.sector,
        admission.display_name,
        admission.home.node,
        admission.home.origin_url,
    )


def _named(statements: Sequence[SignedStatement], digest: str, organisation: str) -> Statement:
    for statement in statements:
        if to_base64url(statement.digest) == digest and statement.claims.iss == organisation:
            return statement.claims
    raise NotVerified("unknown_statement")


def _held_at(statements: Sequence[SignedStatement], approval: Approval) -> Statement:
    held = [one.claims for one in statements if one.claims.iss == approval.iss and one.claims.iat <= approval.iat]
    if not held:
        raise NotVerified("unknown_statement")
    return held[-1]


def _operator_at(statement: Statement, known: Sequence[SignedStatement], thumbprint: str, *, at: datetime) -> str:
    """Return the person who holds the operator's key `thumbprint` of `statement` at the moment `at`."""
    if at >= statement.exp:
        raise NotVerified("unknown_statement")
    claim = key_at(statement, thumbprint, use="exchange", at=at)
    _check_not_revoked(known, thumbprint, at=at)
    if claim.holder is None or "operator" not in claim.roles:
        raise NotVerified("not_operator")
    return claim.holder


def _key_held(
    statement: Statement, known: Sequence[SignedStatement], thumbprint: str, *, use: KeyUse, at: datetime
) -> PublicKey:
    if statement.iat > at + CLOCK_DIFFERENCE:
        raise NotVerified("statement_later")
    if at >= statement.exp:
        raise NotVerified("statement_expired")
    claim = key_at(statement, thumbprint, use=use, at=at)
    _check_not_revoked(known, thumbprint, at=at)
    return public_key_of(claim.jwk)


def _check_not_revoked(known: Sequence[SignedStatement], thumbprint: str, *, at: datetime) -> None:
    refused_from = revoked_from([one.claims for one in known], thumbprint)
    if refused_from is not None and at >= refused_from:
        raise NotVerified("revoked")


def _content(approval: Approval) -> tuple[object, ...]:
    return (
        *(approval.federation, approval.act, approval.subject, approval.document_sha256, approval.sector),
        *(approval.home.node, approval.home.origin_url, approval.display_name, tuple(approval.roles_at_most)),
    )
