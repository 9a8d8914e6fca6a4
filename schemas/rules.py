"""The rules that depend on more than one member, as one table.

A `Rule` says: when all its conditions hold of an object, its demand must hold too. The table `RULES`
(in `schemas/rulebook.py`) is read twice and written once: the marshmallow schemas ask `broken` for the
rules an object breaks, and the JSON Schema export turns each rule into `if`/`then` by `as_json_schema`.

Each test looks at the member at `path`, a tuple of names from the outside in. Like JSON Schema, a test of
a value says nothing where the member is absent or of another type: `Is`, `AtLeast` and `Holds` as
conditions ask for presence themselves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

_ABSENT = object()
Json = dict[str, Any]
Path = tuple[str, ...]


def _at(value: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _nested(path: Path, inner: Json, *, required: bool) -> Json:
    schema = inner
    for name in reversed(path):
        schema = {"properties": {name: schema}}
        if required:
            schema["required"] = [name]
    return schema


class Test(Protocol):
    """Something that holds, or not, of an object; with its JSON Schema."""

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether it holds of `value`."""

    def json(self) -> Json:
        """Return a schema that accepts an object exactly when `holds` does."""


@dataclass(frozen=True)
class Is:
    """The member is there and is one of `values`."""

    path: Path
    values: tuple[str, ...]

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the member is one of the values."""
        found = _at(value, self.path)
        return isinstance(found, str) and found in self.values

    def json(self) -> Json:
        """Return `const` or `enum` on the required member."""
        allowed: Json = {"const": self.values[0]} if len(self.values) == 1 else {"enum": list(self.values)}
        return _nested(self.path, allowed, required=True)


@dataclass(frozen=True)
class AtLeast:
    """The member is there and is an integer of at least `minimum`."""

    path: Path
    minimum: int

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the member is large enough."""
        found = _at(value, self.path)
        return type(found) is int and found >= self.minimum

    def json(self) -> Json:
        """Return `minimum` on the required member."""
        return _nested(self.path, {"type": "integer", "minimum": self.minimum}, required=True)


@dataclass(frozen=True)
class Has:
    """The member is there, whatever it is."""

    path: Path

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the member is there."""
        return _at(value, self.path) is not _ABSENT

    def json(self) -> Json:
        """Return `required`, at each step of the path."""
        schema: Json = {"required": [self.path[-1]]}
        for name in reversed(self.path[:-1]):
            schema = {"required": [name], "properties": {name: schema}}
        return schema


@dataclass(frozen=True)
class IsNull:
    """The member is there and is null."""

    path: Path

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the member is null."""
        return _at(value, self.path) is None

    def json(self) -> Json:
        """Return the type null on the required member."""
        return _nested(self.path, {"type": "null"}, required=True)


@dataclass(frozen=True)
class Contains:
    """The list has at least one of `values`."""

    path: Path
    values: tuple[str, ...]

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the list names one of the values."""
        found = _at(value, self.path)
        return isinstance(found, list | tuple) and any(isinstance(one, str) and one in self.values for one in found)

    def json(self) -> Json:
        """Return `contains` on the required member."""
        return _nested(self.path, {"type": "array", "contains": {"enum": list(self.values)}}, required=True)


@dataclass(frozen=True)
class Matches:
    """The text matches `pattern` from end to end and is none of `never`."""

    path: Path
    pattern: str
    never: tuple[str, ...] = ()

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the text matches; other types are the field's concern."""
        found = _at(value, self.path)
        if not isinstance(found, str):
            return True
        return self._whole.fullmatch(found) is not None and found not in self.never

    def json(self) -> Json:
        """Return the anchored pattern, and the values that are refused all the same."""
        schema: Json = {"pattern": f"^(?:{self.pattern})$"}
        if self.never:
            schema["not"] = {"enum": list(self.never)}
        return _nested(self.path, schema, required=False)


@dataclass(frozen=True)
class Unlike:
    """The text is none of `values`."""

    path: Path
    values: tuple[str, ...]

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the member is something else."""
        found = _at(value, self.path)
        return not (isinstance(found, str) and found in self.values)

    def json(self) -> Json:
        """Return `not` of the values."""
        return _nested(self.path, {"not": {"enum": list(self.values)}}, required=False)


@dataclass(frozen=True)
class Sized:
    """The list has between `least` and `most` items."""

    path: Path
    least: int = 0
    most: int | None = None

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the list is of that size; other types are the field's concern."""
        found = _at(value, self.path)
        if not isinstance(found, list | tuple):
            return True
        return self.least <= len(found) and (self.most is None or len(found) <= self.most)

    def json(self) -> Json:
        """Return `minItems` and `maxItems`."""
        schema: Json = {"minItems": self.least}
        if self.most is not None:
            schema["maxItems"] = self.most
        return _nested(self.path, schema, required=False)


@dataclass(frozen=True)
class Ordered:
    """Of two texts of one form (dates, times), the first is not later than the second."""

    first: str
    second: str
    strictly: bool = False

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the two stand in order; absent ones do."""
        first, second = value.get(self.first), value.get(self.second)
        if not (isinstance(first, str) and isinstance(second, str)):
            return True
        return first < second if self.strictly else first <= second

    def json(self) -> Json:
        """Return our keyword `x-ordered`, which JSON Schema has no word for."""
        return {"x-strictly-ordered" if self.strictly else "x-ordered": [self.first, self.second]}


@dataclass(frozen=True)
class Within:
    """Of two integers (seconds), the second is later than the first by at most `seconds`."""

    first: str
    second: str
    seconds: int

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether the span is right; other types are the field's concern."""
        first, second = value.get(self.first), value.get(self.second)
        if type(first) is not int or type(second) is not int:
            return True
        return 0 < second - first <= self.seconds

    def json(self) -> Json:
        """Return our keyword `x-within`."""
        return {"x-within": [self.first, self.second, self.seconds]}


@dataclass(frozen=True)
class Not:
    """The other test does not hold."""

    test: Test

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return the contrary."""
        return not self.test.holds(value)

    def json(self) -> Json:
        """Return `not`."""
        return {"not": self.test.json()}


@dataclass(frozen=True)
class Either:
    """At least one of the tests holds."""

    tests: tuple[Test, ...]

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether one holds."""
        return any(test.holds(value) for test in self.tests)

    def json(self) -> Json:
        """Return `anyOf`."""
        return {"anyOf": [test.json() for test in self.tests]}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When all of `when` hold, `demand` must hold; else the problem is `code` at `pointer`."""

    name: str
    demand: Test
    pointer: Path
    when: tuple[Test, ...] = ()
    code: str = field(default="")

    def is_kept_by(self, value: Mapping[str, Any]) -> bool:
        """Return whether `value` keeps the rule."""
        return self.demand.holds(value) or not all(condition.holds(value) for condition in self.when)

    def as_json_schema(self) -> Json:
        """Return the rule as JSON Schema: the demand alone, or `if` and `then`."""
        if not self.when:
            return self.demand.json()
        conditions = [condition.json() for condition in self.when]
        return {"if": conditions[0] if len(conditions) == 1 else {"allOf": conditions}, "then": self.demand.json()}


def broken(rules: tuple[Rule, ...], value: Mapping[str, Any]) -> list[Rule]:
    """Return the rules that `value` breaks, in the order of the table."""
    return [rule for rule in rules if not rule.is_kept_by(value)]


def as_json_schemas(rules: tuple[Rule, ...]) -> list[Json]:
    """Return the rules as JSON Schema, to stand under `allOf`.

    Rules whose only condition is the value of one and the same member become one chain of `if`, `then`, `else`, in
    which a validator stops at the value it meets: that is twice as fast as asking each.
    """
    schemas: list[Json] = []
    demands: dict[Path, dict[str, list[Json]]] = {}
    for rule in rules:
        condition = rule.when[0] if len(rule.when) == 1 else None
        if isinstance(condition, Is):
            by_value = demands.setdefault(condition.path, {})
            for value in condition.values:
                by_value.setdefault(value, []).append(rule.demand.json())
        else:
            schemas.append(rule.as_json_schema())
    return [*schemas, *(_chain(path, by_value) for path, by_value in demands.items())]


def _chain(path: Path, demands: dict[str, list[Json]]) -> Json:
    cases: list[tuple[list[str], list[Json]]] = []
    for value, wanted in demands.items():
        same = next((values for values, others in cases if others == wanted), None)
        if same is None:
            cases.append(([value], wanted))
        else:
            same.append(value)
    chain: Json = {}
    for values, wanted in reversed(cases):
        link: Json = {
            "if": Is(path, tuple(values)).json(),
            "then": wanted[0] if len(wanted) == 1 else {"allOf": wanted},
        }
        chain = {**link, "else": chain} if chain else link
    return chain
