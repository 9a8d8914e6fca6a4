"""`Schema.load` and the validator derived from it accept the same records; and planted faults do not go unseen."""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.bulk import RECORD_SCHEMAS, is_record, json_schema, record_problems
from schemas.vocabulary import ENUMERATIONS
from tests.schemas.mutations import (
    ALL_PLACES,
    MISSING,
    RIGHT_RECORDS,
    SPOILS,
    WORDS,
    Place,
    accepts,
    places,
    spoilt,
    variants,
)

Json = dict[str, Any]
Verdict = Callable[[str, Json], bool]


def _at(record: Json, place: Place) -> Any:
    value: Any = record
    for step in place:
        if isinstance(value, dict) and step not in value:
            return MISSING
        value = value[step]
    return value


def _of_one_record(record: Json, its_places: list[Place], *, whole: bool) -> Iterator[Json]:
    yield record
    # Records of one schema share the work: a member of all of them is spoilt in each way in one of them.
    alike = [each for each in RIGHT_RECORDS if _form(each) == _form(record)]
    first, step = (0, 1) if whole else (alike.index(record), len(alike))
    for place in its_places:
        found = _at(record, place)
        # Dates are compared with each other, in records that have both.
        is_date = isinstance(found, str) and found.startswith("20")
        for spoil in SPOILS if is_date else SPOILS[first::step]:
            yield spoilt(record, place, spoil)
        for word in WORDS if whole and (found is MISSING or found in WORDS) else _words(found, first, step):
            yield spoilt(record, place, word)
    for place in places(record):
        found = _at(record, place)
        if isinstance(found, str):
            for near in variants(found):
                yield spoilt(record, place, near)
        if isinstance(found, list):
            yield spoilt(record, place, found[::-1])
            yield spoilt(record, place, found + found)


def _form(record: Json) -> str:
    return "withdrawal" if record["status"] == "withdrawn" else record["kind"]


def _words(found: Any, first: int, step: int) -> list[str]:
    """Return what a member that is `found` is replaced by: all words of its enumerations, and its share of others."""
    if found is MISSING:
        return WORDS[first :: 4 * step]
    own = {word for one in ENUMERATIONS.values() if found in one.values for word in one.values}
    return sorted(own | set(WORDS[first::step])) if own else []


@cache
def singles() -> list[tuple[str, Json, bool]]:
    """Return the records with every member spoilt, with the verdict of `Schema.load`."""
    return list(_judged(whole=False))


def _judged(*, whole: bool) -> Iterator[tuple[str, Json, bool]]:
    return (
        (right["kind"], record, record_problems(right["kind"], record) == [])
        for right, its_places in zip(RIGHT_RECORDS, ALL_PLACES, strict=True)
        for record in _of_one_record(right, its_places, whole=whole)
    )


def disagreements(verdict: Verdict) -> list[Json]:
    """Return the spoilt records on which `verdict` and `Schema.load` differ: the property is that there are none."""
    return [record for kind, record, is_right in singles() if verdict(kind, record) is not is_right]


def test_both_accept_the_same_when_any_one_member_is_spoilt():
    assert disagreements(is_record) == []


@pytest.mark.drill
def test_both_accept_the_same_when_any_one_member_of_any_record_is_spoilt_in_any_way():
    assert [record for kind, record, is_right in _judged(whole=True) if is_record(kind, record) is not is_right] == []


def test_the_mutations_reach_both_verdicts_for_every_kind():
    verdicts = {(kind, is_right) for kind, _, is_right in singles()}

    assert verdicts == {(kind, is_right) for kind in RECORD_SCHEMAS for is_right in (True, False)}


@st.composite
def doubly_spoilt(draw: st.DrawFn) -> tuple[str, Json]:
    number = draw(st.integers(0, len(RIGHT_RECORDS) - 1))
    record = RIGHT_RECORDS[number]
    for _ in range(2):
        place = draw(st.sampled_from(ALL_PLACES[number]))
        record = spoilt(record, place, draw(st.sampled_from(SPOILS) | st.text(max_size=70) | st.integers()))
    return RIGHT_RECORDS[number]["kind"], record


@settings(suppress_health_check=list(HealthCheck))
@given(doubly_spoilt())
def test_both_accept_the_same_when_any_two_members_are_spoilt(spoilt_record):
    kind, record = spoilt_record

    assert is_record(kind, record) is (record_problems(kind, record) == [])


def _without_a_bound(schema: Json) -> None:
    del schema["else"]["properties"]["revision"]["maximum"]


def _with_dollar_for_the_end(schema: Json) -> None:
    # What `$` means in Python: the end, or before a last line end.
    salt = schema["else"]["properties"]["salt"]
    salt["pattern"] = salt["pattern"].removesuffix("$") + "\n?$"


def _with_a_value_more(schema: Json) -> None:
    schema["else"]["properties"]["media"]["enum"].append("hotline")


def _without_a_required_member(schema: Json) -> None:
    schema["else"]["required"].remove("ai")


def _without_an_if_then(schema: Json) -> None:
    rules = schema["else"]["allOf"]
    rules.remove(next(rule for rule in rules if "if" in rule))


@pytest.mark.parametrize(
    "plant",
    [
        _without_a_bound,
        _with_dollar_for_the_end,
        _with_a_value_more,
        _without_a_required_member,
        _without_an_if_then,
    ],
)
def test_the_property_sees_a_planted_fault(plant):
    schema = copy.deepcopy(json_schema("signal"))
    plant(schema)
    faulty = accepts(schema)

    assert disagreements(lambda kind, record: faulty(record) if kind == "signal" else is_record(kind, record)) != []


@pytest.mark.parametrize("kind", list(RECORD_SCHEMAS))
def test_the_property_sees_each_rule_that_is_dropped(kind):
    unseen = []
    for number in range(len(json_schema(kind)["else"]["allOf"])):
        schema = copy.deepcopy(json_schema(kind))
        del schema["else"]["allOf"][number]
        faulty = accepts(schema)
        if not any(faulty(record) is not is_right for its_kind, record, is_right in singles() if its_kind == kind):
            unseen.append(number)

    assert unseen == []
