"""Anybody reads the log by the texts of C2SP: head, tiles, entries; and nothing that no head has signed."""

from base64 import b64encode

import psycopg
import pytest

from crypto.checkpoints import verify_checkpoint
from crypto.encoding import from_base64url
from tests.exchanges import place, sign_head
from tests.tree.keeping import LOG, VERIFIER_KEY, fill, placed_leaves
from tests.tree.stranger import Follower, Wrong, tree_hash

BULK = """
    WITH written AS (
        INSERT INTO entry (entry_id, at, keyid, action, decision, leaf, salt, p, document)
        SELECT gen_random_uuid(), now(), 'k', 'read_whoami', 'allowed',
               sha256('\\x00'::bytea || sha256(sha256('salt') || convert_to('entry ' || n, 'UTF8')) || sha256('p')),
               sha256('salt'), sha256('p'), convert_to('entry ' || n, 'UTF8')
          FROM generate_series(1, %(most)s) AS n
        RETURNING entry_id, leaf
    )
    INSERT INTO unplaced (entry_id, leaf) SELECT entry_id, leaf FROM written
"""


def get(node, path: str):
    return node.app.test_client().get(path, base_url=node.settings.origin_url)


@pytest.fixture
def follower(node) -> Follower:
    def fetch(url: str) -> bytes:
        response = get(node, url.removeprefix(node.settings.origin_url))
        assert response.status_code == 200, (url, response.get_data())
        return response.get_data()

    log = node.public("/.well-known/havre")["log"]
    return Follower(fetch, f"{node.settings.origin_url}/v1/log", log["name"], log["verifier_key"])


def test_a_reader_that_knows_c2sp_alone_follows_the_log(node, database, hotline, follower) -> None:
    hotline.get("/v1/whoami")
    sign_head(node)
    first = follower.follow()
    with psycopg.connect(database.owner) as db:
        db.execute(BULK, {"most": 600})
    sign_head(node)
    assert follower.follow() == first + 600
    assert follower.leaves == placed_leaves(database)
    receipt = hotline.get("/v1/whoami").receipt
    sign_head(node)
    follower.follow()
    assert from_base64url(receipt) in follower.leaves
    assert any(path.startswith("tile/1/000.p/2") for path in follower.asked)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET document = 'other' WHERE entry_id = (SELECT entry_id FROM placed WHERE index = 5)",
        "UPDATE placed SET leaf = sha256('other') WHERE index = 5",
        "UPDATE tile SET hashes = sha256('other') || substring(hashes FROM 33) WHERE level = 1",
        "UPDATE checkpoint SET note = replace(note, '/log/1' || chr(10), '/log/2' || chr(10))",
    ],
)
def test_that_reader_notices_what_a_superuser_changes(node, database, hotline, follower, statement) -> None:
    with psycopg.connect(database.owner) as db:
        db.execute(BULK, {"most": 300})
    sign_head(node)
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(statement)
    with pytest.raises(Exception, match=r"do not make|not made|^$") as found:
        follower.follow()
    assert type(found.value).__name__ in {"Wrong", "InvalidSignature"}


def test_that_reader_notices_a_rewritten_log(node, database, hotline, follower) -> None:
    sign_head(node)
    follower.follow()
    follower.leaves[0] = b"x" * 32
    hotline.get("/v1/whoami")
    sign_head(node)
    with pytest.raises(Wrong, match="rewritten"):
        follower.follow()


def test_the_head_is_given_as_it_was_signed(node, hotline) -> None:
    signed = sign_head(node)
    response = get(node, "/v1/log/checkpoint")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.get_data().decode() == signed.note
    head = verify_checkpoint(signed.note, verifier_key=VERIFIER_KEY)
    assert signed.note.splitlines()[:3] == [LOG, str(head.size), b64encode(head.root).decode()]


def test_before_the_first_head_there_is_no_log(node) -> None:
    place(node)
    assert [get(node, f"/v1/log/{path}").status_code for path in ("checkpoint", "tile/0/000.p/1")] == [404, 404]


def test_a_tile_is_bytes_that_may_be_kept(node, database) -> None:
    fill(database, 300)
    sign_head(node)
    response = get(node, "/v1/log/tile/0/000")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    assert response.get_data() == b"".join(placed_leaves(database)[:256])


def test_a_partial_tile_is_given_at_each_width_up_to_the_signed_size(node, database) -> None:
    size = sign_head(node).size
    fill(database, 10)
    place(node)
    for width in (1, 2, size, size + 1, 255):
        response = get(node, f"/v1/log/tile/0/000.p/{width}")
        assert response.status_code == (200 if width <= size else 404), width
        if width <= size:
            assert response.get_data() == b"".join(placed_leaves(database)[:width])


NO_TILES = (
    *("tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/0/000.p/0", "tile/0/000.p/256", "tile/00/000.p/1"),
    *("tile/0/0.p/1", "tile/0/x000/000.p/1", "tile/64/000", "tile/-1/000", "tile/0/000.p/1/", "tile/0//000.p/1"),
    *("tile/entries/000", "tile/entries/001.p/1", "tile/entries/", "tile/", "tile/0/000.p/1%0a", "tile/0/..%2f000"),
    *("tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999", "tile/63/x009/x223/x372/x036/x854/x775/807"),
    "tile/0/" + "x000/" * 200 + "000",
)


def test_what_is_no_tile_of_the_signed_tree_is_not_found(node) -> None:
    sign_head(node)
    assert {path: get(node, f"/v1/log/{path}").status_code for path in NO_TILES} == dict.fromkeys(NO_TILES, 404)


def test_a_tile_that_was_signed_and_taken_away_is_not_made_up(node, database) -> None:
    size = sign_head(node).size
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("DELETE FROM placed WHERE index = 1")
    assert get(node, f"/v1/log/tile/0/000.p/{size}").status_code == 404
    assert get(node, f"/v1/log/tile/entries/000.p/{size}").status_code == 404


def test_entries_tell_nothing_of_what_they_say(node, hotline) -> None:
    sign_head(node)
    size = sign_head(node) or get(node, "/v1/log/checkpoint").get_data().decode().splitlines()[1]
    bundle = get(node, f"/v1/log/tile/entries/000.p/{size}").get_data()
    assert len(bundle) == 66 * int(size)
    assert b"hotline" not in bundle


def test_the_strangers_tree_is_the_standards() -> None:
    assert tree_hash([]).hex().startswith("e3b0c442")
