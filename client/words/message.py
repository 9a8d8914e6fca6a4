"""A message in two languages, and which of them is spoken."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "fr"]

_LOCALE_NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")  # POSIX: the first that says something counts
_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)


@dataclass(frozen=True)
class Message:
    """One message; `{name}` is a placeholder, and both languages have the same ones."""

    en: str
    fr: str

    def __call__(self, **values: object) -> str:
        """Return the message in the language that is spoken, its placeholders filled.

        Raises:
            KeyError: a placeholder has no value.
        """
        text = self.fr if spoken() == "fr" else self.en
        return text.format_map(values)


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language that an environment asks for: English unless it says French."""
    asked = environment.get("HAVRE_LANG") or next(
        (environment[name] for name in _LOCALE_NAMES if environment.get(name)), ""
    )
    return "fr" if re.split("[_.@-]", asked, maxsplit=1)[0].lower() in {"fr", "french"} else "en"


def spoken() -> Language:
    """Return the language that is spoken now."""
    return _spoken.get() or language_of(os.environ)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak `language` inside, whatever the environment asks for."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)
