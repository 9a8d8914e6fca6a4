"""Check the form of what a person types: names, addresses, thumbprints."""

from collections.abc import Callable

import rich_click as click
from marshmallow import ValidationError

from client.words import founding, inviting, pushing, reporting
from client.words.message import Message
from schemas import fields

Check = Callable[[click.Context, click.Parameter, str], str]


def _check(form: fields.Text, words: Message) -> Check:
    """Return a click callback that refuses (exit 2) what has not this form."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
        try:
            form.deserialize(value)
        except ValidationError as error:
            raise click.BadParameter(words()) from error
        return value

    return check


organisation = _check(fields.organisation(required=True), founding.NAME_FORM)
federation = _check(fields.federation(required=True), founding.FEDERATION_FORM)
origin_url = _check(fields.origin_url(required=True), founding.ADDRESS_FORM)
thumbprint = _check(fields.digest(required=True), founding.THUMBPRINT_FORM)
holder = _check(fields.token(64, required=True), inviting.HOLDER_FORM)


def optional_thumbprint(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse (exit 2) what is no thumbprint; nothing is nothing."""
    return None if value is None else thumbprint(context, parameter, value)


_RECORD = fields.group_name(required=True)  # origin/id, of a group as of any record
_ID = fields.record_id(required=True)


def _is_of(form: fields.Text, value: str) -> bool:
    try:
        form.deserialize(value)
    except ValidationError:
        return False
    return True


def group(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Refuse (exit 2) what is neither `owner/id` nor the id of one's own group."""
    if not _is_of(_RECORD, value) and not _is_of(_ID, value):
        raise click.BadParameter(pushing.NOT_A_GROUP())
    return value


def record(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse (exit 2) what is not `origin/id`; nothing is nothing."""
    if value is not None and not _is_of(_RECORD, value):
        raise click.BadParameter(pushing.NOT_A_RECORD())
    return value


def record_or_organisation(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse (exit 2) what is neither `origin/id` nor an organisation's name."""
    if "/" in value:
        return str(record(context, parameter, value))
    return organisation(context, parameter, value)


def records(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[dict[str, str]]:
    """Return `{origin, id}` of each name; refuse (exit 2) what is none."""
    named = []
    for value in values:
        if not _is_of(_RECORD, value):
            raise click.BadParameter(pushing.NOT_A_RECORD())
        origin, _, record_id = value.partition("/")
        named.append({"origin": origin, "id": record_id})
    return named


def references(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[dict[str, str]]:
    """Return `{system, reference}` of each `SYSTEM:NUMBER`; refuse (exit 2) what is none."""
    named = []
    for value in values:
        system, colon, reference = value.partition(":")
        if not colon:
            raise click.BadParameter(reporting.NOT_A_REFERENCE())
        named.append({"system": system, "reference": reference})
    return named
