"""The sequencer integrates what was placed and signs the head; what does not go together is not signed."""

import json
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from crypto import merkle
from crypto.checkpoints import Checkpoint, verify_checkpoint
from crypto.encoding import from_base64url
from server import sequencer
from server.epochs import high_water
from server.tree import reading
from server.tree.growing import Edge, edge_tiles
from server.tree.signing import NoLogKey, TreeDiffers
from tests.exchanges import place
from tests.tree.keeping import LOG, LOG_NAME, VERIFIER_KEY, Keeper, fill, filled_leaf, placed_leaves

# The promise is a second on an idle machine; two processors that ten test runs share are none.
SIGNED_WITHIN_SECONDS = 3.0


def checkpoints(database) -> list[tuple[int, bytes]]:
    with psycopg.connect(database.owner) as db:
        return db.execute("SELECT size, root FROM checkpoint ORDER BY size").fetchall()


def as_superuser(database, statement: str) -> None:
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(statement)


def test_the_head_is_the_root_over_all_placed_leaves(node, database, hotline, keeper) -> None:
    hotline.get("/v1/whoami")
    signed = keeper.sign()
    leaves = placed_leaves(database)
    assert len(leaves) > 3
    assert verify_checkpoint(signed.note, verifier_key=VERIFIER_KEY) == Checkpoint(
        origin=LOG, size=len(leaves), root=merkle.root(leaves)
    )


def test_nothing_new_is_not_signed_again(node, database, keeper) -> None:
    keeper.sign_all()
    before = checkpoints(database)
    assert keeper.sign() is None
    assert checkpoints(database) == before


@pytest.mark.parametrize("steps", [[255, 1, 1], [1_000, 300], [66_000, 1]])
def test_the_tree_is_the_same_however_it_grew(node, database, keeper, steps) -> None:
    keeper.sign_all()
    for count in steps:
        fill(database, count)
        keeper.sign_all()
    leaves = placed_leaves(database)
    head = reading.newest_checkpoint(keeper.db)
    assert (head.size, head.root) == (len(leaves), merkle.root(leaves))
    with Keeper(database.sequencer, Path("/nonexistent")) as another:
        assert another.tree.advance(another.db) is None


def test_a_restarted_sequencer_goes_on_exactly(node, database, hotline, home, keeper) -> None:
    fill(database, 1_000)
    keeper.sign_all()
    keeper.db.close()
    hotline.get("/v1/whoami")
    with Keeper(database.sequencer, home) as restarted:
        signed = restarted.sign()
    assert signed.root == merkle.root(placed_leaves(database))
    roots = [merkle.root(placed_leaves(database)[:size]) for size, _ in checkpoints(database)]
    assert roots == [root for _, root in checkpoints(database)]


@pytest.mark.parametrize("table", ["tile", "checkpoint"])
def test_a_sequencer_that_is_killed_while_it_signs_leaves_nothing_half(node, database, home, keeper, table) -> None:
    keeper.sign_all()
    fill(database, 700)
    before = checkpoints(database)
    with psycopg.connect(database.superuser) as db:
        db.execute(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NEW; END $$
            """
        )
        db.execute(f"CREATE TRIGGER die AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION die()")
    with pytest.raises(psycopg.OperationalError):
        keeper.sign()
    assert checkpoints(database) == before
    with psycopg.connect(database.superuser) as db:
        db.execute("DROP FUNCTION die CASCADE")
    with Keeper(database.sequencer, home) as restarted:
        assert restarted.sign().root == merkle.root(placed_leaves(database))


_DYING = """
import os, signal, sys
from pathlib import Path
from server.db import connect
from server.sequencer import tree_in
url, home, log_name, when = sys.argv[1:]
tree = tree_in(Path(home), log_name=log_name)
told = tree.on_checkpoint
def die(db, signed):
    if when == "after":
        told(db, signed)
    os.kill(os.getpid(), signal.SIGKILL)
tree.on_checkpoint = die
with connect(url, autocommit=True) as db:
    tree.advance(db)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_around_its_high_water_is_followed_by_one_that_signs_the_same(
    node, database, home, keeper, when
) -> None:
    """Tiles and head were written and not committed; the high-water was not written yet, or was."""
    keeper.sign_all()
    fill(database, 700)
    before = checkpoints(database)
    keeper.db.close()
    killed = subprocess.run(
        [sys.executable, "-c", _DYING, database.sequencer, str(home), LOG_NAME, when], check=False, timeout=60
    )
    assert (killed.returncode, checkpoints(database)) == (-signal.SIGKILL, before)
    with psycopg.connect(database.owner) as db:
        assert high_water.judge(db, home=home) == []
    with Keeper(database.sequencer, home) as restarted:
        assert restarted.sign().root == merkle.root(placed_leaves(database))


def test_the_high_water_is_written_before_anybody_can_see_the_head(node, database, home, keeper) -> None:
    seen: list[object] = []
    told = keeper.tree.on_checkpoint

    def watched(db, signed) -> None:
        told(db, signed)
        seen.append((json.loads((home / "high-water").read_text())["size"], checkpoints(database)))

    keeper.tree.on_checkpoint = watched
    signed = keeper.sign()
    assert seen == [(signed.size, [])]
    assert checkpoints(database) == [(signed.size, signed.root)]


def test_a_high_water_that_cannot_be_written_leaves_no_head(node, database, keeper) -> None:
    def full(db, signed) -> None:
        raise OSError("no space left")

    kept, keeper.tree.on_checkpoint = keeper.tree.on_checkpoint, full
    with pytest.raises(OSError, match="space"):
        keeper.sign()
    assert checkpoints(database) == []
    keeper.tree.on_checkpoint = kept
    assert keeper.sign() is not None


def test_two_sequencers_in_turn_sign_one_tree(node, database, hotline, home, keeper) -> None:
    with Keeper(database.sequencer, home) as other:
        for each in (keeper, other, keeper, other):
            hotline.get("/v1/whoami")
            signed = each.sign()
            assert signed.root == merkle.root(placed_leaves(database))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE placed SET leaf = sha256('other') WHERE index = 2",
        "UPDATE placed SET leaf = sha256('other') WHERE index = 590",
        "DELETE FROM placed WHERE index = 301",
        "DELETE FROM tile WHERE level = 1",
        "UPDATE tile SET hashes = hashes || sha256('more') WHERE level = 1",
        "UPDATE checkpoint SET root = sha256('other')",
        "UPDATE checkpoint SET peaks = root || root",
        "UPDATE checkpoint SET note = replace(note, 'log/1', 'log/2')",
        "UPDATE checkpoint SET note = ''",
    ],
)
def test_a_sequencer_that_finds_the_past_changed_signs_nothing(node, database, keeper, home, statement) -> None:
    fill(database, 600)
    keeper.sign_all()
    as_superuser(database, statement)
    before = checkpoints(database)
    fill(database, 1)
    with Keeper(database.sequencer, home) as restarted, pytest.raises(TreeDiffers):
        restarted.sign()
    assert checkpoints(database) == before


def test_a_leaf_that_was_taken_out_of_what_is_new_is_not_signed_over(node, database, keeper) -> None:
    keeper.sign_all()
    fill(database, 5)
    as_superuser(database, "DELETE FROM placed WHERE index = (SELECT max(index) - 1 FROM placed)")
    with pytest.raises(TreeDiffers, match="places"):
        keeper.sign()


def test_without_the_logs_key_nothing_is_signed(node, database, tmp_path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with Keeper(database.sequencer, empty) as keyless, pytest.raises(NoLogKey):
        keyless.sign()
    assert checkpoints(database) == []


def test_a_key_that_the_statement_no_longer_lists_signs_nothing(node, database, keeper) -> None:
    as_superuser(database, "UPDATE signing_key SET revoked_at = now() WHERE use = 'log'")
    with pytest.raises(NoLogKey):
        keeper.sign()


def test_a_new_epochs_tree_begins_with_the_old_leaves(node, database, hotline, keeper) -> None:
    old = keeper.sign_all()
    as_superuser(database, "UPDATE log_head SET epoch = 2")
    hotline.get("/v1/whoami")
    signed = keeper.sign()
    assert signed.note.startswith(f"node.example/log/2\n{signed.size}\n")
    merkle.verify_consistency(
        first=old.size,
        second=signed.size,
        first_root=old.root,
        second_root=signed.root,
        path=reading.consistency(keeper.db, old.size, signed.size),
    )


def test_the_head_of_an_empty_log_is_signed_too(node, database, keeper) -> None:
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("DELETE FROM placed")
        db.execute("DELETE FROM unplaced")
        db.execute("UPDATE log_head SET size = 0")
    signed = keeper.tree.advance(keeper.db, now=datetime.now(UTC))
    assert (signed.size, signed.root, signed.peaks) == (0, merkle.EMPTY_ROOT, b"")


ROLES = {"app", "worker", "eraser", "auditor", "sequencer", "owner"}


def refused(database, statement: str, role: str) -> bool:
    with psycopg.connect(getattr(database, role)) as db:
        try:
            db.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
        finally:
            db.rollback()
    return False


CHANGES = (
    "DELETE FROM checkpoint",
    "UPDATE checkpoint SET root = sha256('other')",
    "TRUNCATE checkpoint",
    "DELETE FROM tile",
    "TRUNCATE tile",
    "UPDATE tile SET hashes = sha256('other')",
    "UPDATE tile SET tile_index = tile_index + 1",
    "UPDATE tile SET hashes = substring(hashes FOR 32)",
    "INSERT INTO checkpoint SELECT epoch, size - 1, root, peaks, note, signed_at FROM checkpoint",
    "UPDATE placed SET leaf = sha256('other')",
    "DELETE FROM placed",
)


def test_no_role_takes_back_what_was_signed(node, database, keeper) -> None:
    fill(database, 600)
    keeper.sign_all()
    allowed = {(change, role) for change in CHANGES for role in ROLES if not refused(database, change, role)}
    assert allowed == set()


def test_only_the_sequencer_writes_the_tree(database) -> None:
    statement = "INSERT INTO tile VALUES (1, 0, sha256('x'))"
    assert {role for role in ROLES if refused(database, statement, role)} == ROLES - {"sequencer", "owner"}


def test_an_edge_knows_its_tiles() -> None:
    edge = Edge()
    edge.grow([filled_leaf(index) for index in range(300)])
    assert [(tile.level, tile.index, tile.width) for tile in edge_tiles(300)] == [(0, 1, 44), (1, 0, 1)]
    assert edge.root == merkle.root([filled_leaf(index) for index in range(300)])


def test_an_edge_with_too_few_hashes_is_refused() -> None:
    (tile,) = edge_tiles(3)
    with pytest.raises(ValueError, match="as many hashes"):
        Edge(size=3, hashes={tile: b"x" * 64})


def test_placing_alone_signs_nothing(node, database, hotline) -> None:
    hotline.get("/v1/whoami")
    place(node)
    assert checkpoints(database) == []


def test_a_running_sequencer_signs_within_a_second_of_a_commit_and_another_goes_on(
    node, database, hotline, home
) -> None:
    stops = [threading.Event(), threading.Event()]
    runs = [
        threading.Thread(
            target=sequencer.run, args=[database.sequencer], kwargs={"stop": stop, "home": home, "log_name": LOG_NAME}
        )
        for stop in stops
    ]
    for run in runs:
        run.start()
    try:
        until_signed(database, hotline.get("/v1/whoami").receipt)
        began = time.monotonic()
        until_signed(database, hotline.get("/v1/whoami").receipt)
        assert time.monotonic() - began < SIGNED_WITHIN_SECONDS
        stops[0].set()
        runs[0].join()
        until_signed(database, hotline.get("/v1/whoami").receipt)
    finally:
        for stop, run in zip(stops, runs, strict=True):
            stop.set()
            run.join()
    leaves = placed_leaves(database)
    assert {root == merkle.root(leaves[:size]) for size, root in checkpoints(database)} == {True}


def until_signed(database, receipt: str) -> None:
    """Look until a head holds the entry of this receipt."""
    deadline = time.monotonic() + 20
    with psycopg.connect(database.owner, autocommit=True) as db:
        while db.execute(
            "SELECT coalesce(max(size), 0) > coalesce(leaf_index(%s), 9e15) FROM checkpoint", [from_base64url(receipt)]
        ).fetchone() != (True,):
            assert time.monotonic() < deadline
            time.sleep(0.01)
