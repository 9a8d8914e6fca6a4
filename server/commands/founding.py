"""Begin a node: its keys, its first statement, and, once there is a database, its founding.

`init` makes what belongs into `HAVRE_HOME`: a node key (signs answers), a log key (signs the log's heads), a witness
key (cosigns other logs' heads), a root key (signs the statement; move it offline), and `statement.jws`. Operators' keys
stay with the operators, in folders of their own: whoever has two of them alone could admit anybody.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path

import psycopg

from crypto.documents import STATEMENT, read_document, sign_document, sign_possession
from crypto.identifiers import uuid7
from crypto.keys import PrivateKey, public_key_from_jwk
from crypto.keys import keyid as keyid_of
from crypto.refusals import NotVerified
from server.commands.keyfiles import (
    PublicHalf,
    make_folder,
    make_key,
    refuse_partners_folder,
    write_key,
    write_new,
)
from server.db import connect
from server.organisations.founding import NotFounded, found_node
from server.settings import Settings

STATEMENT_FILE = "statement.jws"
STATEMENT_DAYS = 365
_OPERATORS = 2


class NotInitialised(Exception):
    """The node cannot be begun; the message is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What `init` made: the statement, and the root's thumbprint, which partners pin out of band."""

    statement: str
    root_thumbprint: str
    root_path: Path


def begin_node(
    settings: Settings,
    *,
    display_name: str,
    sector: str,
    operators: Sequence[PublicHalf],
    passphrase: bytes | None = None,
) -> Begun:
    """Make the node's keys and its first statement in `settings.home`.

    Raises:
        NotInitialised: the node was begun already, or there are not two operators with keys and holders of their own.
        KeyFileRefused: a file is in the way, or the home is a partner's.
    """
    refuse_partners_folder(settings.home)
    if (settings.home / STATEMENT_FILE).exists():
        raise NotInitialised(f"{settings.home} holds a node already.")
    if (
        len({half.thumbprint for half in operators}) < _OPERATORS
        or len({half.holder for half in operators}) < _OPERATORS
    ):
        raise NotInitialised("A node needs two operators with keys of their own: neither may admit anybody alone.")
    make_folder(settings.home)
    root, node, log = make_key(), make_key(), make_key()
    root_path = write_key(settings.home, "root", root, passphrase=passphrase)
    write_key(settings.home, "node", node)
    write_key(settings.home, "log", log)
    # Whom it watches is its operators' to say; its key waits for them.
    write_key(settings.home, "witness", make_key())
    statement = _statement(
        settings, root=root, node=node, log=log, operators=operators, display_name=display_name, sector=sector
    )
    # Last: a home without it was not finished, one with it is whole.
    write_new(settings.home / STATEMENT_FILE, statement.encode("ascii"))
    return Begun(statement=statement, root_thumbprint=root.thumbprint, root_path=root_path)


def root_thumbprint(settings: Settings) -> str:
    """Return the thumbprint of the root that founded the node of `settings.home`; a root replaced since is not told.

    Raises:
        NotInitialised: its statement is not of its form.
    """
    path = settings.home / STATEMENT_FILE
    try:
        document = read_document(path.read_text("ascii"), typ=STATEMENT)
        return public_key_from_jwk(document.claims["root"]).thumbprint
    except (NotVerified, KeyError, UnicodeDecodeError) as error:
        raise NotInitialised(f"The statement in {path} is not of its form.") from error


def found_if_new(settings: Settings, owner_url: str) -> bool:
    """Found the node that `settings.home` holds, in a database that is no node's yet; return whether that was so.

    Raises:
        NotInitialised: the statement is not one that founds this node, or the database has no schema.
    """
    path = settings.home / STATEMENT_FILE
    if not path.is_file():
        return False
    try:
        with connect(owner_url) as db:
            if db.execute("SELECT EXISTS (SELECT FROM node)").fetchone() == (True,):
                return False
            found_node(db, settings, path.read_text("ascii"))
    except psycopg.errors.UndefinedTable as error:
        raise NotInitialised("The database has no schema yet: run havre-node migrate.") from error
    except NotFounded as error:
        raise NotInitialised(f"The statement in {path} cannot found this node: {error.reason}.") from error
    return True


def _statement(
    settings: Settings,
    *,
    root: PrivateKey,
    node: PrivateKey,
    log: PrivateKey,
    operators: Sequence[PublicHalf],
    display_name: str,
    sector: str,
) -> str:
    now = datetime.now(UTC).replace(microsecond=0)
    since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    keys: list[tuple[str, dict[str, object]]] = [
        (
            key.thumbprint,
            listed_key(key, federation=settings.federation, organisation=settings.node, use=use, since=since),
        )
        for use, key in (("node", node), ("log", log))
    ]
    keys += [(half.thumbprint, listed_operator(half, since=since)) for half in operators]
    claims = {
        "v": 1,
        "federation": settings.federation,
        "iss": settings.node,
        "jti": str(uuid7(now_ms=time.time_ns() // 1_000_000, random=secrets.token_bytes(10))),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=STATEMENT_DAYS)).timestamp()),
        "seq": 1,
        "prev": None,
        "root": root.public.jwk,
        "display_name": display_name,
        "sector": sector,
        "home": {"node": settings.node, "origin_url": settings.origin_url},
        "keys": [listed for _thumbprint, listed in sorted(keys, key=itemgetter(0))],
        "revoked": [],
        "root_change": None,
    }
    return sign_document(claims, typ=STATEMENT, key=root, keyid=keyid_of(settings.node, root.thumbprint))


def listed_key(key: PrivateKey, *, federation: str, organisation: str, use: str, since: str) -> dict[str, object]:
    """Return the claim that lists the node's own `key`, valid from the time `since`."""
    return {
        "jwk": key.public.jwk,
        "use": use,
        "from": since,
        "until": None,
        "roles": [],
        "holder": None,
        "proof": sign_possession(key=key, federation=federation, organisation=organisation),
    }


def listed_operator(half: PublicHalf, *, since: str) -> dict[str, object]:
    """Return the claim that lists an operator's key, valid from the time `since`."""
    return {
        "jwk": half.jwk,
        "use": "exchange",
        "from": since,
        "until": None,
        "roles": ["administrator", "operator"],
        "holder": half.holder,
        "proof": half.proof,
    }
