"""The options that say who may have what is given, for what, and until when."""

from collections.abc import Callable
from typing import Any

import rich_click as click
from marshmallow import ValidationError

from client.reading import BadTerms, GivenTerms, moment
from client.words import pushing as words
from schemas import fields
from schemas.vocabulary.documents import SECTOR
from schemas.vocabulary.exchange import SHARING_PURPOSE, TLP

_LISTS = ("purposes", "sectors", "organisations", "groups")
_ORGANISATION = fields.organisation(required=True)
_GROUP = fields.group_name(required=True)


def as_moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse (exit 2) what is neither a date nor a moment."""
    if value is not None:
        try:
            moment(value)
        except BadTerms as error:
            raise click.BadParameter(words.NOT_A_MOMENT()) from error
    return value


def as_organisations(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse (exit 2) what is no organisation's name."""
    return _each(_ORGANISATION, value, words.NOT_AN_ORGANISATION())


def as_groups(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse (exit 2) what is no group's name, `owner/id`."""
    return _each(_GROUP, value, words.NOT_A_GROUP())


def with_terms(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of sharing terms; it takes them by `terms_of_options`."""
    for option in (
        click.option("--group", "groups", multiple=True, callback=as_groups, help=words.GROUP()),
        click.option(
            "--organisation", "organisations", multiple=True, callback=as_organisations, help=words.ORGANISATION()
        ),
        click.option("--sector", "sectors", multiple=True, type=click.Choice(SECTOR.values), help=words.SECTOR()),
        click.option(
            "--purpose", "purposes", multiple=True, type=click.Choice(SHARING_PURPOSE.values), help=words.PURPOSE()
        ),
        click.option("--expires", callback=as_moment, help=words.EXPIRES()),
        click.option("--tlp", type=click.Choice([*TLP.values, "RED"]), help=words.TLP()),
    ):
        command = option(command)
    return command


def take_terms(options: dict[str, Any]) -> GivenTerms:
    """Take the options of `with_terms` out of a command's options and return what they say."""
    said = {name: options.pop(name) for name in ("tlp", "expires", *_LISTS)}
    return GivenTerms(members={name: value for name, value in said.items() if value})


def _each(form: fields.Text, values: tuple[str, ...], why: str) -> tuple[str, ...]:
    for value in values:
        try:
            form.deserialize(value)
        except ValidationError as error:
            raise click.BadParameter(why) from error
    return values
