"""Judge the statements of a bundle: one chain an organisation, down to the node's pinned root; and keys by moments.

A chain that does not hold concerns its organisation alone; without the node's own, nothing in a bundle can be believed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from client.admissions import Standing, counting_approvals, is_root_replaced, judge_standing, node_standing
from client.anchors import Anchors
from client.failures import NodeRootDiffers, NotVerified, RootChanged
from client.known import KnownStatement, extend_chain
from crypto import refusals
from crypto.bundles import Finding
from crypto.claims import KeyClaim, public_key_of
from crypto.keys import PublicKey
from crypto.statements import CLOCK_DIFFERENCE, COMPROMISED

# So long may a statement wait, signed, until operators have approved it: until then the older one holds.
_WAITS_AT_MOST = timedelta(days=7)
_MOST_GENERATIONS = 8


@dataclass(frozen=True, kw_only=True)
class Revoked:
    """Since when the statement `seq` refuses a key; `is_signed` when that statement was signed."""

    seq: int
    since: datetime
    signed_at: datetime
    is_compromised: bool
    needs_operators: bool

    def is_certain(self, at: datetime) -> bool:
        """Return whether the node must have known of it at `at`, however long the statement waited."""
        return at >= self.signed_at + _WAITS_AT_MOST


@dataclass(kw_only=True)
class KeyHistory:
    """The keys of one organisation through all of its statements."""

    statements: Sequence[KnownStatement]
    _claims: dict[int, dict[str, KeyClaim]] = field(default_factory=dict)
    _revoked: dict[str, Revoked | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.statements:
            keys = one.signed.claims.keys
            self._claims[one.seq] = {public_key_of(claim.jwk).thumbprint: claim for claim in keys}

    def public_key(self, thumbprint: str) -> PublicKey | None:
        """Return a key that any statement lists; each lists all that were ever used."""
        claim = self._claims[self.statements[-1].seq].get(thumbprint)
        return None if claim is None else public_key_of(claim.jwk)

    def roles(self, thumbprint: str, at: datetime) -> frozenset[str]:
        """Return the roles that an exchange key had at `at` by any statement that may have held then.

        Raises:
            NotVerified: `statement_not_held`, `key_unknown`, `key_use`, `key_early`, `key_ended`: it held by none.
        """
        reason, roles = "statement_not_held", frozenset[str]()
        is_held = False
        for one in reversed(self.statements):
            claims = one.signed.claims
            if not claims.iat <= at + CLOCK_DIFFERENCE or at >= claims.exp:
                continue
            why = _why_not(self._claims[one.seq].get(thumbprint), at)
            if why is None:
                is_held = True
                roles |= frozenset(self._claims[one.seq][thumbprint].roles)
            elif reason == "statement_not_held":
                reason = why
        if not is_held:
            raise refusals.NotVerified(reason)
        return roles

    def revoked(self, thumbprint: str) -> Revoked | None:
        """Return by which statement a key is refused, and since when; None when by none."""
        if thumbprint not in self._revoked:
            self._revoked[thumbprint] = self._find_revoked(thumbprint)
        return self._revoked[thumbprint]

    def _find_revoked(self, thumbprint: str) -> Revoked | None:
        before: KnownStatement | None = None
        for one in self.statements:
            claims = one.signed.claims
            for revocation in claims.revoked:
                if revocation.thumbprint == thumbprint:
                    is_compromised = revocation.reason == COMPROMISED
                    return Revoked(
                        seq=one.seq,
                        since=min(revocation.at, claims.iat) if is_compromised else claims.iat,
                        signed_at=claims.iat,
                        is_compromised=is_compromised,
                        needs_operators=before is None or _binds_more(before, one),
                    )
            before = one
        return None


def _why_not(claim: KeyClaim | None, at: datetime) -> str | None:
    if claim is None:
        return "key_unknown"
    if claim.use != "exchange":
        return "key_use"
    if at + CLOCK_DIFFERENCE < claim.from_:
        return "key_early"
    return "key_ended" if claim.until is not None and at >= claim.until + CLOCK_DIFFERENCE else None


def _binds_more(before: KnownStatement, after: KnownStatement) -> bool:
    old, new = before.signed.claims, after.signed.claims
    return (old.sector, old.display_name, old.home) != (new.sector, new.display_name, new.home)


class Organisations:
    """All organisations of a bundle: their keys, and what they were admitted to."""

    def __init__(
        self,
        *,
        anchors: Anchors,
        statements: Mapping[str, Sequence[str]],
        approvals: Mapping[str, Sequence[str]],
        pinned: Mapping[str, str],
    ) -> None:
        """Judge all chains.

        Raises:
            NodeRootDiffers, NotVerified: the node's own chain does not hold.
        """
        self._anchors = anchors
        self._approvals = approvals
        self._pinned = dict(pinned) | {anchors.node: anchors.node_root}
        self._standings: dict[str, Standing | None] = {}
        self._asking: set[str] = set()
        self._known: dict[str, list[KnownStatement]] = {}
        self.findings: list[Finding] = []
        try:
            self._known[anchors.node] = self._chain(anchors.node, statements.get(anchors.node, ()))
        except RootChanged as failure:
            raise NodeRootDiffers(anchors.node, failure.thumbprint, pinned=anchors.node_root) from failure
        for name in sorted(set(statements) - {anchors.node}):
            try:
                self._known[name] = self._chain(name, statements[name])
            except NotVerified as failure:
                self.findings.append(Finding(what="statements_false", about=name, detail=failure.reason))
        self.histories = {name: KeyHistory(statements=chain) for name, chain in self._known.items()}

    @property
    def node_statements(self) -> Sequence[KnownStatement]:
        """Return the statements of the node's organisation, oldest first."""
        return self._known[self._anchors.node]

    def standing(self, name: str) -> Standing | None:
        """Return what an organisation was admitted to, down to the node's root; None when it was not."""
        if name not in self._standings:
            try:
                self._standings[name] = self._standing(name)
            except NotVerified:
                self._standings[name] = None
        return self._standings[name]

    def _standing(self, name: str) -> Standing:
        if name == self._anchors.node:
            return node_standing(self._known[name])
        if name not in self._known or name in self._asking or len(self._asking) >= _MOST_GENERATIONS:
            raise NotVerified("admission", about=name)
        self._asking.add(name)
        try:
            return judge_standing(
                self._known[name],
                self._approvals.get(name, ()),
                federation=self._anchors.federation,
                standing_of=self._standing,
            )
        finally:
            self._asking.discard(name)

    def _chain(self, name: str, tokens: Sequence[str]) -> list[KnownStatement]:
        if not tokens:
            raise NotVerified("statement_seq", about=name)
        federation = self._anchors.federation

        def is_replaced(statement: KnownStatement) -> bool:
            judged = counting_approvals(
                self._approvals.get(name, ()), federation=federation, standing_of=self._standing
            )
            return is_root_replaced(statement, judged)

        pinned = self._pinned.get(name)
        return extend_chain(
            [], tokens, organisation=name, federation=federation, pinned=pinned, is_replaced=is_replaced
        )
