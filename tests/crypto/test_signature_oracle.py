"""An independent HTTP-signature library: what one signs the other verifies, what one refuses both refuse."""

import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace

import pytest
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)

from crypto.messages import read_request, verify_body, verify_request, verify_response
from crypto.refusals import NotVerified
from tests.crypto.builders import (
    EXCHANGE,
    EXCHANGE_ID,
    NODE_ID,
    NODE_KEY,
    NONCE,
    ORIGIN,
    RECEIPT,
    a_push,
    request_headers,
    response_headers,
)

KEYS = MappingKeyResolver(
    public_keys={EXCHANGE_ID: EXCHANGE.public.ed25519, NODE_ID: NODE_KEY.public.ed25519},
    private_keys={EXCHANGE_ID: EXCHANGE.ed25519, NODE_ID: NODE_KEY.ed25519},
)
SIGNER = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=KEYS)
VERIFIER = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=KEYS)
# Without these two the library takes day-old signatures.
VERIFIER.max_clock_skew = timedelta(seconds=60)
NO_AGE = timedelta(0)

URI = ORIGIN + "/v1/batches"
BODY = b"{}\n"
COVERED = ("@method", "@target-uri", "havre-purpose", "content-type", "content-digest")
ANSWER = b'{"batch":"x"}'
ANSWER_COVERED = (
    *('"@status"', '"content-type"', '"content-digest"', '"havre-receipt"', '"@method";req', '"@target-uri";req'),
    *('"content-digest";req', '"signature";req'),
)


def _request(headers, *, method="POST", uri=URI):
    return SimpleNamespace(method=method, url=uri, headers=dict(headers))


def _response(headers, request_headers_, *, status=201):
    return SimpleNamespace(status_code=status, headers=dict(headers), request=_request(request_headers_))


def _digest(body):
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def ours_accepts(headers, *, method="POST", uri=URI, body=BODY):
    try:
        request = read_request(method=method, target_uri=uri, headers=list(headers.items()))
        verify_request(request, key=EXCHANGE.public, now=int(time.time()))
        verify_body(request, body)
    except NotVerified:
        return False
    return True


def theirs_accepts(headers, *, method="POST", uri=URI, body=BODY):
    try:
        VERIFIER.verify(
            _request(headers, method=method, uri=uri),
            max_age=NO_AGE,
            expect_tag="havre-request-v1",
            expect_label="havre",
            require_components=COVERED,
            body=body,
        )
    except HTTPMessageSignaturesException:
        return False
    return True


def signed_by_theirs(*, covered=COVERED, created=None, **changes):
    message = _request(
        {"Havre-Purpose": "contribution", "Content-Type": "application/x-ndjson", "Content-Digest": _digest(BODY)}
    )
    options = {"label": "havre", "tag": "havre-request-v1", "include_alg": False, "nonce": NONCE}
    SIGNER.sign(
        message,
        key_id=EXCHANGE_ID,
        created=datetime.fromtimestamp(int(time.time()) if created is None else created, tz=UTC),
        covered_component_ids=covered,
        use_existing_digest=True,
        **(options | changes),
    )
    return message.headers


def signed_by_ours(**changes):
    return request_headers(**({"created": int(time.time())} | changes))


def test_what_we_sign_the_library_verifies():
    assert theirs_accepts(signed_by_ours())


def test_what_the_library_signs_under_our_profile_we_verify():
    assert ours_accepts(signed_by_theirs())


def test_both_sign_the_same_bytes():
    created = int(time.time())
    ours, theirs = signed_by_ours(created=created), signed_by_theirs(created=created)
    assert {name: ours[name] for name in theirs} == dict(theirs)


def test_a_request_without_a_body_is_understood_by_both():
    target = ORIGIN + "/v1/feed?limit=10"
    headers = request_headers(
        method="GET", target_uri=target, purpose="detection", body=None, content_type=None, created=int(time.time())
    )
    assert ours_accepts(headers, method="GET", uri=target, body=b"")
    results = VERIFIER.verify(
        _request(headers, method="GET", uri=target),
        max_age=NO_AGE,
        expect_tag="havre-request-v1",
        expect_label="havre",
        require_components=COVERED[:3],
    )
    assert [result.label for result in results] == ["havre"]


SPOILED = {
    "method": lambda headers: (headers, {"method": "PUT"}),
    "target": lambda headers: (headers, {"uri": URI + "?x"}),
    "origin": lambda headers: (headers, {"uri": "https://other.example/v1/batches"}),
    "body": lambda headers: (headers, {"body": b"[]\n"}),
    "purpose": lambda headers: (headers | {"Havre-Purpose": "detection"}, {}),
    "type": lambda headers: (headers | {"Content-Type": "text/plain"}, {}),
    "digest": lambda headers: (headers | {"Content-Digest": _digest(b"[]\n")}, {"body": b"[]\n"}),
    "signature": lambda headers: (headers | {"Signature": "havre=:" + "A" * 86 + "==:"}, {}),
    "no signature": lambda headers: ({name: headers[name] for name in headers if name != "Signature"}, {}),
    "no input": lambda headers: ({name: headers[name] for name in headers if name != "Signature-Input"}, {}),
    "no purpose": lambda headers: ({name: headers[name] for name in headers if name != "Havre-Purpose"}, {}),
    "no digest": lambda headers: ({name: headers[name] for name in headers if name != "Content-Digest"}, {}),
    "nonce": lambda headers: (_with_input(headers, NONCE, "B" * 22), {}),
    "tag": lambda headers: (_with_input(headers, "request-v1", "request-v2"), {}),
    "coverage": lambda headers: (_with_input(headers, ' "content-digest"', ""), {}),
    "order": lambda headers: (_with_input(headers, '"@method" "@target-uri"', '"@target-uri" "@method"'), {}),
    "label": lambda headers: (_with_input(headers, "havre=", "other="), {}),
    "keyid": lambda headers: (_with_input(headers, EXCHANGE_ID, NODE_ID), {}),
}


def _with_input(headers, old, new):
    return headers | {"Signature-Input": headers["Signature-Input"].replace(old, new, 1)}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_what_was_spoiled_neither_accepts(spoil):
    headers, circumstances = spoil(dict(signed_by_ours()))
    assert not ours_accepts(headers, **circumstances)
    assert not theirs_accepts(headers, **circumstances)


@pytest.mark.parametrize("away", [-90, 90])
def test_outside_the_window_neither_accepts(away):
    headers = signed_by_ours(created=int(time.time()) + away)
    assert not ours_accepts(headers)
    assert not theirs_accepts(headers)


@pytest.mark.parametrize(
    "options",
    [
        {"include_alg": True},
        {"label": "pyhms"},
        {"tag": "havre-response-v1"},
        {"tag": None},
        {"nonce": None},
        {"covered": ()},
        {"covered": ("@method",)},
        {"covered": COVERED[::-1]},
        {"covered": (*COVERED, "@authority")},
        {"expires": datetime(2199, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_what_the_library_signs_outside_our_profile_we_refuse(options):
    assert not ours_accepts(signed_by_theirs(**options))


def test_an_answer_that_we_sign_the_library_verifies():
    created = int(time.time())
    headers = signed_by_ours(created=created)
    answer = response_headers(a_push(headers), digest=sha256(ANSWER).digest(), created=created)
    results = VERIFIER.verify(
        _response(answer, headers),
        max_age=NO_AGE,
        expect_tag="havre-response-v1",
        expect_label="havre",
        require_components=ANSWER_COVERED,
        body=ANSWER,
    )
    assert [result.parameters["keyid"] for result in results] == [NODE_ID]


def test_an_answer_that_the_library_signs_under_our_profile_we_verify():
    created = int(time.time())
    headers = signed_by_ours(created=created)
    answer = _response(
        {"Content-Type": "application/json", "Content-Digest": _digest(ANSWER), "Havre-Receipt": RECEIPT}, headers
    )
    SIGNER.sign(
        answer,
        key_id=NODE_ID,
        created=datetime.fromtimestamp(created, tz=UTC),
        label="havre",
        tag="havre-response-v1",
        include_alg=False,
        use_existing_digest=True,
        covered_component_ids=ANSWER_COVERED,
    )
    verified = verify_response(
        request=a_push(headers),
        status=201,
        headers=list(answer.headers.items()),
        body=ANSWER,
        key=NODE_KEY.public,
        keyid=NODE_ID,
        now=created,
    )
    assert verified.receipt == RECEIPT


def test_an_answer_put_to_another_request_neither_accepts():
    created = int(time.time())
    headers, other = signed_by_ours(created=created), signed_by_ours(created=created, nonce="B" * 22)
    answer = response_headers(a_push(headers), digest=sha256(ANSWER).digest(), created=created)
    with pytest.raises(NotVerified, match="signature"):
        verify_response(
            request=a_push(other),
            status=201,
            headers=list(answer.items()),
            body=ANSWER,
            key=NODE_KEY.public,
            keyid=NODE_ID,
            now=created,
        )
    with pytest.raises(HTTPMessageSignaturesException):
        VERIFIER.verify(
            _response(answer, other), max_age=NO_AGE, expect_tag="havre-response-v1", expect_label="havre", body=ANSWER
        )
