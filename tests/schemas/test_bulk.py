import math

import pytest

from schemas.bulk import Problem, is_record, record_problems
from tests.schemas import builders


@pytest.mark.parametrize(
    "record",
    [
        builders.a_signal(),
        builders.a_full_signal(),
        builders.a_large_print(),
        builders.an_incident(),
        builders.an_ai_incident(),
        builders.an_opinion(),
        builders.a_group(),
        builders.a_withdrawal("signal"),
        builders.a_withdrawal("group"),
    ],
)
def test_a_right_record_has_no_problems(record):
    assert record_problems(record["kind"], record) == []
    assert is_record(record["kind"], record)


def test_a_pointer_stops_above_an_unknown_member():
    record = builders.a_signal(ai={"status": "unassessed", "person@mail.example": 1})

    assert record_problems("signal", record) == [Problem(pointer="/ai", code="unknown_member")]
    assert not is_record("signal", record)


def test_an_unknown_member_named_like_an_internal_word_is_still_unknown():
    record = builders.a_signal(_schema="x")

    assert record_problems("signal", record) == [Problem(pointer="", code="unknown_member")]


def test_a_pointer_leads_into_lists():
    record = builders.a_signal(classifications=[builders.a_classification(value="D")])

    assert record_problems("signal", record) == [Problem(pointer="/classifications/0/value", code="not_one_of")]


def test_every_problem_is_told_at_once():
    record = builders.without(builders.a_signal(revision=0, salt="short"), "media")

    assert record_problems("signal", record) == [
        Problem(pointer="/media", code="required"),
        Problem(pointer="/revision", code="range"),
        Problem(pointer="/salt", code="pattern"),
    ]


def test_no_problem_repeats_what_was_sent():
    record = builders.a_signal(value="secret-value", media="secret-media", salt="secret-salt", secret_member=1)

    assert "secret" not in repr(record_problems("signal", record))


@pytest.mark.parametrize("number", [1.0, -0.0, math.nan, math.inf, 1e300, True, "1", None, 2**63, 10**400])
def test_a_revision_that_is_no_small_integer_is_refused(number):
    assert record_problems("signal", builders.a_signal(revision=number)) != []


@pytest.mark.parametrize("number", [-0.0, True, "1", None, 2**63, -(2**70), 10**400])
def test_the_fast_check_refuses_the_same_numbers_but_a_whole_float(number):
    assert not is_record("signal", builders.a_signal(revision=number))


@pytest.mark.parametrize("thing", [None, [], "x", 1, {}])
def test_what_is_no_record_at_all_is_refused(thing):
    assert record_problems("signal", thing) != []
    assert not is_record("signal", thing)


def test_a_lone_surrogate_is_refused_and_raises_nothing():
    record = builders.a_group(name="\ud800")

    assert record_problems("group", record) != []
    assert not is_record("group", record)


def test_a_withdrawal_of_another_kind_is_refused():
    assert record_problems("signal", builders.a_withdrawal("group")) == [Problem(pointer="/kind", code="not_one_of")]
    assert not is_record("signal", builders.a_withdrawal("group"))


def test_a_withdrawal_carries_nothing_of_the_record():
    record = builders.a_withdrawal("signal", value=builders.HEX64)

    assert record_problems("signal", record) == [Problem(pointer="", code="unknown_member")]


def test_only_a_withdrawal_may_list_the_sixty_fourth_leaf():
    leaves = sorted(f"{n:042d}A" for n in range(64))

    assert record_problems("signal", builders.a_signal(revision=65, replaces=leaves)) == [
        Problem(pointer="/replaces", code="length")
    ]
    assert record_problems("signal", builders.a_withdrawal(revision=65, replaces=leaves)) == []
