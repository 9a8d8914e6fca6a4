"""Whom this partner believes: from the pinned root of the node down to each origin's record keys.

- The node's statement counts only under the root that was pinned out of band; its `node` keys sign answers,
  acceptances and the directory.
- An origin counts by its directory entry, by approvals that are judged down to the node's own root, and by its root,
  pinned at first sight. Its statements form one chain; a lower or another one for a known number is refused.
- A new root needs the old one's consent, or the user's word (`trust`).
- An organisation that cannot be verified concerns itself alone (`unverified`); what is wrong with the node stops all.

Everything that was verified is kept in the state, in transactions of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from client.admissions import Standing, counting_approvals, is_root_replaced, judge_standing, node_standing
from client.anchors import Anchors
from client.directories import KnownDirectory
from client.evidence import ReadSigned, read_evidence
from client.failures import NotVerified, RootChanged
from client.known import KnownStatement, extend_chain, read_statement
from client.node import HomeNode
from client.state import trust as store
from client.state.opening import State
from client.wire import Wire
from crypto.documents import document_digest
from crypto.encoding import to_base64url
from crypto.keys import PublicKey
from schemas.directory import Directory, Member

_MOST_GENERATIONS = 8


class Trust:
    """The chain of trust of one partner, over its state."""

    def __init__(self, *, anchors: Anchors, state: State, wire: Wire, read_signed: ReadSigned) -> None:
        self.anchors = anchors
        self._state = state
        self._wire = wire
        self._read_signed = read_signed
        self._known: dict[str, list[KnownStatement]] = {}
        self._standings: dict[str, Standing] = {}
        self._asking: set[str] = set()
        self._cut: set[str] = set()
        self._unverified: dict[str, NotVerified] = {}
        self._node = HomeNode(
            anchors=anchors,
            state=state,
            wire=wire,
            statements=lambda: self.statements(anchors.node),
            keep=lambda tokens: self._keep_chain(anchors.node, tokens, approvals=[]),
            learn=lambda: self.learn(anchors.node),
        )
        self._directory = KnownDirectory(anchors=anchors, state=state, wire=wire, node_key=self.node_key)

    @property
    def unverified(self) -> Mapping[str, NotVerified]:
        """Return the organisations that could not be verified since `update_known`, and why."""
        return self._unverified

    def statements(self, organisation: str) -> list[KnownStatement]:
        """Return all that is known of `organisation`, oldest first."""
        if organisation not in self._known:
            tokens = store.statement_tokens(self._state.db, organisation)
            self._known[organisation] = [
                read_statement(token, organisation=organisation, federation=self.anchors.federation) for token in tokens
            ]
        return self._known[organisation]

    def organisations(self) -> list[str]:
        """Return the organisations of which statements are known."""
        return store.organisations(self._state.db)

    def node_key(self, keyid: str, at: datetime) -> PublicKey:
        """Return the node's key that `keyid` names, if it holds for use `node` at `at`; see `HomeNode.key`.

        Raises:
            NotVerified: what is wrong with the key or with the node's statement.
        """
        return self._node.key(keyid, at)

    def refresh_node(self) -> None:
        """Read the node's own statement and keep it, if its pinned root has signed it.

        Raises:
            Unreachable, NodeRootDiffers, NotVerified: as `HomeNode.refresh` does.
        """
        self._node.refresh()

    def directory(self) -> Directory | None:
        """Return the newest directory that was verified."""
        return self._directory.newest()

    def refresh_directory(self) -> Directory:
        """Return the node's directory, read anew where the node answers; it may have expired.

        Raises:
            Unreachable, NotVerified: as `KnownDirectory.refresh` does.
        """
        return self._directory.refresh()

    def learn(self, organisation: str) -> None:
        """Read and judge what the node knows of `organisation`: its statements and the approvals that admit it.

        Raises:
            RootChanged, NotVerified: it is not to be believed.
        """
        with self._judging(organisation):
            known = [one.token for one in self.statements(organisation)]
            said = read_evidence(self._read_signed, organisation, known=known)
            self._keep_chain(organisation, said.statements, approvals=said.approvals)

    def standing(self, organisation: str) -> Standing:
        """Return what `organisation` is known by, read from the node where nothing is known.

        Raises:
            RootChanged, NotVerified: it is not to be believed.
        """
        if organisation == self.anchors.node:
            if not self.statements(organisation):
                self.refresh_node()
            return node_standing(self.statements(organisation))
        if organisation not in self._standings:
            statements = self.statements(organisation)
            if not statements:
                self.learn(organisation)
                statements = self.statements(organisation)
            if organisation not in self._standings:
                with self._judging(organisation):
                    return self._stand(organisation, statements, store.approvals_of(self._state.db, organisation))
        return self._standings[organisation]

    def update_known(self, directory: Directory) -> None:
        """Read again what the directory says is newer of the organisations that are already known.

        Those that cannot be verified are in `unverified` then.

        Raises:
            NotVerified: the node itself is not to be believed.
        """
        self._unverified.clear()
        # What admits an organisation may have changed with any operator's key.
        self._standings.clear()
        # The node first: what it revokes of its operators decides who else is admitted.
        for member in sorted(directory.members, key=lambda one: one.organisation != self.anchors.node):
            known = self.statements(member.organisation)
            if known and known[-1].digest != member.statement_sha256:
                self.vouch(member)

    def vouch(self, member: Member) -> bool:
        """Return whether `agree` finds nothing wrong with a member; what it finds is in `unverified`.

        Raises:
            NotVerified: the node itself is not to be believed.
        """
        try:
            self.agree(member)
        except NotVerified as failure:
            self.doubt(member.organisation, failure)
            return False
        self._unverified.pop(member.organisation, None)
        return True

    def doubt(self, organisation: str, failure: NotVerified) -> None:
        """Keep that `organisation` cannot be verified.

        Raises:
            NotVerified: the failure, where it is not about an organisation but about the node, its answers, its keys.
        """
        if failure.about in {None, self.anchors.node}:
            raise failure
        self._unverified[organisation] = failure

    def agree(self, member: Member) -> None:
        """Check that a member of the directory is who this partner knows, after reading what is newer.

        Raises:
            RootChanged, NotVerified: the directory and the organisation's own statements do not agree.
        """
        name = member.organisation
        known = self.statements(name)
        is_node = name == self.anchors.node
        is_learnt = not known or known[-1].seq < member.statement_seq
        if is_learnt:
            if is_node:
                self.refresh_node()
            else:
                self.learn(name)
            known = self.statements(name)
        if member.root != known[-1].root:
            raise RootChanged(name, member.root)
        named = [one for one in known if one.seq == member.statement_seq]
        if not named or named[0].digest != member.statement_sha256:
            raise NotVerified("statement_forked", about=name)
        if is_node or self._stands_as(member):
            return
        # Operators may have admitted the same statement again since.
        if not is_learnt:
            self.learn(name)
        if is_learnt or not self._stands_as(member):
            raise NotVerified("directory_differs", about=name)

    def trust(self, organisation: str, thumbprint: str) -> None:
        """Pin another root for `organisation` on the user's word."""
        with self._state.transaction():
            store.pin_root(self._state.db, organisation, thumbprint, by="user", at=self._wire.source.now())
        self._standings.pop(organisation, None)
        self._unverified.pop(organisation, None)

    def _stands_as(self, member: Member) -> bool:
        try:
            standing = self.standing(member.organisation)
        except NotVerified as failure:
            if failure.reason != "admission" or failure.about != member.organisation:
                raise
            return False
        return (standing.sector, sorted(standing.roles_at_most)) == (member.sector, sorted(member.roles_at_most))

    def _keep_chain(self, organisation: str, tokens: Sequence[str], *, approvals: Sequence[str]) -> None:
        """Judge a whole history, and keep what is new of it."""
        known = self.statements(organisation)
        if len(tokens) < len(known):
            raise NotVerified("statement_seq_lower", about=organisation)
        for before, token in zip(known, tokens, strict=False):
            if token != before.token and to_base64url(document_digest(token)) != before.digest:
                raise NotVerified("statement_forked", about=organisation)
        chain, pin = self._judge_chain(organisation, known, tokens[len(known) :], approvals)
        unadmitted: NotVerified | None = None
        if organisation != self.anchors.node:
            try:
                self._stand(organisation, chain, approvals)
            except NotVerified as failure:
                if failure.about != organisation or not known:
                    raise
                # Its keys are known to be its own, so what it revokes counts, also while nobody admits it.
                unadmitted = failure
                self._standings.pop(organisation, None)
        self._keep(organisation, chain, pin, None if unadmitted else approvals, kept=len(known))
        if unadmitted is not None:
            raise unadmitted

    def _keep(
        self,
        organisation: str,
        chain: list[KnownStatement],
        pin: tuple[str, str] | None,
        approvals: Sequence[str] | None,
        *,
        kept: int,
    ) -> None:
        with self._state.transaction():
            for one in chain[kept:]:
                store.add_statement(
                    self._state.db, organisation=organisation, seq=one.seq, digest=one.signed.digest, token=one.token
                )
            if pin is not None:
                store.pin_root(self._state.db, organisation, pin[0], by=pin[1], at=self._wire.source.now())
            if approvals is not None:
                store.keep_approvals(self._state.db, organisation, list(approvals))
        self._known[organisation] = chain

    def _judge_chain(
        self, organisation: str, known: list[KnownStatement], tokens: Sequence[str], approvals: Sequence[str]
    ) -> tuple[list[KnownStatement], tuple[str, str] | None]:
        """Return the chain with the new statements, and the root to pin with the reason, None when it stands."""
        federation = self.anchors.federation
        pinned = store.pinned_root(self._state.db, organisation)
        if pinned is None and organisation == self.anchors.node:
            pinned = self.anchors.node_root

        def is_replaced(statement: KnownStatement) -> bool:
            judged = counting_approvals(approvals, federation=federation, standing_of=self.standing)
            return is_root_replaced(statement, judged)

        chain = extend_chain(
            known, tokens, organisation=organisation, federation=federation, pinned=pinned, is_replaced=is_replaced
        )
        newest = chain[-1].root
        if pinned is None:
            return chain, (newest, "first_sight")
        if organisation == self.anchors.node and store.pinned_root(self._state.db, organisation) is None:
            return chain, (newest, "out_of_band" if newest == self.anchors.node_root else "consent")
        return chain, (newest, "consent") if newest != pinned else None

    def _stand(self, organisation: str, chain: Sequence[KnownStatement], approvals: Sequence[str]) -> Standing:
        """Judge the standing of an organisation, and remember it where nothing was left out for going in a circle."""
        standing = judge_standing(chain, approvals, federation=self.anchors.federation, standing_of=self.standing)
        if not self._cut - {organisation}:
            self._standings[organisation] = standing
        return standing

    @contextmanager
    def _judging(self, organisation: str) -> Iterator[None]:
        """Hold that `organisation` is being judged: it cannot vouch for itself, by whatever detour.

        Raises:
            NotVerified: `admission`: it is being judged already, or by too long a line of operators.
        """
        if organisation in self._asking or len(self._asking) >= _MOST_GENERATIONS:
            self._cut.update(self._asking & {organisation} or self._asking)
            raise NotVerified("admission", about=organisation)
        self._asking.add(organisation)
        try:
            yield
        finally:
            self._asking.discard(organisation)
            self._cut.discard(organisation)
