"""`havre people`: who of this organisation may use the node's console."""

from datetime import timedelta

import rich_click as click

from client.clock import wire_time
from client.commands import checking
from client.commands.telling import Context, pass_context, with_json
from client.words import inviting as words
from schemas.people import ListedPerson
from schemas.vocabulary.documents import PERSON_ROLE


@click.group(help=words.PEOPLE())
def people() -> None:
    """Say who of this organisation may use the node's console."""


@people.command(help=words.INVITE())
@click.argument("holder", callback=checking.holder)
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(PERSON_ROLE.values), default=["auditor"], help=words.ROLE()
)
@click.option("--days", type=click.IntRange(1, 7), default=2, show_default=True, help=words.DAYS())
@with_json
@pass_context
def invite(context: Context, /, *, holder: str, roles: tuple[str, ...], days: int) -> None:
    """Invite HOLDER to the console."""
    with context.partner() as partner:
        invited = partner.people.invite(holder, roles=roles, lifetime=timedelta(days=days))
    told = words.INVITED(link=invited.link, expires=wire_time(invited.expires), holder=invited.holder)
    context.tell(invited, told)


@people.command("list", help=words.LIST())
@with_json
@pass_context
def list_people(context: Context, /) -> None:
    """List whom this organisation invited."""
    with context.partner() as partner:
        found = partner.people.list()
    context.tell({"people": found}, "\n".join(_line(one) for one in found) or words.NOBODY())


@people.command(help=words.END())
@click.argument("holder", callback=checking.holder)
@with_json
@pass_context
def end(context: Context, /, *, holder: str) -> None:
    """End HOLDER's access at once."""
    with context.partner() as partner:
        ended = partner.people.end(holder)
    context.tell(ended, words.ENDED(holder=ended.holder, ended_at=wire_time(ended.ended_at)))


def _line(one: ListedPerson) -> str:
    roles = ", ".join(one.roles_in_force if one.status == "active" else one.roles) or words.NO_ROLE()
    return words.LINE(holder=one.holder, status=one.status, roles=roles, passkeys=one.passkeys)
