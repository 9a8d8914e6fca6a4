"""Take a member's next statement.

- It follows the newest one: the next `seq`, linked by `prev`, forgetting no key and no revocation.
- A new root with the old one's consent takes effect at once; without it, it waits for two `replace_root` approvals.
- What changes sector, home or display name waits for two approvals of its digest. The rest takes effect at once.
- The node's own organisation is admitted by its root: nothing of it waits, but its home stays, its statement lists
  the key that this node signs with, and a new root needs the old one's consent.
- The same statement again is no new one.
- A new root without consent changes nothing that was admitted: it could not be approved.
- Whoever reads a member reads all its statements. So a member has at most 32 in 24 hours and 8 MiB in all; one that
  newly revokes a key, or newly calls it compromised, is not counted by the hour and may reach 16 MiB.
- What calls a key superseded or retired has effect from its `iat`. If the node has accepted something by that key
  since, readers would lose it without a word: the statement is stale, and is to be signed anew.
"""

from datetime import datetime, timedelta

from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified
from crypto.statements import COMPROMISED, key_at
from schemas.applications import StatementOutcome
from server.errors import DocumentStale, NotFound
from server.organisations import acceptance_store, application_store, store
from server.organisations.applying import let_wait
from server.organisations.reading import ReadStatement, read_member, read_statement, refused
from server.organisations.registering import brings_root_alone, check_follows, check_keys, register
from server.organisations.store import Organisation
from server.web.exchange import Exchange, Node

STATEMENTS_A_DAY = 32
STATEMENTS_BYTES = 8 * 1024 * 1024
REVOKING_BYTES = 16 * 1024 * 1024
_DAY = timedelta(hours=24)


def put_statement(exchange: Exchange, name: str) -> StatementOutcome:
    """Take the next statement of `name`, whose key signed the request; say whether it holds or waits.

    Raises:
        DocumentStale: it does not follow the newest statement, was decided on, or ends a key by which this node has
            accepted something since it was signed.
        DocumentRefused: it breaks a rule.
        TooManyPending: it would wait, and too many do.
    """
    statement = read_statement(read_member(exchange.body_bytes, "statement"))
    store.lock_name(exchange.db, name)
    member = store.organisation_named(exchange.db, name)
    if member is None:
        raise NotFound
    if statement.digest == member.statement_sha256:
        return _outcome(statement, "current")
    brings_root = brings_root_alone(statement, member)
    # A new root without consent waits; whether it may take effect is judged again then.
    check_follows(
        exchange.db,
        statement,
        member,
        federation=exchange.node.settings.federation,
        root_replaced=brings_root,
    )
    check_keys(
        exchange.db,
        statement,
        federation=exchange.node.settings.federation,
        member=member,
    )
    _check_revocations(exchange, statement, member)
    if name == exchange.node.settings.node:
        _check_own(exchange.node, statement, now=exchange.now)
        _admit_own(exchange, statement, member)
    elif brings_root or _changes_admission(statement, member):
        if brings_root and _changes_admission(statement, member):
            raise refused("/root", "not_as_admitted")
        let_wait(exchange, statement, is_member=True)
        return _outcome(statement, "pending")
    register(exchange.db, member.organisation_id, statement, now=exchange.now)
    # What waits would follow the statement before this one: it can no longer take effect.
    application_store.close_applications(exchange.db, organisation=name, approved_sha256=statement.digest)
    return _outcome(statement, "current")


def _check_revocations(exchange: Exchange, statement: ReadStatement, member: Organisation) -> None:
    """Refuse one statement too many, and one that would undo what this node has accepted since it was signed."""
    before = read_statement(store.newest_statement(exchange.db, member.organisation_id)).claims.revoked
    listed = {(revocation.thumbprint, revocation.reason == COMPROMISED) for revocation in before}
    new = {(one.thumbprint, one.reason == COMPROMISED) for one in statement.claims.revoked} - listed
    _check_volume(exchange, statement, member, revokes=bool(new))
    ended = [from_base64url(thumbprint) for thumbprint, is_compromised in sorted(new) if not is_compromised]
    if not ended:
        return
    # A push that has read the key as good and is not committed would be missed.
    acceptance_store.wait_for_pushes(exchange.db, organisation_id=member.organisation_id)
    if acceptance_store.has_accepted(
        exchange.db, organisation_id=member.organisation_id, keys=ended, since=statement.claims.iat
    ):
        raise DocumentStale


def _check_volume(exchange: Exchange, statement: ReadStatement, member: Organisation, *, revokes: bool) -> None:
    kept = store.count_statements(exchange.db, member.organisation_id, since=exchange.now - _DAY)
    if kept.in_bytes + len(statement.token) > (REVOKING_BYTES if revokes else STATEMENTS_BYTES):
        raise refused("", "statements_full")
    if kept.since >= STATEMENTS_A_DAY and not revokes:
        raise refused("", "too_many_statements")


def _changes_admission(statement: ReadStatement, member: Organisation) -> bool:
    claims = statement.claims
    return (claims.sector, claims.display_name, claims.home.node, claims.home.origin_url) != (
        member.sector,
        member.display_name,
        member.home,
        member.home_origin_url,
    )


def _check_own(node: Node, statement: ReadStatement, *, now: datetime) -> None:
    claims, settings = statement.claims, node.settings
    if (claims.home.node, claims.home.origin_url) != (settings.node, settings.origin_url):
        raise refused("/home", "home_is_another_node")
    try:
        key_at(claims, node.key.thumbprint, use="node", at=now)
    except NotVerified as error:
        raise refused("/keys", "node_key_missing") from error


def _admit_own(exchange: Exchange, statement: ReadStatement, member: Organisation) -> None:
    if brings_root_alone(statement, member):
        raise refused("/root_change", "root_change")
    store.change_admitted(
        exchange.db,
        member.organisation_id,
        sector=statement.claims.sector,
        home=member.home,
        home_origin_url=member.home_origin_url,
        display_name=statement.claims.display_name,
        roles_at_most=member.roles_at_most,
    )


def _outcome(statement: ReadStatement, status: str) -> StatementOutcome:
    return StatementOutcome(
        organisation=statement.claims.iss,
        statement_seq=statement.claims.seq,
        statement_sha256=to_base64url(statement.digest),
        status=status,
    )
