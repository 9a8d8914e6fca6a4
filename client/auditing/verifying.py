"""Verify a proof bundle without its node: what was done to the log is named, entry by entry.

In this order, each from what was proven before it:

1. the node's statements under its pinned root, and with them its log key (`organisations`);
2. the checkpoint under that key, and its cosignatures under the auditor's own policy;
3. the tree: the root over all leaves is the checkpoint's, and the leaves of earlier heads are still in their places;
4. each entry: it makes its leaf, its caller signed it, and it does not contradict itself (`acts`);
5. in a complete bundle, each leaf is opened, or an entry tells of its erasure.

What makes a bundle unfit to say anything about its node raises; everything else is a finding.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from marshmallow import ValidationError

from client.anchors import Anchors
from client.auditing.acts import ActJudge
from client.auditing.archive import Archive, open_archive
from client.auditing.earlier import OLDER, Claimed, judge_earlier
from client.auditing.heads import judge_head
from client.auditing.lines import MOST_TOLD, Findings, Lines, judge_lines, parse_line
from client.auditing.organisations import Organisations
from client.auditing.remembering import Remembered
from client.failures import NotVerified
from crypto import refusals
from crypto.bundles import Finding, Leaves, judge_opened, read_tree
from crypto.canonical import NotCanonical
from crypto.policies import Policy
from schemas.bundles import (
    APPROVALS_NAME,
    STATEMENTS_NAME,
    BundledApprovalSchema,
    BundledStatementSchema,
    BundleHead,
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a bundle proves. `findings` are the first 1,000 of what does not hold, `counts` how many of each there are.

    `notices` are not against the node, but its auditor should know them. `signed` acts carry a request's signature;
    `refused` entries keep digests, `unsigned` are the node's own and persons' at the console, `unadmitted` are of
    applicants whose keys nobody knows. `since` are the earlier heads that were compared.
    """

    head: BundleHead
    checkpoint: str
    opened: int
    erased: int
    unopened: int
    signed: int
    refused: int
    unsigned: int
    unadmitted: int
    cosigned_by: tuple[str, ...]
    since: tuple[Remembered, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    notices: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether nothing was found."""
        return not self.counts


@dataclass(frozen=True, kw_only=True)
class Known:
    """What an auditor brings along: earlier heads, pinned roots by organisation, and a witness policy of their own."""

    earlier: Sequence[Remembered] = ()
    pinned: Mapping[str, str] = field(default_factory=dict)
    policy: Policy | None = None


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A verdict, and the leaves that it is about."""

    verdict: Verdict
    leaves: Leaves


def verify_bundle(path: Path, *, anchors: Anchors | None, node_root: str | None = None, known: Known) -> Verified:
    """Return what the bundle at `path` proves about the node of `anchors`, or of the bundle itself under `node_root`.

    Raises:
        NotVerified: it proves nothing about this node: not a bundle (`bundle_…`), of another node or federation
            (`bundle_node`), statements that do not hold, or a checkpoint that the log's key did not sign.
    """
    with open_archive(path) as archive:
        return _verify(archive, anchors_of(archive.head, anchors, node_root), known)


def anchors_of(head: BundleHead, given: Anchors | None, node_root: str | None) -> Anchors:
    """Return in whom a bundle is believed: the node of the settings, else the bundle's own under `node_root`.

    Raises:
        NotVerified: `bundle_node`: it is of another node or federation, or nothing is known of its root.
    """
    if given is None:
        if node_root is None:
            raise NotVerified("bundle_node", about=head.node)
        return Anchors(federation=head.federation, node=head.node, node_root=node_root)
    if (head.federation, head.node) != (given.federation, given.node):
        raise NotVerified("bundle_node", about=head.node)
    return given if node_root is None else Anchors(federation=given.federation, node=given.node, node_root=node_root)


def _verify(archive: Archive, anchors: Anchors, known: Known) -> Verified:
    head, found = archive.head, Findings()
    organisations = organisations_of(archive, anchors, pinned=known.pinned)
    found.add(*organisations.findings)
    judged = judge_head(archive.checkpoint, head=head, statements=organisations.node_statements, policy=known.policy)
    found.add(*judged.findings)
    try:
        tree = read_tree(archive.tiles(), prefixes=[one.size for one in known.earlier])
    except refusals.NotVerified as error:
        raise NotVerified("bundle_form") from error
    if len(tree.leaves) < head.size:
        found.add(Finding(what="leaves_missing", other=head.size - len(tree.leaves)))
    if tree.root != judged.checkpoint.root:
        found.add(Finding(what="root_differs"))
    acts = ActJudge(organisations, node=head.node)
    lines = judge_lines(archive, tree.leaves, acts, found)
    claimed = Claimed(log=head.log, made_at=head.made_at, is_complete=head.complete)
    since = list(judge_earlier(known.earlier, tree, claimed=claimed, restored=lines.restored))
    found.add(*(one for one in since if one.what != OLDER))
    unshown = _judge_erasures(head, lines, tree.leaves, found)
    unopened = _judge_complete(head, lines, found)
    notices = [*judged.notices, *unshown, *_judge_membership(organisations, acts, found)]
    notices += [one.notice for one in lines.restored]
    notices += [one for one in since if one.what == OLDER]
    return Verified(
        verdict=Verdict(
            head=head,
            checkpoint=archive.checkpoint,
            opened=len(lines.opened_at),
            erased=len(lines.erased),
            unopened=unopened,
            signed=acts.seen.signed,
            refused=acts.seen.refused,
            unsigned=acts.seen.unsigned,
            unadmitted=acts.seen.unadmitted,
            cosigned_by=judged.cosigned_by,
            since=tuple(known.earlier),
            findings=tuple(found.told),
            counts=dict(found.counts),
            notices=tuple(notices),
        ),
        leaves=tree.leaves,
    )


def organisations_of(archive: Archive, anchors: Anchors, *, pinned: Mapping[str, str]) -> Organisations:
    """Return the organisations of a bundle, their statements judged.

    Raises:
        NodeRootDiffers, NotVerified: the node's own do not hold; `bundle_form`.
    """
    statements: dict[str, list[str]] = {}
    approvals: dict[str, list[str]] = {}
    for said in _loaded(archive, STATEMENTS_NAME, BundledStatementSchema()):
        statements.setdefault(said.organisation, []).append(said.statement)
    for said in _loaded(archive, APPROVALS_NAME, BundledApprovalSchema()):
        approvals.setdefault(said.organisation, []).append(said.approval)
    return Organisations(anchors=anchors, statements=statements, approvals=approvals, pinned=pinned)


def _loaded(archive: Archive, name: str, schema: BundledStatementSchema | BundledApprovalSchema) -> Iterator[Any]:
    for line in archive.lines(name):
        try:
            yield schema.load(parse_line(line))
        except (NotCanonical, ValidationError) as error:
            raise NotVerified("bundle_form", about=name) from error


def _judge_erasures(head: BundleHead, lines: Lines, leaves: Leaves, found: Findings) -> list[Finding]:
    """Judge what is said to be erased; return what a part of the entries cannot show."""
    is_true = {by: erasure.is_true(leaves) for by, erasure in lines.erasures.items()}
    unshown = []
    for index, by in lines.erased.items():
        if by not in lines.opened_at and not head.complete:
            unshown.append(Finding(what="erasure_unshown", index=index, other=by))
        elif by not in is_true or not lines.erasures[by].holds(index):
            found.add(Finding(what="erasure_unproven", index=index, other=by))
        elif not is_true[by]:
            found.add(Finding(what="erasure_false", index=index, other=by))
    return unshown


def _judge_complete(head: BundleHead, lines: Lines, found: Findings) -> int:
    if not head.complete:
        if head.viewer.sees_all and not head.filter:
            found.add(Finding(what="kept_back"))
        return 0
    unopened, told = judge_opened(head.size, lines.indexes, most=MOST_TOLD)
    found.add(*told)
    found.counts["unopened"] += unopened - len(told)
    if not found.counts["unopened"]:
        del found.counts["unopened"]
    return unopened


def _judge_membership(organisations: Organisations, acts: ActJudge, found: Findings) -> list[Finding]:
    """Judge who was admitted, and acts by keys that were revoked; return what is only to be known."""
    for name, index in acts.seen.admitted_needed.items():
        if organisations.standing(name) is None:
            found.add(Finding(what="not_admitted", index=index, about=name))
    notices = []
    for act in acts.seen.revoked:
        revoked = organisations.histories[act.organisation].revoked(act.thumbprint)
        assert revoked is not None  # noqa: S101 - that is why it was noted
        token = organisations.histories[act.organisation].statements[revoked.seq - 1].token
        handed_in = acts.seen.statements_in.get(sha256(orjson.dumps({"statement": token})).digest())
        is_known = handed_in is not None and handed_in < act.index and not revoked.needs_operators
        what = "key_revoked" if is_known or revoked.is_certain(act.at) else "key_revoked_later"
        finding = Finding(what=what, index=act.index, about=act.organisation)
        if what == "key_revoked":
            found.add(finding)
        else:
            notices.append(finding)
    return notices
