"""Kill -9 at each step of a push and of a pull; then the SDK is run again and the state must end equal."""

import signal
import subprocess
import sys

import pytest

from tests.client.exchanging import PURPOSE, drafts

SCRIPT = """
import os, signal, sys
from pathlib import Path
from importlib import import_module
from client.partner import Partner
from tests.client.exchanging import drafts

home, act, step = sys.argv[1:]

def die(*_ignored, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

def answered_then_die(self, request, *_ignored):
    self._client.send(request)
    die()

partner = Partner.open(Path(home))
partner.whoami()
from client import pulling, wire
if step == "received":
    pulling.feeds.move_cursor = die
elif step == "signed":
    wire.Wire.exchange = die
elif step == "sent":
    wire.Wire._read = answered_then_die
if act == "pull":
    list(partner.pull(purpose="detection"))
else:
    partner.push(drafts(*range(5)))
"""


def killed(member, act, step):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(member.home.path), act, step], timeout=60, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.fixture
def hotline(listening):
    return listening.join("hotline.example")


@pytest.fixture
def platform(listening):
    return listening.join("platform.example", sector="platform")


def test_a_kill_between_receiving_a_page_and_committing_loses_and_doubles_nothing(listening, hotline, platform):
    hotline.sdk().push(drafts(*range(5)))
    listening.place()
    killed(platform, "pull", "received")
    reader = platform.sdk()
    pages = list(reader.pull(purpose=PURPOSE))
    assert sum(page.records for page in pages) == 5
    assert [one.line for one in reader.live_records()] == [one.line for one in hotline.sdk().live_records()]


@pytest.mark.parametrize("step", ["signed", "sent"])
def test_a_kill_after_signing_ends_with_one_batch_at_the_node(listening, hotline, platform, step):
    # The own statements are known, so that the next exchange is the push itself.
    hotline.sdk().trust.standing("hotline.example")
    killed(hotline, "push", step)
    outcome = hotline.sdk().push(drafts(*range(5)))
    listening.place()
    reader = platform.sdk()
    pages = list(reader.pull(purpose=PURPOSE))
    assert (outcome.pushed, outcome.resent, outcome.already) == (0, 5, 5)
    assert [page.batches for page in pages] == [1]
    assert [one.line for one in reader.live_records()] == [one.line for one in hotline.sdk().live_records()]
