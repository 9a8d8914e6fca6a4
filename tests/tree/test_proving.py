"""Auditors get proofs: of a leaf under a signed head, and of growth between two sizes; from few tiles."""

import time
from statistics import quantiles

import psycopg
import pytest

from crypto import merkle
from crypto.checkpoints import verify_checkpoint
from crypto.encoding import from_base64url
from crypto.refusals import NotVerified
from server.db import connect
from server.tree import reading
from tests.exchanges import sign_head
from tests.tree.keeping import VERIFIER_KEY, Keeper, fill, filled_leaf, placed_leaves

MILLION = 1_000_000
SLOWEST_MS = 20.0


@pytest.fixture
def auditor(node):
    return node.join("auditor.example", roles=["auditor"])


def ask(partner, path: str):
    return partner.get(f"/v1/log/proofs/{path}", purpose="audit")


def steps(told) -> list[bytes]:
    return [from_base64url(step, length=32) for step in told["path"]]


def test_an_auditor_is_given_the_path_from_a_leaf_to_the_published_head(node, hotline, auditor) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    sign_head(node)
    told = ask(auditor, f"inclusion?leaf={receipt}").json
    head = verify_checkpoint(told["checkpoint"], verifier_key=VERIFIER_KEY)
    assert told["size"] == head.size
    reached = merkle.root_from_path(from_base64url(receipt), index=told["index"], size=head.size, path=steps(told))
    assert reached == head.root


def test_a_path_is_given_to_each_head_that_was_signed(node, hotline, auditor) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    first = sign_head(node)
    for _ in range(3):
        hotline.get("/v1/whoami")
    sign_head(node)
    told = ask(auditor, f"inclusion?leaf={receipt}&size={first.size}").json
    assert told["checkpoint"] == first.note
    reached = merkle.root_from_path(from_base64url(receipt), index=told["index"], size=first.size, path=steps(told))
    assert reached == first.root


def test_what_no_head_has_is_not_found(node, hotline, auditor) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    sign_head(node)
    queries = [f"leaf={receipt}&size=1", f"leaf={receipt}&size=999", "leaf=" + "A" * 43, "leaf=" + "_" * 43]
    assert [ask(auditor, f"inclusion?{query}").status for query in queries] == [404] * 4


def test_a_leaf_that_waits_is_under_no_head(node, hotline, auditor) -> None:
    sign_head(node)
    receipt = hotline.get("/v1/whoami").receipt
    assert ask(auditor, f"inclusion?leaf={receipt}").status == 404


def test_an_auditor_is_shown_that_the_log_only_grew(node, hotline, auditor) -> None:
    first = sign_head(node)
    for _ in range(5):
        hotline.get("/v1/whoami")
    second = sign_head(node)
    told = ask(auditor, f"consistency?first={first.size}&second={second.size}").json
    assert (told["first"], told["second"]) == (first.size, second.size)
    merkle.verify_consistency(
        first=first.size, second=second.size, first_root=first.root, second_root=second.root, path=steps(told)
    )
    assert ask(auditor, f"consistency?first={first.size}").json == told


def test_there_is_no_proof_between_sizes_that_are_not(node, auditor) -> None:
    sign_head(node)
    queries = ["first=9999", "first=2&second=1"]
    assert [ask(auditor, f"consistency?{query}").status for query in queries] == [404, 404]


def test_a_question_of_another_form_is_refused(node, auditor) -> None:
    sign_head(node)
    queries = ["leaf=", "leaf=short", "size=1", "leaf=" + "A" * 43 + "&size=01", "index=1"]
    assert {ask(auditor, f"inclusion?{query}").status for query in queries} == {400}
    assert ask(auditor, "consistency?second=1").status == 400


def test_a_tampered_tree_gives_no_proof(node, database, hotline, auditor) -> None:
    receipt = hotline.get("/v1/whoami").receipt
    sign_head(node)
    fill(database, 600)
    sign_head(node)
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("DELETE FROM tile")
    assert ask(auditor, f"inclusion?leaf={receipt}").status == 404


def test_a_proof_under_a_size_that_no_head_has_is_read_from_tiles_alone(node, database, keeper) -> None:
    fill(database, 700)
    keeper.sign_all()
    leaves = placed_leaves(database)
    for size in (1, 255, 256, 257, 600):
        assert reading.inclusion(keeper.db, size - 1, size) == merkle.inclusion_path(leaves[:size], size - 1)
        assert reading.consistency(keeper.db, size // 2, size) == merkle.consistency_path(leaves[:size], size // 2)
    with pytest.raises(NotVerified, match="tile"):
        reading.inclusion(keeper.db, 0, len(leaves) + 1)


def test_leaves_are_read_in_their_order(node, database, keeper) -> None:
    fill(database, 300)
    leaves = placed_leaves(database)
    assert list(reading.leaves(keeper.db, 0, len(leaves))) == leaves
    assert list(reading.leaves(keeper.db, 5, 9)) == leaves[5:9]
    assert list(reading.leaves(keeper.db, len(leaves), len(leaves) + 9)) == []


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_a_proof_of_a_million_leaves_takes_less_than_twenty_milliseconds(node, database, keeper) -> None:
    start = reading.newest_checkpoint(keeper.db) or keeper.sign_all()
    fill(database, MILLION)
    head = keeper.sign_all()
    assert head.size == start.size + MILLION
    taken: list[float] = []
    with connect(database.app, autocommit=True) as db:
        for number in range(400):
            index = start.size + number * 2_477
            began = time.perf_counter()
            path = reading.inclusion(db, index, head.size)
            between = reading.consistency(db, index, head.size)
            taken.append((time.perf_counter() - began) * 500)
            reached = merkle.root_from_path(filled_leaf(index), index=index, size=head.size, path=path)
            assert reached == head.root
            assert between
    assert quantiles(taken, n=100)[98] < SLOWEST_MS, taken


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_a_restarted_sequencer_compares_a_million_leaves_within_seconds(node, database, home, keeper) -> None:
    fill(database, MILLION)
    keeper.sign_all()
    fill(database, 1)
    began = time.monotonic()
    with Keeper(database.sequencer, home) as restarted:
        assert restarted.sign() is not None
    assert time.monotonic() - began < 10
