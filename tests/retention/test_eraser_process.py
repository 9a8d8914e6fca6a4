"""The eraser as a process: one is active, it goes on past what it may not erase, and it ends when told to."""

import threading
import time

import psycopg
import pytest

from crypto.batches import Erased
from server.retention import erasing
from tests.partners import NODE_NAME
from tests.retention.conftest import pushed
from tests.signals import a_revision, a_signal


@pytest.fixture
def eraser(database, monkeypatch):
    """An eraser that runs beside the test."""
    monkeypatch.setattr(erasing, "_POLL_SECONDS", 0.02)
    stop = threading.Event()
    running = threading.Thread(target=erasing.run, args=[database.eraser], kwargs={"node": NODE_NAME, "stop": stop})
    running.start()
    yield running
    stop.set()
    running.join(20)
    assert not running.is_alive()


def _replace(hotline):
    record = a_signal()
    batch = pushed(hotline, record)
    pushed(hotline, a_revision(record))
    return batch


def _wait_erased(past, jti):
    end = time.monotonic() + 20
    while type(past.document(jti).lines[0]) is not Erased:
        assert time.monotonic() < end, "the eraser did not come"
        time.sleep(0.02)


def test_the_eraser_goes_on_past_a_batch_that_is_not_what_its_leaves_say(hotline, past, eraser):
    altered, whole = _replace(hotline), _replace(hotline)
    past.rows("UPDATE batch SET document = document || '\\x0a' WHERE jti = %s RETURNING 1", altered.jti)
    past.age(days=31)
    past.mark_due()
    _wait_erased(past, whole.jti)
    assert past.rows("SELECT count(*) FROM erasure WHERE erased_at IS NULL") == [(1,)]


def test_a_second_eraser_stands_by(database, eraser, past):
    end = time.monotonic() + 20
    while past.rows("SELECT count(*) FROM pg_locks WHERE objid = %s AND granted", erasing.ADVISORY_LOCK) == [(0,)]:
        assert time.monotonic() < end, "no eraser is active"
    with psycopg.connect(database.eraser) as db:
        assert not erasing._is_ours(db)
