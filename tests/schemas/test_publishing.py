import re
from pathlib import Path

import jsonschema_rs
import pytest

from schemas.bulk import RECORD_SCHEMAS
from schemas.openapi import SCHEMA_NAMES, named_json_schema
from schemas.rulebook import RULES, SIGNAL_FORMS
from schemas.signals import value_bytes
from schemas.tables import tables, with_tables
from schemas.vocabulary import ENUMERATIONS
from schemas.vocabulary.signals import SCHEME, SIGNAL_TYPE
from tests.schemas import builders

PAGE = Path(__file__).parents[2] / "docs" / "records.md"


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_named_schema_is_json_schema_2020_12(name):
    schema = named_json_schema(name)

    jsonschema_rs.meta.validate(schema)
    assert schema["title"] == name


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_published_object_refuses_unknown_members(name):
    assert not jsonschema_rs.is_valid(named_json_schema(name), {"unknown_name": 1})


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_no_bound_is_lost_to_a_word_that_validators_ignore(name):
    assert "x-minimum" not in repr(named_json_schema(name))


@pytest.mark.parametrize("kind", list(RECORD_SCHEMAS))
def test_a_record_schema_takes_withdrawals_too(kind):
    assert jsonschema_rs.is_valid(named_json_schema(kind), builders.a_withdrawal(kind))


def test_the_page_holds_the_tables_as_they_are():
    page = PAGE.read_text(encoding="utf-8")

    assert with_tables(page) == page


def test_a_page_without_the_marker_is_not_overwritten():
    with pytest.raises(ValueError, match="marker"):
        with_tables("something else")


def test_every_enumeration_is_in_the_tables():
    assert all(f"### `{name}`" in tables() for name in ENUMERATIONS)


@pytest.mark.parametrize("name", list(ENUMERATIONS))
def test_every_value_has_a_sentence_in_two_languages(name):
    words = ENUMERATIONS[name].words

    assert all(word.en.endswith(".") and word.fr.endswith(".") and word.en != word.fr for word in words)


@pytest.mark.parametrize("name", list(ENUMERATIONS))
def test_every_english_sentence_says_when_not_to_use_the_value(name):
    words = ENUMERATIONS[name].words

    assert all("not" in word.en or "never" in word.en.lower() or "nothing else" in word.en for word in words)


@pytest.mark.parametrize("name", list(ENUMERATIONS))
def test_every_french_sentence_says_when_not_to_use_the_value(name):
    words = ENUMERATIONS[name].words

    assert all(re.search(r"\b(?:pas|jamais|rien|sans)\b", word.fr) for word in words)


@pytest.mark.parametrize("name", list(ENUMERATIONS))
def test_every_value_is_explained_in_one_sentence(name):
    texts = [text for word in ENUMERATIONS[name].words for text in (word.en, word.fr)]

    assert all(len(re.findall(r"[.!?](?:\s|$)", text)) == 1 for text in texts)


def test_every_signal_type_has_a_form():
    assert set(SIGNAL_FORMS) == set(SIGNAL_TYPE.values)


def test_every_scheme_has_a_rule_for_its_values():
    assert {f"value_of_{scheme}" for scheme in SCHEME.values} <= {rule.name for rule in RULES["classification"]}


def test_no_two_rules_of_an_object_have_one_name():
    assert all(len({rule.name for rule in rules}) == len(rules) for rules in RULES.values())


@pytest.mark.parametrize(
    ("signal_type", "value", "size"),
    [
        ("md5", "0123456789abcdef" * 2, 16),
        ("sha256", builders.HEX64, 32),
        ("photodna", "Ab3/" * 48, 144),
        ("tlsh", "T1" + "0123456789" * 7, 35),
    ],
)
def test_a_value_has_the_bytes_of_its_type(signal_type, value, size):
    assert len(value_bytes(signal_type, value)) == size


@pytest.mark.parametrize(
    ("signal_type", "value"),
    [("md5", builders.HEX64), ("sha256", "x" * 64), ("md5", "é" * 32), ("md5", "ab " * 10 + "ab")],
)
def test_bytes_of_a_malformed_value_are_refused(signal_type, value):
    with pytest.raises(ValueError, match="not of the form"):
        value_bytes(signal_type, value)
