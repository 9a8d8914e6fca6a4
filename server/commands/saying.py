"""Speak to the operator: sentences, on stderr where something could not be done."""

import sys
from typing import NoReturn

import click

from server.settings import Settings, SettingsMissing, read_settings


def say(*sentences: str) -> None:
    """Write sentences to standard output."""
    for sentence in sentences:
        click.echo(sentence)


def stop(*sentences: str) -> NoReturn:
    """End the command with status 1, saying why."""
    for sentence in sentences:
        click.echo(sentence, err=True)
    sys.exit(1)


def settings_or_stop() -> Settings:
    """Return the settings of this process, or end with the list of what is missing."""
    try:
        return read_settings()
    except SettingsMissing as error:
        stop("These settings are missing or wrong:", *(f"  {problem}" for problem in error.problems))
