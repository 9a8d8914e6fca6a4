"""`havre-node statement renew`: the node's own next statement."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click

from crypto.keys import PrivateKey
from schemas.vocabulary.documents import REVOCATION_REASON
from server.commands.calling import CallFailed, NodeAddress, Operator
from server.commands.keyfiles import (
    KeyFileRefused,
    make_key,
    only_key,
    passphrase_in,
    read_key,
    read_public_half,
    refuse_partners_folder,
    write_key,
    write_new,
)
from server.commands.members import operator_at
from server.commands.renewing import Changes, NextStatement, NotRenewed, next_statement
from server.commands.saying import say, stop

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_TIME = click.DateTime(["%Y-%m-%dT%H:%M:%SZ"])


@click.group()
def statement() -> None:
    """The node's own statement: its keys and its operators."""


@statement.command()
@click.option("--home", envvar="HAVRE_HOME", type=_FOLDER, required=True, help="The node's folder; HAVRE_HOME.")
@click.option("--root-key", type=_FILE, help="The root's key file; else the one root-*.pem in the home.")
@click.option("--root-passphrase-file", type=_FILE, help="The first line of this file opens the root key.")
@click.option("--add-operator", "halves", type=_FILE, multiple=True, help="A public half that a new operator made.")
@click.option("--revoke", "revoked", metavar="THUMBPRINT", multiple=True, help="A key of an operator or of the node.")
@click.option("--reason", type=click.Choice(sorted(REVOCATION_REASON.values)), help="Why; of every --revoke.")
@click.option("--since", type=_TIME, help="With `compromised`: the earliest time that it may have been stolen; now.")
@click.option("--new-node-key", is_flag=True, help="Make a node key; the api changes over to it in five minutes.")
@click.option("--operator-folder", type=_FOLDER, required=True, help="Of the operator who hands it in.")
@click.option("--node", envvar="HAVRE_NODE", required=True, help="The node's organisation.")
@click.option("--federation", envvar="HAVRE_FEDERATION", required=True)
@click.option("--origin-url", envvar="HAVRE_ORIGIN_URL", required=True, help="The node's public origin.")
@click.option("--connect", metavar="HOST:PORT", help="Reach the node here by plain HTTP, on its own machine.")
@click.option("--yes", is_flag=True, help="Sign without asking again.")
def renew(
    *,
    home: Path,
    root_key: Path | None,
    root_passphrase_file: Path | None,
    halves: Sequence[Path],
    revoked: Sequence[str],
    reason: str | None,
    since: datetime | None,
    new_node_key: bool,
    operator_folder: Path,
    node: str,
    federation: str,
    origin_url: str,
    connect: str | None,
    yes: bool,
) -> None:
    """Sign the node's next statement with its root, and hand it in as an operator; it holds at once."""
    if bool(revoked) != (reason is not None):
        stop("--revoke and --reason go together.")
    try:
        refuse_partners_folder(home)
        root = _root(home, root_key, root_passphrase_file)
        operator = operator_at(
            operator_folder,
            NodeAddress(
                node=node,
                federation=federation,
                origin_url=origin_url,
                root_thumbprint=root.thumbprint,
                connect=connect,
            ),
        )
        changes = Changes(
            operators=[read_public_half(path, federation=federation, organisation=node) for path in halves],
            revoke=revoked,
            reason=reason or "",
            since=None if since is None else since.replace(tzinfo=UTC),
            node_key=make_key() if new_node_key else None,
        )
        following = next_statement(operator.node_statement(), changes, root=root, signer=operator.key.thumbprint)
        say(*following.sentences)
        if not yes and not click.confirm("Sign this?"):
            stop("Nothing was signed.")
        _hand_in(operator, following, home=home, node_key=changes.node_key)
    except (KeyFileRefused, NotRenewed, CallFailed) as error:
        stop(str(error))


def _root(home: Path, path: Path | None, passphrase_file: Path | None) -> PrivateKey:
    passphrase = None if passphrase_file is None else passphrase_in(passphrase_file)
    if path is None:
        return only_key(home, "root", passphrase=passphrase)
    return read_key(path, passphrase=passphrase)


def _hand_in(operator: Operator, following: NextStatement, *, home: Path, node_key: PrivateKey | None) -> None:
    written = []
    if node_key is not None:
        # First: a node whose statement lists a key that nobody holds could never answer again.
        written.append(write_key(home, "node", node_key))
    try:
        operator.put(f"/v1/organisations/{operator.address.node}/statement", {"statement": following.token})
    except CallFailed:
        for path in written:
            say(f"{path} was made; delete it if the node has not taken the statement.")
        raise
    write_new(home / f"statement-{following.seq}.jws", following.token.encode("ascii"))
    say(f"The node has taken statement {following.seq}; a copy is in {home}.")
