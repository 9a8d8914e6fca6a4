"""`havre-node init|migrate|operator-key`: what is done once, before a node runs."""

from collections.abc import Sequence
from pathlib import Path

import psycopg
import rich_click as click

from schemas.vocabulary.documents import SECTOR
from server.commands import founding, running
from server.commands.keyfiles import (
    KeyFileRefused,
    PublicHalf,
    make_exchange_key,
    passphrase_in,
    read_public_half,
    refuse_partners_folder,
)
from server.commands.saying import say, settings_or_stop, stop
from server.errors import Refusal
from server.settings import Settings

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--display-name", required=True, help="The name that members read.")
@click.option("--sector", type=click.Choice(sorted(SECTOR.values)), required=True)
@click.option("--operator", "halves", type=_FILE, multiple=True, help="A public half that an operator handed over.")
@click.option(
    "--operator-folder", "folders", type=_FOLDER, multiple=True, help="Make an operator's key in this folder."
)
@click.option("--root-passphrase-file", type=_FILE, help="Encrypt the root key with the first line of this file.")
def init(
    *,
    display_name: str,
    sector: str,
    halves: Sequence[Path],
    folders: Sequence[Path],
    root_passphrase_file: Path | None,
) -> None:
    """Make the node's keys and its first statement in HAVRE_HOME; two operators, each with a key of their own."""
    settings = settings_or_stop()
    try:
        # Before an operator's key is made for nothing.
        refuse_partners_folder(settings.home)
        begun = founding.begin_node(
            settings,
            display_name=display_name,
            sector=sector,
            operators=_operators(settings, halves, folders),
            passphrase=None if root_passphrase_file is None else passphrase_in(root_passphrase_file),
        )
    except (founding.NotInitialised, KeyFileRefused) as error:
        stop(str(error))
    say(
        f"The node {settings.node} has its keys and its statement in {settings.home}.",
        f"Its root is {begun.root_thumbprint}: tell partners by a way that they trust; they pin it.",
        f"Move {begun.root_path} offline now; it is needed only to change the statement.",
    )
    if settings.owner_database_url:
        _migrate(settings, settings.owner_database_url)
    else:
        say("havre-node migrate, as the database's owner, founds the node.")


@click.command()
def migrate() -> None:
    """Bring the database up to date as its owner, and found the node if `init` left a statement."""
    settings = settings_or_stop()
    if not settings.owner_database_url:
        stop("HAVRE_OWNER_DATABASE_URL is not set: PostgreSQL, as role havre_owner.")
    _migrate(settings, settings.owner_database_url)


@click.command("operator-key")
@click.argument("folder", type=_FOLDER)
@click.option("--node", envvar="HAVRE_NODE", required=True, help="The node's organisation.")
@click.option("--federation", envvar="HAVRE_FEDERATION", required=True)
def operator_key(*, folder: Path, node: str, federation: str) -> None:
    """Make an operator's key in FOLDER, on the operator's own machine, and the public half to hand over."""
    try:
        half = make_exchange_key(folder, federation=federation, organisation=node)
    except KeyFileRefused as error:
        stop(str(error))
    say(f"The key {half.thumbprint} is in {folder}; hand over the file that ends in .public.json, never the other.")


def _operators(settings: Settings, halves: Sequence[Path], folders: Sequence[Path]) -> list[PublicHalf]:
    return [read_public_half(path, federation=settings.federation, organisation=settings.node) for path in halves] + [
        make_exchange_key(path, federation=settings.federation, organisation=settings.node) for path in folders
    ]


def _migrate(settings: Settings, owner_url: str) -> None:
    try:
        refuse_partners_folder(settings.home)
        done = running.migrate_all(settings, owner_url)
    except psycopg.OperationalError:
        stop("The database cannot be reached at HAVRE_OWNER_DATABASE_URL.")
    except (founding.NotInitialised, KeyFileRefused) as error:
        stop(str(error))
    except Refusal as error:
        stop(f"The node's statement is not of its form ({error.code}).")
    say(*(done or ["The database is up to date."]))
