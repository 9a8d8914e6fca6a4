"""Check the form of what a person types: names, addresses, thumbprints."""

from collections.abc import Callable

import rich_click as click
from marshmallow import ValidationError

from client.words import founding
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
