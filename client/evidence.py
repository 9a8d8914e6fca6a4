"""Read what a node shows of an organisation: its statements, page by page after those that are known, and approvals.

A node answers `GET /v1/organisations/{name}?after=<seq>` with the next statements and all approvals; no statements are
the end. A node that shows all at once, or refuses `after`, is understood too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from client.failures import NotVerified, Refused
from client.wire import load
from crypto import refusals
from crypto.documents import STATEMENT, read_document
from schemas.answers import OrganisationEvidence, OrganisationEvidenceSchema

_EVIDENCE = OrganisationEvidenceSchema()
_MAX_BYTES = 64 * 1024 * 1024
_NOT_FOUND = 404

ReadSigned = Callable[[str], bytes]
"""Return the verified body of the answer to a signed GET of a target."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All statements, oldest first, those that were known among them, and the approvals; nothing proven yet."""

    statements: Sequence[str]
    approvals: Sequence[str]


def read_evidence(read_signed: ReadSigned, organisation: str, *, known: Sequence[str]) -> Evidence:
    """Return what the node shows of `organisation`, after the statements `known`.

    Raises:
        NotVerified: about the organisation: `evidence`, `evidence_too_long`, `statement_seq`.
    """
    statements, length = list(known), 0
    after = len(known)
    said = _ask(read_signed, organisation, after=after) or _ask(read_signed, organisation, after=0)
    while said is not None and said.statements:
        first = _seq(said.statements[0], organisation)
        if first <= after:
            # A whole answer, although only what is newer was asked for.
            return Evidence(statements=said.statements, approvals=said.approvals)
        if first != len(statements) + 1:
            raise NotVerified("statement_seq", about=organisation)
        statements += said.statements
        length += sum(len(token) for token in said.statements)
        if length > _MAX_BYTES:
            raise NotVerified("evidence_too_long", about=organisation)
        after = len(statements)
        last, said = said, _ask(read_signed, organisation, after=after)
        said = said or OrganisationEvidence(
            organisation=organisation, status=last.status, approvals=last.approvals, statements=()
        )
    if said is None or not statements:
        raise NotVerified("evidence", about=organisation)
    return Evidence(statements=statements, approvals=said.approvals)


def _ask(read_signed: ReadSigned, organisation: str, *, after: int) -> OrganisationEvidence | None:
    """Return one answer, None where the node gives no page after `after`."""
    try:
        body = read_signed(f"/v1/organisations/{organisation}" + (f"?after={after}" if after else ""))
        said: OrganisationEvidence = load(_EVIDENCE, body)
    except Refused as refusal:
        if after and refusal.code == "bad_query":
            return None
        if refusal.status != _NOT_FOUND:
            raise
        raise NotVerified("evidence", about=organisation) from refusal
    except NotVerified as failure:
        if failure.reason not in {"answer_form", "answer_too_long"}:
            raise
        if after:
            # What came before stands by itself; whether it is all shows in the directory.
            return None
        # Properly signed by the node, but more or other than can be read: it concerns this organisation alone.
        reason = "evidence" if failure.reason == "answer_form" else "evidence_too_long"
        raise NotVerified(reason, about=organisation) from failure
    if said.organisation != organisation:
        raise NotVerified("evidence", about=organisation)
    return said


def _seq(token: str, organisation: str) -> int:
    try:
        seq = read_document(token, typ=STATEMENT).claims.get("seq")
    except refusals.NotVerified as error:
        raise NotVerified(f"statement_{error.reason}", about=organisation) from error
    if not isinstance(seq, int):
        raise NotVerified("statement_seq", about=organisation)
    return seq
