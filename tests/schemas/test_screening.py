import base64
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bulk import Problem
from schemas.screening import screen, suspicious
from tests.schemas import builders


def _line(record):
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def _codes(text):
    return {problem.code for problem in screen("incident", builders.an_incident(summary=text))}


@pytest.mark.parametrize(
    "text",
    [
        "write to someone@mail.example please",
        "write to someone (at) mail [dot] example",
        "someone\uff20mail.example",
        "the account @some_handle did it",
        "call +33 6 12 34 56 78",
        "call 06.12.34.56.78 now",
        "call (555) 010-0199-22",
        "call ٠٦١٢٣٤٥٦٧٨",
        "call +33\u200b612345678",
        "from 192.0.2.17",
        "from 2001:db8::17",
        "paid to FR76 3000 6000 0112 3456 7890 189",
        "paid to de89370400440532013000",
        "card 4111 1111 1111 1111",
        "seen at 48.85837, 2.29448",
        "seen at 48° 51' N",
        "device 00:00:5e:00:53:01",
        "the child, born 4 March 2012",
        "née le 4 mars 2012",
    ],
)
def test_personal_data_in_free_text_is_found(text):
    assert "personal_data" in _codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "data:image/png;base64,AAAA",
        "thumbnail " + base64.b64encode(b"\xff\xd8\xff\xe0" + b"synthetic bytes").decode(),
        "thumbnail " + base64.urlsafe_b64encode(b"\x89PNG\r\n\x1a\n" + b"synthetic").decode(),
        "clip " + base64.b64encode(b"\x00\x00\x00\x20ftypisom" + b"synthetic").decode(),
        "archive " + (b"PK\x03\x04" + b"synthetic").hex(),
        "embedding " + "A1b2" * 30,
    ],
)
def test_media_in_free_text_is_found(text):
    assert "media" in _codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "found on https://site.example/path",
        "found on hxxp site",
        "found on www.site.example",
        "found on site.example/path",
        "found on site[.]com",
        "found on synthetic.onion",
    ],
)
def test_a_clear_url_in_free_text_is_found(text):
    assert "clear_url" in _codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Reported between 2026-10-01 and 2026-10-31, 120 files on 3 services.",
        "Signalé par une association ; 12 fichiers, modèle modifié le 2026-10-04.",
        "Version 1.2.3 of the filter let 250000 prompts through at 10:00:00.",
    ],
)
def test_ordinary_sentences_pass(text):
    assert _codes(text) == set()


def test_a_token_is_screened_too():
    record = builders.an_ai_incident(references=[{"system": "other", "reference": "+33612345678"}])

    assert screen("incident", record) == [Problem(pointer="/references/0/reference", code="personal_data")]


def test_a_label_of_ones_own_scheme_is_screened_behind_its_organisation():
    record = builders.a_signal(classifications=[builders.a_classification(scheme="local", value="a.example/192.0.2.1")])

    assert screen("signal", record) == [Problem(pointer="/classifications/0/value", code="personal_data")]


@pytest.mark.parametrize(
    "record",
    [
        builders.a_signal(),
        builders.a_full_signal(),
        builders.an_ai_incident(references=[{"system": "ncmec_cybertip", "reference": "123456789"}]),
        builders.an_opinion(),
        builders.a_group(),
        builders.a_withdrawal(),
        builders.a_signal(ai={"detector": {"name": "sample.detector", "version": "10.0.0.7"}, "confidence": 1}),
    ],
)
def test_right_records_pass(record):
    assert screen(record["kind"], record) == []


def test_a_hash_that_begins_like_a_picture_is_not_looked_into():
    record = builders.a_signal(value="ffd8ff" + builders.HEX64[6:])

    assert screen("signal", record) == []
    assert not suspicious(_line(record))


def test_an_ordinary_signal_is_not_suspicious():
    assert not suspicious(_line(builders.a_signal()))
    assert not suspicious(_line(builders.a_large_print()))


def test_a_problem_never_holds_the_value():
    record = builders.an_incident(summary="someone@mail.example, https://site.example/path")

    assert "example" not in repr(screen("incident", record))


_NAMES = st.sampled_from(["summary", "name", "version", "reference", "model", "value", "scheme", "ai", "purpose_text"])
_TEXTS = st.sampled_from(["a@b.example", "https://a.example/b", "local", "inhope_ucs", "4111111111111111", "plain"])
_VALUES = st.recursive(
    _TEXTS | st.text(max_size=20) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=5), st.sampled_from(["signal", "incident", "group"]))
def test_whatever_is_found_was_suspicious(record, kind):
    assert suspicious(_line(record)) or screen(kind, record) == []


@given(st.text(max_size=500))
def test_no_text_makes_screening_fail(text):
    assert {problem.code for problem in screen("incident", {"summary": text})} <= {
        "personal_data",
        "media",
        "clear_url",
    }


@pytest.mark.parametrize(
    "text", ["1 " * 250, "a." * 250, ":" * 500, "0-" * 250, "A1" * 250, "fr76" * 125, "née " * 125]
)
def test_no_text_makes_screening_slow(text):
    begun = time.perf_counter()
    screen("incident", {"summary": text})

    assert time.perf_counter() - begun < 0.1


@pytest.mark.parametrize(
    "piece", ["a.", "a-", "A", "0", "AA00", "FR76", "0:", "a:b.", "1 ", "data:", "born ", "+.", "\uff21"]
)
def test_a_text_made_to_be_slow_to_screen_is_not(piece):
    text = (piece * 500)[:500]
    begun = time.process_time()
    for _ in range(20):
        screen("incident", {"summary": text})
    # A hundredth of a second each would be forty seconds a batch.
    assert time.process_time() - begun < 0.2
