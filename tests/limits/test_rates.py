"""How often one may ask: by key and by organisation, for all processes together."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from server.app import create_app
from server.db import open_pool
from server.errors import TooManyRequests
from server.guard.rating import Asker, Rating, most_held
from server.rates import Rate, Rates
from tests.partners import Held
from tests.signals import a_batch, signals

WHOAMI = "/v1/whoami"
CLEAR = {"tlp": "CLEAR", "groups": [], "organisations": [], "sectors": [], "purposes": []}


@pytest.fixture
def restarted(node):
    """The node as another process of its api, which remembers nothing."""

    def restart() -> None:
        node.app = create_app(node.node, node.pool, node.trail_pool)

    return restart


def shift(database, interval: str) -> None:
    """Move all buckets' clocks into the future, as if the database's had gone back."""
    with psycopg.connect(database.superuser) as db:
        db.execute("UPDATE rate SET refilled_at = refilled_at + %s::interval", [interval])


def tokens(database) -> list[float]:
    """What the buckets for reading hold, by their subjects."""
    with psycopg.connect(database.superuser) as db:
        rows = db.execute("SELECT tokens FROM rate WHERE act = 'read' ORDER BY subject").fetchall()
    return [round(held, 1) for (held,) in rows]


def drain(rating: Rating, db) -> int:
    """How many tokens a process gets until it is told to wait."""
    asker = Asker(act="read", organisation="drained.example", keyid="drained.example/key")
    for taken in range(1_000):
        try:
            rating.take(db, asker)
        except TooManyRequests:
            return taken
    raise AssertionError("no end")


def statuses(partner, number: int, *, by: Held | None = None) -> list[int]:
    return [partner.get(WHOAMI, purpose="audit", by=by).status for _ in range(number)]


def test_a_key_asks_as_often_as_its_rate_says_and_no_oftener(hotline) -> None:
    assert statuses(hotline, 7) == [200] * 5 + [429] * 2


def test_a_refusal_for_the_rate_is_unsigned_and_says_when_to_come_again(hotline) -> None:
    statuses(hotline, 5)
    answered = hotline.get(WHOAMI, purpose="audit")
    assert (answered.status, answered.code, answered.proof) == (429, "too_many_requests", None)
    headers = dict(answered.headers)
    # One token in 3,600 / 5 seconds.
    assert 700 <= int(headers["Retry-After"]) <= 720
    assert headers["RateLimit-Policy"] == '"read";q=8;w=3600, "read-key";q=5;w=3600'
    assert "Havre-Receipt" not in headers


def test_a_good_answer_says_what_is_left(hotline) -> None:
    headers = dict(hotline.get(WHOAMI, purpose="audit").headers)
    assert headers["RateLimit-Policy"] == '"read";q=8;w=3600, "read-key";q=5;w=3600'
    assert headers["RateLimit"] == '"read-key";r=4;t=720'


def test_a_refusal_that_is_signed_says_what_is_left_too(hotline) -> None:
    answered = hotline.get("/v1/feed?zz=1", purpose="detection")
    assert (answered.status, dict(answered.headers)["RateLimit"]) == (400, '"read-key";r=4;t=720')


def test_what_nobody_proved_to_have_sent_is_told_nothing_of_rates(hotline) -> None:
    headers = hotline.sign("GET", "/v1/feed", purpose="audit")
    response = hotline.raw("GET", WHOAMI, headers)
    assert response.status_code == 401
    assert not {"RateLimit", "RateLimit-Policy"} & set(response.headers.keys())


def test_the_limit_holds_for_an_organisation_however_many_keys_it_has(hotline) -> None:
    second = hotline.add_key("second", roles=["consumer"], holder="system-2")
    third = hotline.add_key("third", roles=["consumer"], holder="system-3")
    assert hotline.put_statement(hotline.statement()).status == 200
    answered = statuses(hotline, 4, by=second) + statuses(hotline, 4, by=third) + statuses(hotline, 2)
    assert answered == [200] * 8 + [429] * 2


def test_another_organisation_asks_undisturbed(hotline, platform) -> None:
    statuses(hotline, 6)
    assert statuses(platform, 5) == [200] * 5


def test_pushes_and_reads_are_counted_apart(hotline) -> None:
    statuses(hotline, 6)
    assert hotline.push(a_batch(hotline, signals(1)).document).status == 201


def test_a_nonce_is_not_used_up_by_a_refusal_for_the_rate(database, hotline, restarted) -> None:
    statuses(hotline, 5)
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    assert hotline.raw("GET", WHOAMI, headers).status_code == 429
    shift(database, "-1 hour")
    restarted()
    assert hotline.raw("GET", WHOAMI, headers).status_code == 200


def test_another_process_knows_what_was_asked_of_the_first(hotline, restarted) -> None:
    statuses(hotline, 5)
    restarted()
    assert statuses(hotline, 1) == [429]


def test_ten_threads_never_get_more_than_the_rate(hotline) -> None:
    with ThreadPoolExecutor(10) as threads:
        answered = list(threads.map(lambda _: hotline.get(WHOAMI, purpose="audit").status, range(30)))
    assert (answered.count(200), answered.count(429)) == (5, 25)


def test_processes_share_the_buckets(database, node, hotline) -> None:
    with open_pool(database.app, size=2) as pool, pool.connection() as db:
        rates = Rates(read=Rate(organisation=100, key=100, seconds=3_600))
        processes = [Rating(rates), Rating(rates)]
        taken = drain(processes[0], db) + drain(processes[1], db)
    # What one process holds when it stops asking is lost to the others, and no more is.
    assert 100 - most_held(100) <= taken <= 100


def test_a_clock_that_goes_backward_fills_nothing_and_empties_nothing(database, hotline, restarted) -> None:
    statuses(hotline, 2)
    before = tokens(database)
    shift(database, "1 hour")
    restarted()
    statuses(hotline, 1)
    assert tokens(database) == [held - 1 for held in before]


def test_a_clock_that_went_backward_fills_again_from_there(database, hotline, restarted) -> None:
    statuses(hotline, 5)
    shift(database, "1 day")
    restarted()
    assert statuses(hotline, 1) == [429]
    shift(database, "-1 hour")
    restarted()
    assert statuses(hotline, 1) == [200]


def test_an_act_that_takes_long_keeps_nobody_from_their_tokens(database, hotline) -> None:
    hotline.push(a_batch(hotline, signals(1)).document)
    with psycopg.connect(database.owner) as db, ThreadPoolExecutor(1) as thread:
        db.execute("SELECT FROM stream FOR UPDATE")
        waiting = thread.submit(hotline.push, a_batch(hotline, signals(1)).document)
        other = a_batch(hotline, signals(1), audience=CLEAR).document
        assert hotline.push(other).status == 201
        db.rollback()
        assert waiting.result().status == 201


def test_a_caller_is_told_its_rates(hotline) -> None:
    limits = hotline.get(WHOAMI, purpose="audit").json["limits"]
    assert limits["rates"]["push"] == {"organisation": 8, "key": 5, "seconds": 3_600}
