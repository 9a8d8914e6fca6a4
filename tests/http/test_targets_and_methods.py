"""Targets that a framework would make something else of, and methods that have no signed form."""

import pytest

from tests.http.serving import HOST, request_bytes

MARK = "zebra5150"


def answer_to(api, method, target, headers):
    answer = api.ask(request_bytes(method, target, headers))
    assert MARK.encode() not in answer.raw
    return answer


def signed_elsewhere(api):
    """Headers of an honest request for whoami, sent with another target."""
    return api.signed("GET", "/v1/whoami")


@pytest.mark.parametrize("target", ["/v1//whoami", "/v1/%2Fwhoami", "/v1/whoami/../whoami", "/v1/whoami/"])
def test_a_path_with_a_second_spelling_is_nowhere(api, target):
    assert answer_to(api, "GET", target, signed_elsewhere(api)).status == 404


@pytest.mark.parametrize("target", ["/v1/%77hoami", "/v1/whoami?x=%2F", "/v1/whoami?", "/v1/whoami?a=..%2f"])
def test_a_target_other_than_the_signed_one_is_not_authenticated(api, target):
    answer = answer_to(api, "GET", target, signed_elsewhere(api))
    assert (answer.status, answer.code) == (401, "not_authenticated")


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"], ids=lambda name: name.lower()
)
def test_a_method_override_is_refused(api, header):
    answer = answer_to(api, "GET", "/v1/whoami", {**signed_elsewhere(api), header: "DELETE"})
    assert (answer.status, answer.code) == (401, "not_authenticated")


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "DELETE", "PATCH", "POST", "PUT"])
def test_a_method_that_a_path_does_not_have_is_refused(api, method):
    answer = answer_to(api, method, "/v1/whoami", {"X-Mark": MARK, "Content-Length": "0"})
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert "signature" not in answer.headers


def test_head_is_refused_without_a_body(api):
    with api.wire() as wire:
        wire.send(request_bytes("HEAD", "/v1/whoami", signed_elsewhere(api)))
        head = wire.socket.recv(65536)
        assert head.startswith(b"HTTP/1.1 405 ")
        assert head.endswith(b"\r\n\r\n")


def test_head_of_a_public_page_is_refused(api):
    with api.wire() as wire:
        wire.send(request_bytes("HEAD", "/healthz", {}))
        assert wire.socket.recv(65536).startswith(b"HTTP/1.1 405 ")


def test_trace_repeats_nothing(api):
    assert answer_to(api, "TRACE", "/healthz", {"X-Mark": MARK}).status == 405


@pytest.mark.parametrize("host", ["other.example", "node.example:443", "NODE.EXAMPLE", "127.0.0.1"])
def test_a_request_for_another_host_is_misdirected(api, host):
    answer = answer_to(api, "GET", "/v1/whoami", {**signed_elsewhere(api), "Host": host})
    assert (answer.status, answer.code) == (421, "wrong_host")


def test_a_request_without_a_host_is_misdirected(api):
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed_elsewhere(api).items())
    answer = api.ask(f"GET /v1/whoami HTTP/1.1\r\n{lines}\r\n".encode())
    assert (answer.status, answer.code) == (421, "wrong_host")


@pytest.mark.parametrize("header", ["Signature", "Signature-Input", "Havre-Purpose"])
def test_a_repeated_security_header_is_not_authenticated(api, header):
    headers = signed_elsewhere(api)
    answer = api.ask(request_bytes("GET", "/v1/whoami", [*headers.items(), (header, headers[header])]))
    assert (answer.status, answer.code) == (401, "not_authenticated")


def test_headers_over_8_kib_together_are_too_large(api):
    headers = {**signed_elsewhere(api), **{f"X-{number}": "a" * 1000 for number in range(9)}}
    answer = api.ask(request_bytes("GET", "/v1/whoami", headers))
    assert (answer.status, answer.code) == (431, "headers_too_large")


def test_every_401_gives_the_date_of_the_node(api):
    answer = api.ask(request_bytes("GET", "/v1/whoami", {"Host": HOST}))
    assert answer.status == 401
    assert answer.headers["date"].endswith("GMT")
