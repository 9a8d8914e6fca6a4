"""Declare the console's pages. One without a permission cannot be written: `permission` has no default.

What a page is given, and what it answers with; `entering.py` lets visits through. The fields that a page takes are
declared like an endpoint's parameters: unknown, repeated or misshapen ones are refused before the view runs, and an
empty one, as a form without scripts sends it, is as if it were not there.

Pages are `open` where nobody is signed in yet: signing in, joining, files. Everything else has a person.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from uuid import UUID

from server.access import Permission, Purpose, Role
from server.db import Connection
from server.people.sealing import Seal
from server.web.endpoints import Parameter
from server.web.exchange import EntryFacts, Node, Page


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody at the console: a holder of an organisation, with the roles that are in force now.

    `keyid` is `<organisation>/<SHA-256 of the public key>` of the passkey that opened the session; `passkeys` is how
    many the person has.
    """

    person_id: int
    organisation: str
    organisation_id: int
    holder: str
    roles: frozenset[str]
    keyid: str
    passkeys: int


@dataclass(frozen=True, kw_only=True)
class ConsoleVisit:
    """One page asked for by a person, inside the transaction that holds its entry.

    `db` is the app's connection; `trail` is a read-only one of the auditor's role, opened when first used. What the
    entry tells beyond the request goes into `facts`. `session` is what only this browser's session holds: 32 bytes.
    """

    request_id: UUID
    now: datetime
    node: Node
    person: Person
    role: Role
    purpose: Purpose
    language: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    csrf_token: str
    session: bytes
    session_id: int
    passkey_id: int
    seal: Seal
    db: Connection
    facts: EntryFacts
    open_trail: Callable[[], Connection]

    @property
    def trail(self) -> Connection:
        """Return the auditor's connection of this visit.

        Raises:
            psycopg.Error: there is none to be had; nothing is served then.
        """
        return self.open_trail()


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Whose act an open page turns out to be; `keyid` is None where no passkey is known yet."""

    organisation: str
    organisation_id: int
    keyid: str | None


class Begin(Protocol):
    """Begin the act of somebody who is known now: from here on it has an entry, however it ends.

    Nothing was written before. What is written with the connection that comes back is taken back by a refusal.

    Raises:
        TooManyRequests: this has been tried too often.
    """

    def __call__(self, signed: Signed) -> Connection:
        """Return the connection of the act."""
        ...


@dataclass(frozen=True, kw_only=True)
class OpenVisit:
    """One page asked for by nobody in particular. `browser` is what this browser alone holds: 32 random bytes.

    `session` is that of an earlier sign-in here, if there is one; it proves nothing.
    `look` gives a connection to read with, until it is known whose act this is; then `begin`. `name` says later by
    which passkey it was, where the act made one.
    """

    request_id: UUID
    now: datetime
    node: Node
    seal: Seal
    language: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    csrf_token: str
    browser: bytes
    session: bytes | None
    look: Callable[[], Connection]
    begin: Begin
    name: Callable[[Signed], None]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page: a template below `templates/` and its values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file to be kept. `chunks` are read whole before the entry is written, so that it can name their digest."""

    chunks: Iterable[bytes]
    media_type: str
    filename: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Go to another page of this console (303).

    `session_token`, 32 bytes, opens a session in this browser; `ends_session` takes its session from it.
    """

    location: str
    session_token: bytes | None = None
    ends_session: bool = False


Answer = Shown | Download | Moved | Page
View = Callable[..., Answer]


@dataclass(frozen=True, kw_only=True)
class DeclaredPage:
    """One page. `permission` is None where it is open; `fresh` wants a passkey used within the last five minutes.

    `query` and `form` are the fields that it takes, beside `lang` and the token against forged forms.
    """

    name: str
    method: str
    rule: str
    view: View
    permission: Permission | None
    fresh: bool = False
    query: tuple[Parameter, ...] = ()
    form: tuple[Parameter, ...] = ()
    # The action that an open page's entry names, if it comes to be somebody's.
    action: str | None = None


@dataclass(kw_only=True)
class Pages:
    """The pages of one part of the console, in the order of their declaration."""

    name: str
    declared: list[DeclaredPage] = field(default_factory=list)

    def get(
        self, rule: str, *, permission: Permission, query: Sequence[Parameter] = (), fresh: bool = False
    ) -> Callable[[View], View]:
        """Declare a page for a signed-in person: `view(visit, **path)` with a `ConsoleVisit`."""
        return self._declare("GET", rule, permission, query=query, fresh=fresh)

    def post(
        self, rule: str, *, permission: Permission, form: Sequence[Parameter] = (), fresh: bool = False
    ) -> Callable[[View], View]:
        """Declare what a form sends, by a signed-in person."""
        return self._declare("POST", rule, permission, form=form, fresh=fresh)

    def open_get(self, rule: str, *, query: Sequence[Parameter] = ()) -> Callable[[View], View]:
        """Declare a page for anybody: `view(visit, **path)` with an `OpenVisit`. It changes nothing."""
        return self._declare("GET", rule, None, query=query)

    def open_post(self, rule: str, *, action: str, form: Sequence[Parameter] = ()) -> Callable[[View], View]:
        """Declare what a form sends before anybody is signed in; its entry, if it is somebody's act, names `action`."""
        return self._declare("POST", rule, None, form=form, action=action)

    def _declare(
        self,
        method: str,
        rule: str,
        permission: Permission | None,
        *,
        query: Sequence[Parameter] = (),
        form: Sequence[Parameter] = (),
        fresh: bool = False,
        action: str | None = None,
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            self.declared.append(
                DeclaredPage(
                    name=view.__name__,
                    method=method,
                    rule=rule,
                    view=view,
                    permission=permission,
                    fresh=fresh,
                    query=tuple(query),
                    form=tuple(form),
                    action=action,
                )
            )
            return view

        return declare
