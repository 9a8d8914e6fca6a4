"""From a marshmallow schema to JSON Schema 2020-12, by apispec's converter and what it misses.

What is added: the JSON type and bounds of our own fields (a `Range` on a field that apispec does not know becomes
`x-minimum`), the keywords of our validators, and the conditional rules as `allOf` of `if`/`then`.

Keywords of ours, for what JSON Schema cannot say, and harmless to a validator that does not know them:
`x-sorted` (texts ascend by code point), `x-unique-by` (no two objects agree in these members), `x-ordered` (the
first member is not later than the second), `x-strictly-ordered`, `x-within` (seconds between two members).
"""

from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from schemas.fields import WireSchema
from schemas.rules import as_json_schemas

Json = dict[str, Any]


def _nothing(_schema: object) -> None:
    """Return no name: nested schemas are written where they stand."""


def _own_keywords(_converter: OpenAPIConverter, field: fields.Field[Any], ret: Json) -> Json:
    added: Json = dict(getattr(field, "keywords", {}))
    for validator in field.validators:
        added.update(getattr(validator, "keywords", {}))
    if field.allow_none and isinstance(added.get("type"), str):
        added["type"] = [added["type"], "null"]
    return {**ret, **added}


class Converter(OpenAPIConverter):
    """apispec's converter, with the rules of our schemas."""

    def __init__(self) -> None:
        super().__init__("3.1.0", _nothing, APISpec(title="havre", version="1", openapi_version="3.1.0"))
        self.add_attribute_function(_own_keywords)  # type: ignore[no-untyped-call]  # apispec has no types here

    def schema2jsonschema(self, schema: Schema | type[Schema]) -> Json:
        """Return the JSON Schema of one object, its rules included."""
        converted: Json = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]  # apispec has no types here
        rules = schema.rules if isinstance(schema, WireSchema) else getattr(schema, "rules", ())
        if rules:
            converted["allOf"] = as_json_schemas(rules)
        return converted


@cache
def _converter() -> Converter:
    return Converter()


def json_schema_of(schema: type[WireSchema]) -> Json:
    """Return the JSON Schema of `schema`, nested ones in place."""
    return _converter().schema2jsonschema(schema())
