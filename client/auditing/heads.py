"""Judge a log's signed head: by the node's log key, and by the witnesses that the auditor's policy names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from client.failures import NotVerified
from client.known import KnownStatement
from crypto import refusals
from crypto.bundles import Finding
from crypto.checkpoints import Checkpoint, open_note, verifier_key, verify_checkpoint
from crypto.claims import public_key_of
from crypto.cosignatures import cosigned_at
from crypto.encoding import to_base64url
from crypto.policies import Policy
from crypto.statements import key_at
from schemas.bundles import BundleHead


@dataclass(frozen=True, kw_only=True)
class JudgedHead:
    """A head that the log's key signed, who cosigned it, and what the auditor should know of that."""

    checkpoint: Checkpoint
    cosigned_by: tuple[str, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...]


def judge_head(
    note: str, *, head: BundleHead, statements: Sequence[KnownStatement], policy: Policy | None
) -> JudgedHead:
    """Return the head that `note` proves, signed by a log key that `statements` (the node's) list.

    Raises:
        NotVerified: `checkpoint_…`: no log key of the node signed it; `bundle_head`: the bundle says another head.
    """
    made_at = max(head.made_at, statements[-1].signed.claims.iat)
    checkpoint = verify_by_log_key(note, log=head.log, statements=statements, at=made_at)
    if (checkpoint.size, to_base64url(checkpoint.root)) != (head.size, head.root):
        raise NotVerified("bundle_head", about=head.node)
    if policy is None:
        return JudgedHead(checkpoint=checkpoint, cosigned_by=(), findings=(), notices=(Finding(what="no_policy"),))
    try:
        cosigned = cosigned_at(open_note(note), [one.key for one in policy.witnesses])
    except refusals.NotVerified:
        return JudgedHead(
            checkpoint=checkpoint, cosigned_by=(), findings=(Finding(what="cosignature_false"),), notices=()
        )
    is_met = policy.is_met(cosigned)
    return JudgedHead(
        checkpoint=checkpoint,
        cosigned_by=tuple(sorted(one.name for one in cosigned)),
        findings=() if is_met else (Finding(what="cosignatures_missing"),),
        notices=(),
    )


def verify_by_log_key(note: str, *, log: str, statements: Sequence[KnownStatement], at: datetime) -> Checkpoint:
    """Return the checkpoint of `log` that one of the node's log keys signed, which holds at `at`.

    Raises:
        NotVerified: `checkpoint_…`, about the node: what the last of the keys says.
    """
    newest = statements[-1].signed.claims
    failure = refusals.NotVerified("note_unsigned")
    for claim in newest.keys:
        if claim.use != "log":
            continue
        public = public_key_of(claim.jwk)
        try:
            checkpoint = verify_checkpoint(note, verifier_key=verifier_key(log, public))
            key_at(newest, public.thumbprint, use="log", at=at)
        except refusals.NotVerified as error:
            failure = error if failure.reason == "note_unsigned" else failure
        else:
            return checkpoint
    raise NotVerified(f"checkpoint_{failure.reason}", about=newest.iss) from failure
