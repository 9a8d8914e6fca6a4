"""A founded node, a hotline that shares, and ways to let time pass in the database, which no role of the node has."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from crypto.batches import StoredDocument, split_documents
from server.db import connect
from server.retention import erasing, marking
from tests.growing import grown_with
from tests.partners import NODE_NAME, Partner, TestNode, a_node
from tests.signals import Batch, a_batch

template = grown_with(hotline="hotline")


@pytest.fixture
def node(database) -> Iterator[TestNode]:
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def hotline(node) -> Partner:
    return node.join("hotline.example", sector="hotline")


class Past:
    """What the superuser does to let time pass, and what the roles of the node do about it."""

    def __init__(self, database) -> None:
        self.database = database

    def superuser(self):
        db = psycopg.connect(self.database.superuser, autocommit=True)
        db.execute("SET session_replication_role = replica")
        return db

    def age(self, *, days: int) -> None:
        """Let everything that is stored have been accepted, and expire, so many days earlier."""
        with self.superuser() as db:
            db.execute(
                """
                UPDATE batch
                   SET accepted_at = accepted_at - make_interval(days => %(days)s),
                       expires_at = expires_at - make_interval(days => %(days)s)
                """,
                {"days": days},
            )

    def mark_due(self, *, keep_days: int = 30) -> marking.Looked:
        with connect(self.database.worker, autocommit=True) as db:
            return marking.mark_due(db, keep=marking.timedelta(days=keep_days))

    def erase(self) -> list[erasing.Erased]:
        """Let the eraser do all that is due."""
        erased = []
        with connect(self.database.eraser, autocommit=True) as db:
            while (one := erasing.erase_next(db, node=NODE_NAME)) is not None:
                erased.append(one)
        return erased

    def document(self, jti: str) -> StoredDocument:
        """The stored document, cut as everybody cuts it."""
        with self.superuser() as db:
            row = db.execute("SELECT document FROM batch WHERE jti = %s", [jti]).fetchone()
        assert row is not None
        (document,) = split_documents(row[0])
        assert isinstance(document, StoredDocument)
        return document

    def rows(self, query: str, *parameters) -> list[tuple]:
        with self.superuser() as db:
            return db.execute(query, parameters or None).fetchall()

    def batch_id(self, jti: str) -> int:
        return self.rows("SELECT batch_id FROM batch WHERE jti = %s", UUID(jti))[0][0]


@pytest.fixture
def past(database) -> Past:
    return Past(database)


def pushed(partner: Partner, *records, **changes) -> Batch:
    """A batch of `records` that the node has taken."""
    batch = a_batch(partner, list(records), **changes)
    answered = partner.push(batch.document)
    assert answered.status == 201, answered.body
    return batch
