"""`havre-node witness init|watch|ask|list|evidence`: watch other nodes' logs, and have one's own watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import rich_click as click

from crypto.checkpoints import COSIGNATURE, ED25519, VerifierKey, read_verifier_key, verifier_key
from crypto.keys import PublicKey
from crypto.policies import NONE, Policy, PolicyLog, PolicyRefused, PolicyWitness, read_policy
from crypto.refusals import NotVerified
from server.commands import single
from server.commands.keyfiles import KeyFileRefused, make_key, write_key
from server.commands.saying import say, settings_or_stop, stop
from server.db import Connection, connect
from server.settings import Settings
from server.witnessing import publishing, store
from server.witnessing.calling import is_askable
from server.witnessing.files import (
    POLICY_NAME,
    NoWitnessKey,
    policy_in,
    witness_key_in,
    witness_verifier_key,
    write_policy,
)
from server.witnessing.routes import PREFIX
from server.witnessing.store import Evidence

_GROUP = "asked"
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_KINDS = {
    "same_size": "two roots for one size: the log shows two histories, and both notes prove it",
    "not_extended": "handed in without a proof that it continues the other: ask the log for one; by itself it proves "
    "nothing, since anybody may hand in a note",
}


@dataclass(frozen=True, kw_only=True)
class _Where:
    """Which node is meant."""

    folder: Path | None

    def settings(self) -> Settings:
        """Return its settings, or end with what is missing."""
        if self.folder is None:
            return settings_or_stop()
        environment = single.environment_of(self.folder.resolve())
        if environment is None:
            stop(f"No node runs in {self.folder}: havre-node up --folder {self.folder}")
        return settings_or_stop(environment)


@click.group()
@click.option("--folder", type=_FOLDER, help="Of a node that `up` runs on this machine; else the environment says all.")
@click.pass_context
def witness(context: click.Context, folder: Path | None) -> None:
    """Watch other nodes' logs as their witness, and have other nodes watch this one's."""
    context.obj = _Where(folder=folder)


_in_folder = click.make_pass_decorator(_Where)


@witness.command("init")
@_in_folder
def init(where: _Where) -> None:
    """Make the key with which this node cosigns other logs; say what their operators must be told."""
    settings = where.settings()
    try:
        key = witness_key_in(settings.home)
        if key is None:
            key = make_key()
            write_key(settings.home, "witness", key)
    except (NoWitnessKey, KeyFileRefused) as error:
        stop(str(error))
    say(
        "Operators of other nodes have their logs watched here by this command:",
        f"  havre-node witness ask NAME {witness_verifier_key(settings.node, key)} {settings.origin_url}{PREFIX}",
        "Begin to watch theirs by: havre-node witness watch VERIFIER_KEY",
    )


@witness.command("watch")
@click.argument("verifier_key")
@_in_folder
def watch(where: _Where, *, verifier_key: str) -> None:
    """Cosign the checkpoints of the log with VERIFIER_KEY from now on; an older name of the same key goes."""
    settings = where.settings()
    key = _key(verifier_key, ED25519, "of a log")
    if _own_public(settings) == key.public:
        stop("That is the key with which this node cosigns: nobody is the witness of their own word.")
    known = _policy(settings)
    replaced = [one.key.name for one in known.logs if one.key.public == key.public and one.key.name != key.name]
    logs = [one for one in known.logs if one.key.public != key.public and one.key.name != key.name]
    _write(settings, logs=[*logs, PolicyLog(key=key, url=None)], witnesses=known.witnesses, policy=known, least=None)
    say(f"Checkpoints of {key.name} are cosigned from now on, the first one as it comes.")
    if replaced:
        say(f"Those of {', '.join(replaced)} are not any more: ask its operators why the log has another name.")
    if _own_public(settings) is None:
        say("This node has no key to cosign with yet: havre-node witness init")


@witness.command("ask")
@click.argument("name")
@click.argument("verifier_key")
@click.argument("url")
@click.option("--at-least", "least", help="How many of the witnesses must have cosigned: all, any, or a number.")
@_in_folder
def ask(where: _Where, *, name: str, verifier_key: str, url: str, least: str | None) -> None:
    """Have this node's checkpoints cosigned by the witness with VERIFIER_KEY, asked below URL; NAME is your word.

    From then on a checkpoint is shown when the quorum has cosigned it: by default all that are asked.
    """
    settings = where.settings()
    key = _key(verifier_key, COSIGNATURE, "of a witness")
    if not is_askable(url):
        stop("A witness is asked over https, or over http on this machine: https://witness.example/v1/witness")
    known = _policy(settings)
    added = PolicyWitness(name=name, key=key, url=url)
    kept = [one for one in known.witnesses if one.key.public != key.public and one.name != name]
    _write(settings, logs=known.logs, witnesses=[*kept, added], policy=known, least=least)
    say(f"{name} is asked from now on; havre-node witness list says what it has cosigned.")


@witness.command("list")
@_in_folder
def list_(where: _Where) -> None:
    """Say which logs are watched and which witnesses are asked, and how far each of them is."""
    settings = where.settings()
    try:
        key = witness_key_in(settings.home)
    except NoWitnessKey as error:
        stop(str(error))
    policy = _policy(settings)
    own = "none: havre-node witness init" if key is None else witness_verifier_key(settings.node, key)
    say(f"Own witness key: {own}")
    with _database(settings) as db:
        watched = {one.origin: one for one in store.all_witnessed(db)}
        cosigned = publishing.newest_cosigned(db)
        found = len(store.all_evidence(db))
        for log in policy.logs:
            seen = watched.get(log.key.name)
            how_far = "nothing yet" if seen is None else f"{seen.size} entries, {_age(seen.at)} ago"
            say(f"Watched: {log.key.name}: {how_far}")
        for one in policy.witnesses:
            said = cosigned.get(publishing.spelled(one.key))
            how_far = "nothing yet" if said is None else f"{said.size} entries, {_age(said.cosigned_at)} ago"
            say(f"Asked: {one.name} at {one.url or 'no address'}: {how_far}")
        shown = db.execute("SELECT size, is_cosigned, at FROM publication").fetchone()
    if shown is not None:
        size, is_cosigned, at = shown
        how = "with its quorum" if is_cosigned else "WITHOUT its quorum yet"
        say(f"Shown to the world: {size} entries, {how}, since {_age(at)}")
    if found:
        say(f"Evidence against logs: {found}. havre-node witness evidence --folder FOLDER writes it down.")


@witness.command("evidence")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Write each pair of notes into it.")
@_in_folder
def evidence(where: _Where, *, folder: Path | None) -> None:
    """Show what was found against watched logs: pairs of notes that a log has signed and that do not go together."""
    settings = where.settings()
    with _database(settings) as db:
        found = store.all_evidence(db)
    if not found:
        say("Nothing was found against any log.")
        return
    for number, one in enumerate(found, start=1):
        say(f"{number}. {one.origin}, {one.found_at:%Y-%m-%d %H:%M} UTC: {_KINDS[one.kind]}")
        if folder is not None:
            _write_pair(folder, number, one)
        else:
            say(*(f"   {line}" for note in (one.known_note, one.other_note) for line in [*note.splitlines(), ""]))


def _key(text: str, algorithm: int, whose: str) -> VerifierKey:
    try:
        key = read_verifier_key(text)
    except NotVerified:
        stop("That is no verifier key, such as name+1234abcd+A…")
    if key.algorithm != algorithm:
        stop(f"That is no verifier key {whose}: it signs something else.")
    return key


def _policy(settings: Settings) -> Policy:
    try:
        found = policy_in(settings.home)
    except PolicyRefused as error:
        stop(f"{settings.home / POLICY_NAME}, line {error.line}, is not of its form ({error.reason}).")
    return Policy(logs=(), witnesses=(), groups=(), quorum=NONE) if found is None else found


def _own_public(settings: Settings) -> PublicKey | None:
    try:
        key = witness_key_in(settings.home)
    except NoWitnessKey as error:
        stop(str(error))
    return None if key is None else key.public


def _write(
    settings: Settings,
    *,
    logs: Sequence[PolicyLog],
    witnesses: Sequence[PolicyWitness],
    policy: Policy,
    least: str | None,
) -> None:
    """Write the policy anew; one with groups of an operator's own is not touched."""
    groups = {one.name: one for one in policy.groups}
    if set(groups) - {_GROUP}:
        stop(f"{settings.home / POLICY_NAME} has groups of its own: edit it by hand.")
    if least is None:
        before = groups.get(_GROUP)
        is_all = before is None or before.least == len(before.members)
        least = "all" if before is None or is_all else str(min(before.least, len(witnesses)))
    lines = [f"log {_spelled(one.key)}{'' if one.url is None else ' ' + one.url}" for one in logs]
    lines += [f"witness {one.name} {_spelled(one.key)}{'' if one.url is None else ' ' + one.url}" for one in witnesses]
    if witnesses:
        lines += [f"group {_GROUP} {least} {' '.join(one.name for one in witnesses)}", f"quorum {_GROUP}"]
    else:
        lines.append(f"quorum {NONE}")
    text = "".join(f"{line}\n" for line in lines)
    try:
        read_policy(text.encode())
    except PolicyRefused as error:
        stop(f"That gives no policy that can be read ({error.reason}): a name without spaces, all, any or a number.")
    write_policy(settings.home, text)


def _spelled(key: VerifierKey) -> str:
    return verifier_key(key.name, key.public, algorithm=key.algorithm)


def _write_pair(folder: Path, number: int, one: Evidence) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for which, note in (("known", one.known_note), ("other", one.other_note)):
        path = folder / f"{number:03d}-{one.origin.replace('/', '_')}-{which}.checkpoint"
        path.write_text(note, encoding="utf-8")
        say(f"   {path}")


def _database(settings: Settings) -> Connection:
    try:
        return connect(settings.database_url, connect_timeout=10)
    except psycopg.OperationalError:
        stop("The database cannot be reached at DATABASE_URL.")


def _age(at: datetime) -> str:
    seconds = int((datetime.now(UTC) - at).total_seconds())
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{max(0, seconds)} s"
