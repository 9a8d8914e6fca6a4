"""One request sent many times at once: one is accepted, the others are refused at once, and the pool is enough."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.exchanges import rows_of
from tests.partners import a_node
from tests.signals import a_batch, signals

SENDS = 50


def test_of_fifty_parallel_sends_of_one_request_exactly_one_is_accepted(node, database, hotline) -> None:
    body = a_batch(hotline, signals(1)).document
    headers = hotline.sign("POST", "/v1/batches", body, purpose="contribution", content_type="application/x-ndjson")
    start = threading.Barrier(SENDS)

    def send(_: int) -> int:
        start.wait()
        return hotline.raw("POST", "/v1/batches", headers, body).status_code

    with ThreadPoolExecutor(SENDS) as threads:
        statuses = sorted(threads.map(send, range(SENDS)))
    assert statuses == [201] + [401] * (SENDS - 1)
    rows = rows_of(database.owner)
    assert len(rows["batch"]) == 1
    assert sum("replayed" in entry for entry in rows["entry"]) == SENDS - 1


def test_a_send_whose_twin_is_in_flight_is_refused_at_once(node, database, hotline) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    body = a_batch(hotline, signals(1)).document
    headers = hotline.sign("POST", "/v1/batches", body, purpose="contribution", content_type="application/x-ndjson")
    with psycopg.connect(database.owner) as db, ThreadPoolExecutor(1) as thread:
        db.execute("SELECT FROM stream FOR UPDATE")
        first = thread.submit(hotline.raw, "POST", "/v1/batches", headers, body)
        time.sleep(0.3)
        begun = time.monotonic()
        second = hotline.raw("POST", "/v1/batches", headers, body)
        waited = time.monotonic() - begun
        db.rollback()
        assert first.result().status_code == 201
    assert second.status_code == 401
    assert waited < 1


def test_whoever_waits_too_long_for_a_stream_is_told_to_come_again(node, database, hotline) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    with psycopg.connect(database.owner) as db:
        db.execute("SELECT FROM stream FOR UPDATE")
        answered = hotline.push(a_batch(hotline, signals(1)).document)
        db.rollback()
    assert (answered.status, answered.code, answered.proof) == (503, "busy", None)
    assert dict(answered.headers)["Retry-After"] == "2"
    assert sum("busy" in entry for entry in rows_of(database.owner)["entry"]) == 1


def test_a_small_pool_serves_many_callers(database) -> None:
    node = a_node(database, pool_size=2)
    hotline = node.join("hotline.example", sector="hotline")
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(lambda _: hotline.get("/v1/whoami", purpose="audit").status, range(60)))
    node.close()
    assert statuses == [200] * 60


def test_a_database_that_is_gone_is_a_busy_node(node, database, hotline) -> None:
    node.pool.close()
    answered = hotline.get("/v1/whoami", purpose="audit")
    assert (answered.status, answered.code, answered.proof) == (503, "busy", None)
