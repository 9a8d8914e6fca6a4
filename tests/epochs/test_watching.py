"""Nothing is served from a database that is not the one whose log was signed, whoever asks for what."""

from dataclasses import replace
from threading import Event, Thread

import psycopg
import pytest

from server import sequencer, wsgi
from server.app import create_app
from server.auditing.viewing import open_trail_pool, reading
from server.db import open_pool
from server.epochs import high_water
from server.epochs.watching import AGAIN_SECONDS, Watch
from server.errors import NotReady
from tests.epochs.test_high_water import signed
from tests.exchanges import changed, place, rows_of
from tests.partners import a_node


@pytest.fixture
def node(database, tmp_path):
    founded = a_node(database, home=tmp_path)
    place(founded)
    yield founded
    founded.close()


@pytest.fixture
def behind(node, tmp_path):
    """The node after a backup was put back: its home says that more was signed than the database has."""
    kept = signed(node, tmp_path)
    high_water.write(tmp_path, replace(kept, size=kept.size + 1))
    node.pool.close()
    node.pool = open_pool(node.settings.database_url, size=2, judge=Watch(tmp_path))
    node.app = create_app(node.node, node.pool, node.trail_pool)
    return node


@pytest.fixture
def hotline(behind):
    return behind.join("hotline.example", sector="hotline")


def asked(node, path: str) -> tuple[int, str | None]:
    response = node.app.test_client().get(path, base_url=f"https://{node.settings.host}")
    return response.status_code, (response.get_json(silent=True) or {}).get("code")


def test_a_feed_is_not_served_from_behind_the_high_water(hotline) -> None:
    answered = hotline.get("/v1/feed", purpose="detection")
    assert (answered.status, answered.code) == (503, "not_ready")


def test_a_batch_is_not_taken_behind_the_high_water(hotline) -> None:
    answered = hotline.push(b"{}\n")
    assert (answered.status, answered.code) == (503, "not_ready")


def test_a_refusal_behind_the_high_water_leaves_no_row(database, hotline) -> None:
    before = rows_of(database.owner)
    hotline.get("/v1/whoami")
    assert changed(before, rows_of(database.owner)) == set()


@pytest.mark.parametrize("path", ["/v1/directory", "/.well-known/havre", "/readyz"])
def test_public_paths_that_read_the_database_are_not_served(behind, path) -> None:
    assert asked(behind, path) == (503, "not_ready")


@pytest.mark.parametrize("path", ["/healthz", "/problems/not_ready", "/v1/schemas/problem", "/openapi.json"])
def test_what_reads_no_database_is_served(behind, path) -> None:
    assert asked(behind, path)[0] == 200


def test_auditors_are_not_served_from_behind_the_high_water(behind, tmp_path) -> None:
    pool = open_trail_pool(behind.settings.auditor_database_url, judge=Watch(tmp_path))
    try:
        with pytest.raises(NotReady), reading(pool):
            pass
    finally:
        pool.close()


def test_auditors_are_served_from_the_database_that_was_signed(node, tmp_path) -> None:
    signed(node, tmp_path)
    pool = open_trail_pool(node.settings.auditor_database_url, judge=Watch(tmp_path))
    try:
        with reading(pool) as db:
            assert db.execute("SELECT current_user").fetchone() == ("havre_auditor",)
    finally:
        pool.close()


def test_every_pool_of_the_api_judges(node, tmp_path, monkeypatch) -> None:
    judges = []
    monkeypatch.setattr(wsgi, "load_node", lambda *_, **__: node.node)
    monkeypatch.setattr(wsgi, "open_pool", lambda *_, judge, **__: judges.append(judge) or node.pool)
    monkeypatch.setattr(wsgi, "open_trail_pool", lambda *_, judge: judges.append(judge) or node.trail_pool)
    wsgi.build(node.settings)
    assert [type(judge) for judge in judges] == [Watch, Watch]


def test_a_dump_put_over_live_connections_is_noticed(node, tmp_path) -> None:
    now = [0.0]
    watch = Watch(tmp_path, clock=lambda: now[0])
    kept = signed(node, tmp_path)
    with psycopg.connect(node.settings.database_url) as db:
        watch.check(db)
        high_water.write(tmp_path, replace(kept, size=kept.size + 1))
        now[0] = AGAIN_SECONDS
        with pytest.raises(NotReady):
            watch.check(db)


def test_a_new_connection_is_judged_at_once(node, tmp_path) -> None:
    watch = Watch(tmp_path, clock=lambda: 0.0)
    kept = signed(node, tmp_path)
    with psycopg.connect(node.settings.database_url) as db:
        watch.check(db)
    high_water.write(tmp_path, replace(kept, size=kept.size + 1))
    with psycopg.connect(node.settings.database_url) as db:
        watch.take(db)
        with pytest.raises(NotReady):
            watch.check(db)


def test_the_node_serves_again_when_its_database_is_whole(node, tmp_path) -> None:
    watch = Watch(tmp_path, clock=lambda: 0.0)
    kept = signed(node, tmp_path)
    high_water.write(tmp_path, replace(kept, size=kept.size + 1))
    with psycopg.connect(node.settings.database_url) as db:
        watch.take(db)
        high_water.write(tmp_path, kept)
        watch.take(db)
        watch.check(db)


def test_the_sequencer_places_nothing_behind_the_high_water(database, node, tmp_path) -> None:
    kept = signed(node, tmp_path)
    high_water.write(tmp_path, replace(kept, size=kept.size + 1))
    node.join("late.example")
    before = rows_of(database.owner)
    stop, has_judged = Event(), Event()

    class Waiting(Event):
        def wait(self, timeout: float | None = None) -> bool:
            has_judged.set()
            return stop.wait(timeout)

        def is_set(self) -> bool:
            return stop.is_set()

    run = Thread(target=sequencer.run, args=[database.sequencer], kwargs={"stop": Waiting(), "home": tmp_path})
    run.start()
    assert has_judged.wait(10)
    stop.set()
    run.join(10)
    assert changed(before, rows_of(database.owner)) == set()
