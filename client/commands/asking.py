"""`havre whoami`, `havre trust`, `havre receipts`."""

import rich_click as click

from client.commands import checking
from client.commands.telling import Context, pass_context, with_json
from client.failures import NotConfigured
from client.partner import Partner


@click.command()
@with_json
@pass_context
def whoami(context: Context, /) -> None:
    """Ask the node who this is to it: organisation, roles, key, clock, limits."""
    with context.partner() as partner:
        said = partner.whoami()
        difference = round((said.now - partner.source.now()).total_seconds())
    words = (
        f"{said.organisation} ({said.sector}, {said.status})\n"
        f"key {said.keyid}, until {said.key_until or 'further notice'}\n"
        f"roles: {', '.join(said.roles) or 'none'}\n"
        f"statement {said.statement_seq}, good until {said.statement_exp}\n"
        f"the node's clock is {difference:+d} s from this one; it asks to be polled every {said.poll_after} s"
    )
    context.tell(said, words)


@click.command()
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
        {"organisation": organisation, "root": thumbprint}, f"{organisation} is believed under root {thumbprint}."
    )


def _is_known(partner: Partner, organisation: str) -> bool:
    """Return whether statements of an organisation are known here, or the directory lists it, read anew if need be."""
    if organisation == partner.config.node or organisation in partner.trust.organisations():
        return True
    directory = partner.trust.directory()
    if directory is None or organisation not in {one.organisation for one in directory.members}:
        directory = partner.trust.refresh_directory()
    return organisation in {one.organisation for one in directory.members}


@click.group()
def receipts() -> None:
    """Check what the node's log says of one's own acts."""


@receipts.command("check")
@click.option("--most", type=click.IntRange(1), default=1000, show_default=True, help="How many to open.")
@with_json
@pass_context
def check_receipts(context: Context, /, *, most: int) -> int:
    """Open the entries behind the receipts that were not opened yet, and compare them with what was sent and came."""
    with context.partner() as partner:
        checked = partner.check_receipts(limit=most)
    wrong = [one for one in checked if one.finding is not None]
    words = f"{len(checked)} entries opened, {len(wrong)} do not agree."
    words += "".join(f"\n  {one.action} {one.leaf}: {one.finding}" for one in wrong)
    context.tell({"opened": len(checked), "wrong": wrong}, words)
    return 5 if wrong else 0
