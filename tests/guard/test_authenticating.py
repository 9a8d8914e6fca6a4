"""What does not prove who sent it is refused, all alike; what a known key signed leaves an entry with the reason."""

from collections.abc import Iterator

import orjson
import psycopg
import pytest
from structlog.testing import capture_logs

from tests.exchanges import changed, rows_of
from tests.partners import DAY, Partner, a_key, a_nonce, json_bytes, moment, now_seconds
from tests.signals import a_batch, signals

WHOAMI = "/v1/whoami"
REFUSED = (401, "not_authenticated")


def asked(partner: Partner, **said) -> tuple[int, str]:
    """Status and code of the answer to a whoami that is signed as said."""
    headers = partner.sign("GET", WHOAMI, purpose="audit", **said)
    response = partner.raw("GET", WHOAMI, headers)
    return response.status_code, orjson.loads(response.get_data()).get("code", "")


def last_reason(node) -> tuple[str, str | None]:
    """Decision and reason of the newest entry."""
    with psycopg.connect(node.settings.owner_database_url) as db:
        row = db.execute(
            "SELECT decision, reason FROM unplaced JOIN entry USING (entry_id) ORDER BY unplaced_id DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return row


@pytest.fixture
def no_entry(database, hotline) -> Iterator[None]:
    """The test leaves no row anywhere."""
    before = rows_of(database.owner)
    yield
    assert changed(before, rows_of(database.owner)) == set()


def test_a_signed_request_is_answered(hotline) -> None:
    assert hotline.get(WHOAMI, purpose="audit").status == 200


def test_a_replayed_request_is_refused(node, hotline) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    assert hotline.raw("GET", WHOAMI, headers).status_code == 200
    assert hotline.raw("GET", WHOAMI, headers).status_code == 401
    assert last_reason(node) == ("refused", "replayed")


def test_a_nonce_is_kept_after_a_refused_act(node, hotline) -> None:
    body = a_batch(hotline, signals(1), schema="signal/2").document
    headers = hotline.sign("POST", "/v1/batches", body, purpose="contribution", content_type="application/x-ndjson")
    assert hotline.raw("POST", "/v1/batches", headers, body).status_code == 422
    assert hotline.raw("POST", "/v1/batches", headers, body).status_code == 401
    assert last_reason(node) == ("refused", "replayed")


def test_a_nonce_is_kept_after_a_refused_signature_window(hotline) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit", created=now_seconds() - 61)
    assert hotline.raw("GET", WHOAMI, headers).status_code == 401
    assert hotline.raw("GET", WHOAMI, headers).status_code == 401


def test_a_nonce_used_by_another_key_is_a_new_one(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    nonce = a_nonce()
    assert asked(hotline, nonce=nonce)[0] == 200
    assert asked(platform, nonce=nonce)[0] == 200


@pytest.mark.parametrize("difference", [-61, -600, 62, 600])
def test_a_clock_more_than_a_minute_away_is_refused(node, hotline, difference) -> None:
    assert asked(hotline, created=now_seconds() + difference) == REFUSED
    assert last_reason(node) == ("refused", "stale")


@pytest.mark.parametrize("difference", [-55, 55])
def test_a_clock_less_than_a_minute_away_is_accepted(hotline, difference) -> None:
    assert asked(hotline, created=now_seconds() + difference)[0] == 200


def test_an_altered_body_is_refused_and_entered(node, hotline) -> None:
    body = a_batch(hotline, signals(1)).document
    headers = hotline.sign("POST", "/v1/batches", body, purpose="contribution", content_type="application/x-ndjson")
    assert hotline.raw("POST", "/v1/batches", headers, body.replace(b"image", b"video")).status_code == 401
    assert last_reason(node) == ("refused", "body_altered")


def test_an_altered_body_costs_its_nonce(hotline) -> None:
    body = a_batch(hotline, signals(1)).document
    headers = hotline.sign("POST", "/v1/batches", body, purpose="contribution", content_type="application/x-ndjson")
    hotline.raw("POST", "/v1/batches", headers, body + b"\n")
    assert hotline.raw("POST", "/v1/batches", headers, body).status_code == 401


@pytest.mark.usefixtures("no_entry")
def test_another_organisations_key_is_refused(node, hotline) -> None:
    assert asked(hotline, as_name="node.example") == REFUSED


def test_a_key_known_under_another_name_is_refused(node, hotline) -> None:
    platform = node.join("platform.example", sector="platform")
    assert asked(hotline, as_name="platform.example") == REFUSED
    assert asked(platform)[0] == 200


@pytest.mark.usefixtures("no_entry")
def test_an_unknown_key_is_refused_without_an_entry_of_its_own(hotline) -> None:
    hotline.exchange.key = a_key("nobody")
    assert asked(hotline) == REFUSED


def test_a_record_key_signs_no_request(node, hotline) -> None:
    assert asked(hotline, by=hotline.record) == REFUSED
    assert last_reason(node) == ("refused", "wrong_use")


def test_the_nodes_own_key_signs_no_request(node) -> None:
    node_key = node.organisation.keys[3]
    assert asked(node.organisation, by=node_key) == REFUSED
    assert last_reason(node) == ("refused", "wrong_use")


def second_key(hotline: Partner, **said) -> None:
    """List one more exchange key as said; the first one brings the statement."""
    held = hotline.add_key("second", roles=["consumer"], holder="system-2", **said)
    assert hotline.put_statement(hotline.statement()).status == 200
    hotline.exchange = held


def test_a_revoked_key_is_refused_and_entered(node, hotline) -> None:
    second_key(hotline, revoked_at=now_seconds() - 60)
    assert asked(hotline) == REFUSED
    assert last_reason(node) == ("refused", "revoked")


def test_a_key_not_yet_valid_is_refused(node, hotline) -> None:
    second_key(hotline, from_=now_seconds() + DAY)
    assert asked(hotline) == REFUSED
    assert last_reason(node) == ("refused", "not_yet_valid")


def test_a_key_no_longer_valid_is_refused(node, hotline) -> None:
    second_key(hotline, until=now_seconds() - 10)
    assert asked(hotline) == REFUSED
    assert last_reason(node) == ("refused", "no_longer_valid")


def test_a_key_of_an_expired_statement_is_refused(node, database, hotline) -> None:
    with psycopg.connect(database.superuser) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("UPDATE statement SET expires_at = now() - interval '1 minute' WHERE seq = 1")
    assert asked(hotline) == REFUSED
    assert last_reason(node) == ("refused", "statement_expired")


def test_a_key_that_was_revoked_is_refused_in_a_process_that_knew_it(node, hotline) -> None:
    second_key(hotline)
    assert asked(hotline)[0] == 200
    second = hotline.exchange
    second.revoked_at = now_seconds() - 1
    hotline.exchange = hotline.keys[0]
    assert hotline.put_statement(hotline.statement()).status == 200
    assert asked(hotline, by=second) == REFUSED


def test_every_failure_of_authentication_answers_the_same_bytes(node, hotline) -> None:
    held = hotline.add_key("second", roles=["consumer"], holder="system-2", revoked_at=now_seconds() - 60)
    assert hotline.put_statement(hotline.statement()).status == 200
    replayed = hotline.sign("GET", WHOAMI, purpose="audit")
    hotline.raw("GET", WHOAMI, replayed).get_data()
    ways = [
        {},
        replayed,
        hotline.sign("GET", WHOAMI, purpose="audit", created=now_seconds() - 600),
        hotline.sign("GET", WHOAMI, purpose="audit", by=hotline.record),
        hotline.sign("GET", WHOAMI, purpose="audit", by=held),
        hotline.sign("GET", WHOAMI, purpose="audit", as_name="nobody.example"),
        hotline.sign("GET", "/v1/feed", purpose="audit"),
    ]
    answers = set()
    for headers in ways:
        response = hotline.raw("GET", WHOAMI, headers)
        problem = orjson.loads(response.get_data())
        problem["request_id"] = ""
        answers.add((response.status_code, orjson.dumps(problem), tuple(sorted(response.headers.keys()))))
    assert len(answers) == 1


def test_nothing_of_a_refused_request_is_logged_answered_or_entered(node, database, hotline) -> None:
    marker = "zzmarkerzz"
    with capture_logs() as logged:
        path = f"/v1/feed?{marker}=1"
        query = hotline.get(path, purpose="detection")
        purpose = hotline.get("/v1/feed", purpose=marker)
        body = hotline.post(
            "/v1/batches", {marker: marker}, purpose="contribution", content_type="application/x-ndjson"
        )
        name = hotline.get(f"/v1/organisations/{marker}", purpose="detection")
        zero = hotline.get(f"/v1/organisations/{marker}%00", purpose="detection")
        unsigned = hotline.raw("GET", f"/v1/whoami?{marker}", {"Signature": marker}).get_data()
    assert [one.status for one in (query, purpose, body, name, zero)] == [400, 403, 400, 404, 404]
    seen = b"".join(
        [query.body, purpose.body, body.body, name.body, zero.body, unsigned, orjson.dumps(logged, default=str)]
    )
    assert marker.encode() not in seen
    assert marker not in orjson.dumps(rows_of(database.owner)["entry"]).decode()
    with psycopg.connect(node.settings.owner_database_url) as db:
        documents = [bytes(document) for (document,) in db.execute("SELECT document FROM entry").fetchall()]
    assert not any(marker.encode() in document for document in documents)


@pytest.mark.parametrize(
    "query",
    [
        "zz=1",
        "limit=1&limit=2",
        "limit=0",
        "limit=01",
        "limit=-1",
        "limit=50001",
        "limit=1e3",
        "limit=%EF%BC%91",
        "limit=",
        "limit",
        "limit=1;own=true",
        "own=yes",
        "own=True",
        "kind=image",
        "kind=signal&kind=signal",
        "origin=UPPER.example",
        "origin=a%00b.example",
        "origin=%FF",
        "after=",
        "after=%20",
        "after=a.b",
        "&",
        "=",
        "=1",
        "&".join(f"limit={n}" for n in range(1, 40)),
    ],
)
def test_a_query_that_is_unknown_repeated_or_misshapen_is_refused(hotline, query) -> None:
    answered = hotline.get(f"/v1/feed?{query}", purpose="detection")
    assert (answered.status, answered.code) == (400, "bad_query")


@pytest.mark.parametrize("path", ["/v1/whoami?x=1", "/v1/organisations/node.example?after=a"])
def test_an_endpoint_without_parameters_takes_none(hotline, path) -> None:
    assert hotline.get(path, purpose="audit").code == "bad_query"


@pytest.mark.parametrize("member", ["%00", "a%00b", "%0A", "%C3%A9", "%ED%A0%80", "'", "a" * 201])
@pytest.mark.parametrize(
    "path", ["/v1/records/{}/0193a5c0-0000-7000-8000-000000000001", "/v1/records/a.example/{}", "/v1/organisations/{}"]
)
def test_a_path_member_that_is_no_name_is_not_found(hotline, path, member) -> None:
    answered = hotline.get(path.format(member), purpose="detection")
    assert (answered.status, answered.code) == (404, "not_found")


@pytest.mark.parametrize("path", ["/v1/log/entries/{}", "/v1/log/entries/{}A"])
@pytest.mark.parametrize("leaf", ["%00", "a", "A" * 43, "A" * 42 + "B", "A" * 44, "é"])
def test_a_leaf_that_nobody_knows_is_not_found(hotline, path, leaf) -> None:
    target = path.format(leaf.replace("é", "%C3%A9"))
    assert hotline.get(target, purpose="audit").code == "not_found"


def test_a_compressed_body_is_refused(hotline) -> None:
    body = a_batch(hotline, signals(1)).document
    headers = hotline.sign("POST", "/v1/batches", body, purpose="contribution", content_type="application/x-ndjson")
    response = hotline.raw("POST", "/v1/batches", {**headers, "Content-Encoding": "gzip"}, body)
    assert response.status_code in {401, 415}


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_override_is_refused(hotline, name) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    assert hotline.raw("GET", WHOAMI, {**headers, name: "DELETE"}).status_code == 401


def test_another_host_is_refused(hotline) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    response = hotline.raw("GET", WHOAMI, headers, host="other.example")
    assert response.status_code == 421
    assert "Signature" not in response.headers


def test_headers_of_more_than_8_kib_are_refused(hotline) -> None:
    headers = hotline.sign("GET", WHOAMI, purpose="audit")
    assert hotline.raw("GET", WHOAMI, {**headers, "X-Long": "a" * 9_000}).status_code == 431


def test_a_body_beyond_its_limit_is_refused_and_entered(node, hotline) -> None:
    answered = hotline.post("/v1/approvals", {"approval": "a" * 20_000}, purpose="administration")
    assert (answered.status, answered.code, answered.proof) == (413, "too_large", None)
    assert last_reason(node) == ("refused", "too_large")


def test_a_statement_by_a_key_that_it_does_not_name_is_refused(hotline) -> None:
    statement = hotline.statement()
    stranger = a_key("stranger")
    headers = hotline.sign(
        "PUT",
        "/v1/organisations/hotline.example/statement",
        json_bytes({"statement": statement}),
        purpose="administration",
        by=type(hotline.exchange)(key=stranger),
    )
    response = hotline.raw(
        "PUT", "/v1/organisations/hotline.example/statement", headers, json_bytes({"statement": statement})
    )
    assert response.status_code == 401
    assert moment(0) not in response.get_data().decode()
