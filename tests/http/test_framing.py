"""Requests that two readers could read differently: refused by the worker, nothing repeated, connection closed."""

import json

import pytest

from tests.http.serving import HOST, request_bytes

MARK = "zebra5150"
PUSH = "/v1/batches"


def refused(api, data, *, status, code):
    """Send `data`; the one answer is this problem, repeats nothing, and ends the connection."""
    with api.wire() as wire:
        wire.send(data)
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["connection"] == "close"
        assert set(json.loads(answer.body)) == {"type", "title", "status", "code", "request_id"}
        assert MARK.encode() not in answer.raw
        assert "signature" not in answer.headers
        assert "havre-receipt" not in answer.headers
        assert b"<" not in answer.body
        assert wire.is_closed()
    assert MARK not in api.log_text()


def malformed(api, data):
    refused(api, data, status=400, code="malformed_request")


def test_a_length_and_a_transfer_coding_together_are_refused(api):
    smuggled = request_bytes("GET", f"/{MARK}", {})
    body = b"0\r\n\r\n" + smuggled
    headers = {"Content-Length": str(len(body)), "Transfer-Encoding": "chunked", "X-Mark": MARK}
    malformed(api, request_bytes("POST", PUSH, headers, body))


def test_two_lengths_are_refused(api):
    headers = [("Content-Length", "3"), ("Content-Length", "4"), ("X-Mark", MARK)]
    malformed(api, request_bytes("POST", PUSH, headers, b"abcd"))


def test_two_equal_lengths_are_refused(api):
    malformed(api, request_bytes("POST", PUSH, [("Content-Length", "3"), ("Content-Length", "3")], b"abc"))


def test_a_list_of_lengths_is_refused(api):
    malformed(api, request_bytes("POST", PUSH, {"Content-Length": "3, 3"}, b"abc"))


@pytest.mark.parametrize("length", ["-1", "+3", "0x3", "3.0", "\xb2", "9" * 5000])
def test_a_length_that_is_no_plain_number_is_refused(api, length):
    malformed(api, request_bytes("POST", PUSH, {"Content-Length": length}, b"abc"))


def test_two_hosts_are_refused(api):
    malformed(api, request_bytes("GET", "/healthz", [("Host", HOST), ("Host", f"{MARK}.example")]))


@pytest.mark.parametrize("coding", ["gzip, chunked, chunked", "chunked, gzip", "gzip", "identity", "xchunked", MARK])
def test_a_transfer_coding_other_than_chunked_once_and_last_is_refused(api, coding):
    malformed(api, request_bytes("POST", PUSH, {"Transfer-Encoding": coding}, b"0\r\n\r\n"))


def test_chunks_in_http_1_0_are_refused(api):
    data = f"POST {PUSH} HTTP/1.0\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
    malformed(api, data)


def test_a_folded_header_is_refused(api):
    malformed(api, f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nX-A: b\r\n {MARK}\r\n\r\n".encode())


def test_a_space_before_the_colon_is_refused(api):
    malformed(api, f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nX-{MARK} : b\r\n\r\n".encode())


def test_a_header_name_with_an_underscore_is_refused(api):
    malformed(api, request_bytes("GET", "/healthz", {"Content_Length": "5", "X-Mark": MARK}))


def test_a_script_name_cannot_be_given_by_a_header(api):
    malformed(api, request_bytes("GET", f"/{MARK}/healthz", {"SCRIPT_NAME": f"/{MARK}"}))


def test_a_bare_line_feed_ends_no_line(api):
    malformed(api, f"GET /healthz HTTP/1.1\nHost: {HOST}\nX-A: {MARK}\n\n".encode())


def test_a_control_character_in_a_header_is_refused(api):
    malformed(api, f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nX-A: {MARK}\x00\r\n\r\n".encode())


def test_an_expectation_other_than_continue_is_refused(api):
    malformed(api, request_bytes("POST", PUSH, {"Expect": MARK, "Content-Length": "3"}, b"abc"))


@pytest.mark.parametrize(
    "target",
    [
        f"http://{HOST}/healthz",
        f"//{HOST}/../{MARK}#x",
        "//healthz",
        f"/healthz#{MARK}",
        "*",
        f"{HOST}:443",
        f"\\{MARK}",
    ],
)
def test_a_target_that_is_not_in_origin_form_is_refused(api, target):
    malformed(api, request_bytes("GET", target, {"X-Mark": MARK}))


@pytest.mark.parametrize(
    "line", ["GET /healthz", f"GET /{MARK} HTTP/3.0", "GET  /healthz HTTP/1.1", f"get /{MARK} HTTP/1.1"]
)
def test_a_request_line_of_another_form_is_refused(api, line):
    malformed(api, f"{line}\r\nHost: {HOST}\r\n\r\n".encode())


def test_connect_is_refused(api):
    malformed(api, request_bytes("CONNECT", f"{MARK}.example:443", {}))


def test_an_upgrade_to_http_2_is_not_taken(api):
    headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    assert api.ask(request_bytes("GET", "/healthz", headers)).status == 200


def test_the_preface_of_http_2_is_refused(api):
    malformed(api, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def test_a_tls_hello_is_refused(api):
    malformed(api, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")


def test_a_header_field_over_8_kib_is_refused(api):
    refused(api, request_bytes("GET", "/healthz", {"X-Mark": MARK * 1000}), status=431, code="headers_too_large")


def test_more_than_64_header_fields_are_refused(api):
    headers = [(f"X-{number}", MARK) for number in range(70)]
    refused(api, request_bytes("GET", "/healthz", headers), status=431, code="headers_too_large")


def test_a_head_without_end_is_refused_before_it_fills_memory(api):
    head = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n" + f"X-A: {MARK}{'a' * 4000}\r\n" * 6
    refused(api, head.encode(), status=431, code="headers_too_large")


def test_a_request_line_over_4_kib_is_refused(api):
    refused(api, request_bytes("GET", "/" + MARK * 600, {}), status=431, code="headers_too_large")


def test_forwarded_headers_change_nothing(api):
    headers = {
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": MARK,
        "Forwarded": f"host={MARK}",
        "X-Real-IP": "9.9.9.9",
    }
    answer = api.ask(request_bytes("GET", "/v1/whoami", {**api.signed("GET", "/v1/whoami"), **headers}))
    assert answer.status == 200
    assert MARK.encode() not in answer.raw
