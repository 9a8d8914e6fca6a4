"""The high-water: kept outside the database, and a database that is behind it or another one is told by it."""

import json
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from crypto import merkle
from server.epochs import high_water
from server.epochs.high_water import HighWater
from server.tree.signing import TreeDiffers
from tests.exchanges import place, sign_head
from tests.partners import TestNode, a_node


@pytest.fixture
def node(database):
    founded = a_node(database)
    place(founded)
    yield founded
    founded.close()


def signed(node: TestNode, home: Path) -> HighWater:
    """What a sequencer that has signed all that is placed keeps in `home`."""
    with psycopg.connect(node.settings.owner_database_url) as db:
        leaves = [leaf for (leaf,) in db.execute("SELECT leaf FROM placed ORDER BY index")]
        cluster = high_water.cluster_of(db)
    kept = HighWater(
        log=f"{node.settings.node}/log/1",
        size=len(leaves),
        root=merkle.root(leaves),
        checkpoint="a note",
        system_identifier=cluster.system_identifier,
        timeline=cluster.timeline,
    )
    high_water.write(home, kept)
    return kept


def judged(node: TestNode, home: Path) -> list[str]:
    with psycopg.connect(node.settings.database_url) as db:
        return high_water.judge(db, home=home)


def test_what_was_written_is_read_again(node, tmp_path) -> None:
    kept = signed(node, tmp_path)
    assert high_water.read(tmp_path) == kept


def test_a_home_without_a_high_water_has_none(tmp_path) -> None:
    assert high_water.read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"v": 2}', '{"v": 1, "size": 1}'])
def test_a_damaged_high_water_is_not_believed(tmp_path, text) -> None:
    (tmp_path / high_water.FILE).write_text(text)
    with pytest.raises(high_water.HighWaterDamaged):
        high_water.read(tmp_path)


def test_a_database_that_has_what_was_signed_is_fit(node, tmp_path) -> None:
    signed(node, tmp_path)
    assert judged(node, tmp_path) == []


def test_a_node_that_has_signed_nothing_is_fit(node, tmp_path) -> None:
    assert judged(node, tmp_path) == []


def test_a_log_that_is_shorter_than_what_was_signed_is_refused(node, tmp_path) -> None:
    kept = signed(node, tmp_path)
    high_water.write(tmp_path, replace(kept, size=kept.size + 1))
    assert "older than what this node" in judged(node, tmp_path)[0]


def test_another_past_of_the_same_length_is_refused(node, tmp_path) -> None:
    high_water.write(tmp_path, replace(signed(node, tmp_path), root=bytes(32)))
    assert "not those that were signed" in judged(node, tmp_path)[0]


def test_another_cluster_is_refused(node, tmp_path) -> None:
    high_water.write(tmp_path, replace(signed(node, tmp_path), system_identifier="1"))
    assert "another PostgreSQL" in judged(node, tmp_path)[0]


def test_another_timeline_is_refused(node, tmp_path) -> None:
    kept = signed(node, tmp_path)
    high_water.write(tmp_path, replace(kept, timeline=kept.timeline + 1))
    assert "another PostgreSQL" in judged(node, tmp_path)[0]


def test_a_log_of_another_epoch_is_refused(node, tmp_path) -> None:
    high_water.write(tmp_path, replace(signed(node, tmp_path), log="node.example/log/2"))
    assert "was signed last" in judged(node, tmp_path)[0]


@pytest.mark.parametrize("change", [{"size": -1}, {"log": 7}, {"log": "node.example/log/x"}, {"system_identifier": 1}])
def test_a_high_water_that_no_node_writes_is_damaged(node, tmp_path, change) -> None:
    signed(node, tmp_path)
    path = tmp_path / high_water.FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert "damaged" in judged(node, tmp_path)[0]


def test_a_high_water_of_bytes_that_are_no_text_is_damaged(node, tmp_path) -> None:
    (tmp_path / high_water.FILE).write_bytes(b"\xff\x00\xfe")
    assert "damaged" in judged(node, tmp_path)[0]


def test_a_high_water_that_cannot_be_read_keeps_the_node_from_serving(node, tmp_path) -> None:
    (tmp_path / high_water.FILE).mkdir()
    assert "damaged" in judged(node, tmp_path)[0]


def test_a_sequencer_that_slept_does_not_put_the_high_water_back(node, tmp_path) -> None:
    """Another one took over while it slept, and signed more."""
    later = replace(signed(node, tmp_path), size=1_000)
    high_water.write(tmp_path, later)
    with pytest.raises(TreeDiffers):
        sign_head(node, home=tmp_path)
    assert high_water.read(tmp_path) == later


def test_a_damaged_high_water_keeps_the_node_from_serving(node, tmp_path) -> None:
    (tmp_path / high_water.FILE).write_text("{")
    assert "damaged" in judged(node, tmp_path)[0]
