"""Check the form of what a person types: names, addresses, thumbprints."""

from collections.abc import Callable

import rich_click as click
from marshmallow import ValidationError

from schemas import fields

Check = Callable[[click.Context, click.Parameter, str], str]


def _check(form: fields.Text, words: str) -> Check:
    """Return a click callback that refuses (exit 2) what has not this form."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
        try:
            form.deserialize(value)
        except ValidationError as error:
            raise click.BadParameter(words) from error
        return value

    return check


organisation = _check(fields.organisation(required=True), "not a name such as hotline.example, in lower case")
federation = _check(fields.federation(required=True), "not a name of one to five lower-case labels")
origin_url = _check(
    fields.origin_url(required=True), "not an address such as https://node.example: no path, no slash at its end"
)
thumbprint = _check(
    fields.digest(required=True), "not a thumbprint: 43 letters, digits, '-' and '_', exactly as it was told to you"
)
