"""What an auditor asks the trail for: a filter, made of the texts of a query, the same in URL, console and bundle."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from crypto.identifiers import is_uuid7
from crypto.keys import is_organisation
from server.access import Purpose, Role
from server.errors import BadQuery
from server.web.endpoints import Parameter

# What entries say alike, by which they are filtered and counted.
SAID: Final = ("organisation", "keyid", "role", "action", "decision", "reason", "purpose")
FACETS: Final = ("organisation", "keyid", "holder", "role", "action", "decision", "reason", "purpose")
NEWEST, OLDEST = "newest", "oldest"

_NAME = r"[a-z0-9.-]{3,100}"
_WORD = r"[a-z][a-z0-9_]{0,63}"
_MOMENT = r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?"
PARAMETERS: Final = (
    Parameter(name="organisation", form=re.compile(_NAME), meaning="whose acts"),
    Parameter(name="keyid", form=re.compile(rf"{_NAME}/[A-Za-z0-9_-]{{43}}"), meaning="by which key"),
    Parameter(name="holder", form=re.compile(r"[A-Za-z0-9._+-]{1,64}"), meaning="by which holder's keys"),
    Parameter(name="role", form=re.compile("|".join(Role)), meaning="acting in which role"),
    Parameter(name="action", form=re.compile(_WORD), meaning="which act"),
    Parameter(name="decision", form=re.compile("allowed|refused"), meaning="how it was decided"),
    Parameter(name="reason", form=re.compile(_WORD), meaning="why it was refused"),
    Parameter(name="purpose", form=re.compile("|".join(Purpose)), meaning="for which declared purpose"),
    Parameter(name="origin", form=re.compile(_NAME), meaning="acts that stored or touched this origin's records"),
    Parameter(
        name="record",
        form=re.compile(r"[0-9a-f-]{36}"),
        meaning="with `origin`: acts that name this record of it (who got it by pulls is in its exposure report)",
    ),
    Parameter(name="id", form=re.compile(r"[0-9a-f-]{36}"), meaning="the one act with this request id"),
    Parameter(name="since", form=re.compile(_MOMENT), meaning="from this moment on, RFC 3339, or a UTC day"),
    Parameter(name="until", form=re.compile(_MOMENT), meaning="before this moment, RFC 3339, or before a UTC day"),
    Parameter(name="order", form=re.compile("newest|oldest"), meaning="which entries come first (newest)"),
)
_FORMS: Final = {parameter.name: parameter.form for parameter in PARAMETERS}


@dataclass(frozen=True, kw_only=True)
class TrailFilter:
    """Which entries of the trail; None narrows nothing. `since` is included, `until` is not."""

    organisation: str | None = None
    keyid: str | None = None
    holder: str | None = None
    role: str | None = None
    action: str | None = None
    decision: str | None = None
    reason: str | None = None
    purpose: str | None = None
    origin: str | None = None
    record: UUID | None = None
    id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: str = NEWEST

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "TrailFilter":
        """Return the filter that these texts name; other members are not looked at.

        Raises:
            BadQuery: a text is not of its form, or `record` stands without its `origin`.
        """
        said = {name: query[name] for name in _FORMS if name in query}
        if any(_FORMS[name].fullmatch(text) is None for name, text in said.items()):
            raise BadQuery
        for name in ("organisation", "origin"):
            if name in said and not is_organisation(said[name]):
                raise BadQuery
        if "record" in said and "origin" not in said:
            raise BadQuery
        values: dict[str, object] = dict(said)
        values |= {name: _id(said[name]) for name in ("record", "id") if name in said}
        values |= {name: _moment(said[name]) for name in ("since", "until") if name in said}
        return cls(**values)  # type: ignore[arg-type]  # each is of its member's type by its form

    def to_query(self) -> dict[str, str]:
        """Return the texts that name this filter, none for what narrows nothing, in the order of the parameters."""
        query = {name: _text(getattr(self, name)) for name in _FORMS if getattr(self, name) is not None}
        if self.order == NEWEST:
            del query["order"]
        return query

    @property
    def said(self) -> dict[str, str | None]:
        """Return what entries must say alike, by `SAID`."""
        return {name: getattr(self, name) for name in SAID}


def _id(text: str) -> UUID:
    if not is_uuid7(text):
        raise BadQuery
    return UUID(text)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadQuery from error


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
