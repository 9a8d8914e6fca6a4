"""Know the origins of batches before they are judged, and judge batches by what is known of them."""

from collections.abc import Sequence
from datetime import datetime

from client.failures import NotVerified
from client.judging import JudgedBatch, Named, judge_batch
from client.known import signed
from client.placing import PlacedAlone, judge_place
from client.trusting import Trust
from schemas.directory import Directory, Member


class Origins:
    """The origins of batches, by the chain of trust."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust

    def learn(self, named: Sequence[Named], directory: Directory) -> None:
        """Know each batch's origin by directory, admission and statements, and every statement that is named.

        Origins that cannot be verified are in the trust's `unverified` then.

        Raises:
            NotVerified: the node itself is not to be believed.
        """
        members = {member.organisation: member for member in directory.members}
        for origin in sorted({one.origin for one in named} - set(self._trust.unverified)):
            if origin not in members:
                members = {member.organisation: member for member in self._trust.refresh_directory().members}
            try:
                self._know(origin, members.get(origin), [one for one in named if one.origin == origin])
            except NotVerified as failure:
                self._trust.doubt(origin, failure)
        digests = {one.digest for one in self._trust.statements(self._trust.anchors.node)}
        if any(one.acceptance.claims.get("node_statement_sha256") not in digests for one in named):
            self._trust.refresh_node()

    def judge(self, named: Named, *, now: datetime) -> JudgedBatch:
        """Return what a placed batch proves by the statements that are known.

        Raises:
            NotVerified: it is not to be believed.
        """
        anchors = self._trust.anchors
        return judge_batch(
            named,
            origin_statements=signed(self._trust.statements(named.origin)),
            node_statements=signed(self._trust.statements(anchors.node)),
            node=anchors.node,
            federation=anchors.federation,
            now=now,
        )

    def judge_place(self, named: Named) -> PlacedAlone:
        """Return the place that the node has signed for a batch of which nothing else is proven.

        Raises:
            NotVerified: about the node.
        """
        anchors = self._trust.anchors
        return judge_place(
            named,
            origin_statements=signed(self._trust.statements(named.origin)),
            node_statements=signed(self._trust.statements(anchors.node)),
            node=anchors.node,
            federation=anchors.federation,
        )

    def _know(self, origin: str, member: Member | None, named: Sequence[Named]) -> None:
        if member is None:
            raise NotVerified("not_a_member", about=origin)
        if not self._trust.vouch(member):
            return
        digests = {one.digest for one in self._trust.statements(origin)}
        if any(one.acceptance.claims.get("statement_sha256") not in digests for one in named):
            self._trust.learn(origin)
