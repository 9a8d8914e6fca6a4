"""A node loses its cluster; a dump goes into a new one, or yesterday's files are put back in place.

Nothing is served until `havre-node restore`; then partners, each a process of its own, recover by themselves.
"""

import shutil
import subprocess

import pytest

from server import embedded
from tests.drills.restoring import (
    as_superuser,
    does_not_start,
    dump,
    havre,
    havre_node,
    lose_cluster,
    pull,
    push,
    restore_dump,
    signing_node,
    size_of,
    stored,
    wait_signed,
)
from tests.drills.sdk import a_home, live_lines

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Go through it once; each test reads what was noted on the way."""
    dumped = tmp_path_factory.mktemp("backup") / "havre.dump"
    noted = {}
    with signing_node() as node:
        partner = node.join("hotline.example", sector="hotline")
        node.wait_serving(partner)
        hotline = a_home(node, partner)
        platform = a_home(node, node.join("platform.example", sector="platform"))
        push(hotline, 1, 2)
        wait_signed(node)
        # Each has seen a head that the backup has: what a partner has never seen it cannot hold a new epoch to.
        pull(platform)
        pull(hotline)
        restored_size = wait_signed(node)
        dump(node, dumped)
        push(hotline, 3, 4, 5)
        push(platform, 6)
        wait_signed(node)
        pull(platform)
        pull(hotline)
        late = a_home(node, node.join("late.example"))
        noted["before"] = {"hotline": live_lines(hotline), "platform": live_lines(platform)}
        signed = wait_signed(node)

        lose_cluster(node)
        restore_dump(node, dumped)
        noted["api"] = does_not_start(node.api)
        node.sequencer.start()
        havre(platform, "pull", "--purpose", "detection", status=4)
        noted["size"] = (size_of(node), restored_size)
        noted["while_running"] = havre_node(node, "restore", "--yes")
        node.sequencer.stop()
        noted["restore"] = havre_node(node, "restore", "--yes")
        noted["lost"] = signed - size_of(node) + 1

        node.sequencer.start()
        node.api.start()
        node.wait_serving(partner)
        noted["late"] = havre(late, "whoami", status=3)
        pull(platform)
        noted["recovered"] = push(hotline, 7)
        wait_signed(node)
        pull(platform)
        pull(hotline)
        noted["after"] = {"hotline": live_lines(hotline), "platform": live_lines(platform)}
        noted["stored"] = stored(node)
        noted["epochs"] = as_superuser(node, "SELECT DISTINCT epoch FROM stream ORDER BY epoch")
        yield noted


def test_an_api_over_a_restored_dump_does_not_start(told) -> None:
    assert "another PostgreSQL" in told["api"]


def test_a_sequencer_over_a_restored_dump_places_nothing(told) -> None:
    size, restored_size = told["size"]
    assert size <= restored_size + 1


def test_restore_refuses_while_the_sequencer_runs(told) -> None:
    assert told["while_running"].returncode == 1
    assert "havre_sequencer" in told["while_running"].stderr


def test_restore_opens_the_next_epoch(told) -> None:
    assert told["restore"].returncode == 0, told["restore"].stderr
    assert f"{told['lost']} signed entries are lost" in told["restore"].stdout
    assert "node.example/log/2" in told["restore"].stdout


def test_partners_end_with_all_that_they_had_and_what_is_new(told) -> None:
    for partner in ("hotline", "platform"):
        before, after = told["before"][partner], told["after"][partner]
        assert set(before) < set(after)
        assert len(after) == len(set(after)) == len(before) + 1


def test_the_node_has_every_record_once(told) -> None:
    assert told["stored"] == {"records": 7, "batches": 4, "ids": 4}


def test_what_was_sent_again_stands_in_streams_of_the_new_epoch(told) -> None:
    assert told["epochs"] == [(1,), (2,)]


def test_who_was_admitted_after_the_backup_must_be_admitted_again(told) -> None:
    assert told["late"] is not None


def test_yesterdays_files_put_back_in_place_are_not_served() -> None:
    with signing_node() as node:
        partner = node.join("hotline.example", sector="hotline")
        node.wait_serving(partner)
        hotline = a_home(node, partner)
        push(hotline, 1)
        wait_signed(node)
        assert node.postgres is not None
        assert node.folder is not None
        data, copied = node.folder / "data", node.folder / "copied"
        node.simulated.pool.close()
        node.postgres.stop()
        subprocess.run(["/bin/cp", "-a", data, copied], check=True)
        node.postgres = embedded.start(node.folder, durable=True)
        node.wait_serving(partner)
        push(hotline, 2)
        wait_signed(node)
        node.postgres.stop()
        shutil.rmtree(data)
        copied.rename(data)
        node.postgres = embedded.start(node.folder, durable=True)
        # Both processes run all the time.
        havre(hotline, "whoami", status=4)
        size = size_of(node)
        havre(hotline, "whoami", status=4)
        assert size_of(node) == size
        node.api.stop()
        node.sequencer.stop()
        assert havre_node(node, "restore", "--yes").returncode == 0
        node.sequencer.start()
        node.api.start()
        node.wait_serving(partner)
        pull(hotline)
        assert stored(node)["records"] == 2
