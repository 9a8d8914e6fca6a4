"""Of an entry whose text was erased the index keeps that it was there, and nothing that it said."""

import psycopg
import pytest

from server.auditing import indexing
from tests.auditing.test_indexing import told_by
from tests.signals import a_batch, a_signal


@pytest.fixture
def erased(node, hotline, index, database):
    """The index of a push of the hotline's whose text was erased, as retention erases."""
    assert hotline.partner.push(a_batch(hotline.partner, [a_signal()]).document).status == 201
    index()
    found = hotline.trail(action="push_batch").json["entries"][0]
    with psycopg.connect(database.superuser) as db:
        # What `erase_entries` does once the entry's time is over.
        db.execute("SET session_replication_role = replica")
        db.execute(
            """
            UPDATE entry
               SET commitment = sha256(salt || document), document = NULL, salt = NULL, organisation_id = NULL,
                   keyid = NULL, reason = NULL, erased_by = entry_id
             WHERE entry_id = (SELECT entry_id FROM placed WHERE index = %(index)s)
            """,
            {"index": found["index"]},
        )
        db.execute("SELECT forget_indexed(ARRAY[%(index)s]::bigint[])", {"index": found["index"]})
    return found


def test_it_is_found_by_nothing_that_it_said(hotline, erased):
    assert hotline.entries(action="push_batch") == []
    assert "push_batch" not in {one["value"] for one in hotline.trail("/facets").json["action"]}


def test_a_federation_auditor_sees_that_it_was_there(hotline, erased):
    page = hotline.trail(by=hotline.federation_auditor, limit=1).json

    assert page["entries"] == [{"index": erased["index"], "leaf": erased["leaf"], "erased": True}]


def test_an_index_made_again_says_no_more_of_it(node, erased, worker_db):
    before = told_by(node.settings.owner_database_url)

    indexing.empty_index(worker_db)
    indexing.index_all(worker_db)

    assert told_by(node.settings.owner_database_url) == before
