"""`havre init`, `havre keys`."""

import secrets
from pathlib import Path

import rich_click as click

from client.commands import checking
from client.commands.telling import Context, pass_context, passphrase_of, with_json
from client.failures import NotConfigured
from client.home import Config
from crypto.keys import private_key_from_seed

_SEED_BYTES = 32


@click.command()
@click.option(
    "--organisation",
    required=True,
    callback=checking.organisation,
    help="This organisation's name, such as hotline.example.",
)
@click.option("--federation", required=True, callback=checking.federation, help="The federation's name.")
@click.option("--node", required=True, callback=checking.organisation, help="The home node's name.")
@click.option(
    "--url",
    "origin_url",
    required=True,
    callback=checking.origin_url,
    help="The home node's public origin, such as https://node.example.",
)
@click.option(
    "--node-root",
    required=True,
    callback=checking.thumbprint,
    help="Thumbprint of the node's root, given to you by telephone or on paper.",
)
@click.option("--proxy", help="URL of a proxy to ask the node through; the environment's proxies never count.")
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
    context.tell(config, f"Settings are in {context.home.path}. Next: havre keys new root, record, exchange.")


@click.group()
def keys() -> None:
    """Make and list keys."""


@keys.command("new")
@click.argument("use", type=click.Choice(["root", "record", "exchange"]))
@click.option(
    "--passphrase-file", type=click.Path(path_type=Path), help="For a root key: a file that holds its passphrase."
)
@with_json
@pass_context
def new_key(context: Context, /, *, use: str, passphrase_file: Path | None) -> None:
    """Make a key; the next statement lists it."""
    context.home.check()
    if passphrase_file is not None and use != "root":
        raise click.UsageError("only a root key may have a passphrase")
    key = private_key_from_seed(secrets.token_bytes(_SEED_BYTES))
    named = next(one for one in ("root", "record", "exchange") if one == use)
    others = [one.begins for one in context.home.root_files()] if use == "root" else []
    if others:
        context.warn(
            f"A root is here already: {', '.join(others)}. The new one counts only after: "
            f"havre statement renew --new-root {key.thumbprint[:12]}"
        )
    path = context.home.add_key(named, key, passphrase=passphrase_of(passphrase_file))
    context.tell(
        {"use": use, "thumbprint": key.thumbprint, "file": path},
        f"{use} {key.thumbprint}\nin {path}, for your eyes only.",
    )


@keys.command("list")
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
    lines += [f"root     {one['thumbprint_begins']}…  (under a passphrase)" for one in closed]
    context.tell([*found, *closed], "\n".join(lines) or "No keys yet.")
