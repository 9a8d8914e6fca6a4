"""The worker's jobs and their schema, on a real database as their real role."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from procrastinate import PsycopgConnector

from server import worker


def _work_once(database, *tasks):
    connector = PsycopgConnector(conninfo=database.worker, kwargs={"options": worker._OPTIONS})

    async def work():
        with worker.jobs.replace_connector(connector) as app:
            async with app.open_async():
                for task in tasks:
                    await app.configure_task(task).defer_async(timestamp=0)
                await app.run_worker_async(
                    wait=False,
                    install_signal_handlers=False,
                    listen_notify=False,
                    additional_context={
                        "duty": worker.Duty(database_url=database.worker, node="node.example", keep=timedelta(days=30))
                    },
                )

    asyncio.run(work())


def _insert_nonce(database, *, expires_at):
    with psycopg.connect(database.app) as db:
        db.execute(
            "INSERT INTO nonce (thumbprint, nonce, expires_at) VALUES (%s, %s, %s)",
            [bytes(32), expires_at.isoformat().encode()[:16], expires_at],
        )


def test_the_owner_makes_the_schema_of_the_jobs_without_being_superuser(database):
    assert worker.migrate_jobs(database.owner) == ["schema"]


def test_a_second_migration_of_the_jobs_changes_nothing(database):
    worker.migrate_jobs(database.owner)
    assert worker.migrate_jobs(database.owner) == []


def test_only_the_worker_and_the_owner_may_see_the_jobs(database):
    worker.migrate_jobs(database.owner)
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("SELECT count(*) FROM procrastinate.procrastinate_jobs")


def test_nonces_are_forgotten_after_their_time_and_not_before(database):
    worker.migrate_jobs(database.owner)
    now = datetime.now(UTC)
    _insert_nonce(database, expires_at=now - timedelta(seconds=1))
    _insert_nonce(database, expires_at=now + timedelta(seconds=100))
    _work_once(database, "forget_nonces")
    with psycopg.connect(database.app) as db:
        assert db.execute("SELECT count(*) FROM nonce").fetchone() == (1,)


def test_an_application_that_nobody_decided_is_dropped_when_its_time_is_over(database):
    worker.migrate_jobs(database.owner)
    with psycopg.connect(database.owner) as db:
        db.execute(
            """
            INSERT INTO application
                (application_id, organisation, document_sha256, document, keyid, status, applied_at, expires_at)
            VALUES (gen_random_uuid(), 'late.example', '\\x01', 'x', 'k', 'pending', now(), now() - interval '1 s'),
                   (gen_random_uuid(), 'new.example', '\\x02', 'x', 'k', 'pending', now(), now() + interval '1 d')
            """
        )
    _work_once(database, "drop_applications")
    with psycopg.connect(database.owner) as db:
        assert db.execute("SELECT organisation FROM application").fetchall() == [("new.example",)]


def test_finished_jobs_do_not_pile_up(database):
    worker.migrate_jobs(database.owner)
    _work_once(database, "forget_nonces")
    with psycopg.connect(database.owner) as db:
        db.execute("UPDATE procrastinate.procrastinate_events SET at = at - interval '4 days'")
    _work_once(database, "forget_jobs")
    with psycopg.connect(database.owner) as db:
        assert db.execute("SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE id = 1").fetchone() == (0,)


def test_the_worker_says_that_its_schema_is_missing(database):
    with pytest.raises(worker.NoJobs):
        worker.run(database.worker, node="node.example", keep=timedelta(days=30))


def test_the_worker_cannot_write_the_trail(database):
    with psycopg.connect(database.worker) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("DELETE FROM entry")


def test_what_is_due_is_marked_and_expired_groups_are_looked_for_as_the_workers_role(database):
    worker.migrate_jobs(database.owner)
    _work_once(database, "mark_due", "end_expired_groups")
    with psycopg.connect(database.owner) as db:
        done = db.execute("SELECT task_name, status FROM procrastinate.procrastinate_jobs").fetchall()
    # Whatever else the clock brings in the same moment.
    assert {("end_expired_groups", "succeeded"), ("mark_due", "succeeded")} <= set(done)


def test_sessions_are_forgotten_a_month_after_their_sign_in_and_challenges_when_nobody_could_answer(database):
    worker.migrate_jobs(database.owner)
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(
            """
            INSERT INTO session (token_sha256, passkey_id, signed_in_at, seen_at, confirmed_at)
            SELECT sha256(days::text::bytea), days, now() - days * interval '1 day', now(), now()
              FROM (VALUES (29), (31)) AS opened (days)
            """
        )
        db.execute(
            """
            INSERT INTO challenge (sha256, expires_at)
            SELECT sha256(minutes::text::bytea), now() - minutes * interval '1 minute'
              FROM (VALUES (59), (61)) AS answered (minutes)
            """
        )
    _work_once(database, "forget_sessions")
    with psycopg.connect(database.owner) as db:
        assert db.execute("SELECT passkey_id FROM session").fetchall() == [(29,)]
        assert db.execute("SELECT count(*) FROM challenge").fetchone() == (1,)
