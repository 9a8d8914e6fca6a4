"""`havre group`: create, look at and change groups."""

from collections.abc import Callable
from typing import Any

import rich_click as click

from client.clock import wire_time
from client.commands import checking
from client.commands.outcomes import tell_outcome
from client.commands.telling import Context, pass_context, with_json
from client.commands.terms import as_moment, as_organisations
from client.failures import NotConfigured
from client.grouping import GroupChange, LiveGroup
from client.reading import moment
from client.words import grouping as words
from client.words import pushing as giving
from schemas.vocabulary.documents import SECTOR
from schemas.vocabulary.exchange import TLP
from schemas.vocabulary.records import WITHDRAWAL_REASON
from schemas.vocabulary.sharing import HISTORY


@click.group(help=words.GROUP())
def group() -> None:
    """Create, look at and change groups."""


def _described(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--default-tlp", type=click.Choice(TLP.values), help=words.DEFAULT_TLP()),
        click.option(
            "--accepts-sector", "sectors", multiple=True, type=click.Choice(SECTOR.values), help=words.SECTORS()
        ),
    ):
        command = option(command)
    return command


@group.command("create", help=words.CREATE())
@click.option("--name", required=True, help=words.NAME())
@click.option("--purpose-text", required=True, help=words.PURPOSE_TEXT())
@click.option("--member", "members", multiple=True, callback=as_organisations, help=words.MEMBER())
@click.option("--observer", "observers", multiple=True, callback=as_organisations, help=words.OBSERVER())
@click.option("--history", required=True, type=click.Choice(HISTORY.values), help=words.HISTORY())
@click.option("--expires", required=True, callback=as_moment, help=words.EXPIRES())
@_described
@with_json
@pass_context
def create(
    context: Context,
    /,
    *,
    name: str,
    purpose_text: str,
    members: tuple[str, ...],
    observers: tuple[str, ...],
    history: str,
    expires: str,
    sectors: tuple[str, ...],
    default_tlp: str | None,
) -> int:
    """Create a group and print its name."""
    with context.partner() as partner:
        made, outcome = partner.groups.create(
            name=name,
            purpose_text=purpose_text,
            members=dict.fromkeys(members, "member") | dict.fromkeys(observers, "observer"),
            history=history,
            expires=moment(expires),
            accepts_sectors=sectors,
            default_tlp=default_tlp,
        )
    return tell_outcome(context, outcome, named={} if outcome.refused else {"group": made})


@group.command("show", help=words.SHOW())
@click.argument("named", metavar="GROUP", callback=checking.group)
@with_json
@pass_context
def show(context: Context, /, *, named: str) -> None:
    """Show one group."""
    with context.partner() as partner:
        found = partner.groups.named(named)
    if found is None:
        raise NotConfigured("unknown_group", about=named)
    context.tell(_members(found), _shown(found))


@group.command("list", help=words.LIST())
@with_json
@pass_context
def list_groups(context: Context, /) -> None:
    """List the live groups."""
    with context.partner() as partner:
        me = partner.config.organisation
        found = list(partner.groups.live())
    lines = [f"{one.name}  {one.role_of(me) or '-':<8}  {wire_time(one.expires)}  {one.group.name}" for one in found]
    context.tell([_members(one) for one in found], "\n".join(lines) or words.NO_GROUPS())


@group.command("add", help=words.ADD())
@click.argument("named", metavar="GROUP", callback=checking.group)
@click.argument("organisations", nargs=-1, required=True, callback=as_organisations)
@click.option("--observer", "is_observer", is_flag=True, help=words.AS_OBSERVER())
@with_json
@pass_context
def add(context: Context, /, *, named: str, organisations: tuple[str, ...], is_observer: bool) -> int:
    """Let organisations in."""
    role = "observer" if is_observer else "member"
    return _change(context, named, GroupChange(add=dict.fromkeys(organisations, role)))


@group.command("remove", help=words.REMOVE())
@click.argument("named", metavar="GROUP", callback=checking.group)
@click.argument("organisations", nargs=-1, required=True, callback=as_organisations)
@with_json
@pass_context
def remove(context: Context, /, *, named: str, organisations: tuple[str, ...]) -> int:
    """Take organisations out."""
    return _change(context, named, GroupChange(remove=organisations))


@group.command("change", help=words.CHANGE())
@click.argument("named", metavar="GROUP", callback=checking.group)
@click.option("--name", help=words.NAME())
@click.option("--purpose-text", help=words.PURPOSE_TEXT())
@click.option("--expires", callback=as_moment, help=words.NEW_EXPIRES())
@_described
@with_json
@pass_context
def change(
    context: Context,
    /,
    *,
    named: str,
    name: str | None,
    purpose_text: str | None,
    expires: str | None,
    sectors: tuple[str, ...],
    default_tlp: str | None,
) -> int:
    """Change what is said of a group, or how long it lives."""
    if not any((name, purpose_text, expires, sectors, default_tlp)):
        raise click.UsageError(words.NOTHING_CHANGES())
    said = GroupChange(
        name=name,
        purpose_text=purpose_text,
        accepts_sectors=sectors or None,
        default_tlp=default_tlp,
        expires=None if expires is None else moment(expires),
    )
    return _change(context, named, said)


@group.command("withdraw", help=words.WITHDRAW())
@click.argument("named", metavar="GROUP", callback=checking.group)
@click.option("--reason", required=True, type=click.Choice(WITHDRAWAL_REASON.values), help=giving.WITHDRAW_REASON())
@with_json
@pass_context
def withdraw_group(context: Context, /, *, named: str, reason: str) -> int:
    """End a group."""
    with context.partner() as partner:
        outcome = partner.groups.withdraw(named, reason=reason)
    return tell_outcome(context, outcome)


def _change(context: Context, named: str, said: GroupChange) -> int:
    with context.partner() as partner:
        outcome = partner.groups.change(named, said)
    return tell_outcome(context, outcome)


def _members(found: LiveGroup) -> dict[str, Any]:
    """Return a group as JSON."""
    said = found.group
    return {
        "group": found.name,
        "name": said.name,
        "purpose_text": said.purpose_text,
        "members": list(said.members),
        "history": said.history,
        "accepts_sectors": said.accepts_sectors,
        "default_tlp": said.default_tlp,
        "expires": found.expires,
        "revision": said.revision,
    }


def _shown(found: LiveGroup) -> str:
    said = found.group
    head = words.SHOWN(
        group=found.name,
        name=said.name,
        purpose_text=said.purpose_text,
        expires=wire_time(found.expires),
        history=said.history,
        revision=said.revision,
    )
    return "\n".join([head, *(f"  {one.role:<9}{one.organisation}  {one.since}" for one in said.members)])
