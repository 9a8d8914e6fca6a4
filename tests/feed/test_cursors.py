from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import BadCursor
from server.feed.cursors import FeedName, Place, read_cursor, write_cursor

NAME = FeedName(organisation="platform.example", purpose="detection", kind=None, origin=None, own=True)
PLACE = Place(epoch=1, m=7, i=5, j=0)
INDEX = st.integers(0, 2**63 - 1)


@given(epoch=st.integers(1, 2**32 - 1), m=INDEX, i=INDEX, j=st.integers(-1, 2**31 - 1))
def test_a_cursor_names_its_place_again(epoch, m, i, j) -> None:
    place = Place(epoch=epoch, m=m, i=i, j=j)
    assert read_cursor(write_cursor(place, NAME), NAME) == place


@pytest.mark.parametrize(
    "other",
    [
        replace(NAME, organisation="ngo.example"),
        replace(NAME, purpose="statistics"),
        replace(NAME, kind="signal"),
        replace(NAME, origin="ngo.example"),
        replace(NAME, own=False),
    ],
)
def test_a_cursor_for_another_feed_is_refused(other) -> None:
    with pytest.raises(BadCursor):
        read_cursor(write_cursor(PLACE, other), NAME)


@pytest.mark.parametrize("position", range(55))
def test_a_damaged_cursor_is_refused(position) -> None:
    cursor = write_cursor(PLACE, NAME)
    flipped = "A" if cursor[position] != "A" else "B"
    with pytest.raises(BadCursor):
        read_cursor(cursor[:position] + flipped + cursor[position + 1 :], NAME)


@pytest.mark.parametrize("text", ["", "A", "A" * 54, "A" * 56, "=" * 55, "é" * 55])
def test_what_is_no_cursor_is_refused(text) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text, NAME)
