"""The connection alone, against servers that play with time and with the environment."""

import socket
import time
from dataclasses import replace
from threading import Thread

import httpx2
import pytest

from client.clock import Source
from client.failures import NotConfigured, Unreachable
from client.wire import Patience, Wire
from schemas.answers import WellKnownSchema
from tests.client.test_home import CONFIG, home  # noqa: F401 - the fixture

BRIEF = Patience(attempts=1, seconds=5, answer_seconds=0.5)


def a_wire(origin_url, transport=None, **said):
    return Wire(origin_url=origin_url, source=Source(), patience=BRIEF, transport=transport, **said)


def read(wire):
    try:
        return wire.read_public("/.well-known/havre", WellKnownSchema())
    finally:
        wire.close()


@pytest.fixture
def dripping():
    """A server that sends a byte now and then, for as long as somebody listens: of headers, or of a body."""
    listener = socket.create_server(("127.0.0.1", 0))
    starts = []

    def serve():
        with listener.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(starts[0])
            for _ in range(100):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return
                time.sleep(0.1)

    serving = Thread(target=serve, daemon=True)

    def begin(start):
        starts.append(start)
        serving.start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield begin
    listener.close()
    serving.join()


def test_an_answer_whose_headers_come_byte_by_byte_ends_at_the_deadline(dripping):
    began = time.monotonic()
    with pytest.raises(Unreachable):
        read(a_wire(dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ")))
    assert time.monotonic() - began < 3


def test_an_answer_whose_body_comes_byte_by_byte_ends_at_the_deadline(dripping):
    began = time.monotonic()
    with pytest.raises(Unreachable):
        read(a_wire(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")))
    assert time.monotonic() - began < 3


def test_a_wait_of_thousands_of_digits_is_a_long_wait_and_no_crash():
    def busy(_request):
        return httpx2.Response(503, headers={"Retry-After": "9" * 5_000}, stream=httpx2.ByteStream(b""))

    with pytest.raises(Unreachable) as caught:
        read(a_wire("https://node.example", httpx2.MockTransport(busy)))
    assert caught.value.retry_after_seconds == 3600


def test_neither_a_proxy_nor_a_password_of_the_environment_is_used(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine node.example login someone password synthetic\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    seen = []

    def answer(request):
        seen.append(request)
        return httpx2.Response(503, stream=httpx2.ByteStream(b""))

    with pytest.raises(Unreachable):
        read(a_wire("https://node.example", httpx2.MockTransport(answer)))
    assert [("authorization" in request.headers) for request in seen] == [False]
    assert a_wire("https://node.example")._client._mounts == {}


def test_a_proxy_that_the_user_has_set_is_asked(home):  # noqa: F811 - the fixture
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        home.write_config(replace(CONFIG, proxy=proxy))
        asking = Thread(target=_fails, args=(a_wire("http://node.example", proxy=home.config().proxy),))
        asking.start()
        with listener.accept()[0] as connection:
            asked = connection.recv(65_536)
        asking.join()
    assert asked.startswith(b"GET http://node.example/.well-known/havre HTTP/1.1\r\n")


def _fails(wire):
    with pytest.raises(Unreachable):
        read(wire)


def test_a_proxy_that_is_no_address_is_refused(home):  # noqa: F811 - the fixture
    home.write_config(replace(CONFIG, proxy="somewhere"))
    with pytest.raises(NotConfigured, match="config_form"):
        home.config()
