"""A log with a past, an auditor who has proven it once, and a superuser who holds the log's key as well."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from client.anchors import Anchors
from client.auditing.comparing import read_earlier
from client.auditing.remembering import Remembered
from client.auditing.verifying import Known, Verdict, verify_bundle
from server.auditing import indexing
from server.db import connect
from tests.auditing.asking import Watcher, with_auditors
from tests.auditing.conftest import hotline, node, platform
from tests.conftest import Database, Template
from tests.exchanges import pull, sign_head
from tests.partners import FEDERATION, NODE_NAME, TestNode, a_node
from tests.signals import a_batch, a_signal

__all__ = ["hotline", "node", "platform"]

_MEMBERS = (("hotline.example", "hotline"), ("platform.example", "platform"))


def _fill(database: Database) -> dict[str, Any]:
    """Pushes and pulls, twelve of them, in a signed log."""
    node = a_node(database)
    members = {name: with_auditors(node, name, sector) for name, sector in _MEMBERS}
    hotline, platform = (one.partner for one in members.values())
    for _ in range(6):
        assert hotline.push(a_batch(hotline, [a_signal()]).document).status == 201
        settle(node)
        pull(platform)
    settle(node)
    node.close()
    return {"node": node.organisation.statements[0], "members": {name: one.told for name, one in members.items()}}


@pytest.fixture(scope="session")
def template(grow: Callable[..., Template]) -> Template:
    return grow("havre_node_with_a_past", _fill)


@dataclass(kw_only=True)
class Auditor:
    """A federation auditor who takes complete bundles and keeps each head that was proven."""

    node: TestNode
    watcher: Watcher
    folder: Path
    taken: int = 0

    def take(self, **asked: str) -> Path:
        """Ask the node for a complete bundle of its log, or for one of what is asked for."""
        answered = self.watcher.trail("/bundle", by=self.watcher.federation_auditor, **asked)
        assert answered.status == 200, answered.body
        self.taken += 1
        path = self.folder / f"{self.taken}.havre-bundle.zip"
        path.write_bytes(answered.body)
        return path

    def verify(self, path: Path, *earlier: Remembered) -> Verdict:
        """Verify it offline, against the heads that were proven before."""
        anchors = Anchors(federation=FEDERATION, node=NODE_NAME, node_root=self.node.organisation.root.thumbprint)
        return verify_bundle(path, anchors=anchors, known=Known(earlier=earlier)).verdict

    def findings(self, *earlier: Remembered) -> set[tuple[str, int | None]]:
        """What a bundle taken now shows: each finding with its index."""
        return {(one.what, one.index) for one in self.verify(self.take(), *earlier).findings}


class Superuser:
    """Who may do everything to the database, and has read the log's key from the node's host."""

    def __init__(self, node: TestNode, database: Database) -> None:
        self.node = node
        self.database = database

    def does(self, *queries: LiteralString, **named: Any) -> Any:
        """Run statements without triggers; return the first value that the last gives, if it gives any."""
        with psycopg.connect(self.database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            for query in queries:
                done = db.execute(query, named)
            return done.fetchone()[0] if done.description else None

    def size(self) -> int:
        return self.does("SELECT size FROM log_head")

    def index_of(self, action: str) -> int:
        """The place of the first entry of this action."""
        return self.does(
            "SELECT min(index) FROM placed JOIN entry USING (entry_id) WHERE action = %(action)s", action=action
        )

    def alters(self, index: int, *, old: str = '"detection"', new: str = '"statistics"') -> None:
        """Let an entry say something else."""
        self.does(
            """
            UPDATE entry
               SET document = convert_to(regexp_replace(convert_from(document, 'UTF8'), %(old)s, %(new)s), 'UTF8')
             WHERE entry_id = (SELECT entry_id FROM placed WHERE index = %(index)s)
            """,
            index=index,
            old=old,
            new=new,
        )

    def fits_leaves(self) -> None:
        """Let every entry make its leaf again, in both places where that stands."""
        self.does(
            "UPDATE entry SET leaf = sha256('\\x00'::bytea || sha256(salt || document) || p)",
            "UPDATE placed SET leaf = entry.leaf FROM entry WHERE entry.entry_id = placed.entry_id",
        )

    def deletes(self, first: int, last: int | None = None) -> None:
        """Take entries out, as if they had never been."""
        self.does(
            """
            DELETE FROM entry USING placed
             WHERE placed.entry_id = entry.entry_id AND placed.index BETWEEN %(first)s AND %(last)s
            """,
            "DELETE FROM placed WHERE index BETWEEN %(first)s AND %(last)s",
            "DELETE FROM feed WHERE index BETWEEN %(first)s AND %(last)s",
            "UPDATE placed SET index = index - (%(last)s::bigint - %(first)s::bigint + 1) WHERE index > %(last)s",
            "UPDATE log_head SET size = (SELECT count(*) FROM placed)",
            first=first,
            last=first if last is None else last,
        )

    def drops_newest(self, count: int) -> None:
        size = self.size()
        self.deletes(size - count, size - 1)

    def swaps(self, left: int, right: int) -> None:
        """Let two entries stand in each other's places."""
        self.does(
            "UPDATE placed SET index = -1 WHERE index = %(left)s",
            "UPDATE placed SET index = %(left)s WHERE index = %(right)s",
            "UPDATE placed SET index = %(right)s WHERE index = -1",
            left=left,
            right=right,
        )

    def inserts_copy(self, of: int, at: int) -> None:
        """Put an entry in again, under another id and salt, at `at`."""
        copied = self.does("SELECT entry_id FROM placed WHERE index = %(of)s", of=of)
        self.does(
            "UPDATE placed SET index = -index - 2 WHERE index >= %(at)s",
            "UPDATE placed SET index = -index - 1 WHERE index < 0",
            """
            WITH made AS (
                INSERT INTO entry
                    (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
                SELECT gen_random_uuid(), at, organisation_id, keyid, action, decision, reason,
                       sha256('\\x00'::bytea || sha256(sha256('salt') || document) || p), sha256('salt'), p, document
                  FROM entry
                 WHERE entry_id = %(copied)s
                RETURNING entry_id, leaf
            )
            INSERT INTO placed (epoch, index, entry_id, leaf) SELECT 1, %(at)s, entry_id, leaf FROM made
            """,
            "UPDATE log_head SET size = (SELECT count(*) FROM placed)",
            copied=copied,
            at=at,
        )

    def pretends_erasure(self, index: int, *, names_an_entry: bool = True) -> None:
        """Let an entry's text be gone, of which no entry tells: it names itself, or nothing that there is."""
        self.does(
            """
            UPDATE entry
               SET commitment = sha256(salt || document), document = NULL, salt = NULL, organisation_id = NULL,
                   keyid = NULL, reason = NULL,
                   erased_by = CASE WHEN %(names_an_entry)s THEN entry_id ELSE gen_random_uuid() END
             WHERE entry_id = (SELECT entry_id FROM placed WHERE index = %(index)s)
            """,
            index=index,
            names_an_entry=names_an_entry,
        )

    def signs_anew(self) -> None:
        """Build the tree again over what is there now, sign it, and let the search index say the same."""
        self.does("DELETE FROM tile", "DELETE FROM checkpoint")
        sign_head(self.node)
        with connect(self.database.worker, autocommit=True) as db:
            indexing.empty_index(db)
            indexing.index_all(db)


@pytest.fixture
def superuser(node, database) -> Superuser:
    return Superuser(node, database)


@pytest.fixture
def auditor(node, platform, tmp_path) -> Auditor:
    return Auditor(node=node, watcher=platform, folder=tmp_path)


@pytest.fixture
def proven(auditor) -> Remembered:
    """The head that the auditor proved before anything happened, with the marks of its leaves."""
    path = auditor.take()
    assert auditor.verify(path).is_whole
    return read_earlier(path)


def settle(node: TestNode) -> None:
    """Place what waits, sign the head, bring the index up."""
    sign_head(node)
    with connect(node.settings.worker_database_url, autocommit=True) as db:
        indexing.index_all(db)
