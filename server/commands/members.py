"""`havre-node admit|suspend|lift`: what an operator decides about a member, with the operator's own key."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from schemas.vocabulary.documents import ROLE
from server.commands.calling import CallFailed, NodeAddress, Operator
from server.commands.deciding import Decision, NotDecided, decide_admission, decide_status, hand_in
from server.commands.keyfiles import KeyFileRefused, only_key
from server.commands.saying import say, stop

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--operator-folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True),
    click.option("--node", envvar="HAVRE_NODE", required=True, help="The node's organisation."),
    click.option("--federation", envvar="HAVRE_FEDERATION", required=True),
    click.option("--origin-url", envvar="HAVRE_ORIGIN_URL", required=True, help="The node's public origin."),
    click.option("--node-root", envvar="HAVRE_NODE_ROOT", required=True, help="The thumbprint of the node's root."),
    click.option("--connect", metavar="HOST:PORT", help="Reach the node here by plain HTTP, on its own machine."),
    click.option("--yes", is_flag=True, help="Sign without asking again."),
)


def _as_operator(function: _Function) -> _Function:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command()
@click.argument("statement", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--digest", required=True, help="The statement's digest, as the applicant told it by another way.")
@click.option("--role", "roles", type=click.Choice(sorted(ROLE.values)), multiple=True, help="A role to admit at most.")
@click.option("--replace-root", is_flag=True, help="The member lost its root: this statement brings a new one.")
@_as_operator
def admit(*, statement: Path, digest: str, roles: Sequence[str], replace_root: bool, yes: bool, **where: Any) -> None:
    """Approve the STATEMENT that an applicant sent you; two operators admit."""
    operator = _operator(**where)
    act = "replace_root" if replace_root else "admit"
    try:
        decision = decide_admission(
            statement, digest=digest, roles=roles, federation=operator.address.federation, act=act
        )
    except NotDecided as error:
        stop(str(error))
    _sign(operator, decision, yes=yes)


@click.command()
@click.argument("name")
@_as_operator
def suspend(*, name: str, yes: bool, **where: Any) -> None:
    """Suspend the member NAME; one operator suspends."""
    _change_status("suspend", name, yes=yes, **where)


@click.command()
@click.argument("name")
@_as_operator
def lift(*, name: str, yes: bool, **where: Any) -> None:
    """Lift the suspension of the member NAME; two operators lift."""
    _change_status("lift", name, yes=yes, **where)


def _change_status(act: str, name: str, *, yes: bool, **where: Any) -> None:
    operator = _operator(**where)
    try:
        decision = decide_status(operator, name, act=act)
    except (NotDecided, CallFailed) as error:
        stop(str(error))
    _sign(operator, decision, yes=yes)


def _operator(
    *, operator_folder: Path, node: str, federation: str, origin_url: str, node_root: str, connect: str | None
) -> Operator:
    address = NodeAddress(
        node=node, federation=federation, origin_url=origin_url, root_thumbprint=node_root, connect=connect
    )
    try:
        return operator_at(operator_folder, address)
    except KeyFileRefused as error:
        stop(str(error))


def operator_at(folder: Path, address: NodeAddress) -> Operator:
    """Return the operator whose key is in `folder`, calling the node at `address`.

    Raises:
        KeyFileRefused: the folder does not hold exactly one exchange key that only its holder can read.
    """
    connect = address.connect
    if connect is not None and connect.rpartition(":")[0] not in {"127.0.0.1", "[::1]"}:
        stop("--connect reaches a node on this machine only: 127.0.0.1:PORT or [::1]:PORT.")
    return Operator(address=address, key=only_key(folder, "exchange"))


def _sign(operator: Operator, decision: Decision, *, yes: bool) -> None:
    say(*decision.sentences())
    if not yes and not click.confirm("Sign this?"):
        stop("Nothing was signed.")
    try:
        outcome = hand_in(operator, decision)
    except CallFailed as error:
        stop(str(error))
    say(*_outcome_sentences(decision, approvals=outcome["approvals"], status=outcome["status"]))


def _outcome_sentences(decision: Decision, *, approvals: int, status: str) -> list[str]:
    """Return what has come of an approval: of two that are needed, only those that say the same count together."""
    if decision.act == "suspend":
        return [f"Handed in. {decision.subject} is {status}."]
    if approvals > 1:
        return [f"Handed in. Two operators have said the same: {decision.subject} is {status}."]
    waits = {
        "lift": f"{decision.subject} stays {status} until a second operator lifts it too",
        "admit": f"{decision.subject} waits for a second operator",
        "replace_root": f"{decision.subject} keeps its root: the new one waits for a second operator",
    }[decision.act]
    return [
        f"Handed in. {waits}.",
        "If another operator has approved already, your two approvals differ and do not count together:",
        "compare the lines above with theirs (roles and statement first), and let one of you approve again.",
    ]
