"""`havre-node up`: everything on one machine, watched, and gone when told to go."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from crypto.checkpoints import verify_checkpoint
from server.commands import running
from server.commands.running import Child, Children, NotRunning
from server.embedded.account import server_account
from server.embedded.cluster import temporary_folder
from tests.processes.conftest import CHECKOUT


@contextlib.contextmanager
def a_folder():
    made = temporary_folder(server_account())
    try:
        yield made / "node"
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def folder():
    with a_folder() as made:
        yield made


@pytest.fixture(scope="module")
def other_home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def up(other_home):
    """One node for the tests that leave it running; the environment names a home that is not its folder's."""
    with a_folder() as made:
        started = begin(made, HAVRE_HOME=str(other_home))
        started.folder = made
        yield started
        started.end()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment():
    return {name: os.environ[name] for name in ("PATH", "HOME", "HAVRE_POSTGRES") if name in os.environ}


class Up:
    """A running `havre-node up`."""

    def __init__(self, folder, *options, **changes):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "up", "--folder", str(folder), "--workers", "1", *options],
            env=environment() | changes,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = []
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.ready.wait(120), self.said

    def _read(self):
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Ready at http://localhost:"):
                self.bind = line.strip().replace("Ready at http://localhost", "127.0.0.1")
                self.ready.set()

    def children(self):
        """The processes that it started, by the last word that says what each is."""
        found = {}
        for number in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            words = Path(f"/proc/{number}/cmdline").read_text().split("\0")
            name = words[words.index("--with-parent") + 1] if "--with-parent" in words else "database"
            found[name] = int(number)
        return found

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.reader.join(60)
        self.process.stdout.close()
        return status


def begin(folder, **changes):
    """Run a new node in `folder`, at a port of its own."""
    return Up(folder, "--bind", f"127.0.0.1:{free_port()}", **changes)


def havre_node(*arguments):
    """Run `havre-node` to its end, with nothing in the environment that says which node."""
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *map(str, arguments)],
        env=environment(),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true, *, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_a_whole_node_starts_on_an_empty_machine_and_ends_with_everything_it_started(folder):
    up = begin(folder)
    started = up.children()
    assert set(started) == {"api", "sequencer", "worker", "eraser", "database"}
    assert running.is_ready(up.bind)
    needs = [option for name in ("api", "sequencer", "worker", "eraser") for option in ("--need", name)]
    status = havre_node("status", "--folder", folder, *needs)
    assert (status.returncode, status.stderr) == (0, "")
    assert up.end() == 0
    assert not any(is_alive(pid) for pid in started.values())
    assert up.said[-1] == "Stopped.\n"


def test_a_process_that_was_killed_is_started_again(up):
    before = up.children()["api"]
    os.kill(before, signal.SIGKILL)
    assert wait_until(lambda: up.children().get("api", before) != before)
    assert wait_until(lambda: running.is_ready(up.bind)), up.said


def test_what_it_started_ends_when_it_is_killed_itself(folder):
    up = begin(folder)
    started = up.children()
    up.end(signal.SIGKILL)
    assert wait_until(lambda: not any(is_alive(pid) for pid in started.values()))


def test_a_second_start_in_the_folder_finds_the_same_node(folder):
    first = begin(folder)
    statement = (folder / "home" / "statement.jws").read_text()
    first.end()
    second = Up(folder)
    assert second.bind == first.bind
    assert (folder / "home" / "statement.jws").read_text() == statement
    assert not [line for line in second.said if re.search("New node|founded", line)]
    assert [line for line in first.said if "HAVRE_NODE_ROOT=" in line] == [
        line for line in second.said if "HAVRE_NODE_ROOT=" in line
    ]
    second.end(signal.SIGINT)


def test_a_process_that_keeps_ending_ends_all_with_a_sentence(monkeypatch):
    children = Children(environment={}, options={}, stop=threading.Event())
    monkeypatch.setattr(running, "_FIRST_PAUSE_SECONDS", 0.001)
    ending = [sys.executable, "-c", "raise SystemExit(7)"]
    monkeypatch.setattr(Children, "_spawn", lambda *_arguments: subprocess.Popen(ending))
    children.children = [Child(name="worker", process=children._spawn("worker"), started_at=time.monotonic())]
    with pytest.raises(NotRunning, match="havre-node worker ended 5 times, last with status 7"):
        children.watch()


def test_the_processes_do_not_get_the_owners_address(up):
    environments = [
        Path(f"/proc/{pid}/environ").read_text() for name, pid in up.children().items() if name != "database"
    ]
    assert environments
    assert not [text for text in environments if "HAVRE_OWNER_DATABASE_URL" in text]


def test_the_folder_wins_over_havre_home(up, other_home):
    assert list(other_home.iterdir()) == []
    assert (up.folder / "home" / "statement.jws").is_file()


def test_nothing_is_started_where_another_process_listens(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = havre_node("up", "--folder", folder, "--bind", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ended.returncode == 1
    assert "is in use" in ended.stderr
    assert not folder.exists()


def test_a_socket_that_another_process_listens_on_is_in_use(tmp_path):
    path = tmp_path / "api"
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(path))
        taken.listen()
        with pytest.raises(NotRunning, match="is in use"):
            running.check_free(f"unix:{path}")


def test_status_says_where_no_node_runs(tmp_path):
    ended = havre_node("status", "--folder", tmp_path)
    assert ended.returncode == 1
    assert "No node runs" in ended.stderr


def test_its_log_has_a_signed_head(up):
    def ask(path):
        host, _, port = up.bind.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    deadline = time.monotonic() + 30
    while (signed := ask("/v1/log/checkpoint"))[0] != http.client.OK:
        assert time.monotonic() < deadline, signed
        time.sleep(0.05)
    log = json.loads(ask("/.well-known/havre")[1])["log"]
    assert verify_checkpoint(signed[1].decode(), verifier_key=log["verifier_key"]).origin == log["name"]
    assert (up.folder / "home" / "high-water").stat().st_mode & 0o777 == 0o600
