"""The SDK against a node's real log: it follows it, and notices what a superuser of the node's database does to it."""

import psycopg
import pytest

from client.failures import NotVerified
from tests.client.exchanging import PURPOSE, drafts
from tests.exchanges import sign_head


@pytest.fixture
def hotline(world):
    return world.member(world.node.join("hotline.example"))


@pytest.fixture
def pull(world, hotline):
    """Sign the head of what is placed, and pull as after a restart; return the newest head that was seen."""

    def pull(*, is_signed: bool = True):
        world.place()
        if is_signed:
            sign_head(world.node)
        partner = hotline.sdk()
        list(partner.pull(purpose=PURPOSE))
        return partner.checkpoints.newest()

    return pull


@pytest.fixture
def as_superuser(database):
    """Change what no role of the node may change."""

    def change(statement, *values):
        with psycopg.connect(database.superuser) as db:
            db.execute("SET session_replication_role = replica")
            db.execute(statement, values)

    return change


def test_the_log_of_a_real_node_is_followed(pull, hotline):
    before = pull()
    hotline.sdk().push(drafts(1, 2, 3))
    after = pull()
    assert (after.origin, after.size > before.size > 0) == ("node.example/log/1", True)


def test_a_superuser_who_drops_the_newest_heads_is_noticed(pull, as_superuser):
    first = pull()
    pull()
    as_superuser("DELETE FROM checkpoint WHERE size > %s", first.size)
    with pytest.raises(NotVerified) as caught:
        pull(is_signed=False)
    assert caught.value.reason == "log_rolled_back"


def test_a_superuser_who_changes_a_leaf_and_has_it_signed_is_noticed(pull, as_superuser):
    pull()
    as_superuser("UPDATE placed SET leaf = sha256(leaf) WHERE index = 1")
    as_superuser("DELETE FROM checkpoint")
    as_superuser("DELETE FROM tile")
    with pytest.raises(NotVerified) as caught:
        pull()
    assert caught.value.reason == "log_not_continued"
