"""Fifty sends of one request at once, and two clients of one organisation on one stream, through real gunicorn."""

import threading
import time
from collections import Counter

import pytest

from tests.drills.batches import a_push
from tests.drills.steps import Step, held
from tests.drills.wholeness import assert_whole

SENDS = 50
PUSHES_OF_EACH = 40
AT_ONCE_SECONDS = 2.0


def send_together(writer, push, headers, *, count: int) -> tuple[list[threading.Thread], list[int]]:
    """Open `count` connections, then send the same bytes on all of them at the same moment."""
    statuses: list[int] = []
    together = threading.Barrier(count)

    def send() -> None:
        connection = writer.connect()
        connection.connect()
        together.wait(30)
        writer.write(connection, "POST", "/v1/batches", headers, push.document)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, statuses


def signed(writer, push) -> dict[str, str]:
    return writer.sign(
        "POST", "/v1/batches", push.document, purpose="contribution", content_type="application/x-ndjson"
    )


@pytest.fixture
def writer(node):
    return node.join("writer.example")


@pytest.mark.drill
def test_of_fifty_sends_of_one_request_one_is_accepted_and_all_others_are_401(node, writer):
    push = a_push(writer, *range(200))
    threads, statuses = send_together(writer, push, signed(writer, push), count=SENDS)
    for thread in threads:
        thread.join(60)
    assert Counter(statuses) == {201: 1, 401: SENDS - 1}
    begun = time.monotonic()
    assert writer.get("/v1/whoami").status == 200
    assert time.monotonic() - begun < AT_ONCE_SECONDS
    node.wait_placed()
    with node.connect() as db:
        assert [batch.jti for batch in assert_whole(db, node.simulated)] == [push.jti]
        ((refused,),) = db.execute("SELECT count(*) FROM entry WHERE decision = 'refused' AND reason = 'replayed'")
    assert refused == SENDS - 1


@pytest.mark.drill
def test_while_the_one_is_in_flight_the_others_are_refused_at_once_and_the_pool_still_serves(node, writer):
    push = a_push(writer, "one")
    with held(node.database, Step(table="record")) as hold:
        threads, statuses = send_together(writer, push, signed(writer, push), count=SENDS)
        begun = time.monotonic()
        while len(statuses) < SENDS - 1:
            assert time.monotonic() - begun < 20, f"only {len(statuses)} were answered"
            time.sleep(0.01)
        hold.wait_reached()
        begun = time.monotonic()
        assert writer.get("/v1/whoami").status == 200
        assert time.monotonic() - begun < AT_ONCE_SECONDS
        assert Counter(statuses) == {401: SENDS - 1}
    for thread in threads:
        thread.join(60)
    assert Counter(statuses) == {201: 1, 401: SENDS - 1}


@pytest.mark.drill
def test_two_clients_of_one_organisation_on_one_stream_are_both_in_and_make_one_chain(node, writer):
    answered: list[tuple[str, int]] = []

    def push_many(client: str) -> None:
        for number in range(PUSHES_OF_EACH):
            push = a_push(writer, f"{client} {number}")
            answered.append((push.jti, writer.push(push.document).status))

    threads = [threading.Thread(target=push_many, args=[client]) for client in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert Counter(status for _, status in answered) == {201: 2 * PUSHES_OF_EACH}
    node.wait_placed()
    with node.connect() as db:
        # Verifies every acceptance and every step of the chain from the stored bytes.
        stored = assert_whole(db, node.simulated)
    assert len({batch.stream for batch in stored}) == 1
    assert sorted(batch.jti for batch in stored) == sorted(jti for jti, _ in answered)


@pytest.mark.drill
def test_one_batch_pushed_by_many_clients_at_once_has_one_acceptance(node, writer):
    push = a_push(writer, "one")
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        answered = writer.push(push.document)
        answers.append((answered.status, answered.body))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(status for status, _ in answers) == {201: 1, 200: 7}
    assert len({body for _, body in answers}) == 1
