"""Our JSON Schema keywords, for what JSON Schema cannot say, as the fast validator wants them.

They run only where a schema uses them. Values of other types are left to `type`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the name exists in the type stub only
    from jsonschema_rs import KeywordValidator

Json = dict[str, Any]


class Sorted:
    """`x-sorted`: the texts ascend by code point."""

    def __init__(self, _parent_schema: Json, _value: Any, _schema_path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        """Raise ValueError if a list of texts is out of order."""
        if (
            isinstance(instance, list)
            and all(isinstance(one, str) for one in instance)
            and instance != sorted(instance)
        ):
            raise ValueError("not_sorted")


class UniqueBy:
    """`x-unique-by`: no two objects agree in all of these members."""

    def __init__(self, _parent_schema: Json, value: list[str], _schema_path: list[str | int]) -> None:
        self._members = value

    def validate(self, instance: Any) -> None:
        """Raise ValueError if two objects of a list agree."""
        if not isinstance(instance, list) or not all(isinstance(one, Mapping) for one in instance):
            return
        keys = [tuple(str(one.get(member)) for member in self._members) for one in instance]
        if len(set(keys)) != len(keys):
            raise ValueError("not_unique")


class Ordered:
    """`x-ordered`: of two texts the first is not later than the second."""

    def __init__(self, _parent_schema: Json, value: list[str], _schema_path: list[str | int]) -> None:
        self._first, self._second = value

    def validate(self, instance: Any) -> None:
        """Raise ValueError if the second text is earlier than the first."""
        if not isinstance(instance, Mapping):
            return
        first, second = instance.get(self._first), instance.get(self._second)
        if isinstance(first, str) and isinstance(second, str) and first > second:
            raise ValueError("not_ordered")


KEYWORDS: dict[str, "type[KeywordValidator]"] = {
    "x-sorted": Sorted,
    "x-unique-by": UniqueBy,
    "x-ordered": Ordered,
}
"""The keywords that records use."""
