"""Fields that accept exactly what the wire allows, and say so to the JSON Schema export.

Marshmallow's own fields accept more than our forms do (an integer as text, a date with a time, a UUID in
capitals), so each field here is strict about its JSON type and gives its form as a pattern. A pattern is
matched from end to end: `$` alone would match before a final newline. Every message is a stable code.

Times: `Moment` (RFC 3339, UTC, whole seconds) and `Seconds` (an integer) load to aware datetimes. In records
times and dates stay text (`moment_text`, `day_text`): they are compared and forwarded, never computed with.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_dump, post_load, validates_schema
from marshmallow.validate import Length, OneOf, Range, Validator

from schemas.rules import Rule, broken
from schemas.vocabulary import Enumeration

_CODES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "required",
    "null": "wrong_type",
    "invalid": "wrong_type",
    "invalid_utf8": "wrong_type",
    "type": "wrong_type",
    "too_large": "range",
}

_LEAP_YEAR = "(?:(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000)"
_DAY = (
    "(?:(?:19|20|21)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP_YEAR}-02-29)"
)
_MOMENT = f"{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORGANISATION = rf"{_LABEL}(?:\.{_LABEL}){{1,4}}"
_UUID7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_DIGEST = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_JWS = r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]"
_ORIGIN_URL = r"https://[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::[1-9][0-9]{0,4})?|http://(?:127\.0\.0\.1|localhost):[1-9][0-9]{0,4}"
# No control characters, no line or paragraph separators, no marks that turn the direction of reading.
_TEXT = r"[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]*"
_SURROGATE = re.compile("[\ud800-\udfff]")  # no character of Unicode; cannot be written as UTF-8
_BLANKLESS = "[A-Za-z0-9][A-Za-z0-9._+-]*"


class Pattern(Validator):
    """Accept a text that matches `source` from end to end."""

    def __init__(self, source: str) -> None:
        # What apispec exports: it reads `regex.pattern`.
        self.regex = re.compile(f"^(?:{source})$")
        self._fullmatch = re.compile(source).fullmatch

    def __call__(self, value: str) -> str:
        """Return `value`, or refuse it."""
        if self._fullmatch(value) is None:
            raise ValidationError("pattern")
        return value


class Ascending(Validator):
    """Accept a list of texts in strictly ascending order of code points."""

    keywords: ClassVar[dict[str, Any]] = {"uniqueItems": True, "x-sorted": True}

    def __call__(self, value: tuple[str, ...]) -> tuple[str, ...]:
        """Return `value`, or refuse it."""
        if len(set(value)) != len(value):
            raise ValidationError("not_unique")
        if list(value) != sorted(value):
            raise ValidationError("not_sorted")
        return value


class UniqueBy(Validator):
    """Accept a list of objects of which no two are equal in all of `members`."""

    def __init__(self, *members: str) -> None:
        self._members = members
        self.keywords: dict[str, Any] = {"x-unique-by": list(members)}

    def __call__(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return `value`, or refuse it."""
        keys = [tuple(getattr(item, member) for member in self._members) for item in value]
        if len(set(keys)) != len(keys):
            raise ValidationError("not_unique")
        return value


class Text(fields.String):
    """A JSON string."""

    default_error_messages = _CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:  # noqa: ARG002 - marshmallow's signature
        if type(value) is not str:
            raise self.make_error("invalid")
        if not value.isascii() and _SURROGATE.search(value):
            raise ValidationError("pattern")
        return value


class Whole(fields.Integer):
    """A JSON integer; neither `1.0` nor `true`."""

    default_error_messages = _CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:  # noqa: ARG002 - marshmallow's signature
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class Flag(fields.Boolean):
    """A JSON boolean."""

    default_error_messages = _CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:  # noqa: ARG002 - marshmallow's signature
        if type(value) is not bool:
            raise self.make_error("invalid")
        return value


class Items(fields.List[Any]):
    """A JSON array, loaded to a tuple."""

    default_error_messages = _CODES

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if type(value) is not list:
            raise self.make_error("invalid")
        # First: what is too long is one problem, not thousands, and costs nothing to find.
        for rule in self.validators:
            if isinstance(rule, Length):
                rule(value)
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class Part(fields.Nested):
    """A JSON object with its own schema."""

    default_error_messages = _CODES


class Moment(fields.Field[datetime]):
    """RFC 3339, UTC, whole seconds, `Z`; loaded to an aware datetime."""

    default_error_messages = _CODES
    keywords: ClassVar[dict[str, Any]] = {"type": "string", "pattern": f"^(?:{_MOMENT})$"}
    _fullmatch = re.compile(_MOMENT).fullmatch

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:  # noqa: ARG002 - marshmallow's signature
        if type(value) is not str:
            raise self.make_error("invalid")
        if Moment._fullmatch(value) is None:
            raise ValidationError("pattern")
        return datetime.fromisoformat(value)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow's signature
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Seconds(fields.Field[datetime]):
    """Seconds since 1970, as an integer (RFC 7519 `iat`, `exp`); loaded to an aware datetime."""

    default_error_messages = _CODES
    _MOST = 7_258_118_399  # the last second of 2199, as in dates
    keywords: ClassVar[dict[str, Any]] = {"type": "integer", "minimum": 0, "maximum": _MOST}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:  # noqa: ARG002 - marshmallow's signature
        if type(value) is not int:
            raise self.make_error("invalid")
        if not 0 <= value <= self._MOST:
            raise ValidationError("range")
        return datetime.fromtimestamp(value, tz=UTC)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow's signature
        return None if value is None else int(value.timestamp())


class WireSchema(Schema):
    """Load one object of the wire to the frozen dataclass `loads_to`, and dump it back.

    Unknown members are refused; `rules` are the conditional ones (`schemas/rulebook.py`). On dump a member that
    may not be null and is None was absent, and stays away.
    """

    loads_to: ClassVar[Callable[..., Any]] = dict
    rules: ClassVar[tuple[Rule, ...]] = ()
    error_messages = {"unknown": "unknown_member", "type": "wrong_type"}  # noqa: RUF012 - marshmallow declares it so

    class Meta(Schema.Meta):
        """Options that every schema of ours shares."""

        unknown = RAISE
        register = False

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _keep_rules(self, data: Any, original: Any, **kwargs: Any) -> None:  # noqa: ARG002 - marshmallow's signature
        if not isinstance(original, Mapping):
            return
        errors: dict[str, Any] = {}
        for rule in broken(self.rules, original):
            inner = errors
            for name in rule.pointer[:-1]:
                inner = inner.setdefault(name, {})
                inner = inner if isinstance(inner, dict) else {}
            inner.setdefault(rule.pointer[-1], []).append(rule.code or f"rule_{rule.name}")
        if errors:
            raise ValidationError(errors)

    @post_load
    def _make(self, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - marshmallow's signature
        return type(self).loads_to(**data)

    @post_dump
    def _leave_out_absent(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - marshmallow's signature
        nullable = {one.data_key or name for name, one in self.fields.items() if one.allow_none}
        return {name: value for name, value in data.items() if value is not None or name in nullable}


def matching(source: str, *, most: int, least: int = 1, **options: Any) -> Text:
    """Return a field for a text of `least` to `most` characters that matches `source` from end to end."""
    return Text(validate=[Length(min=least, max=most, error="length"), Pattern(source)], **options)


def token(most: int = 64, **options: Any) -> Text:
    """Return a field for a token: ASCII letters, digits and `._+-`, no blanks."""
    return matching(_BLANKLESS, most=most, **options)


def free_text(most: int, **options: Any) -> Text:
    """Return a field for a text for people: one line, without control characters."""
    return matching(_TEXT, most=most, **options)


def choice(enumeration: Enumeration, **options: Any) -> Text:
    """Return a field for one value of an enumeration; the published schema carries its sentences."""
    meaning = "\n".join(f"- `{word.value}`: {word.en}" for word in enumeration.words)
    return Text(validate=OneOf(enumeration.values, error="not_one_of"), metadata={"description": meaning}, **options)


def fixed(value: str, **options: Any) -> Text:
    """Return a field that holds this one text."""
    return Text(required=True, validate=OneOf((value,), error="not_one_of"), **options)


def whole(least: int, most: int, **options: Any) -> Whole:
    """Return a field for an integer from `least` to `most`."""
    return Whole(validate=Range(min=least, max=most, error="range"), **options)


def version_one() -> Whole:
    """Return the field `v`: the integer 1."""
    return whole(1, 1, required=True)


def choices(enumeration: Enumeration, *, least: int = 0, **options: Any) -> Items:
    """Return a field for a sorted set of values of an enumeration."""
    most = len(enumeration.values)
    return Items(choice(enumeration), validate=[Length(min=least, max=most, error="length"), Ascending()], **options)


def sorted_set(inner: Text, *, most: int, least: int = 0, **options: Any) -> Items:
    """Return a field for a sorted list of different texts."""
    return Items(inner, validate=[Length(min=least, max=most, error="length"), Ascending()], **options)


def parts(schema: type[Schema], *, most: int, least: int = 0, unique_by: tuple[str, ...] = (), **options: Any) -> Items:
    """Return a field for a list of objects, whose order is kept."""
    rules: list[Validator] = [Length(min=least, max=most, error="length")]
    if unique_by:
        rules.append(UniqueBy(*unique_by))
    return Items(Part(schema), validate=rules, **options)


def record_id(**options: Any) -> Text:
    """Return a field for a lower-case UUID of version 7 (RFC 9562)."""
    return Text(validate=Pattern(_UUID7), **options)


def any_uuid(**options: Any) -> Text:
    """Return a field for a lower-case UUID of any version."""
    return Text(validate=Pattern(_UUID), **options)


def organisation(**options: Any) -> Text:
    """Return a field for the name of an organisation: 2 to 5 lower-case labels, at most 100 characters."""
    return matching(_ORGANISATION, most=100, **options)


def group_name(**options: Any) -> Text:
    """Return a field for a group, `owner/id`."""
    return matching(f"{_ORGANISATION}/{_UUID7}", most=137, **options)


def federation(**options: Any) -> Text:
    """Return a field for the name of a federation: one to five lower-case labels."""
    return matching(rf"{_LABEL}(?:\.{_LABEL}){{0,4}}", most=100, **options)


def keyid(**options: Any) -> Text:
    """Return a field for `<organisation>/<thumbprint>`."""
    return matching(f"{_ORGANISATION}/{_DIGEST}", most=144, **options)


def log_name(**options: Any) -> Text:
    """Return a field for one epoch of a node's log, `node.example/log/1`."""
    return matching(f"{_ORGANISATION}/log/[1-9][0-9]{{0,8}}", most=114, **options)


def digest(**options: Any) -> Text:
    """Return a field for 32 bytes in canonical unpadded base64url: digests, leaves, thumbprints, public keys."""
    return Text(validate=Pattern(_DIGEST), **options)


def salt16(**options: Any) -> Text:
    """Return a field for 16 bytes in canonical unpadded base64url."""
    return Text(validate=Pattern("[A-Za-z0-9_-]{21}[AQgw]"), **options)


def jws(most: int, **options: Any) -> Text:
    """Return a field for a compact JWS with an Ed25519 signature, of at most `most` characters."""
    return matching(_JWS, most=most, least=90, **options)


def origin_url(**options: Any) -> Text:
    """Return a field for a node's public origin: https, or http on the loopback address; no path."""
    return matching(_ORIGIN_URL, most=300, **options)


def country(**options: Any) -> Text:
    """Return a field for an ISO 3166-1 alpha-2 code; that it is assigned is not a matter of form."""
    return Text(validate=Pattern("[A-Z]{2}"), **options)


def day_text(**options: Any) -> Text:
    """Return a field for a date that exists, 1900 to 2199, kept as text."""
    return Text(validate=Pattern(_DAY), **options)


def moment_text(**options: Any) -> Text:
    """Return a field for an RFC 3339 time, UTC, whole seconds, kept as text."""
    return Text(validate=Pattern(_MOMENT), **options)
