"""The home node itself: its statement under the root that was pinned out of band, and the keys that it signs with."""

from collections.abc import Callable, Sequence
from datetime import datetime

from client.anchors import Anchors
from client.failures import NodeRootDiffers, NotAuthenticated, NotVerified, RootChanged
from client.known import KnownStatement, read_statement, signed
from client.state import trust as store
from client.state.opening import State
from client.wire import Wire
from crypto import refusals
from crypto.claims import public_key_of
from crypto.keys import PublicKey, split_keyid
from crypto.trust import key_at, revoked_from
from schemas.answers import WellKnownSchema


class HomeNode:
    """The node of one partner.

    `statements` gives what is known of it, `keep` judges its whole history by tokens and keeps what is new, `learn`
    reads that history over answers that the node signs.
    """

    def __init__(
        self,
        *,
        anchors: Anchors,
        state: State,
        wire: Wire,
        statements: Callable[[], list[KnownStatement]],
        keep: Callable[[Sequence[str]], None],
        learn: Callable[[], None],
    ) -> None:
        self._anchors = anchors
        self._state = state
        self._wire = wire
        self._statements = statements
        self._keep = keep
        self._learn = learn
        self._provisional: KnownStatement | None = None

    def key(self, keyid: str, at: datetime) -> PublicKey:
        """Return the node's key that `keyid` names, if it holds for use `node` at `at`.

        A key that is not known may be new: the node's statement is read again before it is refused.

        Raises:
            NotVerified: what is wrong with the key or with the node's statement.
        """
        try:
            return self._key(keyid, at)
        except refusals.NotVerified:
            self.refresh()
        try:
            return self._key(keyid, at)
        except refusals.NotVerified as error:
            raise NotVerified(f"node_key_{error.reason}", about=self._anchors.node) from error

    def refresh(self) -> None:
        """Read the node's own statement and keep it, if its pinned root has signed it.

        Raises:
            Unreachable: the node does not answer.
            NodeRootDiffers, NotVerified: it is another node, or its statement is not to be believed.
        """
        try:
            self._refresh()
        except RootChanged as failure:
            node = self._anchors.node
            if failure.about != node:
                raise
            pinned = store.pinned_root(self._state.db, node) or self._anchors.node_root
            raise NodeRootDiffers(node, failure.thumbprint, pinned=pinned) from failure

    def _refresh(self) -> None:
        node = self._anchors.node
        said = self._wire.read_public("/.well-known/havre", WellKnownSchema())
        if (said.federation, said.node, said.origin_url) != (
            self._anchors.federation,
            node,
            self._wire.origin_url,
        ):
            raise NotVerified("another_node", about=node)
        newest = read_statement(said.statement, organisation=node, federation=self._anchors.federation)
        known = self._statements()
        pinned = store.pinned_root(self._state.db, node) or self._anchors.node_root
        if known and newest.seq < known[-1].seq:
            raise NotVerified("statement_seq_lower", about=node)
        if known and newest.digest == known[-1].digest:
            return
        if newest.seq == (known[-1].seq + 1 if known else 1):
            self._keep([*(one.token for one in known), newest.token])
            return
        if newest.root != pinned and not known:
            raise RootChanged(node, newest.root)
        # Statements lie between: they are read over answers that this one vouches for, and must lead to it.
        if self._learns_over(newest, may_stand=newest.root == pinned) and newest.digest not in {
            one.digest for one in self._statements()
        }:
            raise NotVerified("statement_forked", about=node)

    def _learns_over(self, newest: KnownStatement, *, may_stand: bool) -> bool:
        """Read the history over answers that `newest` vouches for, and return whether it could be read.

        Who is no member yet may not read it: until it is one, `newest` stands alone, if it may.
        """
        self._provisional, stands = newest, False
        try:
            self._learn()
        except NotAuthenticated:
            stands = may_stand
            if not stands:
                raise
        finally:
            if not stands:
                self._provisional = None
        return not stands

    def _key(self, keyid: str, at: datetime) -> PublicKey:
        organisation, thumbprint = split_keyid(keyid)
        known = self._statements()
        newest = self._provisional or (known[-1] if known else None)
        if organisation != self._anchors.node or newest is None:
            raise refusals.NotVerified("unknown")
        claim = key_at(newest.signed.claims, thumbprint, use="node", at=at)
        claims = [one.claims for one in signed([*known, newest])]
        refused_from = revoked_from(claims, thumbprint)
        if refused_from is not None and at >= refused_from:
            raise refusals.NotVerified("revoked")
        if at >= newest.signed.claims.exp:
            raise refusals.NotVerified("statement_expired")
        return public_key_of(claim.jwk)
