"""Ways to spoil a value of the wire, member by member, and the JSON Schema planted with a fault."""

import copy
from collections.abc import Iterator
from typing import Any

from schemas.bulk import derived_validator
from schemas.vocabulary import ENUMERATIONS
from tests.schemas import builders

Json = dict[str, Any]
Place = tuple[str | int, ...]

RIGHT_RECORDS: list[Json] = [
    builders.a_signal(),
    builders.a_full_signal(),
    builders.a_large_print(),
    builders.a_signal(signal_type="photodna", value="Ab3/" * 48),
    builders.a_signal(signal_type="tlsh", value="T1" + "0123456789" * 7, media="text"),
    builders.an_incident(),
    builders.an_ai_incident(),
    builders.an_opinion(),
    builders.without(builders.an_opinion(verdict="seen"), "reason"),
    builders.a_group(),
    *(builders.a_withdrawal(kind) for kind in ("signal", "incident", "opinion", "group")),
]
"""At least one right record of every kind, together with every member."""

MISSING = object()

_SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

SPOILS: list[Any] = [
    MISSING,
    None,
    True,
    False,
    *(-1, 0, 1, 2, 49, 50, 64, 100, 101, 65_535, 65_536, 2**31 - 1, 2**31, 2**53, 2**64, 10**30),
    "",
    "A",
    "x" * 64,
    "x" * 65,
    "x" * 100,
    "x" * 101,
    "x" * 500,
    "x" * 501,
    "\n",
    "line\nline",
    "a\u2028b",
    "é",
    "\U0001f600" * 250,
    *(digit * length for digit in "0fa" for length in (32, 40, 64, 128)),
    "A" * 64,
    _SHA256_OF_NOTHING,
    "d41d8cd98f00b204e9800998ecf8427e",
    "A" * 192,
    "Ab3/" * 48,
    "T1" + "0123456789" * 7,
    "T1" + "0" * 70,
    "t1" + "0123456789" * 7,
    builders.HEX64.upper(),
    builders.SALT,
    builders.SALT[:-1] + "B",
    builders.LEAF,
    builders.LEAF[:-1] + "P",
    builders.RECORD_ID,
    builders.RECORD_ID.upper(),
    builders.RECORD_ID.replace("-7", "-4"),
    "2026-02-28",
    "2026-02-29",
    "2024-02-29",
    "2100-02-29",
    "2026-04-31",
    "2026-1-1",
    "0000-01-01",
    "2026-11-22T10:00:00Z",
    "2026-11-22T10:00:60Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:00:00+00:00",
    "2026-11-22T10:00:00.5Z",
    "hotline.example",
    "hotline.example/label",
    "Hotline.example",
    "localhost",
    "a.b.c.d.e.f",
    "-a.example",
    "BE",
    "be",
    [],
    {},
    [None],
    ["BE", "FR"],
    ["FR", "BE"],
    ["BE", "BE"],
    [builders.LEAF],
    ["infant"],
    ["c2pa", "watermark"],
    [{"id": builders.OTHER_ID, "origin": "hotline.example"}] * 2,
    [builders.a_classification()] * 16,
    [builders.a_classification()] * 17,
    {"files": "1"},
    {"status": "confirmed"},
    {"name": "sample", "version": "1"},
    {"from": "2026-02-01", "to": "2026-01-01"},
    {"action": "block", "max_distance": 1},
    "withdrawn",
    "active",
]
"""What every member is replaced by."""

WORDS: list[str] = sorted({value for one in ENUMERATIONS.values() for value in one.values})
"""What a member that holds a word, or is absent, is replaced by besides."""


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Return the place of every member and item of `value`, and in every object that of an unknown member."""
    if isinstance(value, dict):
        yield (*at, "unknown_name")
        for name, inner in value.items():
            yield (*at, name)
            yield from places(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*at, index)
            yield from places(inner, (*at, index))


ALL_PLACES: list[list[Place]] = [
    # Members that a record of its kind may have and this one lacks are spoilt too.
    sorted(
        {*places(record), *((name,) for other in RIGHT_RECORDS if other["kind"] == record["kind"] for name in other)},
        key=str,
    )
    for record in RIGHT_RECORDS
]


def spoilt(record: Json, place: Place, by: Any) -> Json:
    """Return a copy of `record` with what stands at `place` replaced, added or removed; else the same."""
    copied = copy.deepcopy(record)
    inner: Any = copied
    for step in place[:-1]:
        try:
            inner = inner[step]
        except (KeyError, IndexError, TypeError):
            return copied
    last = place[-1]
    if isinstance(inner, dict) and isinstance(last, str):
        if by is MISSING:
            inner.pop(last, None)
        else:
            inner[last] = copy.deepcopy(by)
    elif isinstance(inner, list) and isinstance(last, int) and last < len(inner):
        if by is MISSING:
            del inner[last]
        else:
            inner[last] = copy.deepcopy(by)
    return copied


def variants(text: str) -> list[str]:
    """Return texts that are nearly `text`: with a line end, a blank, one character more or less, in capitals."""
    return [
        text + "\n",
        "\n" + text,
        " " + text,
        text + " ",
        text[:-1],
        text + text[-1:],
        text.upper(),
        text + "\u0660",
    ]


def accepts(schema: Json) -> Any:
    """Return the derived validator of `schema` as a function."""
    return derived_validator(schema).is_valid
