"""The signed answer, bound to the request that it answers."""

from hashlib import sha256

import pytest

from crypto.messages import (
    content_digest,
    verify_response,
)
from crypto.refusals import NotVerified
from tests.crypto.builders import (
    NODE_ID,
    NODE_KEY,
    NOW,
    OTHER,
    RECEIPT,
    a_pull,
    a_push,
    request_headers,
    response_headers,
)

BODY = b'{"batch":"x"}'


def verified_answer(request, headers, *, status=201, body=BODY, key=NODE_KEY.public, keyid=NODE_ID, now=NOW):
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    return verify_response(request=request, status=status, headers=pairs, body=body, key=key, keyid=keyid, now=now)


def an_answer(request, **changes):
    return response_headers(request, **({"digest": sha256(BODY).digest()} | changes))


def test_a_signed_answer_verifies_and_gives_its_receipt():
    request = a_push()
    answer = verified_answer(request, an_answer(request))
    assert (answer.receipt, answer.content_type, answer.created) == (RECEIPT, "application/json", NOW)


def test_an_answer_to_a_request_without_a_body_verifies():
    request = a_pull()
    assert verified_answer(request, an_answer(request, status=200), status=200).receipt == RECEIPT


def test_an_answer_without_a_receipt_verifies_and_says_so():
    request = a_push()
    assert verified_answer(request, an_answer(request, receipt=None)).receipt is None


def test_an_answer_is_judged_by_the_digest_of_a_streamed_body():
    request = a_push()
    pairs = list(an_answer(request).items())
    answer = verify_response(
        request=request,
        status=201,
        headers=pairs,
        body=None,
        body_digest=sha256(BODY).digest(),
        key=NODE_KEY.public,
        keyid=NODE_ID,
        now=NOW,
    )
    assert answer.receipt == RECEIPT


@pytest.mark.parametrize("digest", [None, b"x" * 32])
def test_an_answer_is_judged_by_a_body_or_its_digest_never_by_both_or_none(digest):
    with pytest.raises(ValueError, match="either"):
        verify_response(
            request=a_push(),
            status=201,
            headers=[],
            body=None if digest is None else b"x",
            body_digest=digest,
            key=NODE_KEY.public,
            keyid=NODE_ID,
            now=NOW,
        )


def test_an_answer_to_another_request_is_refused():
    request = a_push()
    other = a_push(request_headers(nonce="B" * 22))
    with pytest.raises(NotVerified, match="signature"):
        verified_answer(other, an_answer(request))


def test_an_answer_to_a_pull_does_not_answer_a_push():
    with pytest.raises(NotVerified, match="coverage"):
        verified_answer(a_push(), an_answer(a_pull()))


@pytest.mark.parametrize("status", [200, 409])
def test_another_status_than_the_signed_one_is_refused(status):
    request = a_push()
    with pytest.raises(NotVerified, match="signature"):
        verified_answer(request, an_answer(request), status=status)


def test_an_altered_body_of_an_answer_is_refused():
    request = a_push()
    with pytest.raises(NotVerified, match="content_digest"):
        verified_answer(request, an_answer(request), body=BODY + b" ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("Content-Type", "text/html"), ("Content-Digest", content_digest(b"x")), ("Havre-Receipt", "B" * 42 + "A")],
)
def test_an_altered_header_of_an_answer_is_refused(name, value):
    request = a_push()
    with pytest.raises(NotVerified, match="signature"):
        verified_answer(request, an_answer(request) | {name: value}, body=b"x" if "Digest" in name else BODY)


@pytest.mark.parametrize("name", ["Content-Type", "Content-Digest", "Signature-Input", "Signature"])
def test_an_answer_without_a_header_is_not_signed(name):
    request = a_push()
    headers = {other: value for other, value in an_answer(request).items() if other != name}
    with pytest.raises(NotVerified, match="not_signed"):
        verified_answer(request, headers)


def test_an_answer_whose_receipt_was_taken_away_is_refused():
    request = a_push()
    headers = {name: value for name, value in an_answer(request).items() if name != "Havre-Receipt"}
    with pytest.raises(NotVerified, match="coverage"):
        verified_answer(request, headers)


def test_an_answer_to_which_a_receipt_was_added_is_refused():
    request = a_push()
    with pytest.raises(NotVerified, match="coverage"):
        verified_answer(request, an_answer(request, receipt=None) | {"Havre-Receipt": RECEIPT})


@pytest.mark.parametrize(
    "component",
    [
        *('"@status"', '"content-type"', '"content-digest"', '"havre-receipt"', '"@method";req'),
        *('"@target-uri";req', '"content-digest";req', '"signature";req'),
    ],
)
def test_an_answer_that_does_not_cover_a_component_is_refused(component):
    request = a_push()
    headers = an_answer(request)
    spoiled = headers["Signature-Input"].replace(component, "", 1).replace("( ", "(").replace("  ", " ")
    with pytest.raises(NotVerified, match="coverage"):
        verified_answer(request, headers | {"Signature-Input": spoiled})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + ';alg="ed25519"',
        lambda text: text.replace(";req", "", 1),
        lambda text: text.replace("havre=", "sig=", 1),
        lambda text: text.replace("havre-response-v1", "havre-request-v1"),
        lambda text: text + ', b=("@status");created=1',
        lambda text: text.replace(f";created={NOW}", ""),
    ],
)
def test_signature_input_of_an_answer_of_any_other_form_is_refused(spoil):
    request = a_push()
    headers = an_answer(request)
    with pytest.raises(NotVerified, match="coverage"):
        verified_answer(request, headers | {"Signature-Input": spoil(headers["Signature-Input"])})


@pytest.mark.parametrize("away", [-120, 120])
def test_an_answer_is_good_for_two_minutes_either_way(away):
    request = a_push()
    assert verified_answer(request, an_answer(request), now=NOW + away).created == NOW


@pytest.mark.parametrize("away", [-121, 121])
def test_an_older_or_later_answer_is_stale(away):
    request = a_push()
    with pytest.raises(NotVerified, match="stale"):
        verified_answer(request, an_answer(request), now=NOW + away)


def test_an_answer_by_another_node_is_refused():
    request = a_push()
    with pytest.raises(NotVerified, match="keyid"):
        verified_answer(request, an_answer(request), keyid=NODE_ID.replace("node.", "other."))


def test_an_answer_under_another_key_than_the_keyid_names_is_refused():
    request = a_push()
    with pytest.raises(NotVerified, match="keyid"):
        verified_answer(request, an_answer(request), key=OTHER.public)


def test_a_purpose_in_an_answer_is_refused():
    request = a_push()
    with pytest.raises(NotVerified, match="coverage"):
        verified_answer(request, an_answer(request) | {"Havre-Purpose": "detection"})


@pytest.mark.parametrize("name", ["Havre-Receipt", "Content-Digest", "Signature"])
def test_a_repeated_header_of_an_answer_is_refused(name):
    request = a_push()
    headers = an_answer(request)
    with pytest.raises(NotVerified, match="header_repeated"):
        verified_answer(request, [*headers.items(), (name.lower(), headers[name])])


def test_a_compressed_answer_is_refused():
    request = a_push()
    with pytest.raises(NotVerified, match="header_refused"):
        verified_answer(request, an_answer(request) | {"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": 199}, "status"),
        ({"status": 600}, "status"),
        ({"digest": b"x"}, "content_digest"),
        ({"receipt": "A" * 42}, "receipt"),
        ({"receipt": "A" * 42 + "B"}, "receipt"),
        ({"content_type": ""}, "header_form"),
        ({"created": -1}, "created"),
    ],
)
def test_an_answer_that_no_reader_would_accept_is_not_signed(change, reason):
    with pytest.raises(NotVerified, match=reason):
        an_answer(a_push(), **change)
