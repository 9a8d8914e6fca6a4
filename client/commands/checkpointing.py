"""`havre checkpoint`: the signed head of the node's log, the witnesses of one's policy, and two readers who compare."""

import re
from pathlib import Path

import rich_click as click

from client.checkpoints import POLICY_NAME, SeenCheckpoint
from client.clock import wire_time
from client.commands.telling import Context, pass_context, with_json
from client.failures import NotConfigured
from client.words import checkpoints as words
from crypto.checkpoints import COSIGNATURE, VerifierKey, read_verifier_key, verifier_key
from crypto.encoding import to_base64url
from crypto.policies import Policy, PolicyRefused, PolicyWitness, read_policy
from crypto.refusals import NotVerified

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_GROUP = "demanded"
_LEAST = re.compile(r"all|any|[1-9][0-9]{0,2}")


@click.group(help=words.CHECKPOINT())
def checkpoint() -> None:
    """Look at the signed head of the node's log, and compare it with what others were shown."""


@checkpoint.command("show", help=words.SHOW())
@click.option("--note", "is_note", is_flag=True, help=words.SHOW_NOTE())
@with_json
@pass_context
def show(context: Context, /, *, is_note: bool) -> None:
    """Show the newest head that was seen."""
    with context.partner() as partner:
        seen = partner.checkpoints.newest()
    if seen is None:
        context.tell({"seen": None}, words.NOTHING_SEEN())
    elif is_note and not context.is_json:
        click.echo(seen.note, nl=False)
    else:
        context.tell(_members(seen), _words(seen))


@checkpoint.command("compare", help=words.COMPARE())
@click.argument("file", type=_FILE)
@with_json
@pass_context
def compare(context: Context, /, *, file: Path) -> None:
    """Compare a head that another reader was shown with what was shown here; two histories end with exit code 5."""
    try:
        note = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NotConfigured("not_utf8", about=str(file)) from error
    with context.partner() as partner:
        theirs = partner.checkpoints.compare(note)
    context.tell({"agrees": True, **_members(theirs)}, words.AGREES(size=theirs.size))


@checkpoint.command("witness", help=words.WITNESS())
@click.argument("name")
@click.argument("verifier_key")
@click.option("--at-least", "least", default="all", show_default=True, help=words.WITNESS_LEAST())
@with_json
@pass_context
def witness(context: Context, /, *, name: str, verifier_key: str, least: str) -> None:
    """Demand that this witness, with the others of the policy, has cosigned each head."""
    context.home.check()
    if not name.isprintable() or not name.split() == [name] or name in {_GROUP, "none"}:
        raise click.BadParameter(words.NOT_A_WITNESS_NAME())
    if _LEAST.fullmatch(least) is None:
        raise click.BadParameter(words.NOT_LEAST())
    path = context.home.path / POLICY_NAME
    known = _policy(path)
    added = PolicyWitness(name=name, key=_key(verifier_key), url=None)
    # The same key, or the same name, stands once: the newer word counts.
    kept = [] if known is None else [one for one in known.witnesses if one.key != added.key and one.name != name]
    text = _policy_text([] if known is None else [one.key for one in known.logs], [*kept, added], least)
    try:
        read_policy(text.encode())
    except PolicyRefused as error:
        raise click.BadParameter(words.NOT_LEAST()) from error
    context.home.write(POLICY_NAME, text.encode())
    count = len(kept) + 1
    context.tell({"witnesses": count, "at_least": least}, words.WITNESS_ADDED(least=least, count=count))


@checkpoint.command("forget", help=words.FORGET())
@click.confirmation_option(prompt=words.FORGET_SURE())
@with_json
@pass_context
def forget(context: Context, /) -> None:
    """Forget what was seen of the log."""
    with context.partner() as partner:
        partner.checkpoints.forget()
    context.tell({"forgotten": True}, words.FORGOTTEN())


def _policy(path: Path) -> Policy | None:
    """Return the policy that is there; one that was written by hand, with groups of its own, is not touched."""
    try:
        found = read_policy(path.read_bytes())
    except FileNotFoundError:
        return None
    except PolicyRefused as error:
        raise NotConfigured("witness_policy", about=f"{path}:{error.line}") from error
    if [one.name for one in found.groups] not in ([], [_GROUP]):
        raise NotConfigured("witness_policy_own", about=str(path))
    return found


def _key(text: str) -> VerifierKey:
    try:
        key = read_verifier_key(text)
    except NotVerified as error:
        raise click.BadParameter(words.NOT_A_VERIFIER_KEY()) from error
    if key.algorithm != COSIGNATURE:
        raise click.BadParameter(words.NOT_A_VERIFIER_KEY())
    return key


def _policy_text(logs: list[VerifierKey], witnesses: list[PolicyWitness], least: str) -> str:
    lines = [f"log {_spelled(key)}" for key in logs]
    lines += [f"witness {one.name} {_spelled(one.key)}{'' if one.url is None else ' ' + one.url}" for one in witnesses]
    lines += [f"group {_GROUP} {least} {' '.join(one.name for one in witnesses)}", f"quorum {_GROUP}"]
    return "".join(f"{line}\n" for line in lines)


def _spelled(key: VerifierKey) -> str:
    return verifier_key(key.name, key.public, algorithm=key.algorithm)


def _members(seen: SeenCheckpoint) -> dict[str, object]:
    return {
        "origin": seen.origin,
        "size": seen.size,
        "root": to_base64url(seen.root),
        "cosigned_by": seen.cosigned_by,
        "seen_at": seen.seen_at,
        "note": seen.note,
    }


def _words(seen: SeenCheckpoint) -> str:
    return words.SEEN(
        origin=seen.origin,
        size=seen.size,
        root=to_base64url(seen.root),
        witnesses=", ".join(seen.cosigned_by) or words.NOBODY(),
        at=wire_time(seen.seen_at),
    )
