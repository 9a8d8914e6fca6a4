"""Render the console's pages: one base, two languages, everything escaped, nothing inline.

Values come in plain: a template asks neither the database nor the clock. A word or value that is missing is an error,
never an empty place. What somebody sent is escaped wherever it stands, and no address is made of it but by `link`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.access import Role
from server.console.door import ConsoleVisit, OpenVisit, Shown
from server.console.words import says
from server.web.languages import LANGUAGES

HTML = "text/html; charset=utf-8"
HOME = "/console"
FIND = "/console/find"

# No-break spaces: a number or a time never parts at the end of a line.
_THOUSANDS = {"en": ",", "fr": "\N{NARROW NO-BREAK SPACE}"}
_NO_BREAK = "\N{NO-BREAK SPACE}"


class Seen(Protocol):
    """Who looks at a page, as far as a page shows it."""

    @property
    def organisation(self) -> str:
        """The person's organisation."""

    @property
    def holder(self) -> str:
        """The opaque token of the person."""

    @property
    def roles(self) -> frozenset[str]:
        """The roles in force."""

    @property
    def passkeys(self) -> int:
        """How many passkeys the person has."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every page: where it is, in which language, for whom; `person` is None before signing in.

    `path` and `query` are the page's own, for the way to its other language; `csrf_token` is "" without a session.
    """

    language: str
    node: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    person: Seen | None = None
    csrf_token: str = ""
    now: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry of the console's navigation."""

    path: str
    word: str
    roles: frozenset[str]


_AUDITORS = frozenset({Role.AUDITOR.value, Role.FEDERATION_AUDITOR.value})
_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR.value})
PLACES = (
    Place(path=HOME, word="place_overview", roles=_AUDITORS | _ADMINISTRATORS),
    Place(path="/console/trail", word="place_trail", roles=_AUDITORS),
    Place(path="/console/organisations", word="place_organisations", roles=_AUDITORS | _ADMINISTRATORS),
    Place(path="/console/checkpoints", word="place_checkpoints", roles=_AUDITORS | _ADMINISTRATORS),
    Place(path="/console/export", word="place_export", roles=_AUDITORS),
    Place(path="/console/people", word="place_people", roles=_ADMINISTRATORS),
)


def render_page(template: str, values: Mapping[str, Any], frame: Frame) -> bytes:
    """Return the page `template` as UTF-8, with `values` in it and `frame` around it."""
    roles = frozenset() if frame.person is None else frame.person.roles
    text = (
        _environment(frame.language)
        .get_template(template)
        .render(
            **values,
            frame=frame,
            language=frame.language,
            languages=LANGUAGES,
            says=says(frame.language),
            places=[place for place in PLACES if place.roles & roles],
            is_auditor=bool(roles & _AUDITORS),
            link=lambda path, **query: link(path, _with_language(frame, query)),
            other_language=lambda code: link(frame.path, {**frame.query, "lang": code}),
            chosen_language=frame.query.get("lang"),
        )
    )
    return text.encode()


def render(shown: Shown, visit: ConsoleVisit | OpenVisit) -> bytes:
    """Return the page that a view answered, for the visit that asked for it."""
    frame = Frame(
        language=visit.language,
        node=visit.node.settings.node,
        path=visit.path,
        query=visit.query,
        person=visit.person if isinstance(visit, ConsoleVisit) else None,
        csrf_token=visit.csrf_token,
        now=visit.now,
    )
    return render_page(shown.template, shown.values, frame)


def link(path: str, query: Mapping[str, str | None]) -> str:
    """Return the address of a page of ours, `path` unescaped; members of `query` that are None are left out."""
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{quote(path)}?{asked}" if asked else quote(path)


def number(value: int, language: str) -> str:
    """Return `value` with its thousands parted, as `language` does."""
    return f"{value:,}".replace(",", _THOUSANDS[language])


def moment(at: datetime) -> str:
    """Return a time as people read it, to the second, and say that it is UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}".replace(" ", _NO_BREAK) + f"{_NO_BREAK}UTC"


def machine_moment(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC, for `<time datetime>`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(value: date) -> str:
    """Return a day of UTC as ISO 8601 writes it."""
    return value.isoformat()


def _with_language(frame: Frame, query: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return `query` with the language if the page's address says it: a chosen language stays chosen."""
    return {**query, **({"lang": frame.query["lang"]} if "lang" in frame.query and "lang" not in query else {})}


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: number(value, language)
    environment.filters["moment"] = moment
    environment.filters["machine_moment"] = machine_moment
    environment.filters["day"] = day
    return environment
