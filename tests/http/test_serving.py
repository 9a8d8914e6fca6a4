"""What a partner sees of a node that works."""

import json

from tests.http.serving import request_bytes


def test_a_process_says_that_it_answers(api):
    answer = api.ask(request_bytes("GET", "/healthz", {}))
    assert (answer.status, answer.body) == (200, b'{"status":"ok"}')


def test_a_node_that_can_serve_is_ready(api):
    assert api.ask(request_bytes("GET", "/readyz", {})).status == 200


def test_a_signed_request_gets_a_signed_answer_with_a_receipt(api):
    answer = api.ask(request_bytes("GET", "/v1/whoami", api.signed("GET", "/v1/whoami")))
    assert answer.status == 200
    assert {"signature", "signature-input", "content-digest", "havre-receipt"} <= set(answer.headers)


def test_a_connection_takes_one_request_after_the_other(api):
    with api.wire() as wire:
        wire.send(request_bytes("GET", "/healthz", {}) + request_bytes("GET", "/v1/schemas/signal", {}))
        assert wire.read_answer().status == 200
        assert json.loads(wire.read_answer().body)["title"] == "signal"
