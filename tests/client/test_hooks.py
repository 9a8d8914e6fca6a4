"""What a hook is told of changes, how often, and what waits for it."""

import signal
import subprocess
import sys

import pytest

from client.failures import Failure
from client.hooks import HookFailed
from client.pulled import Filter
from client.stopping import Stopped
from tests.client.scripted import PURPOSE, ended
from tests.partners import moment, now_seconds
from tests.signals import a_revision, a_signal, a_withdrawal, an_audience, signals


@pytest.fixture
def hotline(scripted):
    return scripted.join("hotline.example", sector="hotline")


@pytest.fixture
def platform(scripted, hotline):
    return scripted.join("platform.example", sector="platform")


@pytest.fixture
def reader(scripted, platform):
    with scripted.sdk(platform) as sdk:
        yield sdk


class Recorder:
    """Keeps what it is told; fails as often as it is asked to."""

    def __init__(self, *, failures=0):
        self.told = []
        self.failures = failures

    def __call__(self, changes):
        if self.failures:
            self.failures -= 1
            raise HookFailed("hook_failed")
        self.told += [(one.what, one.reason, one.id) for one in changes]


def follow(reader, tell, *, rounds=1, only=None):
    """Follow a feed until it has waited `rounds` times, and return for how long each."""
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == rounds:
            raise Stopped

    reader.stop.wait = wait
    with pytest.raises(Stopped):
        list(reader.follow(purpose=PURPOSE, only=only, hook=tell))
    return waits


def test_a_hook_is_first_told_of_everything_that_is_live(scripted, hotline, reader):
    first, second = a_signal(), a_signal()
    scripted.page(scripted.place(hotline, [first, second]))
    list(reader.pull(purpose=PURPOSE))
    hook = Recorder()
    follow(reader, hook)
    assert hook.told == [("added", None, first["id"]), ("added", None, second["id"])]


def test_a_later_revision_is_a_change_and_a_withdrawal_a_removal(scripted, hotline, reader):
    record = a_signal()
    revised = a_revision(record)
    hook = Recorder()
    for line in (record, revised, a_withdrawal(record, revised)):
        scripted.page(scripted.place(hotline, [line]))
    follow(reader, hook, rounds=3)
    assert [one[:2] for one in hook.told] == [("added", None), ("changed", None), ("removed", "withdrawn")]


def test_an_expiry_is_told_by_the_clock_without_a_word_of_the_node(scripted, hotline, reader):
    hook = Recorder()
    scripted.page(scripted.place(hotline, signals(1), expires=moment(now_seconds() + 1000)))
    follow(reader, hook)
    scripted.clock.ahead = 2000
    scripted.is_away = True
    follow(reader, hook)
    assert [one[:2] for one in hook.told] == [("added", None), ("removed", "expired")]


def test_an_end_is_told_with_its_reason(scripted, hotline, reader):
    hook = Recorder()
    audience = an_audience("AMBER", organisations=["platform.example"])
    batch = scripted.place(hotline, signals(1), audience=audience)
    scripted.page(batch)
    scripted.page(ended(batch.stream, reason="group_expired"))
    follow(reader, hook, rounds=2)
    assert [one[:2] for one in hook.told] == [("added", None), ("removed", "group_expired")]


def test_what_ends_and_comes_again_in_one_page_is_no_change(scripted, hotline, reader):
    hook = Recorder()
    batch = scripted.place(hotline, signals(1))
    scripted.page(batch)
    scripted.page(ended(batch.stream), batch)
    follow(reader, hook, rounds=2)
    assert [one[0] for one in hook.told] == ["added"]


def test_what_a_failing_hook_did_not_take_is_told_again(scripted, hotline, reader):
    record = a_signal()
    hook = Recorder(failures=2)
    scripted.page(scripted.place(hotline, [record]))
    waits = follow(reader, hook, rounds=3)
    assert hook.told == [("added", None, record["id"])]
    assert [int(one) for one in waits[:2]] == [1, 2]
    assert len(scripted.feeds_read) == 1


def test_a_hook_object_is_told_by_its_three_methods(scripted, hotline, reader):
    told = []

    class Hook:
        def on_added(self, record):
            told.append(("added", record.line))

        def on_changed(self, record):
            told.append(("changed", record.line))

        def on_removed(self, record, reason):
            told.append((record.what, reason))

    record = a_signal()
    added, removed = scripted.place(hotline, [record]), scripted.place(hotline, [a_withdrawal(record)])
    scripted.page(added)
    scripted.page(removed)
    follow(reader, Hook(), rounds=2)
    assert told == [("added", added.batch.lines[0]), ("removed", "withdrawn")]


def test_an_exception_of_a_programs_own_hook_is_raised_and_nothing_is_acknowledged(scripted, hotline, reader):
    def broken(changes):
        raise ZeroDivisionError

    scripted.page(scripted.place(hotline, signals(1)))
    with pytest.raises(ZeroDivisionError):
        list(reader.follow(purpose=PURPOSE, hook=broken))
    assert reader.status().changes_waiting == 1


def test_changes_that_the_filter_leaves_out_are_not_told(scripted, hotline, reader):
    hook = Recorder()
    scripted.page(scripted.place(hotline, signals(1)), scripted.place(scripted.join("ngo.example"), signals(1)))
    list(reader.pull(purpose=PURPOSE))
    follow(reader, hook, only=Filter(origin="ngo.example"))
    assert len(hook.told) == 1
    assert reader.status().changes_waiting == 0


def test_kind_and_origin_go_into_the_feeds_own_filter(scripted, hotline, reader):
    follow(reader, None, only=Filter(kind="incident", origin="ngo.example"))
    assert scripted.feeds_read[0].endswith("kind=incident&origin=ngo.example")


def test_nothing_is_journalled_for_a_hook_that_was_never_asked_for(scripted, hotline, reader):
    scripted.page(scripted.place(hotline, signals(2)))
    list(reader.pull(purpose=PURPOSE))
    assert reader.status().changes_waiting == 0


def test_a_follower_waits_as_long_as_the_node_advises(scripted, hotline, reader):
    assert follow(reader, None) == [600]


def test_a_follower_waits_longer_after_each_failure_and_no_shorter_than_it_is_told(scripted, hotline, reader):
    list(reader.pull(purpose=PURPOSE))
    scripted.is_away = True
    waits = follow(reader, None, rounds=3)
    assert [int(one) for one in waits] == [1, 2, 4]
    scripted.retry_after = 120
    assert 120 <= follow(reader, None)[0] <= 150


def test_a_request_to_end_stops_a_wait_and_never_what_is_being_kept(reader):
    reader.stop.ask()
    with pytest.raises(Stopped):
        reader.stop.wait(60)


def test_a_follower_that_was_asked_to_end_keeps_the_page_at_hand(scripted, hotline, reader):
    hook = Recorder()
    scripted.page(scripted.place(hotline, signals(1)))
    pages = reader.follow(purpose=PURPOSE, hook=hook)
    next(pages)
    reader.stop.ask()
    with pytest.raises(Stopped):
        next(pages)
    assert len(hook.told) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.client.scripted import PURPOSE, ScriptedNode

node = ScriptedNode.load(Path(sys.argv[1]), Path(sys.argv[1], "node").read_bytes())
platform = node.members["platform.example"]
list(node.sdk(platform).follow(purpose=PURPOSE, hook=lambda changes: os.kill(os.getpid(), signal.SIGKILL)))
"""


def test_after_a_kill_between_page_and_hook_the_hook_is_told_again_and_the_state_is_right(scripted, hotline, platform):
    scripted.page(scripted.place(hotline, signals(3)))
    (scripted.folder / "node").write_bytes(scripted.dump())
    scripted.pages.clear()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(scripted.folder)], timeout=60, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    hook = Recorder()
    with scripted.sdk(platform) as again:
        follow(again, hook)
        assert len(hook.told) == len({one[2] for one in hook.told}) == again.status().records == 3
        assert again.status().changes_waiting == 0


def test_a_hook_that_fails_is_no_failure_of_the_exchange():
    assert issubclass(HookFailed, Failure)
