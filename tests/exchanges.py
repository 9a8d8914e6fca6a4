"""What tests look at around an exchange: all rows of the database, one step of the sequencer, a feed read to its end.

No second implementation: pages are cut by the reader that partners use, and rows are what PostgreSQL has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import psycopg
from psycopg import sql

from crypto.batches import StoredDocument, split_documents
from crypto.encoding import from_base64url, to_base64url
from crypto.entries import entry_leaf
from server import sequencer
from server.db import connect
from server.tree.reading import StoredCheckpoint
from server.tree.signing import Tree
from tests.partners import Answered, Held, Partner, TestNode, a_key

# What a refused exchange leaves: its entry, which waits for its place, and its nonce.
TRACE_OF_A_REFUSAL = {"entry", "nonce", "unplaced"}
# Whoever asks is counted, whatever comes of it.
COUNTED = {"rate"}

Rows = dict[str, list[str]]


def rows_of(owner_url: str) -> Rows:
    """Every row of every table, as text, sorted."""
    with psycopg.connect(owner_url) as db:
        names = [name for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {
            name: sorted(
                row
                for (row,) in db.execute(sql.SQL("SELECT stored::text FROM {} AS stored").format(sql.Identifier(name)))
            )
            for name in names
        }


def changed(before: Rows, after: Rows) -> set[str]:
    """The tables whose rows differ, but for those that count requests."""
    return {name for name in before if before[name] != after[name]} - COUNTED


def place(node: TestNode, *, most: int = 5_000) -> int:
    """Let the sequencer take one step."""
    assert node.settings.sequencer_database_url is not None
    with connect(node.settings.sequencer_database_url, autocommit=True) as db:
        return sequencer.place_waiting(db, most=most)


def sign_head(node: TestNode, *, home: Path | None = None) -> StoredCheckpoint | None:
    """Let the sequencer place what waits and sign the log's head; with a `home`, the high-water is kept there."""
    while place(node):
        pass
    assert node.settings.sequencer_database_url is not None
    log_name, key = node.settings.log_name, a_key(node.settings.node, "log")
    kept = None if home is None else sequencer.tree_in(home, log_name=log_name).on_checkpoint
    tree = Tree(log_name=log_name, find_key=lambda _: key, on_checkpoint=kept or (lambda *_: None))
    with connect(node.settings.sequencer_database_url, autocommit=True) as db:
        return tree.advance(db)


def expire(superuser_url: str, jti: str) -> None:
    """Let a stored batch have expired a minute ago; no role of the node may change one."""
    with psycopg.connect(superuser_url) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("UPDATE batch SET expires_at = now() - interval '1 minute' WHERE jti = %s", [jti])


@dataclass(frozen=True, kw_only=True)
class PageRead:
    """One page: its documents and its last line, with the answer that carried them."""

    documents: list[StoredDocument]
    next: str
    more: bool
    batches: int
    records: int
    answered: Answered


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A feed read from a cursor to its end."""

    pages: list[PageRead] = field(default_factory=list)

    @property
    def documents(self) -> list[StoredDocument]:
        return [document for page in self.pages for document in page.documents]

    @property
    def jtis(self) -> list[str]:
        return [jti_of(document) for document in self.documents]


def claims_in(token: str) -> dict[str, Any]:
    """The claims of a JWS, unverified."""
    claims: dict[str, Any] = orjson.loads(from_base64url(token.split(".")[1]))
    return claims


def jti_of(document: StoredDocument) -> str:
    jti: str = claims_in(document.manifest)["jti"]
    return jti


def feed_path(**query: Any) -> str:
    named = {name: value for name, value in query.items() if value is not None}
    return "/v1/feed" + (f"?{urlencode(named)}" if named else "")


def pull(partner: Partner, *, purpose: str = "detection", by: Held | None = None, **query: Any) -> PageRead:
    """One page of `partner`'s feed."""
    answered = partner.get(feed_path(**query), purpose=purpose, by=by)
    assert answered.status == 200, answered.body
    *documents, last = split_documents(answered.body)
    assert isinstance(last, dict)
    page = last["page"]
    return PageRead(
        documents=[document for document in documents if isinstance(document, StoredDocument)],
        next=page["next"],
        more=page["more"],
        batches=page["batches"],
        records=page["records"],
        answered=answered,
    )


def pull_all(partner: Partner, **query: Any) -> Reading:
    """`partner`'s feed from `after` (or its beginning) until nothing more is there."""
    reading = Reading()
    for page in _pages(partner, query):
        reading.pages.append(page)
    return reading


def _pages(partner: Partner, query: dict[str, Any]) -> Iterator[PageRead]:
    page = pull(partner, **query)
    yield page
    while page.more:
        page = pull(partner, **{**query, "after": page.next})
        yield page


def opened(partner: Partner, receipt: str, *, by: Held | None = None) -> dict[str, Any]:
    """The entry behind `receipt`, as its caller opens it; its leaf is the receipt."""
    answered = partner.get(f"/v1/log/entries/{receipt}", by=by)
    assert answered.status == 200, answered.body
    told = answered.json
    leaf = entry_leaf(
        salt=from_base64url(told["salt"], length=32),
        entry=told["entry"].encode(),
        p=from_base64url(told["p"], length=32),
    )
    assert to_base64url(leaf) == receipt
    entry: dict[str, Any] = orjson.loads(told["entry"])
    return entry
