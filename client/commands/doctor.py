"""`havre doctor`: is everything as it must be, in plain words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import rich_click as click

from client.commands.telling import Context, pass_context, with_json
from client.commands.wording import words_of
from client.failures import Failure, NotAuthenticated, NotConfigured, NotVerified, Refused
from client.home import Home
from client.known import read_statement
from client.partner import Partner
from client.wire import Patience, load
from crypto.claims import public_key_of
from schemas.answers import Application, ApplicationSchema

_SOON = timedelta(days=30)
_CLOCK_SECONDS = 20
_BRIEFLY = Patience(attempts=2, seconds=20)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and the exit code if it is not."""

    name: str
    is_well: bool
    words: str
    exit_code: int = 0


@click.command()
@with_json
@pass_context
def doctor(context: Context, /) -> int:
    """Look at files, keys, statement, clock, TLS and reach, and make one signed round trip."""
    findings = [_look("files", lambda: _files(context.home))]
    if findings[0].is_well:
        findings += [_look("statement", lambda: _statement(context.home)), *_ask_node(context.home)]
    context.tell(
        findings, "\n".join(f"{'well' if one.is_well else 'ILL '}  {one.name}: {one.words}" for one in findings)
    )
    return next((one.exit_code for one in findings if not one.is_well), 0)


def _look(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, is_well=True, words=look())
    except Failure as failure:
        return Finding(name=name, is_well=False, words=words_of(failure), exit_code=failure.exit_code)


def _files(home: Home) -> str:
    home.check()
    home.config()
    uses = {one.use for one in home.key_files()}
    for use in ("exchange", "record"):
        if use not in uses:
            raise NotConfigured(f"no_{use}_key")
    root = " The root key is here too: better kept offline." if "root" in uses else ""
    return f"settings and keys are in {home.path}, closed to others.{root}"


def _statement(home: Home) -> str:
    token, config = home.newest_statement(), home.config()
    if token is None:
        return "none is kept here; the node's copy counts."
    claims = read_statement(token, organisation=config.organisation, federation=config.federation).signed.claims
    listed = {public_key_of(one.jwk).thumbprint for one in claims.keys}
    unlisted = [one.use for one in home.key_files() if one.use != "root" and one.key.thumbprint not in listed]
    words = f"number {claims.seq}, good until {claims.exp:%Y-%m-%d}."
    if claims.exp - datetime.now(UTC) < _SOON:
        words += " Renew it soon: havre statement renew."
    if unlisted:
        words += f" Keys that it does not list yet: {', '.join(unlisted)}."
    return words


def _ask_node(home: Home) -> list[Finding]:
    try:
        partner = Partner.open(home.path, patience=_BRIEFLY)
    except Failure as failure:
        return [Finding(name="state", is_well=False, words=words_of(failure), exit_code=failure.exit_code)]
    with partner:
        looks: list[tuple[str, Callable[[], str]]] = [
            ("node", lambda: _node(partner)),
            ("round trip", lambda: _round_trip(partner, home)),
            ("directory", lambda: _directory(partner)),
        ]
        findings = []
        for name, look in looks:
            findings.append(_look(name, look))
            if not findings[-1].is_well:
                break
        return findings


def _node(partner: Partner) -> str:
    partner.trust.refresh_node()
    secure = "over TLS" if partner.config.origin_url.startswith("https://") else "on this machine, without TLS"
    return f"{partner.config.node} answers {secure}, and its statement is signed by the root that was pinned."


def _tell_of_application(partner: Partner, home: Home) -> None:
    """Say what became of an application, where there is one: a node knows no applicant but by it.

    Raises:
        Failure: `application_pending`.
    """
    number = home.application()
    if number is None:
        return
    try:
        answer = partner.read(f"/v1/applications/{number}", action="read_application")
    except (NotAuthenticated, Refused):
        return
    said: Application = load(ApplicationSchema(), answer.body)
    if said.status == "pending":
        raise Failure("application_pending")


def _round_trip(partner: Partner, home: Home) -> str:
    try:
        said = partner.whoami()
    except NotAuthenticated:
        _tell_of_application(partner, home)
        raise
    difference = round((said.now - partner.source.now()).total_seconds())
    if abs(difference) > _CLOCK_SECONDS:
        raise NotVerified("clock", about=f"{difference:+d} s")
    if said.status == "suspended":
        raise Failure("suspended")
    roles = ", ".join(said.roles) or "no role"
    return f"signed both ways, as {said.organisation} ({said.status}; {roles}); clocks differ by {difference:+d} s."


def _directory(partner: Partner) -> str:
    directory = partner.trust.refresh_directory()
    if directory.exp <= partner.source.now():
        raise NotVerified("directory_expired", about=partner.config.node)
    return f"{len(directory.members)} members, good until {directory.exp:%Y-%m-%d %H:%M} UTC."
