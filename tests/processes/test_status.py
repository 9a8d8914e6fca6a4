"""`havre-node status` tells the truth in plain words."""

import json
import threading
import time

import psycopg
import pytest

from crypto.identifiers import uuid7
from server import sequencer, worker
from server.commands import reporting
from tests.exchanges import sign_head


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
    assert ended.stdout.startswith("Not well: api.")


def test_what_is_not_needed_does_not(havre_node):
    ended = havre_node("status", "--bind", "127.0.0.1:1", "--need", "statement")
    assert ended.returncode == 0
    assert ended.stdout.startswith("The node is well.")


def test_whoever_needs_nothing_in_particular_needs_everything(havre_node):
    ended = havre_node("status", "--bind", "127.0.0.1:1", "--json")
    told = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert (told["well"], told["not_well"]) == (False, ["api", "sequencer", "worker", "eraser"])
    assert {line["name"] for line in told["lines"]} >= {
        "log",
        "head",
        "members",
        "renewals",
        "streams",
        "groups",
        "erasures",
    }


def test_an_entry_that_waits_is_said_with_its_age(node, database):
    entry_id = uuid7(now_ms=(time.time_ns() // 1_000_000) - 60_000, random=bytes(10))
    with psycopg.connect(database.owner) as db:
        db.execute("INSERT INTO unplaced (entry_id, leaf) VALUES (%s, %s)", [entry_id, bytes(32)])
    told = line(report(node), "log")
    assert not told.is_well
    assert "1 wait for their place, the oldest for 6" in told.says


def test_an_entry_that_stands_under_no_signed_head_is_said_with_its_age(node, database):
    entry_id = uuid7(now_ms=(time.time_ns() // 1_000_000) - 60_000, random=bytes(10))
    with psycopg.connect(database.owner) as db:
        db.execute("INSERT INTO placed (epoch, index, entry_id, leaf) VALUES (1, 0, %s, %s)", [entry_id, bytes(32)])
        db.execute("UPDATE log_head SET size = 1")
    told = line(report(node), "head")
    assert not told.is_well
    assert told.says.startswith("1 entries are under no signed head, the oldest for 6")
    sign_head(node)
    assert line(report(node), "head").says == "signed over 1 entries"


def test_the_database_says_all_that_it_is_asked(node, database):
    worker.migrate_jobs(database.owner)
    assert [each for each in report(node) if each.is_well is None] == []


def test_a_stream_ahead_of_the_clock_is_said(node, database):
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(
            "INSERT INTO stream (channel_id, epoch, sha256, accepted_at) VALUES (1, 1, '\\x00', now() + interval '1 h')"
        )
    told = line(report(node), "streams")
    assert told.is_well is False
    assert told.says.startswith("1 are ahead of the clock")


def test_a_member_whose_statement_ends_soon_is_named(node, database):
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(
            """
            WITH signed AS (
                INSERT INTO statement (organisation_id, seq, sha256, issued_at, expires_at, received_at, document)
                VALUES (77, 1, sha256('x'), now(), now() + interval '12 days 1 hour', now(), 'x')
                RETURNING statement_id
            )
            INSERT INTO organisation (organisation_id, name, status, admission_id, sector, home, home_origin_url,
                                      display_name, roles_at_most, root_x, statement_id)
                OVERRIDING SYSTEM VALUE
            SELECT 77, 'hotline.example', 'active', 1, 'hotline', 'node.example', 'https://node.example', 'x', '{}',
                   sha256('x'), statement_id
              FROM signed
            """
        )
    assert line(report(node), "renewals").says == "statements or keys end soon: hotline.example in 12 days"


def test_a_database_that_is_not_there_is_said(havre_node):
    ended = havre_node("status", DATABASE_URL="postgresql://havre_app@127.0.0.1:1/havre")
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stdout


def test_where_no_node_key_is_the_node_cannot_be_judged_and_its_process_is_well(node, havre_node, tmp_path):
    ended = havre_node("status", "--bind", "127.0.0.1:1", "--need", "log", HAVRE_HOME=str(tmp_path / "empty"))
    assert ended.returncode == 0
    assert "?  node" in ended.stdout
