"""Form checks of record lines: a fast yes or no, and the slow list of what is wrong.

`is_record` asks a validator that is derived from the marshmallow schemas by way of JSON Schema; `record_problems`
asks the schemas themselves. They accept the same values (`tests/schemas/test_agreement.py`), under one condition
that the caller owes: the value came from a line that keeps the line profile (`crypto.canonical`). JSON Schema takes
`1.0` for an integer, the profile and `record_problems` do not.

Rules of form only: neither the clock nor another record is asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
from marshmallow import ValidationError

from schemas.converting import json_schema_of
from schemas.fields import WireSchema
from schemas.groups import GroupSchema
from schemas.incidents import IncidentSchema
from schemas.keywords import KEYWORDS
from schemas.opinions import OpinionSchema
from schemas.records import withdrawal_of
from schemas.signals import SignalSchema

Json = dict[str, Any]

RECORD_SCHEMAS: dict[str, type[WireSchema]] = {
    "signal": SignalSchema,
    "incident": IncidentSchema,
    "opinion": OpinionSchema,
    "group": GroupSchema,
}
"""The schema of an active record, by kind."""

WITHDRAWAL_SCHEMAS: dict[str, type[WireSchema]] = {kind: withdrawal_of(kind) for kind in RECORD_SCHEMAS}
"""The schema of a withdrawal, by the kind of what it withdraws."""

_IS_WITHDRAWN: Json = {"required": ["status"], "properties": {"status": {"const": "withdrawn"}}}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong, and where; `pointer` (RFC 6901) stops at the last member that the schema knows.

    Neither holds anything that the caller sent.
    """

    pointer: str
    code: str


@cache
def json_schema(kind: str) -> Json:
    """Return the JSON Schema of a record line of `kind`, active or withdrawn.

    Raises:
        KeyError: there is no such kind.
    """
    active, withdrawal = json_schema_of(RECORD_SCHEMAS[kind]), json_schema_of(WITHDRAWAL_SCHEMAS[kind])
    return {"type": "object", "if": _IS_WITHDRAWN, "then": withdrawal, "else": active}


def derived_validator(schema: Json) -> jsonschema_rs.Draft202012Validator:
    """Return the fast validator of a JSON Schema that may use our keywords."""
    return jsonschema_rs.Draft202012Validator(schema, keywords=KEYWORDS)


_IS_VALID = {kind: derived_validator(json_schema(kind)).is_valid for kind in RECORD_SCHEMAS}
_ACTIVE = {kind: schema() for kind, schema in RECORD_SCHEMAS.items()}
_WITHDRAWN = {kind: schema() for kind, schema in WITHDRAWAL_SCHEMAS.items()}


def is_record(kind: str, value: Json) -> bool:
    """Return whether `value`, read from a canonical line, has the form of a record of `kind`."""
    try:
        return _IS_VALID[kind](value)
    except UnicodeEncodeError:  # a lone surrogate, which no canonical line holds
        return False


def record_problems(kind: str, value: Any) -> list[Problem]:
    """Return what is wrong with the form of a record, in order of pointers; nothing if it is right."""
    is_withdrawn = isinstance(value, dict) and value.get("status") == "withdrawn"
    return problems_of((_WITHDRAWN if is_withdrawn else _ACTIVE)[kind], value)


def problems_of(schema: WireSchema, value: Any) -> list[Problem]:
    """Return what is wrong with the form of any object of the wire, in order of pointers, each problem once."""
    try:
        schema.load(value)
    except ValidationError as error:
        found = {Problem(pointer=pointer, code=code) for pointer, code in _flat("", error.messages)}
        return sorted(found, key=lambda problem: (problem.pointer, problem.code))
    return []


def _flat(pointer: str, messages: Any) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # An unknown member's name is the caller's text: the pointer stops above it.
            known = name != "_schema" and inner != ["unknown_member"]
            yield from _flat(f"{pointer}/{name}" if known else pointer, inner)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(pointer, message)
    else:
        yield pointer, str(messages)
