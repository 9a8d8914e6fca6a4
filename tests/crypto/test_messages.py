"""The signed request and the signed answer, and every way round them that we thought of."""

from hashlib import sha256

import pytest

from crypto.messages import (
    verify_body,
    verify_request,
    verify_response,
)
from crypto.refusals import NotVerified
from tests.crypto.builders import (
    EXCHANGE,
    NODE_ID,
    NODE_KEY,
    NONCE,
    NOW,
    ORIGIN,
    OTHER,
    a_pull,
    a_push,
    request_headers,
    response_headers,
)

BODY = b'{"batch":"x"}'
PUSH_URI = ORIGIN + "/v1/batches"


def verified(request, *, key=EXCHANGE.public, now=NOW):
    verify_request(request, key=key, now=now)
    return request


def verified_answer(request, headers, *, status=201, body=BODY, key=NODE_KEY.public, keyid=NODE_ID, now=NOW):
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    return verify_response(request=request, status=status, headers=pairs, body=body, key=key, keyid=keyid, now=now)


def an_answer(request, **changes):
    return response_headers(request, **({"digest": sha256(BODY).digest()} | changes))


# --- a request -----------------------------------------------------------------------------------------------------


def test_a_signed_push_verifies_and_says_who_and_what():
    request = verified(a_push())
    assert (request.organisation, request.thumbprint) == ("hotline.example", EXCHANGE.thumbprint)
    assert (request.purpose, request.content_type, request.nonce) == ("contribution", "application/x-ndjson", NONCE)


def test_a_signed_pull_has_no_body_and_verifies():
    request = verified(a_pull())
    assert (request.content_type, request.content_digest) == (None, None)


def test_the_body_is_the_one_whose_digest_was_signed():
    verify_body(a_push(), b"{}\n")


def test_an_altered_body_is_refused():
    with pytest.raises(NotVerified, match="content_digest"):
        verify_body(a_push(), b"{} \n")


def test_a_body_where_none_was_signed_is_refused():
    with pytest.raises(NotVerified, match="content_digest"):
        verify_body(a_pull(), b"x")


def test_no_body_where_none_was_signed_is_right():
    verify_body(a_pull(), b"")


@pytest.mark.parametrize("away", [-60, 0, 60])
def test_a_request_is_good_for_sixty_seconds_either_way(away):
    verified(a_push(), now=NOW + away)


@pytest.mark.parametrize("away", [-61, 61, 86400])
def test_an_older_or_later_request_is_stale(away):
    with pytest.raises(NotVerified, match="stale"):
        verified(a_push(), now=NOW + away)


def test_another_key_than_the_named_one_is_refused():
    with pytest.raises(NotVerified, match="keyid"):
        verified(a_push(), key=OTHER.public)


def test_a_stale_request_with_a_wrong_signature_is_not_called_stale():
    headers = request_headers(created=NOW - 999)
    headers["Signature"] = request_headers()["Signature"]
    with pytest.raises(NotVerified, match="signature"):
        verified(a_push(headers))
