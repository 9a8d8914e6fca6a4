"""The list of erasures beside the database: appended to, whole after any kill, and it lacks nothing."""

from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

import psycopg
import pytest

from server.epochs import erasures
from server.epochs.erasures import ListedErasure
from server.retention import erasing
from tests.partners import NODE_NAME, a_node
from tests.signals import a_batch, a_revision, a_signal


def an_erasure() -> ListedErasure:
    return ListedErasure(
        at=datetime(2026, 11, 1, tzinfo=UTC),
        entry_id=uuid4(),
        origin="hotline.example",
        jti=uuid4(),
        leaves=(bytes(32),),
        reasons=("legal",),
    )


@pytest.fixture
def due(database):
    """One line is marked to be erased."""
    node = a_node(database)
    hotline = node.join("hotline.example", sector="hotline")
    record = a_signal()
    for one in (record, a_revision(record)):
        assert hotline.push(a_batch(hotline, [one]).document).status == 201
    with psycopg.connect(database.owner) as db:
        db.execute(
            """
            INSERT INTO erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
            SELECT batch_id, position, origin_id, record_id, leaf, 'replaced', now() FROM record WHERE revision = 1
            """
        )
    yield node
    node.close()


def erase(database) -> erasing.Erased:
    with psycopg.connect(database.eraser, autocommit=True) as db:
        erased = erasing.erase_next(db, node=NODE_NAME)
    assert erased is not None
    return erased


def complete(database, home) -> int:
    with psycopg.connect(database.eraser, autocommit=True) as db:
        return erasures.complete(db, home)


def test_what_was_listed_is_read_in_its_order(tmp_path) -> None:
    listed = [an_erasure(), an_erasure()]
    for one in listed:
        erasures.append(tmp_path, [one])
    assert erasures.read(tmp_path) == listed


def test_a_line_that_a_kill_cut_short_is_left_out_and_goes_with_the_next(tmp_path) -> None:
    first, second = an_erasure(), an_erasure()
    erasures.append(tmp_path, [first])
    with (tmp_path / erasures.FILE).open("ab") as file:
        file.write(b'{"v":1,"at":"2026')
    assert erasures.read(tmp_path) == [first]
    erasures.append(tmp_path, [second])
    assert erasures.read(tmp_path) == [first, second]


def test_a_line_of_another_form_is_not_passed_over(tmp_path) -> None:
    erasures.append(tmp_path, [an_erasure()])
    with (tmp_path / erasures.FILE).open("ab") as file:
        file.write(b'{"v":2}\n')
    with pytest.raises(erasures.ErasuresDamaged):
        erasures.read(tmp_path)


def test_what_a_kill_left_out_of_the_list_is_written_at_the_next_start(database, due, tmp_path) -> None:
    erased = erase(database)
    assert (complete(database, tmp_path), complete(database, tmp_path)) == (1, 0)
    (listed,) = erasures.read(tmp_path)
    assert (listed.entry_id, listed.leaves, listed.reasons) == (erased.entry_id, erased.leaves, ("replaced",))


def test_the_eraser_lists_what_it_erases(database, due, tmp_path, monkeypatch) -> None:
    stop = Event()

    def erase_and_stop(*arguments, **said):
        stop.set()
        return erase_next(*arguments, **said)

    erase_next = erasing.erase_next
    monkeypatch.setattr(erasing, "erase_next", erase_and_stop)
    erasing.run(database.eraser, node=NODE_NAME, stop=stop, home=tmp_path)
    assert len(erasures.read(tmp_path)) == 1


def test_nothing_is_erased_while_the_list_cannot_be_written(database, due, tmp_path) -> None:
    class Once(Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return super().wait(timeout)

    erasing.run(database.eraser, node=NODE_NAME, stop=Once(), home=tmp_path / "missing")
    with psycopg.connect(database.owner) as db:
        assert db.execute("SELECT count(*) FROM erasure WHERE erased_at IS NOT NULL").fetchone() == (0,)
