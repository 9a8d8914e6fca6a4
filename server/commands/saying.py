"""Speak to the operator: sentences, on stderr where something could not be done."""

import sys
from collections.abc import Mapping
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


def settings_or_stop(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process, or of `environment`, or end with the list of what is missing."""
    try:
        return read_settings(environment)
    except SettingsMissing as error:
        stop("These settings are missing or wrong:", *(f"  {problem}" for problem in error.problems))
