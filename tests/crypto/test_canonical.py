import json
import math
from uuid import UUID

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import MAX_INTEGER, NotCanonical, canonical_bytes, parse_canonical, parse_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(max_codepoint=127))
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=12)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)


@given(OBJECTS)
def test_under_the_profile_the_bytes_are_those_of_rfc_8785(value):
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(OBJECTS)
def test_what_is_canonical_parses_to_what_was_written(value):
    assert parse_canonical(canonical_bytes(value)) == value


@given(OBJECTS)
def test_any_spelling_parses_as_strict_json(value):
    assert parse_json(json.dumps(value, indent=1).encode()) == value


@given(st.recursive(SCALARS | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=6))
def test_what_parses_as_canonical_is_what_rfc_8785_writes(value):
    line = orjson.dumps({"a": value}, option=orjson.OPT_SORT_KEYS)
    try:
        parsed = parse_canonical(line)
    except NotCanonical:
        return
    assert rfc8785.dumps(parsed) == line


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"b":1,"a":2}', "not_canonical"),
        (b'{"a": 1}', "not_canonical"),
        (b'{"a":1}\n', "not_canonical"),
        (b'{"a":1,"a":1}', "not_canonical"),
        (b'{"a":"\\u0041"}', "not_canonical"),
        (b'{"a":"\\u00e9"}', "not_canonical"),
        (b'{"a":"\\/"}', "not_canonical"),
        (b'{"a":-0}', "not_canonical"),
        (b'{"a":1e2}', "not_canonical"),
        (b'{"a":1.0}', "float"),
        (b'{"a":-0.0}', "float"),
        (b'{"a":1e16}', "not_canonical"),
        (b'{"a":[1.5]}', "float"),
        (b'{"a":9007199254740992}', "integer_range"),
        (b'{"a":-9007199254740992}', "integer_range"),
        (b'{"a":18446744073709551616}', "not_canonical"),
        ('{"é":1}'.encode(), "member_name"),
        ('{"a":{"é":1}}'.encode(), "member_name"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":"\\ud800"}', "not_json"),
        (b'{"a":"\xff"}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"{}{}", "not_json"),
        (b"", "not_json"),
        (b"[1]", "not_an_object"),
        (b"1", "not_an_object"),
        (b'{"a":' + b"[" * 16 + b"]" * 16 + b"}", "depth"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "not_json"),
    ],
)
def test_a_line_outside_the_profile_is_refused(line, reason):
    with pytest.raises(NotCanonical) as refusal:
        parse_canonical(line)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"a":9007199254740991}',
        b'{"a":-9007199254740991}',
        '{"a":"é"}'.encode(),
        b'{"a":"1.5"}',
        b'{"a":"\x7f"}',
        b'{"a":' + b"[" * 15 + b"]" * 15 + b"}",
    ],
)
def test_a_line_at_the_edge_of_the_profile_is_accepted(line):
    assert canonical_bytes(parse_canonical(line)) == line


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": 1.0}, "float"),
        ({"a": math.nan}, "float"),
        ({"a": 2**53}, "integer_range"),
        ({"é": 1}, "member_name"),
        ({1: 1}, "member_name"),
        ({"a": (1,)}, "type"),
        ({"a": UUID(int=0)}, "type"),
        ({"a": b"x"}, "type"),
        ({"a": "\ud800"}, "not_text"),
        ({"\ud800": 1}, "member_name"),
    ],
)
def test_a_value_outside_the_profile_is_not_written(value, reason):
    with pytest.raises(NotCanonical) as refusal:
        canonical_bytes(value)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"a":1}', "repeated_name"),
        (b'{"a":{"b":1,"b":2}}', "repeated_name"),
        (b'{"a":1,"\\u0061":2}', "repeated_name"),
        (b'{"a":1.5,"a":1}', "float"),
        (b'{"a": 1e3}', "float"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":Infinity}', "not_json"),
        (b'{"a":1,}', "not_json"),
        (b'{"\\u00e9":1}', "member_name"),
        ('{"é":1}'.encode(), "member_name"),
        (b"[" * 17 + b"]" * 17, "depth"),
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(data, reason):
    with pytest.raises(NotCanonical) as refusal:
        parse_json(data)
    assert refusal.value.reason == reason


def test_a_deep_value_hidden_by_a_repeated_name_is_refused():
    with pytest.raises(NotCanonical) as refusal:
        parse_json(b'{"a":' + b"[" * 1000 + b"]" * 1000 + b',"a":1}')
    # Which of the two depends on how deep this Python lets its own reader go.
    assert refusal.value.reason in {"depth", "repeated_name"}


def test_json_with_text_beyond_ascii_is_read():
    assert parse_json('{"a":"é"}'.encode()) == {"a": "é"}
