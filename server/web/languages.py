"""Choose the language of a page for people: what the address says, else what the browser prefers, else English."""

from collections.abc import Mapping
from types import MappingProxyType

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "fr": "français"})
"""The languages of pages, each by its own name."""


def choose_language(asked: str | None, accept_language: str) -> str:
    """Return a key of `LANGUAGES`: `asked` if it is given, else the best of `accept_language` (RFC 9110 §12.5.4)."""
    if asked is not None:
        return asked
    preferred = parse_accept_header(accept_language, LanguageAccept)
    return preferred.best_match(LANGUAGES, default="en")
