"""What whoever rules the database does to the log is shown to the next auditor who looks."""

import psycopg
import pytest

from tests.console.conftest import HOTLINE
from tests.console.people import a_visitor
from tests.partners import a_node

CHANGE = """
    UPDATE entry
       SET document = convert_to(replace(convert_from(document, 'UTF8'), 'push_batch', 'read_batch'), 'UTF8')
     WHERE action = 'push_batch'
"""
REMOVE = "DELETE FROM entry WHERE action = 'push_batch'"
NOT_JSON = "UPDATE entry SET document = 'removed' WHERE action = 'push_batch'"
OTHER_ROOT = "UPDATE checkpoint SET root = sha256(root) WHERE size = (SELECT max(size) FROM checkpoint)"
OTHER_LEAF = "UPDATE placed SET leaf = sha256(leaf) WHERE index = 0"


@pytest.fixture
def tamper(database):
    """Do something to the database as no role of the node may."""

    def act(statement):
        with psycopg.connect(database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            db.execute(statement)

    return act


@pytest.fixture
def node(database):
    founded = a_node(database)
    yield founded
    founded.close()


@pytest.fixture
def auditor(node):
    return a_visitor(node, HOTLINE, "federation_auditor")


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        (CHANGE, "does not make its leaf"),
        (REMOVE, "does not make its leaf"),
        (NOT_JSON, "does not make its leaf"),
        (OTHER_ROOT, "the tree gives"),
        (OTHER_LEAF, "the tree gives"),
    ],
    ids=["changed", "removed", "overwritten", "another root", "another leaf"],
)
def test_what_was_changed_behind_the_node_is_on_the_overview(auditor, tamper, statement, check):
    tamper(statement)
    text = auditor.read("/console")
    assert "A check failed." in text
    assert check in text


@pytest.mark.parametrize("statement", [CHANGE, NOT_JSON], ids=["changed", "overwritten"])
def test_an_entry_that_was_changed_says_so_itself(auditor, tamper, statement):
    place = next(link for link in auditor.links("/console") if link.startswith("/console/entries/"))
    tamper(statement)
    assert "it does not make its leaf" in auditor.read("/console/trail")
    assert "The text of this entry does not make its leaf" in auditor.read(place)
