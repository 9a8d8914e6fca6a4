"""The signed request, and every way round it that we thought of."""

import pytest

from crypto.messages import (
    content_digest,
    sign_request,
    verify_body,
    verify_request,
)
from crypto.refusals import NotVerified
from tests.crypto.builders import (
    EXCHANGE,
    EXCHANGE_ID,
    NONCE,
    NOW,
    ORIGIN,
    OTHER,
    RECEIPT,
    a_pull,
    a_push,
    request_headers,
)

PUSH_URI = ORIGIN + "/v1/batches"


def verified(request, *, key=EXCHANGE.public, now=NOW):
    verify_request(request, key=key, now=now)
    return request


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


REQUEST_COMPONENTS = ['"@method"', '"@target-uri"', '"havre-purpose"', '"content-type"', '"content-digest"']
REQUEST_PARAMETERS = ["created", "keyid", "nonce", "tag"]


def with_input(spoil, *, headers=None):
    headers = dict(request_headers() if headers is None else headers)
    headers["Signature-Input"] = spoil(headers["Signature-Input"])
    return headers


@pytest.mark.parametrize("component", REQUEST_COMPONENTS)
def test_a_request_that_does_not_cover_a_component_is_refused(component):
    headers = with_input(lambda text: text.replace(component, "", 1).replace("( ", "(").replace("  ", " "))
    with pytest.raises(NotVerified, match="coverage"):
        a_push(headers)


@pytest.mark.parametrize("component", REQUEST_COMPONENTS)
def test_a_request_with_a_changed_component_is_refused(component):
    for changed in (component + ";req", component + ";sf", component.upper(), component + " " + component):
        with pytest.raises(NotVerified, match="coverage"):
            a_push(with_input(lambda text, changed=changed: text.replace(component, changed, 1)))


@pytest.mark.parametrize("parameter", REQUEST_PARAMETERS)
def test_a_request_without_a_parameter_is_refused(parameter):
    def drop(text):
        covered, *parameters = text.split(";")
        return ";".join([covered, *(one for one in parameters if not one.startswith(parameter))])

    with pytest.raises(NotVerified, match="coverage"):
        a_push(with_input(drop))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + ';alg="ed25519"',
        lambda text: text + ";expires=1790000100",
        lambda text: text.replace("havre=", "sig1=", 1),
        lambda text: text + ", other=();created=1",
        lambda text: "other=();created=1, " + text,
        lambda text: text + ", " + text,
        lambda text: text.replace('"@method" "@target-uri"', '"@target-uri" "@method"'),
        lambda text: text.replace(";created", " ;created"),
        lambda text: text.replace(f"created={NOW}", f"created={NOW}.0"),
        lambda text: text.replace(f"created={NOW}", f'created="{NOW}"'),
        lambda text: text.replace(f"created={NOW}", f"created=0{NOW}"),
        lambda text: text.replace(f"created={NOW}", "created=-1"),
        lambda text: text.replace(f"created={NOW}", f"created={NOW};created={NOW}"),
        lambda text: text.replace("havre-request-v1", "havre-response-v1"),
        lambda text: text.replace("havre-request-v1", "havre-request-v2"),
        lambda text: text.replace(NONCE, NONCE[:-1]),
        lambda text: text.replace(NONCE, NONCE[:-1] + "="),
        lambda text: text.replace("hotline.example", "Hotline.example"),
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text[:0],
    ],
)
def test_signature_input_of_any_other_form_is_refused(spoil):
    with pytest.raises(NotVerified, match="coverage"):
        a_push(with_input(spoil))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Havre-Purpose", "detection"),
        ("Content-Type", "application/json"),
        ("Content-Digest", content_digest(b"other")),
    ],
)
def test_a_covered_header_that_was_altered_is_refused(name, value):
    with pytest.raises(NotVerified, match="signature"):
        verified(a_push(request_headers() | {name: value}))


def test_an_altered_method_is_refused():
    with pytest.raises(NotVerified, match="signature"):
        verified(a_push(method="PUT"))


def test_an_altered_target_is_refused():
    with pytest.raises(NotVerified, match="signature"):
        verified(a_push(target_uri=PUSH_URI + "?x=1"))


def test_another_origin_is_refused():
    with pytest.raises(NotVerified, match="signature"):
        verified(a_push(target_uri="https://other.example/v1/batches"))


@pytest.mark.parametrize(
    ("old", "new"), [(str(NOW), str(NOW + 1)), (NONCE, "B" * 22), ("hotline.example", "platform.example")]
)
def test_an_altered_parameter_is_refused(old, new):
    with pytest.raises(NotVerified, match="signature"):
        verified(a_push(with_input(lambda text: text.replace(old, new))))


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Havre-Purpose"])
def test_a_request_without_a_security_header_is_not_signed(name):
    headers = {other: value for other, value in request_headers().items() if other != name}
    with pytest.raises(NotVerified, match="not_signed"):
        a_push(headers)


@pytest.mark.parametrize("name", ["Content-Type", "Content-Digest"])
def test_a_body_needs_both_of_its_headers(name):
    headers = {other: value for other, value in request_headers().items() if other != name}
    with pytest.raises(NotVerified, match="coverage"):
        a_push(headers)


@pytest.mark.parametrize("extra", [("Content-Type", "text/plain"), ("Content-Digest", content_digest(b""))])
def test_without_a_body_neither_header_may_stand(extra):
    target = ORIGIN + "/v1/feed"
    headers = request_headers(method="GET", target_uri=target, body=None, content_type=None)
    with pytest.raises(NotVerified, match="coverage"):
        a_push([*headers.items(), extra], method="GET", target_uri=target)


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest", "Havre-Purpose", "Content-Type"])
@pytest.mark.parametrize("spelling", [str, str.lower, lambda name: name.replace("-", "_")])
def test_a_repeated_security_header_is_refused(name, spelling):
    headers = request_headers()
    with pytest.raises(NotVerified, match="header_repeated"):
        a_push([*headers.items(), (spelling(name), headers[name])])


def test_a_receipt_in_a_request_is_refused():
    with pytest.raises(NotVerified, match="coverage"):
        a_push(request_headers() | {"Havre-Receipt": RECEIPT})


@pytest.mark.parametrize(
    "name",
    ["Content-Encoding", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X_HTTP_Method_Override"],
)
def test_a_coding_or_a_method_override_is_refused(name):
    with pytest.raises(NotVerified, match="header_refused"):
        a_push(request_headers() | {name: "identity"})


def test_headers_that_the_profile_does_not_speak_of_change_nothing():
    verified(a_push(request_headers() | {"User-Agent": "x", "Accept": "*/*"}))


@pytest.mark.parametrize(
    "field",
    [
        lambda field: field.replace("sha-256", "sha-512"),
        lambda field: field + ", " + field,
        lambda field: field + ";x",
        lambda field: field.replace("=:", ":"),
        lambda field: field[:-3] + chr(ord(field[-3]) + 1) + "=:",
        lambda field: field.replace("=:", "==:"),
        lambda field: field[:9] + ":",
        lambda field: field[:0],
    ],
)
def test_a_content_digest_of_another_form_is_refused(field):
    headers = request_headers()
    with pytest.raises(NotVerified, match="content_digest"):
        a_push(headers | {"Content-Digest": field(headers["Content-Digest"])})


@pytest.mark.parametrize(
    "field",
    [
        lambda field: field.replace("havre", "sig1"),
        lambda field: field + ", " + field,
        lambda field: field + ", other=:AA==:",
        lambda field: field[:-2],
        lambda field: field[:-4] + chr(ord(field[-4]) + 1) + "==:",
        lambda field: field[:7] + ":",
    ],
)
def test_a_signature_field_of_another_form_is_refused(field):
    headers = request_headers()
    with pytest.raises(NotVerified, match="signature_form"):
        a_push(headers | {"Signature": field(headers["Signature"])})


@pytest.mark.parametrize("purpose", ["", "Detection", "a b", "a-b", "1a", "é", "a,b", "a" * 65])
def test_a_purpose_is_one_lower_case_token(purpose):
    with pytest.raises(NotVerified, match="purpose"):
        request_headers(purpose=purpose)


@pytest.mark.parametrize("content_type", ["", " a", "a ", "a\tb", "a\nb", "é", "a" * 257])
def test_a_media_type_is_visible_text(content_type):
    with pytest.raises(NotVerified, match="header_form"):
        request_headers(content_type=content_type)


def test_a_media_type_of_another_form_is_refused():
    with pytest.raises(NotVerified, match="header_form"):
        a_push(request_headers() | {"Content-Type": "text/plain\n"})


def _signed(**changes):
    arguments = {
        "method": "POST",
        "target_uri": PUSH_URI,
        "purpose": "contribution",
        "body": b"x",
        "content_type": "text/plain",
        "key": EXCHANGE,
        "keyid": EXCHANGE_ID,
        "created": NOW,
        "nonce": NONCE,
    }
    return sign_request(**(arguments | changes))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key": OTHER}, "keyid"),
        ({"nonce": "short"}, "nonce"),
        ({"created": -1}, "created"),
        ({"created": 10**12}, "created"),
        ({"body": None}, "body"),
        ({"content_type": None}, "body"),
    ],
)
def test_a_request_that_no_reader_would_accept_is_not_signed(change, reason):
    with pytest.raises(NotVerified, match=reason):
        _signed(**change)
