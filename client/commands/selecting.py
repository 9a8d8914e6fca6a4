"""The options that choose records, and how they are written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click

from client.words import pulling
from client.writing import FORMATS
from schemas.vocabulary.ai import AI_KIND, AI_STATUS
from schemas.vocabulary.exchange import SHARING_PURPOSE, TLP
from schemas.vocabulary.records import KIND
from schemas.vocabulary.signals import SCHEME, SIGNAL_TYPE

_OF_FEEDS = (
    click.option("--origin", help=pulling.ORIGIN()),
    click.option("--kind", type=click.Choice(KIND.values), help=pulling.KIND()),
)
_OF_CONTENT = (
    click.option("--for", "purpose_allowed", type=click.Choice(SHARING_PURPOSE.values), help=pulling.FOR()),
    click.option("--group", help=pulling.GROUP()),
    click.option("--tlp", type=click.Choice(TLP.values), help=pulling.TLP()),
    click.option("--classification", help=pulling.CLASSIFICATION()),
    click.option("--scheme", type=click.Choice(SCHEME.values), help=pulling.SCHEME()),
    click.option("--ai-kind", type=click.Choice(AI_KIND.values), help=pulling.AI_KIND()),
    click.option("--ai-status", type=click.Choice(AI_STATUS.values), help=pulling.AI_STATUS()),
    click.option("--signal-type", type=click.Choice(SIGNAL_TYPE.values), help=pulling.SIGNAL_TYPE()),
)


def _all(command: Callable[..., Any], options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    for option in options:
        command = option(command)
    return command


def with_feed_filter(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--kind` and `--origin`."""
    return _all(command, _OF_FEEDS)


def with_selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose by content and terms; `selected` reads them."""
    return _all(command, _OF_CONTENT)


def selected(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `with_selection` out of `options`, as members of a selection."""
    names = ("signal_type", "ai_status", "ai_kind", "scheme", "classification", "tlp", "group")
    return {**{name: options.pop(name) for name in names}, "purpose": options.pop("purpose_allowed")}


def with_output(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command `--format` (one of `formats`, all where none is named) and `--output`."""
    options = (
        click.option(
            *("--output", "--out", "output"),
            type=click.Path(dir_okay=False, path_type=Path),
            help=pulling.OUTPUT(),
        ),
        click.option(
            "--format", "format_", type=click.Choice(formats or FORMATS), default="ndjson", help=pulling.FORMAT()
        ),
    )
    return lambda command: _all(command, options)
