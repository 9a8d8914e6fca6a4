"""Readers that take their page slowly do not stop pushes, and whoever hangs up gives the permit of its page back."""

import re
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from client.failures import Failure, Unreachable
from tests.drills.batches import a_push
from tests.drills.nodes import durable_node, wait_until
from tests.drills.sdk import PURPOSE, a_home, lines_of_node, live_lines, opened, pull_all

pytestmark = pytest.mark.drill

LARGEST = "/v1/feed?limit=50000"
# 12 of them fill a page of 16 MiB.
BATCHES = 12
RECORDS = 4096
SLOW_READERS = 20
PERMITS = 2
QUICK_SECONDS = 3.0
MOST_OF_A_PAGE_BYTES = 14 * 1024 * 1024
# The api of a bench may have this much at the largest page, two at once.
PAGES_MEGABYTES = 200


@pytest.fixture(scope="module")
def node():
    """A node with one process of the api and as much in its feed as a page may hold."""
    with durable_node() as running:
        writer = running.join("writer.example")
        for number in range(BATCHES):
            push = a_push(writer, *(f"{number} {one}" for one in range(RECORDS)))
            assert writer.push(push.document).status == 201
        running.wait_placed()
        yield running


@pytest.fixture(scope="module")
def reading(node):
    return node.join("reader.example")


@pytest.fixture(scope="module")
def second(node):
    return node.join("second-reader.example")


@pytest.fixture(scope="module")
def writer(node):
    return node.join("other-writer.example")


def ask_slowly(reading) -> socket.socket:
    """Ask for the largest page and read no more of the answer than its status line."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asking.settimeout(30)
    asking.connect(("127.0.0.1", reading.port))
    headers = reading.sign("GET", LARGEST, purpose="detection")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    asking.sendall(f"GET {LARGEST} HTTP/1.1\r\nHost: {reading.node.settings.host}\r\n{lines}\r\n".encode())
    return asking


def status_of(asking: socket.socket) -> int:
    return int(asking.recv(12).split(b" ")[1])


def resident_megabytes(node, name: str = "VmRSS") -> float:
    """Memory of the api's worker: now (VmRSS) or at its peak (VmHWM)."""
    _leader, *workers = node.api.pids
    values = []
    for worker in workers:
        with open(f"/proc/{worker}/status") as status:  # noqa: PTH123 - a file of the kernel
            values += [int(line.split()[1]) / 1024 for line in status if line.startswith(name)]
    return max(values)


def test_one_organisations_slow_readers_leave_a_page_to_others(reading, second):
    with ExitStack() as opened:
        slow = [opened.enter_context(ask_slowly(reading)) for _ in range(SLOW_READERS)]
        assert Counter(map(status_of, slow)) == {200: 1, 503: SLOW_READERS - 1}
        assert second.get("/v1/feed", purpose="detection").status == 200
    wait_until(lambda: reading.get("/v1/feed", purpose="detection").status == 200, seconds=10, what="for a permit")


def test_slow_readers_do_not_stop_pushes_and_give_their_permits_back_when_they_hang_up(reading, second, writer):
    with ExitStack() as opened:
        slow = [opened.enter_context(ask_slowly(one)) for _ in range(SLOW_READERS // 2) for one in (reading, second)]
        # Whoever has a permit keeps it until its page is sent; everybody else is told at once to come again.
        assert Counter(map(status_of, slow)) == {200: PERMITS, 503: SLOW_READERS - PERMITS}
        for number in range(10):
            begun = time.monotonic()
            assert writer.push(a_push(writer, f"meanwhile {time.time_ns()} {number}").document).status == 201
            assert time.monotonic() - begun < QUICK_SECONDS
        assert reading.get("/v1/feed", purpose="detection").status == 503
    wait_until(lambda: reading.get("/v1/feed", purpose="detection").status == 200, seconds=10, what="for a permit")
    # Both permits, not one of them.
    with ask_slowly(reading) as one, ask_slowly(second) as other:
        assert [status_of(one), status_of(other)] == [200, 200]
    wait_until(lambda: reading.get("/v1/feed", purpose="detection").status == 200, seconds=10, what="for a permit")


def test_hanging_up_in_the_middle_of_a_page_many_times_uses_no_permit_up(node, reading):
    for _ in range(10):
        asking = wait_until(lambda: _begun(reading), seconds=10, what="for a permit")
        asking.recv(100_000)
        asking.close()
    wait_until(lambda: reading.get(LARGEST, purpose="detection").status == 200, seconds=10, what="for a permit")


def _begun(reading) -> socket.socket | None:
    asking = ask_slowly(reading)
    if status_of(asking) == 200:
        return asking
    asking.close()
    return None


def test_an_sdk_whose_page_is_cut_off_by_a_kill_keeps_nothing_of_it_and_ends_equal(node, reading):
    home = a_home(node, reading)
    failures: list[Failure] = []

    def pull() -> None:
        try:
            with opened(home) as partner:
                for _ in partner.pull(purpose=PURPOSE, limit=50_000):
                    pass
        except Failure as failure:
            failures.append(failure)

    with node.connect() as db:
        pages = "SELECT count(*) FROM entry WHERE action = 'read_feed' AND decision = 'allowed'"
        before = db.execute(pages).fetchone()
        pulling = threading.Thread(target=pull)
        pulling.start()
        # The entry commits before the first byte of the page.
        wait_until(lambda: db.execute(pages).fetchone() != before, what="for the entry of the page")
        node.api.kill()
        pulling.join(60)
        node.api.start()
        assert [type(failure) for failure in failures] == [Unreachable]
        assert live_lines(home) == []
        pull_all(home)
        assert live_lines(home) == lines_of_node(db)


def test_two_largest_pages_at_once_stay_within_their_memory(node, reading, second):
    # A fresh worker, so that its peak is that of these pages.
    node.api.stop()
    node.api.start()
    node.wait_serving(reading)
    for _ in range(3):
        with ExitStack() as opened:
            two = [
                opened.enter_context(wait_until(lambda one=one: _begun(one), seconds=10, what="for a permit"))
                for one in (reading, second)
            ]
            for asking in two:
                read_to_the_end(asking)
    assert resident_megabytes(node, "VmHWM") < PAGES_MEGABYTES


def read_to_the_end(asking: socket.socket) -> None:
    """Read the rest of the answer; the api keeps the connection open for a next request."""
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    head = b""
    while b"\r\n\r\n" not in head:
        head += asking.recv(1 << 16)
    head, _, body = head.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: (\d+)", head)
    assert found is not None
    left = int(found[1]) - len(body)
    assert left > MOST_OF_A_PAGE_BYTES
    while left > 0:
        left -= len(asking.recv(1 << 20))


def test_refused_large_bodies_leave_no_memory_behind(node, writer):
    largest = b"x" * (8 * 1024 * 1024)
    too_large = largest + b"x"

    def round_of_refusals() -> set[int]:
        statuses = set()
        for body in (largest, too_large):
            for _ in range(5):
                statuses.add(writer.push(body).status)
        return statuses

    assert round_of_refusals() == {400, 413}
    after_one = resident_megabytes(node)
    for _ in range(5):
        round_of_refusals()
    assert resident_megabytes(node) < after_one + 30
    assert resident_megabytes(node, "VmHWM") < PAGES_MEGABYTES
