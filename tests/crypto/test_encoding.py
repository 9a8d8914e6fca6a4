import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import from_base64url, to_base64url
from crypto.refusals import NotVerified


@given(st.binary(max_size=200))
def test_what_is_encoded_decodes_to_itself(data):
    assert from_base64url(to_base64url(data)) == data


@given(st.text(alphabet="ABab01-_+/= \n", max_size=8))
def test_whatever_decodes_is_the_only_spelling_of_its_bytes(text):
    try:
        data = from_base64url(text)
    except NotVerified:
        return
    assert to_base64url(data) == text


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "Q Q", "QQ\n", "+/8", "é", "QQ=", "=", "QQQQ=", "QUJD.QUJD"])
def test_a_second_spelling_is_refused(text):
    with pytest.raises(NotVerified, match="base64url"):
        from_base64url(text)


def test_another_length_than_asked_is_refused():
    with pytest.raises(NotVerified, match="base64url"):
        from_base64url("QUJD", length=4)


def test_what_is_not_text_is_refused():
    with pytest.raises(NotVerified, match="base64url"):
        from_base64url(b"QUJD")
