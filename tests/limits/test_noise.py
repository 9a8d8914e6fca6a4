"""What gets no entry of its own is counted, and entered once a minute by key and reason."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from crypto.entries import entry_leaf
from schemas.entries import EntrySchema
from server.guard import noise
from server.rates import Rate, Rates
from tests.partners import Held, a_key, json_bytes, now_seconds

WHOAMI = "/v1/whoami"


def noisy(trail) -> list[tuple[str | None, str, int]]:
    """(keyid, reason, records) of each entry of noise."""
    return [(one["keyid"], one["reason"], one["records"]) for one in trail() if one["action"] == "noise"]


def own(trail, reason: str) -> int:
    """How many entries of their own there are for a reason."""
    return sum(one["reason"] == reason and one["action"] != "noise" for one in trail())


def send(partner, headers, times: int) -> list[int]:
    return [partner.raw("GET", WHOAMI, headers).status_code for _ in range(times)]


@pytest.fixture(autouse=True)
def quiet_before(node, hotline) -> None:
    """What came before the test is written."""
    noise.write_all()


def test_a_captured_request_leaves_few_entries_and_one_count(hotline, trail) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    assert send(hotline, headers, 200) == [200] + [401] * 199
    noise.write_all()
    keyid = hotline.keyid(hotline.exchange.key)
    assert own(trail, "replayed") == 3
    assert noisy(trail) == [(keyid, "replayed", 196)]


def test_who_sends_a_captured_request_takes_nothing_from_its_signer(hotline) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    send(hotline, headers, 30)
    assert [hotline.get(WHOAMI, purpose="audit").status for _ in range(5)] == [200] * 4 + [429]


def test_captured_requests_whose_time_is_past_leave_few_entries_and_take_nothing(hotline, trail) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit", created=now_seconds() - 100)
    assert send(hotline, headers, 20) == [401] * 20
    noise.write_all()
    assert own(trail, "stale") + own(trail, "replayed") == 3
    assert sum(count for _, _, count in noisy(trail)) == 17
    assert hotline.get(WHOAMI, purpose="audit").status == 200


def test_what_no_known_key_signed_is_one_count_for_each_reason(hotline, trail) -> None:
    stranger = Held(key=a_key("stranger"))
    for _ in range(3):
        hotline.raw("GET", WHOAMI, hotline.sign("GET", WHOAMI, purpose="audit", by=stranger))
    hotline.raw("GET", WHOAMI, hotline.sign("GET", "/v1/feed", purpose="audit"))
    hotline.raw("GET", WHOAMI, {})
    noise.write_all()
    counted = noisy(trail)
    assert {keyid for keyid, _, _ in counted} == {None}
    assert max((reason, count) for _, reason, count in counted) == ("unknown_key", 3)
    assert sum(count for _, _, count in counted) == 5


def test_what_is_beyond_a_keys_rate_is_counted_under_the_key(hotline, trail) -> None:
    for _ in range(9):
        hotline.get(WHOAMI, purpose="audit")
    noise.write_all()
    assert noisy(trail) == [(hotline.keyid(hotline.exchange.key), "too_many_requests", 4)]
    assert own(trail, "too_many_requests") == 0


def test_a_suspended_key_cannot_fill_the_trail(node, hotline, trail) -> None:
    node.suspend(hotline)
    answered = [hotline.get("/v1/organisations/node.example", purpose="audit").status for _ in range(5)]
    assert answered == [403] * 3 + [429] * 2
    noise.write_all()
    assert own(trail, "suspended") == 3
    assert noisy(trail) == [(hotline.keyid(hotline.exchange.key), "too_many_requests", 2)]


def test_an_entry_of_noise_is_an_entry_like_all_others(database, hotline, trail) -> None:
    hotline.raw("GET", WHOAMI, {})
    noise.write_all()
    entry = trail()[-1]
    assert EntrySchema().validate(entry) == {}
    assert (entry["decision"], entry["organisation"], entry["keyid"], entry["target"]) == ("refused", None, None, None)
    with psycopg.connect(database.superuser) as db:
        row = db.execute("SELECT leaf, salt, p, document FROM entry WHERE action = 'noise'").fetchone()
    assert row is not None
    leaf, salt, p, document = row
    assert leaf == entry_leaf(salt=salt, entry=document, p=p)


def test_counting_writes_nothing_until_its_minute(hotline, trail) -> None:
    hotline.raw("GET", WHOAMI, {})
    assert noisy(trail) == []


def test_many_keys_are_counted_under_none_beyond_a_number(node, trail) -> None:
    counted = noise.Noise(node.node, node.pool)
    for number in range(300):
        keyid = f"many.example/{number}"
        counted.count("too_many_requests", noise.Sender(organisation="many.example", organisation_id=None, keyid=keyid))
    assert len(counted.pending()) == 257
    assert counted.pending()[None, "too_many_requests"] == 44


def test_what_could_not_be_written_waits(database, node) -> None:
    counted = noise.Noise(node.node, node.pool)
    counted.count("signature")
    with psycopg.connect(database.superuser) as db:
        db.execute("REVOKE INSERT ON entry FROM havre_app")
    assert counted.write() == 0
    with psycopg.connect(database.superuser) as db:
        db.execute("GRANT INSERT ON entry TO havre_app")
    assert counted.write() == 1


def test_counts_of_ten_threads_are_all_there(node) -> None:
    counted = noise.Noise(node.node, node.pool)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda _: counted.count("signature"), range(500)))
    assert counted.pending() == {(None, "signature"): 500}


@pytest.fixture
def few_newcomers() -> Rates:
    return Rates(newcomers=Rate(organisation=6, key=4, seconds=3_600), refused=Rate(organisation=3, key=3))


class TestNewcomers:
    """Applications, by anybody."""

    @pytest.fixture
    def rates(self, few_newcomers) -> Rates:
        return few_newcomers

    def test_a_stranger_cannot_fill_the_trail_with_applications(self, node, trail) -> None:
        before = len(trail())
        stranger = node.partner("stranger.example")
        statement = stranger.statement()
        answered = [stranger.apply(statement).status for _ in range(8)]
        assert answered == [201] * 4 + [429] * 4
        noise.write_all()
        assert len(trail()) - before == 4 + 1
        assert noisy(trail) == [(None, "too_many_requests", 4)]

    def test_strangers_of_many_names_share_one_rate(self, node) -> None:
        strangers = [node.partner(f"stranger-{number}.example") for number in range(8)]
        assert [one.apply().status for one in strangers] == [201] * 6 + [429] * 2

    def test_a_captured_application_leaves_few_entries(self, node, trail) -> None:
        stranger = node.partner("stranger.example")
        body = json_bytes({"statement": stranger.statement()})
        headers = stranger.sign("POST", "/v1/applications", body, purpose="administration")
        answered = [stranger.raw("POST", "/v1/applications", headers, body).status_code for _ in range(12)]
        assert answered == [201] + [401] * 11
        noise.write_all()
        assert own(trail, "replayed") == 3
        assert noisy(trail) == [(None, "replayed", 8)]

    def test_who_waits_is_told_so_within_the_rate(self, node) -> None:
        stranger = node.partner("stranger.example")
        applied = stranger.apply()
        path = f"/v1/applications/{applied.json['id']}"
        assert [stranger.get(path).status for _ in range(4)] == [200] * 3 + [429]

    def test_members_act_while_strangers_flood(self, node, hotline) -> None:
        stranger = node.partner("stranger.example")
        statement = stranger.statement()
        assert [stranger.apply(statement).status for _ in range(6)][-1] == 429
        assert hotline.put_statement(hotline.statement()).status == 200
