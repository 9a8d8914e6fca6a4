"""Targets, origins and methods: one spelling each."""

import pytest

from crypto.messages import (
    public_target_uri,
)
from crypto.refusals import NotVerified
from tests.crypto.builders import (
    ORIGIN,
    a_push,
)

GOOD_TARGETS = ["/", "/v1/feed", "/v1/feed?after=a-b_c&limit=10", "/v1/records/a.example/x", "/a%20b", "/a?b=%C3%A9"]
BAD_TARGETS = [
    *("", "*", "v1/feed", "//evil.example/", "/v1//feed", "/a/../b", "/a/./b", "/a/..", "/a/.", "/../a", "/a%2Fb"),
    *("/a%2fb", "/a?b=%2f", "/a#b", "/a b", "/a\tb", "/a\nb", "/a\x00b", "/é", "https://node.example/", "/a%", "/a%2"),
    *("/a%zz", "/a/%2e%2e/b", "/a/%2E", "/a%5Cb", "/a\\b", '/a"b', "/a<b", "/a|b", "/a?b=//c", "/a/..?b", "/\x7f"),
]


@pytest.mark.parametrize("target", GOOD_TARGETS)
def test_a_raw_target_stands_below_the_public_origin(target):
    assert public_target_uri(origin=ORIGIN, target=target) == ORIGIN + target


@pytest.mark.parametrize("target", BAD_TARGETS)
def test_a_target_that_two_readers_could_understand_differently_is_refused(target):
    with pytest.raises(NotVerified, match="target"):
        public_target_uri(origin=ORIGIN, target=target)


@pytest.mark.parametrize("target", [target for target in BAD_TARGETS if target.startswith("/")])
def test_such_a_target_is_refused_in_a_signed_request_too(target):
    with pytest.raises(NotVerified, match=r"target|origin"):
        a_push(target_uri=ORIGIN + target)


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8080", "https://node.example", "https://node.example:8443", "http://[::1]:80801"[:-1]],
)
def test_an_origin_is_scheme_host_and_port(origin):
    assert public_target_uri(origin=origin, target="/") == origin + "/"


@pytest.mark.parametrize(
    "origin",
    [
        *("https://node.example/", "https://Node.example", "ftp://node.example", "https://u@node.example", "https://"),
        *("https://node.example:443", "http://node.example:80", "https://node.example:0", "node.example", ""),
        *("https://node.example\n", "https://node.example:"),
    ],
)
def test_an_origin_of_a_second_spelling_is_refused(origin):
    with pytest.raises(NotVerified, match="origin"):
        public_target_uri(origin=origin, target="/")


@pytest.mark.parametrize("uri", ["https://node.example", "/v1/batches", "", "https:///v1/batches"])
def test_a_target_uri_without_origin_or_path_is_refused(uri):
    with pytest.raises(NotVerified, match=r"target|origin"):
        a_push(target_uri=uri)


@pytest.mark.parametrize("method", ["", "post", "POST ", "GET\n", "P-T"])
def test_a_method_is_upper_case_letters(method):
    with pytest.raises(NotVerified, match="method"):
        a_push(method=method)
