"""`havre init`, `havre keys`."""

import secrets
from pathlib import Path

import rich_click as click

from client.commands import checking
from client.commands.telling import Context, pass_context, passphrase_of, with_json
from client.failures import NotConfigured
from client.home import Config
from client.words import founding, helping
from crypto.keys import private_key_from_seed

_SEED_BYTES = 32


@click.command(help=helping.INIT())
@click.option(
    "--organisation",
    required=True,
    callback=checking.organisation,
    help=helping.INIT_ORGANISATION(),
)
@click.option("--federation", required=True, callback=checking.federation, help=helping.INIT_FEDERATION())
@click.option("--node", required=True, callback=checking.organisation, help=helping.INIT_NODE())
@click.option(
    "--url",
    "origin_url",
    required=True,
    callback=checking.origin_url,
    help=helping.INIT_URL(),
)
@click.option(
    "--node-root",
    required=True,
    callback=checking.thumbprint,
    help=helping.INIT_NODE_ROOT(),
)
@click.option("--proxy", help=helping.INIT_PROXY())
@with_json
@pass_context
def init(
    context: Context,
    /,
    *,
    organisation: str,
    federation: str,
    node: str,
    origin_url: str,
    node_root: str,
    proxy: str | None,
) -> None:
    """Make the folder of this organisation and write its settings."""
    context.home.create()
    if context.home.has_config():
        raise NotConfigured("init_done", about=str(context.home.path))
    config = Config(
        organisation=organisation,
        federation=federation,
        node=node,
        origin_url=origin_url,
        node_root=node_root,
        proxy=proxy,
    )
    context.home.write_config(config)
    context.tell(config, founding.SETTINGS_WRITTEN(home=context.home.path))


@click.group(help=helping.KEYS())
def keys() -> None:
    """Make and list keys."""


@keys.command("new", help=helping.KEYS_NEW())
@click.argument("use", type=click.Choice(["root", "record", "exchange"]))
@click.option("--passphrase-file", type=click.Path(path_type=Path), help=helping.KEYS_NEW_PASSPHRASE())
@with_json
@pass_context
def new_key(context: Context, /, *, use: str, passphrase_file: Path | None) -> None:
    """Make a key; the next statement lists it."""
    context.home.check()
    if passphrase_file is not None and use != "root":
        raise click.UsageError(founding.ONLY_ROOT_PASSPHRASE())
    key = private_key_from_seed(secrets.token_bytes(_SEED_BYTES))
    named = next(one for one in ("root", "record", "exchange") if one == use)
    others = [one.begins for one in context.home.root_files()] if use == "root" else []
    if others:
        context.warn(
            founding.ROOT_IS_HERE(others=", ".join(others), begins=key.thumbprint[:12]),
        )
    path = context.home.add_key(named, key, passphrase=passphrase_of(passphrase_file))
    context.tell(
        {"use": use, "thumbprint": key.thumbprint, "file": path},
        founding.KEY_MADE(use=use, thumbprint=key.thumbprint, path=path),
    )


@keys.command("list", help=helping.KEYS_LIST())
@with_json
@pass_context
def list_keys(context: Context, /) -> None:
    """List the keys of this organisation that are here; of a root under a passphrase only how its name begins."""
    context.home.check()
    found = [{"use": one.use, "thumbprint": one.key.thumbprint, "file": one.path} for one in context.home.key_files()]
    closed = [
        {"use": "root", "thumbprint_begins": one.begins, "file": one.path, "is_encrypted": True}
        for one in context.home.root_files()
        if one.is_encrypted
    ]
    lines = [f"{one['use']:<9}{one['thumbprint']}" for one in found]
    lines += [f"root     {one['thumbprint_begins']}…  {founding.UNDER_PASSPHRASE()}" for one in closed]
    context.tell([*found, *closed], "\n".join(lines) or founding.NO_KEYS())
