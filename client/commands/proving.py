"""`havre receipts`: check what the log says of one's own acts, and prove what it hides."""

from pathlib import Path

import rich_click as click

from client.auditing.suppressions import Proven, prove, read_evidence_file
from client.clock import wire_time
from client.commands import checking
from client.commands.telling import Context, pass_context, with_json
from client.failures import NotConfigured
from client.receipts import CheckedReceipt
from client.words import auditing
from client.words import proving as words


@click.group(help=words.RECEIPTS())
def receipts() -> None:
    """Check what the node's log says of one's own acts, and prove what it hides."""


@receipts.command("check", help=words.CHECK())
@click.option("--most", type=click.IntRange(1), default=1000, show_default=True, help=words.MOST())
@click.option("--sample", type=click.IntRange(0), default=50, show_default=True, help=words.SAMPLE())
@with_json
@pass_context
def check_receipts(context: Context, /, *, most: int, sample: int) -> int:
    """Open entries, compare them with what was sent and came, and find a sample of them in the signed head."""
    with context.partner() as partner:
        checked = partner.check_receipts(limit=most, sample=sample)
    wrong = [one for one in checked if one.finding is not None]
    waiting = sum(one.is_waiting for one in checked)
    included = sum(one.is_included for one in checked)
    opened = sum(not (one.is_waiting or one.is_lost) for one in checked)
    told = [words.CHECKED(opened=opened, wrong=len(wrong), included=included, waiting=waiting)]
    if wrong:
        told += [words.SUPPRESSED(), *map(_line, wrong)]
    lost = [one for one in checked if one.is_lost]
    if lost:
        told += [words.LOST(), *(f"  {one.action} {one.leaf}" for one in lost)]
    said = {"opened": opened, "included": included, "waiting": waiting, "lost": lost, "wrong": wrong}
    context.tell(said, "\n".join(told))
    return 5 if wrong else 0


@receipts.command("prove", help=words.PROVE())
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--node-root", callback=checking.optional_thumbprint, help=auditing.VERIFY_NODE_ROOT())
@click.option("--answer", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=words.ANSWER())
@with_json
@pass_context
def prove_evidence(context: Context, /, *, file: Path, node_root: str | None, answer: Path | None) -> None:
    """Verify evidence against a node offline."""
    if node_root is None:
        if not context.home.has_config():
            raise NotConfigured("node_root_needed")
        node_root = context.home.config().node_root
    shown = None if answer is None else answer.read_bytes()
    proven = prove(read_evidence_file(file.read_bytes()), node_root=node_root, answer=shown)
    context.tell(proven, _words_of(proven))


def _line(one: CheckedReceipt) -> str:
    said = words.FINDINGS.get(one.finding or "")
    line = f"  {one.action} {one.leaf}: {one.finding if said is None else said()}"
    return line if one.evidence is None else f"{line}\n    {words.KEPT(evidence=one.evidence)}"


def _words_of(proven: Proven) -> str:
    return words.PROVEN[proven.what](
        node=proven.node,
        organisation=proven.organisation,
        at=wire_time(proven.answered_at),
        leaf=proven.leaf,
        detail=proven.detail,
    )
