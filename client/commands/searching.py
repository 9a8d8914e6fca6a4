"""The options of a search in the trail, each judged here before anything is sent.

The node refuses what is not of its form without saying which of it (`bad_query`), and finds nothing where a word is
misspelt: neither may look like a trail in which nothing was done.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

import rich_click as click

from client.auditing.actions import ACTIONS
from client.commands.telling import Command
from client.words import trailing as words
from client.words.message import Message
from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation, split_keyid
from crypto.refusals import NotVerified
from schemas.vocabulary.documents import ROLE
from schemas.vocabulary.exchange import DECISION, PURPOSE

_HOLDER = re.compile(r"[A-Za-z0-9._+-]{1,64}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?", re.ASCII)
# The node knows these names, or refuses the question.
NAMED = ("organisation", "origin", "keyid", "holder")

Callback = Callable[[click.Context, click.Parameter, str | None], str | None]


def with_search(command: Command) -> Command:
    """Give a command the filters of a search, and `--federation`."""
    for name, said, help_ in reversed(_OPTIONS):
        command = click.option(name, **said, help=help_)(command)
    return with_federation(command)


def with_federation(command: Command) -> Command:
    """Give a command `--federation`."""
    return click.option("--federation", "is_federation", is_flag=True, help=words.FEDERATION())(command)


def with_times(command: Command) -> Command:
    """Give a command `--since` and `--until`."""
    for name, help_ in (("--until", words.UNTIL()), ("--since", words.SINCE())):
        command = click.option(name, callback=_is_moment, help=help_)(command)
    return command


def asked_of(options: dict[str, str | None]) -> dict[str, str]:
    """Return what was asked for, by the names of the API's parameters.

    Raises:
        UsageError: `--record` stands without `--origin`, or `--until` is not after `--since`.
    """
    asked = {name: value for name, value in options.items() if value is not None}
    if "record" in asked and "origin" not in asked:
        raise click.UsageError(words.RECORD_NEEDS_ORIGIN())
    if "since" in asked and "until" in asked and _moment(asked["since"]) >= _moment(asked["until"]):
        raise click.UsageError(words.NO_TIME_BETWEEN())
    return asked


def _check(is_well: Callable[[str], object], why: Message) -> dict[str, Any]:
    """Return the settings of an option that refuses (exit 2) what has not this form; nothing is nothing."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and not is_well(value):
            raise click.BadParameter(why())
        return value

    return {"callback": check}


def _is_keyid(value: str) -> bool:
    try:
        split_keyid(value)
    except NotVerified:
        return False
    return True


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _is_moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if _MOMENT.fullmatch(value) is None:
        raise click.BadParameter(words.NOT_A_MOMENT())
    try:
        _moment(value)
    except ValueError as error:
        raise click.BadParameter(words.NOT_A_MOMENT()) from error
    return value


def _is_action(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or value in ACTIONS:
        return value
    near = get_close_matches(value, ACTIONS) or sorted(ACTIONS)
    raise click.BadParameter(words.NOT_AN_ACTION(near=", ".join(near)))


_NAME = _check(is_organisation, words.NOT_A_NAME)
_IDENTIFIER = _check(is_uuid7, words.NOT_AN_ID)
origin_option = click.option("--origin", **_NAME, help=words.ORIGIN())
_OPTIONS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("--organisation", _NAME, words.ORGANISATION()),
    ("--keyid", _check(_is_keyid, words.NOT_A_KEYID), words.KEYID()),
    ("--holder", _check(_HOLDER.fullmatch, words.NOT_A_HOLDER), words.HOLDER()),
    ("--role", {"type": click.Choice(ROLE.values)}, words.ROLE()),
    ("--action", {"callback": _is_action}, words.ACTION()),
    ("--decision", {"type": click.Choice(DECISION.values)}, words.DECISION()),
    ("--reason", _check(_WORD.fullmatch, words.NOT_A_REASON), words.REASON()),
    ("--purpose", {"type": click.Choice(PURPOSE.values)}, words.PURPOSE()),
    ("--origin", _NAME, words.ORIGIN()),
    ("--record", _IDENTIFIER, words.RECORD()),
    ("--id", _IDENTIFIER, words.ID()),
    ("--since", {"callback": _is_moment}, words.SINCE()),
    ("--until", {"callback": _is_moment}, words.UNTIL()),
    ("--order", {"type": click.Choice(("newest", "oldest"))}, words.ORDER()),
)
