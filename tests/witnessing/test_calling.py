"""One witness is asked over HTTP: bounded in time and size, no redirect, nothing but https or this machine."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from server.witnessing.calling import NoAnswer, hand_in, is_askable


@pytest.fixture
def answering() -> Iterator:
    """Start a witness on loopback that says these bytes, piece by piece; return its submission prefix."""
    listeners, ending, asked = [], threading.Event(), []

    def serve(listener, pieces, pause):
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(65_536))
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                if ending.wait(pause):
                    return

    def answering(*pieces: bytes, pause: float = 0.0) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, pieces, pause), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/w"

    answering.asked = asked
    yield answering
    ending.set()
    for listener in listeners:
        listener.close()


def reason_of(url, **options):
    with pytest.raises(NoAnswer) as caught:
        hand_in(url, b"old 0\n", **options)
    return caught.value.reason


def head(status: str, *fields: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]).encode() + body


def test_the_answer_is_handed_on_as_it_is(answering):
    answer = hand_in(answering(head("409 Conflict", "Content-Type: text/x.tlog.size", body=b"5\n")), b"old 3\n")
    assert (answer.status, answer.media_type, answer.body) == (409, "text/x.tlog.size", b"5\n")
    assert answering.asked[0].startswith(b"POST /w/add-checkpoint HTTP/1.1\r\n")


def test_a_redirect_is_an_answer_and_leads_nowhere(answering):
    elsewhere = answering(head("200 OK", body=b"x"))
    answer = hand_in(answering(head("302 Found", f"Location: {elsewhere}")), b"")
    assert (answer.status, len(answering.asked)) == (302, 1)


def test_a_witness_that_sends_byte_by_byte_is_hung_up_on(answering):
    began = time.monotonic()
    url = answering(*(b"H" for _ in range(1_000)), pause=0.05)
    assert reason_of(url, seconds=0.3) == "witness_slow"
    assert time.monotonic() - began < 2


def test_a_witness_that_says_nothing_is_hung_up_on(answering):
    assert reason_of(answering(b"", pause=30), seconds=0.3) in {"witness_slow", "witness_unreachable"}


def test_a_witness_that_talks_too_long_is_not_heard_out(answering):
    assert reason_of(answering(head("200 OK", body=b"x" * 100_000))) == "witness_talks_too_long"


def test_a_witness_that_speaks_no_http_is_told_as_that(answering):
    assert reason_of(answering(b"nonsense\r\n\r\n")) == "witness_malformed"


def test_a_witness_that_is_not_there_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert reason_of(f"http://127.0.0.1:{port}/w") == "witness_unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "http://witness.example/w",
        "http://127.0.0.1.witness.example/w",
        "ftp://witness.example/w",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@witness.example/w",
        "https://witness.example/w?x=1",
        "https://witness.example/w#x",
        "https://witness.example:nonsense/w",
        "https://witness.example/w w",
        "https://witness.example/w\r\nX: y",
        "witness.example/w",
    ],
)
def test_only_https_and_this_machine_are_asked(url):
    assert not is_askable(url)
    assert reason_of(url) == "witness_url"


@pytest.mark.parametrize(
    "url", ["https://witness.example", "https://witness.example:8443/v1/witness/", "http://localhost:8000/v1/witness"]
)
def test_a_submission_prefix_may_be_asked(url):
    assert is_askable(url)
