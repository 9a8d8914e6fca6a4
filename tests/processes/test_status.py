"""`havre-node status` tells the truth in plain words."""

import threading

import pytest

from server import sequencer, worker
from server.commands import reporting


def line(lines, name):
    return next(each for each in lines if each.name == name)


def report(node):
    return reporting.report(node.settings, bind="127.0.0.1:1")


def test_a_fit_node_is_well(node):
    assert line(report(node), "node").is_well


def test_an_api_that_does_not_answer_is_said(node):
    assert not line(report(node), "api").is_well


def test_no_sequencer_is_said(node):
    assert not line(report(node), "sequencer").is_well


@pytest.fixture
def running_sequencer(node):
    stop = threading.Event()
    thread = threading.Thread(target=sequencer.run, args=(node.settings.sequencer_database_url,), kwargs={"stop": stop})
    thread.start()
    yield
    stop.set()
    thread.join(10)


def test_an_active_sequencer_is_seen(node, running_sequencer):
    found = threading.Event()
    for _ in range(50):
        if line(report(node), "sequencer").is_well:
            found.set()
            break
        found.wait(0.1)
    assert found.is_set()


def test_a_worker_that_never_beat_is_said(node, database):
    worker.migrate_jobs(database.owner)
    assert not line(report(node), "worker").is_well


def test_members_are_counted(node):
    assert line(report(node), "members").says == "1 active, 0 suspended, 0 waiting"


def test_the_days_of_the_statement_are_counted(node):
    assert "364 more days" in line(report(node), "statement").says


def test_what_is_needed_and_not_well_ends_with_status_1(havre_node):
    ended = havre_node("status", "--bind", "127.0.0.1:1", "--need", "api")
    assert ended.returncode == 1
    assert "Not well: api." in ended.stderr


def test_what_is_not_needed_does_not(havre_node):
    assert havre_node("status", "--bind", "127.0.0.1:1").returncode == 0


def test_a_database_that_is_not_there_is_said(havre_node):
    ended = havre_node("status", DATABASE_URL="postgresql://havre_app@127.0.0.1:1/havre")
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stdout


def test_where_no_node_key_is_the_node_cannot_be_judged_and_its_process_is_well(node, havre_node, tmp_path):
    ended = havre_node("status", "--bind", "127.0.0.1:1", HAVRE_HOME=str(tmp_path / "empty"))
    assert ended.returncode == 0
    assert "?  node" in ended.stdout
