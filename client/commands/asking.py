"""`havre whoami`, `havre trust`."""

import rich_click as click

from client.clock import wire_time
from client.commands import checking
from client.commands.telling import Context, pass_context, with_json
from client.failures import NotConfigured
from client.partner import Partner
from client.words import asking, helping


@click.command(help=helping.WHOAMI())
@with_json
@pass_context
def whoami(context: Context, /) -> None:
    """Ask the node who this is to it: organisation, roles, key, clock, limits."""
    with context.partner() as partner:
        said = partner.whoami()
        difference = round((said.now - partner.source.now()).total_seconds())
    words = asking.WHOAMI(
        organisation=said.organisation,
        sector=said.sector,
        status=said.status,
        keyid=said.keyid,
        until=asking.FURTHER_NOTICE() if said.key_until is None else wire_time(said.key_until),
        roles=", ".join(said.roles) or asking.NONE(),
        seq=said.statement_seq,
        exp=wire_time(said.statement_exp),
        difference=f"{difference:+d}",
        poll_after=said.poll_after,
    )
    context.tell(said, words)


@click.command(help=helping.TRUST())
@click.argument("organisation", callback=checking.organisation)
@click.argument("thumbprint", callback=checking.thumbprint)
@with_json
@pass_context
def trust(context: Context, /, *, organisation: str, thumbprint: str) -> None:
    """Believe the root THUMBPRINT of ORGANISATION from now on, after asking them by a way that you know."""
    with context.partner() as partner:
        if not _is_known(partner, organisation):
            raise NotConfigured("unknown_organisation", about=organisation)
        partner.trust.trust(organisation, thumbprint)
    context.tell(
        {"organisation": organisation, "root": thumbprint},
        asking.BELIEVED(organisation=organisation, thumbprint=thumbprint),
    )


def _is_known(partner: Partner, organisation: str) -> bool:
    """Return whether statements of an organisation are known here, or the directory lists it, read anew if need be."""
    if organisation == partner.config.node or organisation in partner.trust.organisations():
        return True
    directory = partner.trust.directory()
    if directory is None or organisation not in {one.organisation for one in directory.members}:
        directory = partner.trust.refresh_directory()
    return organisation in {one.organisation for one in directory.members}
