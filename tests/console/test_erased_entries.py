"""The page of an erased entry says that it was there and nothing else, whoever looks."""

import psycopg
import pytest

from tests.console.conftest import PLATFORM
from tests.console.people import a_visitor
from tests.partners import a_node


@pytest.fixture
def node(database):
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def erased(database):
    """The place of the hotline's first push, whose text was erased as retention erases."""
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        (index,) = db.execute(
            """
            WITH gone AS (
                UPDATE entry
                   SET commitment = sha256(salt || document), document = NULL, salt = NULL, organisation_id = NULL,
                       keyid = NULL, reason = NULL, erased_by = entry_id
                 WHERE entry_id = (SELECT entry_id FROM entry WHERE action = 'push_batch' ORDER BY at LIMIT 1)
                RETURNING entry_id
            )
            SELECT placed.index FROM gone JOIN placed USING (entry_id)
            """
        ).fetchone()
    return index


def test_it_names_no_record_that_another_stored_by_it(node, erased, database):
    outsider = a_visitor(node, PLATFORM, "auditor")
    page = outsider.read(f"/console/entries/{erased}")

    assert not any(record in page for record in database.grown["records"])
    assert "hotline.example" not in page
