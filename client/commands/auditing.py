"""`havre audit verify` and `havre audit compare`: proofs, judged offline."""

from contextlib import closing
from pathlib import Path
from typing import Any

import rich_click as click

from client.anchors import Anchors
from client.auditing.comparing import Comparison, compare, read_earlier
from client.auditing.earlier import OLDER
from client.auditing.remembering import Remembered, as_remembered, remember, remembered
from client.auditing.verifying import Known, Verdict, Verified, verify_bundle
from client.checkpoints import POLICY_NAME
from client.clock import wire_time
from client.commands import checking
from client.commands.telling import Context, pass_context, with_json
from client.convicting import keep_evidence
from client.failures import NotConfigured
from client.home import Home
from client.known import KnownStatement, read_statement
from client.state import trust as store
from client.state.opening import State
from client.words import auditing as words
from client.words.message import Message, speaking
from crypto import refusals
from crypto.bundles import Finding, Leaves
from crypto.policies import Policy, read_policy

_TOLD = 20
# With these the tree itself is not what it was: it must not become what later ones are compared with.
_OF_THE_TREE = frozenset({"root_differs", "rewritten", "dropped", "older_epoch", "epoch_unexplained"})

_BUNDLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help=words.AUDIT())
def audit() -> None:
    """Read the node's trail as its auditor, and prove what was done to it."""


@audit.command("verify", help=words.VERIFY())
@click.argument("bundle", type=_BUNDLE)
@click.option("--node-root", callback=checking.optional_thumbprint, help=words.VERIFY_NODE_ROOT())
@click.option("--since", multiple=True, type=_BUNDLE, help=words.VERIFY_SINCE())
@click.option("--policy", type=_BUNDLE, help=words.VERIFY_POLICY())
@with_json
@pass_context
def verify(
    context: Context, /, *, bundle: Path, node_root: str | None, since: tuple[Path, ...], policy: Path | None
) -> int:
    """Verify a proof bundle offline, and remember its head where nothing speaks against its tree."""
    anchors = _anchors(context.home, node_root)
    has_memory = anchors is not None
    earlier = [read_earlier(path) for path in since]
    if anchors is not None:
        earlier += remembered(context.home, node=anchors.node)
    known = Known(
        earlier=_each_once(earlier),
        pinned={} if anchors is None else _pinned_roots(context.home),
        policy=_policy(context.home, policy),
    )
    verified = verify_bundle(bundle, anchors=anchors, node_root=node_root, known=known)
    verdict = verified.verdict
    if has_memory:
        _keep(context.home, verified)
    with speaking("en"):
        said = verdict_members(verdict)
    context.tell(said, verdict_words(verdict, is_first=has_memory and not verdict.since))
    return 0 if verdict.is_whole else 1


@audit.command("compare", help=words.COMPARE())
@click.argument("left", type=_BUNDLE)
@click.argument("right", type=_BUNDLE)
@click.option("--node-root", callback=checking.optional_thumbprint, help=words.VERIFY_NODE_ROOT())
@with_json
@pass_context
def compare_two(context: Context, /, *, left: Path, right: Path, node_root: str | None) -> int:
    """Say whether two bundles or checkpoints tell one history."""
    anchors = _anchors(context.home, node_root)
    statements = [] if anchors is None else _node_statements(context.home, anchors)
    found = compare(left, right, anchors=anchors, node_root=node_root, statements=statements)
    with speaking("en"):
        said = {
            "log": found.log,
            "size": found.size,
            "is_one_history": found.is_one_history,
            "findings": [finding_members(one) for one in found.findings],
        }
    context.tell(said, _comparison_words(found))
    return 0 if found.is_one_history else 1


def verdict_members(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON has it, each finding with its sentence in the language that is spoken."""
    head = verdict.head
    return {
        "verdict": "whole" if verdict.is_whole else "tampered",
        "node": head.node,
        "log": head.log,
        "size": head.size,
        "root": head.root,
        "made_at": wire_time(head.made_at),
        "complete": head.complete,
        "filter": head.filter,
        "viewer": head.viewer,
        "opened": verdict.opened,
        "erased": verdict.erased,
        "unopened": verdict.unopened,
        "signatures": {
            "verified": verdict.signed,
            "refused": verdict.refused,
            "unsigned": verdict.unsigned,
            "unadmitted": verdict.unadmitted,
        },
        "cosigned_by": verdict.cosigned_by,
        "since": [{"log": one.log, "size": one.size} for one in verdict.since],
        "counts": verdict.counts,
        "findings": [finding_members(one) for one in verdict.findings],
        "notices": [finding_members(one, among=words.NOTICED) for one in verdict.notices],
    }


def finding_members(one: Finding, *, among: dict[str, Message] = words.FOUND) -> dict[str, Any]:
    """Return a finding as JSON has it."""
    return {
        "what": one.what,
        "index": None if one.index < 0 else one.index,
        "other": one.other,
        "about": one.about or None,
        "words": _words_of(one, among),
    }


def verdict_words(verdict: Verdict, *, is_first: bool) -> str:
    """Return a verdict in words."""
    head = verdict.head
    count = sum(verdict.counts.values())
    title = words.WHOLE if verdict.is_whole else words.TAMPERED
    lines = [title(log=head.log, size=head.size, root=head.root, count=count)]
    lines += _listed(verdict.findings, count)
    lines.append(
        words.OPENED(
            opened=verdict.opened,
            erased=verdict.erased,
            signed=verdict.signed,
            refused=verdict.refused,
            unsigned=verdict.unsigned,
            unadmitted=verdict.unadmitted,
        )
    )
    if not head.complete:
        asked = " ".join(f"{name}={value}" for name, value in head.filter.items())
        lines.append(words.PARTIAL(filter=printable(f"{head.viewer.organisation} {asked}".strip())))
    if not _OF_THE_TREE & verdict.counts.keys():
        lines += [
            words.SINCE(log=one.log, size=one.size)
            for one in verdict.since
            if one.log == head.log and one.size <= head.size
        ]
    if is_first:
        lines.append(words.FIRST_TIME())
    if verdict.cosigned_by:
        lines.append(words.COSIGNED(witnesses=", ".join(verdict.cosigned_by)))
    lines += [_words_of(one, words.NOTICED) for one in verdict.notices[:_TOLD]]
    return "\n".join(lines)


def _comparison_words(found: Comparison) -> str:
    if found.is_one_history is None:
        return words.NOT_COMPARABLE()
    title = words.ONE_HISTORY if found.is_one_history else words.TWO_HISTORIES
    return "\n".join([title(log=found.log, size=found.size), *_listed(found.findings, len(found.findings))])


def _listed(findings: tuple[Finding, ...], count: int) -> list[str]:
    lines = [f"  {_words_of(one, words.FOUND)}" for one in findings[:_TOLD]]
    return lines if count <= _TOLD else [*lines, f"  {words.MORE(count=count - _TOLD)}"]


def printable(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _words_of(one: Finding, among: dict[str, Message]) -> str:
    return among[one.what](index=one.index, other=one.other, about=one.about, detail=one.detail)


def _anchors(home: Home, node_root: str | None) -> Anchors | None:
    """Return in whom this home believes; None where the root was given for this one time."""
    if node_root is not None:
        return None
    if not home.has_config():
        raise NotConfigured("node_root_needed")
    home.check()
    return home.config().anchors


def _each_once(earlier: list[Remembered]) -> list[Remembered]:
    """Return each head once: of equal ones the one with marks of its leaves, and of these what was proven last."""
    heads: dict[tuple[str, int, bytes], Remembered] = {}
    for one in sorted(
        earlier, key=lambda one: (bool(one.marks), 0 if one.proven_at is None else one.proven_at.timestamp())
    ):
        heads[one.log, one.size, one.root] = one
    return [one for one in earlier if heads[one.log, one.size, one.root] is one]


def _pinned_roots(home: Home) -> dict[str, str]:
    if not home.state_path.exists():
        return {}
    with closing(State(home.state_path)) as state:
        roots = {name: store.pinned_root(state.db, name) for name in store.organisations(state.db)}
    return {name: root for name, root in roots.items() if root is not None}


def _node_statements(home: Home, anchors: Anchors) -> list[KnownStatement]:
    if not home.state_path.exists():
        return []
    with closing(State(home.state_path)) as state:
        tokens = store.statement_tokens(state.db, anchors.node)
    return [read_statement(token, organisation=anchors.node, federation=anchors.federation) for token in tokens]


def _policy(home: Home, given: Path | None) -> Policy | None:
    path = given or home.path / POLICY_NAME
    if not path.exists():
        return None
    try:
        return read_policy(path.read_bytes())
    except refusals.NotVerified as error:
        raise NotConfigured("witness_policy", about=str(path)) from error


def _keep(home: Home, verified: Verified) -> None:
    """Remember a head whose tree holds; of two that do not fit together keep both notes as evidence."""
    verdict = verified.verdict
    if not _OF_THE_TREE & verdict.counts.keys():
        # What calls itself older must not make anybody forget what came after it.
        if all(one.what != OLDER for one in verdict.notices):
            _remember(home, verdict, verified.leaves)
        return
    keep_evidence(home.path, verdict.checkpoint, *(one.note for one in verdict.since))


def _remember(home: Home, verdict: Verdict, leaves: Leaves) -> None:
    remember(home, as_remembered(verdict.checkpoint), marks=b"".join(leaves.marks()))
