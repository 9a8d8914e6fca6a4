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
from client.words import asking, helping
from crypto.claims import public_key_of
from schemas.answers import Application, ApplicationSchema

_SOON = timedelta(days=30)
_CLOCK_SECONDS = 20
_BRIEFLY = Patience(attempts=2, seconds=20)
_NAMES = {
    "files": asking.FILES,
    "statement": asking.STATEMENT,
    "state": asking.STATE,
    "node": asking.NODE,
    "round trip": asking.ROUND_TRIP,
    "directory": asking.DIRECTORY,
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and the exit code if it is not."""

    name: str
    is_well: bool
    words: str
    exit_code: int = 0


@click.command(help=helping.DOCTOR())
@with_json
@pass_context
def doctor(context: Context, /) -> int:
    """Look at files, keys, statement, clock, TLS and reach, and make one signed round trip."""
    findings = [_look("files", lambda: _files(context.home))]
    if findings[0].is_well:
        findings += [_look("statement", lambda: _statement(context.home)), *_ask_node(context.home)]
    context.tell(findings, "\n".join(_told(one) for one in findings))
    return next((one.exit_code for one in findings if not one.is_well), 0)


def _told(one: Finding) -> str:
    state = asking.WELL if one.is_well else asking.ILL
    return f"{state()}  {_NAMES[one.name]()}: {one.words}"


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
    root = asking.ROOT_TOO() if "root" in uses else ""
    return asking.FILES_WELL(home=home.path) + root


def _statement(home: Home) -> str:
    token, config = home.newest_statement(), home.config()
    if token is None:
        return asking.NO_STATEMENT()
    claims = read_statement(token, organisation=config.organisation, federation=config.federation).signed.claims
    listed = {public_key_of(one.jwk).thumbprint for one in claims.keys}
    unlisted = [one.use for one in home.key_files() if one.use != "root" and one.key.thumbprint not in listed]
    words = asking.STATEMENT_WELL(seq=claims.seq, exp=f"{claims.exp:%Y-%m-%d}")
    if claims.exp - datetime.now(UTC) < _SOON:
        words += asking.RENEW_SOON()
    if unlisted:
        words += asking.NOT_LISTED(uses=", ".join(unlisted))
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
    answers = asking.OVER_TLS if partner.config.origin_url.startswith("https://") else asking.WITHOUT_TLS
    return answers(node=partner.config.node)


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
    roles = ", ".join(said.roles) or asking.NO_ROLE()
    return asking.ROUND_TRIP_WELL(
        organisation=said.organisation, status=said.status, roles=roles, difference=f"{difference:+d}"
    )


def _directory(partner: Partner) -> str:
    directory = partner.trust.refresh_directory()
    if directory.exp <= partner.source.now():
        raise NotVerified("directory_expired", about=partner.config.node)
    return asking.DIRECTORY_WELL(members=len(directory.members), exp=f"{directory.exp:%Y-%m-%d %H:%M}")
