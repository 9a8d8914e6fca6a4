"""What a node may write into its log about a pull, and what the SDK finds when it opens the entry."""

from dataclasses import replace

import orjson
import pytest

from client.pulling import Filter
from client.receipts import finding
from client.state import receipts as store
from crypto.canonical import canonical_bytes
from crypto.encoding import from_base64url
from crypto.entries import entry_leaf, receipt
from tests.client.exchanging import PURPOSE, drafts


@pytest.fixture
def opened(world):
    """The receipt of a page of signals alone, and its entry as the node wrote it."""
    world.join("hotline.example").sdk().push(drafts(1, 2))
    world.place()
    reader = world.join("platform.example").sdk()
    list(reader.pull(purpose=PURPOSE, only=Filter(kind="signal", own=False)))
    kept = next(one for one in store.unopened_receipts(reader.state.db, limit=100) if one.action == "read_feed")
    return kept, reader.read(f"/v1/log/entries/{kept.leaf}").body


def written(opened, **changes):
    """What is found when the node has written the entry with `changes`, under a leaf of its own making."""
    kept, body = opened
    said = orjson.loads(body)
    entry = canonical_bytes(orjson.loads(said["entry"]) | changes)
    leaf = entry_leaf(salt=from_base64url(said["salt"]), entry=entry, p=from_base64url(said["p"]))
    return finding(replace(kept, leaf=receipt(leaf)), orjson.dumps(said | {"entry": entry.decode()}))


def test_an_entry_that_says_what_was_asked_and_what_came_agrees(opened):
    assert written(opened) is None


def test_an_entry_of_another_filter_does_not_agree(opened):
    assert written(opened, filter={"kind": "signal"}) == "filter"


def test_an_entry_without_the_filter_does_not_agree(opened):
    assert written(opened, filter=None) == "filter"


def test_an_entry_that_names_no_places_for_what_came_does_not_agree(opened):
    assert written(opened, to=None, **{"from": None}) == "places"


def test_an_entry_of_0_records_does_not_agree_where_some_came(opened):
    assert written(opened, records=0) == "records"


def test_an_entry_that_says_nothing_was_served_does_not_agree_where_something_came(opened):
    assert written(opened, served=None) == "served"


def test_another_act_s_entry_for_a_receipt_does_not_agree(opened):
    kept, body = opened
    said = orjson.loads(body)
    entry = canonical_bytes(orjson.loads(said["entry"]) | {"records": 0})
    assert finding(kept, orjson.dumps(said | {"entry": entry.decode()})) == "leaf"


def test_an_entry_whose_places_turn_back_does_not_agree(opened):
    assert written(opened, to=[1, 0, 0, 0], **{"from": [1, 9, 9, 9]}) == "places"


def test_an_entry_that_calls_a_good_answer_refused_does_not_agree(opened):
    assert written(opened, decision="refused", reason="rate") == "decision"
