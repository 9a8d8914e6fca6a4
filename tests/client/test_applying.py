"""The state alone: what convicts a node, and which revisions count."""

import pytest

from client.applying import check_place
from client.failures import NotVerified
from client.state import feeds
from client.state.opening import State


class Placed:
    """A batch of which only its place matters."""

    def __init__(self, seq, digest, prev):
        self.placement = type("Placement", (), {"stream": "s", "seq": seq})
        self.acceptance = type(
            "Acceptance", (), {"claims": {"prev": prev}, "digest": digest, "organisation": "node.example"}
        )


@pytest.fixture
def db(tmp_path):
    state = State(tmp_path / "state.sqlite")
    yield state.db
    state.close()


def test_one_place_signed_twice_is_equivocation(db):
    check_place(db, Placed(1, b"a" * 32, None))
    with pytest.raises(NotVerified, match="equivocation"):
        check_place(db, Placed(1, b"b" * 32, None))


def test_the_same_place_again_is_nothing_new(db):
    check_place(db, Placed(1, b"a" * 32, None))
    check_place(db, Placed(1, b"a" * 32, None))
    assert feeds.place_in(db, "s", 2) is None


def test_a_place_that_does_not_link_to_the_one_before_is_equivocation(db):
    check_place(db, Placed(1, b"a" * 32, None))
    with pytest.raises(NotVerified, match="equivocation"):
        check_place(db, Placed(2, b"b" * 32, "another"))


def test_a_place_that_the_next_one_does_not_link_to_is_equivocation(db):
    check_place(db, Placed(2, b"b" * 32, "one"))
    with pytest.raises(NotVerified, match="equivocation"):
        check_place(db, Placed(1, b"a" * 32, None))
