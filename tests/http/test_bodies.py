"""Bodies that are late, too large, compressed, cut off or followed by something else."""

import json
import time
from pathlib import Path

import psycopg
import pytest

from tests.http.serving import request_bytes

MARK = "zebra5150"
APPROVALS = "/v1/approvals"
PUSH = "/v1/batches"
PUSH_LIMIT = 8 * 1024 * 1024


def posted(api, body: bytes, *, target=APPROVALS, announced=None, **changes) -> bytes:
    """Return the head of a signed POST of `body`; `announced` headers say how long it is."""
    headers = api.signed("POST", target, body=body, **changes)
    return request_bytes("POST", target, headers | (announced or {"Content-Length": str(len(body))}))


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def memory_peak_mb(api) -> float:
    """Return the largest resident size so far of the api's worker processes."""
    children = Path(f"/proc/{api.process.pid}/task/{api.process.pid}/children").read_text().split()
    status = [Path(f"/proc/{child}/status").read_text() for child in children]
    lines = [line for text in status for line in text.splitlines() if line.startswith("VmHWM")]
    return max(int(line.split()[1]) for line in lines) / 1024


def entries(api) -> int:
    with psycopg.connect(api.node.settings.owner_database_url) as db:
        return db.execute("SELECT count(*) FROM entry").fetchone()[0]


def test_a_chunked_body_is_read_as_what_was_signed(api):
    body = json.dumps({"approval": MARK}).encode()
    head = posted(api, body, announced={"Transfer-Encoding": "chunked"})
    answer = api.ask(head + chunked(body[:5], body[5:]))
    assert answer.code not in {"not_authenticated", "malformed_request"}
    assert "havre-receipt" in answer.headers
    assert MARK.encode() not in answer.raw


def test_malformed_chunks_are_refused_and_the_connection_ends(api):
    body = b'{"approval":"x"}'
    head = posted(api, body, announced={"Transfer-Encoding": "chunked"})
    with api.wire() as wire:
        wire.send(head + b"5\r\nabcdeXX" + MARK.encode())
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (400, "malformed_body")
        assert MARK.encode() not in answer.raw
        assert wire.is_closed()


def test_a_body_other_than_the_signed_one_is_not_authenticated_and_entered(api):
    before = entries(api)
    head = posted(api, b'{"approval":"x"}')
    answer = api.ask(head + b'{"approval":"y"}')
    assert (answer.status, answer.code) == (401, "not_authenticated")
    assert entries(api) == before + 1


def test_a_compressed_body_is_refused_unread(api):
    body = b"\x1f\x8b\x08" + bytes(40)
    head = posted(api, body, announced={"Content-Length": str(len(body)), "Content-Encoding": "gzip"})
    with api.wire() as wire:
        wire.send(head + body)
        answer = wire.read_answer()
        assert answer.status in {401, 415}
        assert wire.is_closed()


def test_a_body_of_another_media_type_is_refused(api):
    body = b"<xml/>"
    answer = api.ask(posted(api, body, content_type="text/xml") + body)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_body_that_drips_is_cut_at_the_deadline(api):
    body = b" " * 4000
    with api.wire() as wire:
        wire.send(posted(api, body))
        began = time.monotonic()
        for _ in range(12):
            time.sleep(0.2)
            try:
                wire.send(b" ")
            except (BrokenPipeError, ConnectionResetError):
                break
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (408, "body_too_slow")
        assert answer.headers["connection"] == "close"
        assert "signature" not in answer.headers
        assert time.monotonic() - began < 6
        assert wire.is_closed()


def test_a_head_that_drips_is_cut_at_the_deadline(api):
    with api.wire() as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nX-Mark: " + MARK.encode())
        began = time.monotonic()
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (408, "body_too_slow")
        assert MARK.encode() not in answer.raw
        assert time.monotonic() - began < 4
        assert wire.is_closed()


def test_many_dripping_heads_do_not_stop_the_node_for_longer_than_their_deadline(api):
    wires = [api.wire() for _ in range(12)]
    for wire in wires:
        wire.send(b"GET /healthz HTTP/1.1\r\nX-A: ")
    began = time.monotonic()
    assert api.ask(request_bytes("GET", "/healthz", {})).status == 200
    assert time.monotonic() - began < 12
    for wire in wires:
        wire.socket.close()


def test_two_documents_of_strangers_are_read_at_once_and_the_others_are_told_to_come_again(api):
    wires = [api.wire() for _ in range(4)]
    for wire in wires:
        wire.send(posted(api, b" " * 4000, target="/v1/applications"))
    codes = sorted(wire.read_answer().code for wire in wires)
    for wire in wires:
        wire.socket.close()
    assert codes == ["body_too_slow"] * 2 + ["busy"] * 2


def test_a_declared_body_over_the_limit_is_refused_before_it_is_read(api):
    before = memory_peak_mb(api)
    head = posted(
        api,
        b"",
        target=PUSH,
        content_type="application/x-ndjson",
        purpose="contribution",
        announced={"Content-Length": str(10 * 1024**4)},
    )
    with api.wire() as wire:
        wire.send(head)
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (413, "too_large")
        assert answer.headers["connection"] == "close"
        assert "havre-receipt" not in answer.headers
        assert wire.is_closed()
    assert memory_peak_mb(api) - before < 8


def test_an_undeclared_body_over_the_limit_is_cut_with_memory_bounded(api):
    piece = bytes(1024 * 1024)
    head = posted(
        api,
        b"",
        target=PUSH,
        content_type="application/x-ndjson",
        purpose="contribution",
        announced={"Transfer-Encoding": "chunked"},
    )
    with api.wire() as wire:
        wire.send(head)
        for _ in range(12):
            wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (413, "too_large")
        assert wire.is_closed()
    assert memory_peak_mb(api) < 200


def test_what_follows_a_refused_body_is_never_a_request(api):
    smuggled = request_bytes("GET", "/v1/schemas/signal", {})
    body = b"x" * 20_000 + smuggled
    with api.wire() as wire:
        wire.send(posted(api, body) + body)
        assert wire.read_answer().code == "too_large"
        assert wire.is_closed()


def test_what_follows_an_unread_body_is_never_a_request(api):
    smuggled = request_bytes("GET", "/v1/schemas/signal", {})
    with api.wire() as wire:
        wire.send(request_bytes("POST", "/v1/nowhere", {"Content-Length": str(len(smuggled))}) + smuggled)
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.headers["connection"] == "close"
        assert wire.is_closed()


def test_a_body_where_none_is_taken_is_not_a_next_request(api):
    smuggled = request_bytes("GET", "/v1/schemas/signal", {})
    headers = api.signed("GET", "/v1/whoami") | {"Content-Length": str(len(smuggled))}
    with api.wire() as wire:
        wire.send(request_bytes("GET", "/v1/whoami", headers) + smuggled)
        wire.read_answer()
        assert wire.is_closed()


def test_pipelined_signed_requests_are_each_answered_in_order(api):
    first, second = api.signed("GET", "/v1/whoami"), api.signed("GET", "/v1/whoami")
    with api.wire() as wire:
        wire.send(request_bytes("GET", "/v1/whoami", first) + request_bytes("GET", "/v1/whoami", second))
        answers = [wire.read_answer(), wire.read_answer()]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].headers["havre-receipt"] != answers[1].headers["havre-receipt"]


def test_a_partner_that_leaves_in_the_middle_of_a_body_harms_nobody(api):
    body = b" " * 4000
    with api.wire() as wire:
        wire.send(posted(api, body) + body[:100])
    assert api.ask(request_bytes("GET", "/healthz", {})).status == 200


def test_a_partner_that_announces_a_body_is_told_to_continue(api):
    body = b'{"approval":"x"}'
    head = posted(api, body, announced={"Content-Length": str(len(body)), "Expect": "100-continue"})
    with api.wire() as wire:
        wire.send(head)
        assert wire.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(body)
        assert "havre-receipt" in wire.read_answer().headers


@pytest.mark.parametrize("length", ["abc", "1e3", "00000000000000000000000000000000000000000000012x"])
def test_a_length_in_another_form_never_reaches_the_application(api, length):
    answer = api.ask(posted(api, b"", announced={"Content-Length": length}))
    assert (answer.status, answer.code) == (400, "malformed_request")


def test_nothing_that_was_sent_is_in_the_log_of_the_process(api):
    api.ask(request_bytes("GET", f"/{MARK}", {"X-Mark": MARK, "User-Agent": MARK, "Referer": MARK}))
    assert MARK not in api.log_text()
