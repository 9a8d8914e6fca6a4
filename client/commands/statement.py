"""`havre statement` and `havre apply`: say who one is and which keys one has."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import rich_click as click

from client.clock import Source, wire_time
from client.commands.telling import Context, pass_context, passphrase_of, with_json
from client.failures import NotConfigured
from client.home import APPLICATION_NAME, Home
from client.known import read_statement
from client.reading import BadTerms, moment
from client.stating import Grant, digest_of, first_statement, next_statement, roles_in_force
from client.wire import load
from client.words import founding, helping
from crypto.claims import public_key_of
from crypto.documents import STATEMENT, read_document
from crypto.keys import PrivateKey, public_key_from_jwk
from schemas.answers import Application, ApplicationSchema
from schemas.vocabulary.documents import REVOCATION_REASON, ROLE, SECTOR


def _signing(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--passphrase-file", type=click.Path(path_type=Path), help=helping.STATEMENT_PASSPHRASE()),
        click.option(
            "--days", type=click.IntRange(1, 400), default=365, show_default=True, help=helping.STATEMENT_DAYS()
        ),
        click.option("--holder", help=helping.STATEMENT_HOLDER()),
        click.option("--role", "roles", multiple=True, type=click.Choice(ROLE.values), help=helping.STATEMENT_ROLE()),
    ):
        command = option(command)
    return command


@click.group(help=helping.STATEMENT())
def statement() -> None:
    """Sign and send the statement of this organisation's keys and roles."""


@statement.command("new", help=helping.STATEMENT_NEW())
@click.option("--display-name", required=True, help=helping.STATEMENT_DISPLAY_NAME())
@click.option("--sector", required=True, type=click.Choice(SECTOR.values), help=helping.STATEMENT_SECTOR())
@_signing
@with_json
@pass_context
def new_statement(
    context: Context,
    /,
    *,
    display_name: str,
    sector: str,
    roles: tuple[str, ...],
    holder: str | None,
    days: int,
    passphrase_file: Path | None,
) -> None:
    """Sign the first statement, over the keys that are here."""
    home = context.home
    if home.newest_statement() is not None:
        raise NotConfigured("statement_exists")
    keys = home.key_files()
    if not roles and any(one.use == "exchange" for one in keys):
        raise click.UsageError(founding.ROLE_NEEDED())
    token = first_statement(
        config=home.config(),
        keys=keys,
        root=home.root_key("", passphrase=passphrase_of(passphrase_file)),
        display_name=display_name,
        sector=sector,
        grant=Grant(roles=roles, holder=holder),
        days=days,
        source=Source(),
    )
    _keep(context, token)


@statement.command("renew", help=helping.STATEMENT_RENEW())
@click.option("--new-root", metavar="THUMBPRINT", help=helping.STATEMENT_NEW_ROOT())
@click.option(
    "--new-root-passphrase-file", type=click.Path(path_type=Path), help=helping.STATEMENT_NEW_ROOT_PASSPHRASE()
)
@_signing
@with_json
@pass_context
def renew(
    context: Context,
    /,
    *,
    new_root: str | None,
    new_root_passphrase_file: Path | None,
    roles: tuple[str, ...],
    holder: str | None,
    days: int,
    passphrase_file: Path | None,
) -> None:
    """Sign the next statement: longer valid, with the keys that are new."""
    if new_root is None and new_root_passphrase_file is not None:
        raise click.UsageError(founding.PASSPHRASE_OF_NEW_ROOT())
    key = None
    if new_root is not None:
        present = public_key_from_jwk(read_document(_newest(context.home), typ=STATEMENT).claims["root"]).thumbprint
        key = _new_root(context.home, new_root, present, passphrase_of(new_root_passphrase_file))
    _next(context, Grant(roles=roles, holder=holder), days, passphrase_file, new_root=key)


@statement.command("revoke", help=helping.STATEMENT_REVOKE())
@click.argument("thumbprint")
@click.option(
    "--reason", required=True, type=click.Choice(REVOCATION_REASON.values), help=helping.STATEMENT_REVOKE_REASON()
)
@click.option("--at", "since", help=helping.STATEMENT_REVOKE_AT())
@_signing
@with_json
@pass_context
def revoke(
    context: Context,
    /,
    *,
    thumbprint: str,
    reason: str,
    since: str | None,
    roles: tuple[str, ...],
    holder: str | None,
    days: int,
    passphrase_file: Path | None,
) -> None:
    """Sign the next statement, which revokes the key whose thumbprint begins with THUMBPRINT."""
    before = _newest(context.home)
    listed = [public_key_from_jwk(one["jwk"]).thumbprint for one in read_document(before, typ=STATEMENT).claims["keys"]]
    meant = [one for one in listed if one.startswith(thumbprint)]
    if len(meant) != 1:
        raise NotConfigured("unknown_key")
    try:
        at = datetime.now(UTC) if since is None else moment(since)
    except BadTerms as error:
        raise click.BadParameter(founding.NOT_A_MOMENT(), param_hint="--at") from error
    entry = {"thumbprint": meant[0], "at": wire_time(at), "reason": reason}
    _next(context, Grant(roles=roles, holder=holder), days, passphrase_file, revoked=[entry])


@statement.command("show", help=helping.STATEMENT_SHOW())
@with_json
@pass_context
def show(context: Context, /) -> None:
    """Show the newest statement that is here."""
    token, config = _newest(context.home), context.home.config()
    claims = read_statement(token, organisation=config.organisation, federation=config.federation).signed.claims
    revoked = {one.thumbprint: one.reason for one in claims.revoked}
    lines = [
        founding.STATEMENT_HEAD(
            name=claims.iss, display_name=claims.display_name, sector=claims.sector, seq=claims.seq
        ),
        founding.STATEMENT_GOOD_UNTIL(
            exp=f"{claims.exp:%Y-%m-%d}", node=claims.home.node, root=public_key_of(claims.root).thumbprint
        ),
        founding.STATEMENT_DIGEST(digest=digest_of(token)),
    ]
    for one in claims.keys:
        name = public_key_of(one.jwk).thumbprint
        lines.append(f"  {one.use:<9}{name} {' '.join(one.roles)} {revoked.get(name, '')}".rstrip())
    context.tell({"digest": digest_of(token), "claims": read_document(token, typ=STATEMENT).claims}, "\n".join(lines))


@statement.command("submit", help=helping.STATEMENT_SUBMIT())
@with_json
@pass_context
def submit(context: Context, /) -> None:
    """Send the newest statement to the node, as a member does."""
    token = _newest(context.home)
    with context.partner() as partner:
        said = partner.submit_statement(token)
    if said.status == "current":
        context.home.mark_in_force(token)
    waiting = founding.WAITS_FOR_OPERATORS() if said.status == "pending" else ""
    context.tell(said, founding.STATEMENT_STATUS(seq=said.statement_seq, status=said.status) + waiting)


@click.command(help=helping.APPLY())
@click.option("--status", "is_status", is_flag=True, help=helping.APPLY_STATUS())
@with_json
@pass_context
def apply(context: Context, /, *, is_status: bool) -> None:
    """Ask the node to admit this organisation, with its first statement."""
    with context.partner() as partner:
        if is_status:
            number = context.home.application()
            if number is None:
                raise NotConfigured("no_application")
            answer = partner.read(f"/v1/applications/{number}", action="read_application")
        else:
            token = _newest(context.home)
            body = orjson.dumps({"statement": token})
            answer = partner.send("POST", "/v1/applications", body, action="apply", role="administrator")
            context.home.mark_in_force(token)
        said: Application = load(ApplicationSchema(), answer.body)
    context.home.write(APPLICATION_NAME, said.id.encode())
    context.tell(said, founding.APPLICATION(id=said.id, status=said.status, digest=said.document_sha256))


def _newest(home: Home) -> str:
    token = home.newest_statement()
    if token is None:
        raise NotConfigured("no_statement")
    return token


def _next(
    context: Context,
    grant: Grant,
    days: int,
    passphrase_file: Path | None,
    *,
    revoked: list[dict[str, str]] | None = None,
    new_root: PrivateKey | None = None,
) -> None:
    home = context.home
    before, keys = _newest(home), home.key_files()
    said = read_statement(before, organisation=home.config().organisation, federation=home.config().federation)
    listed = {public_key_of(one.jwk).thumbprint for one in said.signed.claims.keys}
    added = [one.key.thumbprint for one in keys if one.use == "exchange" and one.key.thumbprint not in listed]
    given = grant.roles or roles_in_force(said, datetime.now(UTC))
    if added and not given:
        raise click.UsageError(founding.ROLE_FOR_NEW_KEY())
    for thumbprint in added:
        context.warn(founding.KEY_GETS_ROLES(thumbprint=thumbprint, roles=", ".join(given)))
    old = home.root_key(said.root, passphrase=passphrase_of(passphrase_file))
    if new_root is not None:
        context.warn(founding.ROOT_FROM_TO(old=old.thumbprint, new=new_root.thumbprint))
    token = next_statement(
        before,
        config=home.config(),
        keys=keys,
        root=old,
        new_root=new_root,
        grant=grant,
        days=days,
        revoked=revoked or (),
        source=Source(),
    )
    _keep(context, token)


def _keep(context: Context, token: str) -> None:
    claims = read_document(token, typ=STATEMENT).claims
    name = f"statement-{claims['seq']}.jws"
    context.home.write(name, token.encode("ascii"), is_new=True)
    context.tell(
        {"seq": claims["seq"], "digest": digest_of(token), "file": context.home.path / name},
        founding.STATEMENT_KEPT(seq=claims["seq"], path=context.home.path / name),
    )


def _new_root(home: Home, begins: str, present: str, passphrase: bytes | None) -> PrivateKey:
    others = [one.begins for one in home.root_files() if not present.startswith(one.begins)]
    meant = [one for one in others if one.startswith(begins) or begins.startswith(one)]
    if len(meant) != 1:
        raise NotConfigured("which_root", about=", ".join(others) or founding.NO_OTHER_ROOT())
    return home.root_key(begins if len(begins) > len(meant[0]) else meant[0], passphrase=passphrase)
