"""`havre-node restore`: a backup was put back; the next epoch is opened behind what it has, and nothing before that."""

import json
from dataclasses import replace

import psycopg
import pytest

from server.epochs import erasures, high_water, opening
from server.epochs.high_water import Head
from server.retention import erasing
from tests.epochs.restoring import Lost, a_node, place, pushed, restored, rows, signed, yesterday
from tests.exchanges import claims_in, pull_all
from tests.partners import NODE_NAME
from tests.signals import a_revision, a_signal

HEAD = "SELECT epoch, size FROM log_head"


@pytest.fixture
def lost(postgres, database, tmp_path):
    """One batch is in the backup, and one came after it."""
    node = a_node(database, home=tmp_path)
    kept = pushed(node.join("hotline.example", sector="hotline"), a_signal())
    place(node)
    node.close()
    with yesterday(postgres, database) as backup:
        node = a_node(database, home=tmp_path)
        hotline = node.join("hotline.example", sector="hotline")
        gone = pushed(hotline, a_signal())
        place(node)
        cursor = pull_all(node.join("platform.example", sector="platform")).pages[-1].next
        place(node)
        last = signed(node, tmp_path)
        node.close()
        yield Lost(database=backup, home=tmp_path, signed=last, kept=[kept], lost=[gone], cursor=cursor)


def test_restore_opens_the_next_epoch_behind_what_was_restored(lost) -> None:
    (before,) = rows(lost.database.owner, HEAD)
    done = restored(lost, "--yes")
    assert done.exit_code == 0, done.output
    assert rows(lost.database.owner, HEAD) == [(2, before[1] + 1)]


def test_the_first_entry_of_the_epoch_names_the_old_head(lost) -> None:
    ((_, size),) = rows(lost.database.owner, HEAD)
    restored(lost, "--yes")
    ((epoch, document),) = rows(
        lost.database.owner,
        "SELECT placed.epoch, entry.document FROM placed JOIN entry USING (entry_id) WHERE placed.index = %s",
        size,
    )
    entry = json.loads(document)
    assert (epoch, entry["action"]) == (2, "open_epoch")
    assert json.loads(entry["target"]) == {
        "log": "node.example/log/2",
        "previous": {
            "log": "node.example/log/1",
            "size": lost.signed.size,
            "root": opening.to_base64url(lost.signed.root),
        },
        "restored_size": size,
    }


def test_restored_entries_keep_their_places(lost) -> None:
    before = rows(lost.database.owner, "SELECT index, leaf FROM placed ORDER BY index")
    restored(lost, "--yes")
    assert rows(lost.database.owner, "SELECT index, leaf FROM placed WHERE epoch = 1 ORDER BY index") == before


def test_the_node_may_serve_after_restore(lost) -> None:
    restored(lost, "--yes")
    with psycopg.connect(lost.database.app) as db:
        assert high_water.judge(db, home=lost.home) == []


def test_restore_says_how_many_entries_are_lost_before_it_asks(lost) -> None:
    ((_, size),) = rows(lost.database.owner, HEAD)
    said = restored(lost, answer="n\n")
    assert f"{lost.signed.size - size} signed entries are lost" in said.output


def test_whoever_does_not_agree_changes_nothing(lost) -> None:
    before = rows(lost.database.owner, HEAD)
    assert restored(lost, answer="n\n").exit_code == 1
    assert rows(lost.database.owner, HEAD) == before
    assert high_water.read(lost.home) == lost.signed


def test_restore_is_done_once(lost) -> None:
    restored(lost, "--yes")
    again = restored(lost, "--yes")
    assert (again.exit_code, rows(lost.database.owner, HEAD)[0][0]) == (0, 2)
    assert "Nothing to restore" in again.output


def test_killed_before_the_high_water_was_written_restore_only_writes_it(lost) -> None:
    restored(lost, "--yes")
    after = high_water.read(lost.home)
    high_water.write(lost.home, lost.signed)
    restored(lost, "--yes")
    assert (high_water.read(lost.home), rows(lost.database.owner, HEAD)[0][0]) == (after, 2)


def test_a_backup_put_back_a_second_time_never_opens_the_same_epoch_again(lost) -> None:
    opened = replace(lost.signed, log="node.example/log/7")
    high_water.write(lost.home, opened)
    restored(lost, "--yes")
    assert rows(lost.database.owner, HEAD)[0][0] == 8


def test_a_database_with_other_entries_is_no_backup(lost) -> None:
    ((_, size),) = rows(lost.database.owner, HEAD)
    high_water.write(lost.home, replace(lost.signed, size=size, root=bytes(32)))
    done = restored(lost, "--yes")
    assert (done.exit_code, rows(lost.database.owner, HEAD)) == (1, [(1, size)])


def test_a_dump_in_another_cluster_loses_nothing_and_is_a_new_epoch(lost) -> None:
    with lost.node() as node:
        whole = signed(node, lost.home)
    high_water.write(lost.home, replace(whole, system_identifier="1"))
    done = restored(lost, "--yes")
    assert "0 signed entries are lost" in done.output
    assert rows(lost.database.owner, HEAD)[0][0] == 2


def test_restore_refuses_while_a_process_of_the_node_is_connected(lost) -> None:
    with psycopg.connect(lost.database.app):
        done = restored(lost, "--yes")
    assert (done.exit_code, rows(lost.database.owner, HEAD)[0][0]) == (1, 1)
    assert "havre_app (1)" in done.output


def test_a_lost_high_water_keeps_the_node_from_serving_until_restore(lost) -> None:
    ((_, size),) = rows(lost.database.owner, HEAD)
    with psycopg.connect(lost.database.superuser) as db:
        db.execute("INSERT INTO checkpoint VALUES (1, %s, %s, '', 'a note', now())", [size, bytes(32)])
    (lost.home / high_water.FILE).unlink()
    with psycopg.connect(lost.database.app) as db:
        assert "is gone" in high_water.judge(db, home=lost.home)[0]


def test_without_its_high_water_no_epoch_is_named_as_one_that_was_opened_before(lost) -> None:
    """The same backup again, and the file is lost this time: the second epoch was seen by others."""
    backup = rows(lost.database.owner, HEAD)
    with psycopg.connect(lost.database.owner) as db:
        planned = opening.plan(db, Head(node=NODE_NAME, epoch=backup[0][0], size=backup[0][1]), None)
    assert planned.epoch > backup[0][0] + 100


def test_readers_are_given_a_directory_that_is_newer_than_any_that_is_lost(lost) -> None:
    restored(lost, "--yes")
    with lost.node() as node:
        told = node.public("/v1/directory")["directory"]
    assert claims_in(told)["seq"] > 1_000_000


def test_a_cursor_of_before_is_answered_by_410(lost) -> None:
    restored(lost, "--yes")
    with lost.node() as node:
        answered = node.join("platform.example", sector="platform").get(
            f"/v1/feed?after={lost.cursor}", purpose="detection"
        )
    assert (answered.status, answered.code) == (410, "restart_feed")


def test_the_feed_of_the_new_epoch_brings_what_was_restored(lost) -> None:
    restored(lost, "--yes")
    with lost.node() as node:
        assert pull_all(node.join("platform.example", sector="platform")).jtis == [lost.kept[0].jti]


def test_a_lost_batch_that_is_sent_again_opens_a_stream_of_the_new_epoch(lost) -> None:
    restored(lost, "--yes")
    with lost.node() as node:
        answered = node.join("hotline.example", sector="hotline").push(lost.lost[0].document)
        place(node)
        reading = pull_all(node.join("platform.example", sector="platform"))
    assert (answered.status, reading.jtis) == (201, [lost.kept[0].jti, lost.lost[0].jti])
    assert rows(lost.database.owner, "SELECT epoch, seq FROM stream ORDER BY stream_id") == [(1, 1), (2, 1)]


def test_a_batch_that_was_restored_is_known_when_it_is_sent_again(lost) -> None:
    restored(lost, "--yes")
    with lost.node() as node:
        answered = node.join("hotline.example", sector="hotline").push(lost.kept[0].document)
    assert answered.status == 200


@pytest.fixture
def erased(postgres, database, tmp_path):
    """A batch is in the backup; its first revision was replaced and erased after it."""
    node = a_node(database, home=tmp_path)
    hotline = node.join("hotline.example", sector="hotline")
    record = a_signal()
    kept = pushed(hotline, record)
    pushed(hotline, a_revision(record))
    place(node)
    node.close()
    with yesterday(postgres, database) as backup:
        node = a_node(database, home=tmp_path)
        with psycopg.connect(database.owner) as db:
            db.execute(
                """
                INSERT INTO erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
                SELECT batch_id, position, origin_id, record_id, leaf, 'replaced', now()
                  FROM record WHERE revision = 1
                """
            )
        with psycopg.connect(database.eraser, autocommit=True) as db:
            one = erasing.erase_next(db, node=NODE_NAME)
        assert one is not None
        erasures.append(tmp_path, [one.listed])
        place(node)
        last = signed(node, tmp_path)
        node.close()
        yield Lost(database=backup, home=tmp_path, signed=last, kept=[kept], lost=[], cursor="")


def test_what_was_erased_after_the_backup_is_erased_again(erased) -> None:
    restored(erased, "--yes")
    leaf = erasures.read(erased.home)[0].leaves[0]
    ((document,),) = rows(erased.database.owner, "SELECT document FROM batch WHERE jti = %s", erased.kept[0].jti)
    assert opening.to_base64url(leaf).encode() in document.splitlines()[2]
    assert document.splitlines()[2].startswith(b'{"erased":')


def test_an_erasure_that_is_repeated_is_entered_again(erased) -> None:
    restored(erased, "--yes")
    assert rows(erased.database.owner, "SELECT count(*) FROM entry WHERE action = 'erase'") == [(1,)]


def test_what_a_hold_of_the_backup_covers_is_not_erased_again_until_it_is_lifted(erased) -> None:
    with psycopg.connect(erased.database.owner) as db:
        db.execute(
            """
            INSERT INTO legal_hold (origin_id, reason_token, holder, set_at, set_by)
            SELECT organisation_id, 'case', 'holder', now(), gen_random_uuid()
              FROM organisation WHERE name = 'hotline.example'
            """
        )
    done = restored(erased, "--yes")
    assert "1 line(s) that were erased are here again and held" in done.output
    assert rows(erased.database.owner, "SELECT erased_at FROM erasure") == [(None,)]


def test_restore_refuses_a_damaged_list_of_erasures(erased) -> None:
    (erased.home / erasures.FILE).write_bytes(b"{}\n")
    assert restored(erased, "--yes").exit_code == 1
    assert rows(erased.database.owner, HEAD)[0][0] == 1
