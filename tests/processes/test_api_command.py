"""`havre-node api`: where it may listen, what it refuses to start with, how it ends."""

import signal
import stat
import subprocess
import sys
import time

import pytest

from server.commands.serving import BindRefused, check_bind
from tests.http.serving import request_bytes
from tests.processes.conftest import CHECKOUT


@pytest.mark.parametrize(
    "bind", ["127.0.0.1:8000", "127.0.0.2:1", "[::1]:8000", "unix:/run/havre/api.sock", "127.0.0.1:0"]
)
def test_loopback_and_unix_sockets_may_be_served(bind):
    assert check_bind(bind) == bind


@pytest.mark.parametrize(
    "bind",
    [
        "0.0.0.0:8000",
        ":8000",
        "8000",
        "[::]:8000",
        "192.168.1.10:80",
        "localhost:8000",
        "node.example:443",
        "127.0.0.1:99999",
        "127.0.0.1",
        "unix:relative.sock",
        "fd://3",
        "127.0.0.1:80,0.0.0.0:80",
        "[::ffff:10.0.0.1]:80",
        "127.1:80",
        "0x7f.0.0.1:80",
    ],
)
def test_everything_else_is_refused(bind):
    with pytest.raises(BindRefused):
        check_bind(bind)


def test_an_open_address_is_refused_at_start_with_a_sentence(havre_node):
    ended = havre_node("api", "--bind", "0.0.0.0:8000")
    assert ended.returncode == 1
    assert "loopback or a Unix socket only" in ended.stderr


def test_the_address_may_come_from_the_environment_and_is_judged_alike(havre_node):
    assert havre_node("api", HAVRE_BIND="0.0.0.0:8000").returncode == 1


def test_missing_settings_are_listed_together(havre_node):
    ended = havre_node("api", HAVRE_NODE=None, HAVRE_HOME=None)
    assert ended.returncode == 1
    assert "HAVRE_NODE is not set" in ended.stderr
    assert "HAVRE_HOME is not set" in ended.stderr


def test_an_unfit_database_ends_the_start_with_a_sentence(havre_node, database):
    ended = havre_node("api", DATABASE_URL=database.owner)
    assert ended.returncode == 1
    assert "append-only would not hold" in ended.stderr


def test_a_deadline_can_be_shortened_and_never_lengthened(havre_node):
    ended = havre_node("api", "--body-seconds", "31")
    assert ended.returncode == 2


def test_variables_that_gunicorn_reads_change_nothing(node, havre_node):
    ended = havre_node(
        "api",
        "--bind",
        "0.0.0.0:1",
        GUNICORN_CMD_ARGS="--bind=0.0.0.0:8000",
        FORWARDED_ALLOW_IPS="*",
        WEB_CONCURRENCY="9",
    )
    assert ended.returncode == 1


def test_the_api_finishes_what_it_began_when_it_is_told_to_end(api):
    body = b'{"approval":"x"}'
    head = request_bytes(
        "POST", "/v1/approvals", api.signed("POST", "/v1/approvals", body=body) | {"Content-Length": str(len(body))}
    )
    with api.wire() as wire:
        wire.send(head)
        time.sleep(0.3)
        api.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        wire.send(body)
        answer = wire.read_answer()
    assert "havre-receipt" in answer.headers
    assert api.process.wait(40) == 0


def test_a_unix_socket_is_not_open_to_everybody(node, tmp_path):
    path = tmp_path / "api.sock"
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "api", "--bind", f"unix:{path}", "--workers", "1"],
        env=node.environment,
        cwd=CHECKOUT,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 20
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0
    finally:
        process.terminate()
        process.wait(40)
