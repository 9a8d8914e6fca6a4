"""One event an exchange, for operators: what was done, how it ended, how long it took; never what somebody sent."""

import re

import orjson
import pytest
from structlog.testing import capture_logs

from server.app import declared_features
from tests.exchanges import feed_path, place, pull_all
from tests.partners import Held, a_key, a_nonce
from tests.signals import a_batch, a_signal

MARK = "zebra5150"
MARKED_VALUE = "5eb4a5150" + "0123456789abcdef" * 3 + "fedcba9"
MEMBERS = {
    "action",
    "code",
    "decision",
    "duration_ms",
    "event",
    "level",
    "organisation",
    "process",
    "reason",
    "request_id",
    "status",
    "timestamp",
}
GUARDED = [endpoint for feature in declared_features(page_builds=2) for endpoint in feature.guarded]
PUBLIC = [endpoint for feature in declared_features(page_builds=2) for endpoint in feature.public]
QUERIES = ("", f"?after={MARK}", f"?{MARK}={MARK}", f"?origin={MARK}.example")
PURPOSES = ("administration", "detection", "contribution", MARK)


def marked_path(rule: str) -> str:
    return re.sub(r"<[^>]+>", f"{MARK}.example", rule)


def test_an_exchange_is_told_once_with_these_members_and_no_others(hotline, log):
    hotline.get("/v1/whoami", purpose="audit")
    (event,) = log.named("exchange_answered")
    assert set(event) == MEMBERS
    assert (event["action"], event["decision"], event["status"]) == ("read_whoami", "allowed", 200)
    assert event["organisation"] == "hotline.example"
    assert event["duration_ms"] > 0


def test_a_refusal_is_told_with_its_code_and_the_reason_of_its_entry(hotline, log):
    headers = hotline.sign("GET", "/v1/whoami", purpose="audit")
    hotline.raw("GET", "/v1/whoami", headers)
    hotline.raw("GET", "/v1/whoami", headers)
    event = log.named("exchange_answered")[-1]
    assert (event["decision"], event["code"], event["reason"]) == ("refused", "not_authenticated", "replayed")


def test_the_id_of_the_event_is_that_of_the_answer(hotline, log):
    answered = hotline.get("/v1/organisations/nobody.example", purpose="audit")
    assert log.named("exchange_answered")[-1]["request_id"] == answered.json["request_id"]


def test_a_strangers_name_is_not_told(node, log):
    assert node.partner(f"{MARK}.example").apply().status == 201
    assert log.named("exchange_answered")[-1]["organisation"] is None
    assert MARK not in log.text


def test_a_request_to_no_endpoint_is_told_without_its_path(node, log):
    node.app.test_client().get(f"/{MARK}", base_url="https://node.example")
    (event,) = log.named("request_turned_away")
    assert event["code"] == "not_found"
    assert MARK not in log.text


def test_an_exception_behind_the_guard_is_told_by_its_class_alone(hotline, log, monkeypatch):
    def fail(*_arguments: object) -> None:
        raise ValueError(MARK)

    monkeypatch.setattr("server.guard.door.read_query", fail)
    assert hotline.get("/v1/whoami", purpose="audit").status == 500
    assert log.named("request_failed")[-1]["error"] == "ValueError"
    assert MARK not in log.text


def test_a_log_that_nobody_takes_stops_no_exchange(hotline, log):
    log.buffer.close()
    assert hotline.get("/v1/whoami", purpose="audit").status == 200


def test_what_was_shared_and_read_is_in_no_line(node, hotline, log):
    record = a_signal(value=MARKED_VALUE)
    batch = a_batch(hotline, [record])
    assert hotline.push(batch.document).status == 201
    assert hotline.push(batch.document).status == 200
    place(node)
    (document,) = pull_all(hotline).documents
    answered = hotline.get(f"/v1/records/hotline.example/{record['id']}", purpose="detection")
    assert answered.status == 200
    sent = {MARKED_VALUE, record["id"], record["salt"], document.manifest, answered.receipt}
    assert not [text for text in sent if text in log.text]


def test_records_that_are_refused_are_in_no_line(hotline, log):
    record = a_signal(value=MARKED_VALUE, media=MARK) | {MARK: MARK}
    assert hotline.push(a_batch(hotline, [record]).document).status == 422
    assert MARK not in log.text
    assert MARKED_VALUE not in log.text


@pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: endpoint.name)
def test_what_is_sent_to_an_endpoint_is_in_no_line(endpoint, node, hotline, log):
    path = marked_path(endpoint.rule)
    body = None if endpoint.body is None else orjson.dumps({MARK: f"{MARK} {MARKED_VALUE}", "statement": MARK})
    form = "application/json" if endpoint.body is None else endpoint.body.media_type
    stranger = Held(key=a_key(MARK))
    asking = [(hotline, hotline.exchange), (hotline, stranger), (node.organisation, node.operators[0])]
    asked = [(*who, path + query, purpose) for who in asking for query in QUERIES for purpose in PURPOSES]
    log.buffer.truncate(log.buffer.seek(0))
    for partner, held, target, purpose in asked:
        headers = partner.sign(endpoint.method, target, body, purpose=purpose, by=held, content_type=form)
        partner.raw(endpoint.method, target, headers | {"X-Mark": MARK, "Cookie": MARK}, body)
    told = log.text
    assert told.count("exchange_answered") == len(asked)
    secret = (MARK, MARKED_VALUE, stranger.thumbprint, hotline.exchange.thumbprint)
    assert [text for text in secret if text in told] == []


@pytest.mark.parametrize("endpoint", PUBLIC, ids=lambda endpoint: endpoint.name)
def test_what_is_sent_to_a_public_endpoint_is_in_no_line(endpoint, node, log):
    client = node.app.test_client()
    path = marked_path(endpoint.rule)
    sent = {"headers": {"Accept": MARK, "User-Agent": MARK}, "data": MARK, "base_url": "https://node.example"}
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        client.open(f"{path}?{MARK}={MARK}", method=method, **sent)
    client.get(path, base_url=f"https://{MARK}.example")
    assert MARK not in log.text


def test_a_nonce_and_a_signature_are_in_no_line(hotline, log):
    nonce = a_nonce()
    headers = hotline.sign("GET", feed_path(), purpose="detection", nonce=nonce)
    hotline.raw("GET", feed_path(), headers)
    assert nonce not in log.text
    assert headers["Signature"].split(":")[1] not in log.text


def test_an_exchange_is_told_where_nobody_set_up_a_log(hotline):
    with capture_logs() as told:
        hotline.get("/v1/whoami", purpose="audit")
    assert [event["event"] for event in told] == ["exchange_answered"]
