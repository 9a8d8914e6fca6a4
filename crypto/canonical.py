"""The one spelling of a JSON value: RFC 8785 under a profile in which sorted `orjson` writes the same bytes.

The profile, called the line profile: no number that is a float by type (`1.0` and `-0.0` survive a round trip),
integers of at most 2^53 - 1 in size, ASCII member names (UTF-16 order and UTF-8 order differ beyond), no lone
surrogates, no repeated names, depth of at most 16 (the outermost value is depth 1).
"""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

import orjson

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16


class NotCanonical(ValueError):
    """The value or its bytes are outside the line profile; `reason` is a constant token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def canonical_bytes(value: object) -> bytes:
    """Return the RFC 8785 bytes of `value`: dict, list, str, int, bool and None, nothing else.

    Raises:
        NotCanonical: a value outside the line profile, or of another type.
    """
    _check_values((value,), 0)
    _check_names(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # what is left: lone surrogates
        raise NotCanonical("not_text") from error


def parse_canonical(line: bytes) -> dict[str, Any]:
    """Return the object that `line` (without its LF) spells, if these are exactly its canonical bytes.

    Raises:
        NotCanonical: not JSON, not an object, or other bytes than the line profile asks for.
    """
    try:
        value = orjson.loads(line)
    except ValueError as error:
        raise NotCanonical("not_json") from error
    if type(value) is not dict:
        raise NotCanonical("not_an_object")
    try:
        spelled = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # orjson reads deeper than it writes
        raise NotCanonical("depth") from error
    if spelled != line:
        raise NotCanonical("not_canonical")
    _check_values((value,), 0)
    if not line.isascii():
        _check_names(value)
    return value


def parse_json(data: bytes) -> Any:
    """Return the value of strict JSON `data`, which need not be canonical: request bodies and JWS parts.

    Refused are repeated names, NaN and infinities, floats, integers beyond 2^53 - 1, names that are not ASCII,
    lone surrogates and depth beyond 16: whatever two readers could understand differently.

    Raises:
        NotCanonical: with the reason.
    """
    try:
        value = orjson.loads(data)
    except ValueError as error:
        raise NotCanonical("not_json") from error
    _check_values((value,), 0)
    # Canonical bytes hold no repeated name; only others need the slow reader, which sees every name.
    if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != data:
        _check_names(value)
        _check_every_name(data)
    elif not data.isascii():
        _check_names(value)
    return value


def _check_every_name(data: bytes) -> None:
    # What a repeated name hid from the walk can still be a float or a deep value.
    try:
        json.loads(data.decode(), object_pairs_hook=_without_repeated_names, parse_float=_refuse_float)
    except RecursionError as error:
        raise NotCanonical("depth") from error


def _without_repeated_names(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise NotCanonical("repeated_name")
    return value


def _refuse_float(_text: str) -> NoReturn:
    raise NotCanonical("float")


def _check_values(members: Iterable[object], depth: int) -> None:
    """Refuse what is outside the profile among `members`, which stand in a value of `depth`."""
    for member in members:
        kind = type(member)
        if kind is str or kind is bool or member is None:
            continue
        if kind is int:
            if not -MAX_INTEGER <= member <= MAX_INTEGER:  # type: ignore[operator]  # an int by the line above
                raise NotCanonical("integer_range")
        elif kind is not dict and kind is not list:
            raise NotCanonical("float" if kind is float else "type")
        elif depth >= MAX_DEPTH:
            raise NotCanonical("depth")
        else:
            _check_values(member.values() if kind is dict else member, depth + 1)  # type: ignore[attr-defined, arg-type]  # one of the two by the line above


def _check_names(value: object) -> None:
    if type(value) is dict:
        if not all(type(name) is str and name.isascii() for name in value):
            raise NotCanonical("member_name")
        value = list(value.values())
    if type(value) is list:
        for member in value:
            _check_names(member)
